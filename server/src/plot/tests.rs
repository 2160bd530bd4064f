//! Laws of the drawings: well-formed, named, without colours, within their frame.

use proptest::prelude::*;
use quick_xml::{Reader, events::Event};

use super::*;

fn caption() -> Caption {
    Caption {
        id: "p".into(),
        title: "<Title> & \"more\"".into(),
        description: "What can be seen\u{1}".into(),
        across: "across".into(),
        upward: "upward".into(),
    }
}

/// Attributes by name, of every element; and the names of elements.
fn parsed(svg: &str) -> (Vec<String>, Vec<(String, String)>) {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut names, mut attributes, mut open) = (Vec::new(), Vec::new(), 0);
    loop {
        let event = reader.read_event().expect("the drawing is well-formed");
        let element = match &event {
            Event::Start(element) => {
                open += 1;
                element
            }
            Event::Empty(element) => element,
            Event::End(_) => {
                open -= 1;
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        names.push(String::from_utf8(element.name().as_ref().to_vec()).unwrap());
        for attribute in element.attributes() {
            let attribute = attribute.expect("attributes are well-formed");
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            attributes.push((text(attribute.key.as_ref()), text(&attribute.value)));
        }
    }
    assert_eq!(open, 0, "every element ends");
    (names, attributes)
}

/// What every drawing keeps.
fn check(svg: &str) {
    let (names, attributes) = parsed(svg);
    assert_eq!(&names[..3], ["svg", "title", "desc"], "named first");
    assert!(
        !names
            .iter()
            .any(|name| ["script", "style", "image", "foreignObject"].contains(&name.as_str()))
    );
    for (name, value) in &attributes {
        assert!(name != "style" && !name.starts_with("on") && !name.ends_with("href"), "{name}");
        if ["fill", "stroke"].contains(&name.as_str()) {
            let plain = ["none", "currentColor", "white"].contains(&value.as_str());
            assert!(plain || value.starts_with("url(#p-hatch"), "{name}={value} is a colour");
        }
        assert!(!value.contains("NaN") && !value.contains("inf"), "{name}={value}");
    }
    let ids: Vec<&String> =
        attributes.iter().filter(|(name, _)| name == "id").map(|(_, value)| value).collect();
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "an id stands twice");
}

/// How many different looks of lines there are, beside the axes: dash and mark tell them apart.
#[test]
fn four_courses_are_told_apart_by_dash_and_mark() {
    let course = |name: &str, share: f64| Course {
        name: name.into(),
        points: (0..9).map(|at| (at * 60_000, share, Some(0.01))).collect(),
    };
    let courses = [course("a", 0.5), course("b", 0.3), course("c", 0.1), course("d", 0.1)];
    let svg = convergence(&courses, &[(0, "00:00".into())], &caption());
    check(&svg);
    let dashes: std::collections::BTreeSet<&str> = svg
        .split("stroke-width=\"2\" stroke-dasharray=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(dashes.len(), 4, "{dashes:?}");
    for name in ["a", "b", "c", "d"] {
        assert!(svg.contains(&format!("<title>{name}</title>")));
        assert!(svg.contains(&format!(">{name}</text>")), "{name} is written at its line");
    }
}

#[test]
fn nothing_is_drawn_without_a_fault() {
    check(&histogram(&Series { name: String::new(), bins: Vec::new() }, None, &caption()));
    check(&fingerprint([], &caption()));
    check(&convergence(&[], &[], &caption()));
    check(&convergence(
        &[Course { name: "x".into(), points: vec![(i64::MAX, f64::NAN, Some(f64::INFINITY))] }],
        &[],
        &caption(),
    ));
    check(&waterfall(&[], &[], |votes| votes.to_string(), &caption()));
    assert_eq!(coverage_map(&[], |_| None, &caption()), None);
}

#[test]
fn a_whole_country_s_fingerprint_stays_small() {
    let all = (0..=100).flat_map(|turnout| (0..=100).map(move |share| (turnout, share, 9)));
    let svg = fingerprint(all, &caption());
    check(&svg);
    assert!(svg.len() < 80_000, "{} bytes", svg.len());
}

#[test]
fn names_that_strangers_wrote_stay_words() {
    let hostile = "</svg><script>alert(1)</script>\" onload=\"x";
    let row = Cascade { name: hostile.into(), steps: vec![Some(-5), None, Some(i64::MAX)] };
    let levels = ["a", "b", "<c>"].map(str::to_owned);
    let svg = waterfall(&[row], &levels, |votes| format!("{votes}&"), &caption());
    check(&svg);
    let series = Series { name: hostile.into(), bins: vec![1, 2] };
    check(&histogram(&series, Some(&series), &caption()));
}

proptest! {
    #[test]
    fn any_figures_make_a_drawing(
        bins in prop::collection::vec(any::<u64>(), 0..120),
        cells in prop::collection::vec((0..101_usize, 0..101_usize, any::<u32>()), 0..50),
        steps in prop::collection::vec(prop::option::of(any::<i64>()), 0..6),
        points in prop::collection::vec((any::<i64>(), any::<f64>(), prop::option::of(any::<f64>())), 0..20),
        name in ".{0,60}",
    ) {
        let series = Series { name: name.clone(), bins };
        check(&histogram(&series, Some(&series), &caption()));
        check(&fingerprint(cells, &caption()));
        let levels: Vec<String> = steps.iter().map(|_| name.clone()).collect();
        let row = Cascade { name: name.clone(), steps };
        check(&waterfall(&[row.clone(), row], &levels, |votes| votes.to_string(), &caption()));
        check(&convergence(&[Course { name, points }], &[(0, "0".into())], &caption()));
    }
}

/// A file stands alone: it says what it is, and every drawing can become one.
#[test]
fn a_drawing_as_a_file_says_what_it_is_on_a_ground_of_its_own() {
    let series = Series { name: "published".into(), bins: vec![1, 2, 3] };
    let drawing = histogram(&series, None, &caption());
    let lines = ["<Election> & others".to_owned(), "x".repeat(200)];
    let file = as_file(&drawing, &lines);
    check(&file);
    let (names, attributes) = parsed(&file);
    assert_eq!(names[3], "rect", "the ground lies below everything");
    let value = |name: &str| &attributes.iter().find(|(of, _)| of == name).unwrap().1;
    assert_eq!(value("color"), "black");
    let frame: Vec<f64> =
        value("viewBox").split(' ').map(|number| number.parse().unwrap()).collect();
    assert!(frame[1] < 0.0 && frame[1] + frame[3] == 240.0, "the lines stand above: {frame:?}");
    assert!(file.contains("&lt;Election&gt; &amp; others") && file.contains('…'));
    assert_eq!(as_file("no drawing", &lines), "no drawing");
}
