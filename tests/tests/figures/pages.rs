//! The pages, and that their drawings are whole.

use hattama_tests::world::World;
use serde_json::json;

use super::land::{codes, draw, observer, protocols, publish, row};

on_both_engines![
    pages_say_what_is_known_and_draw_it,
    a_sample_is_tried_and_drawn_on_its_page,
    every_drawing_of_a_page_is_had_as_a_file_that_says_what_it_is,
];

fn page(world: &World, path: &str) -> String {
    let answer = world.wire().get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

/// The drawings of a page, each as a document of its own.
fn drawings(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(begin) = rest.find("<svg xmlns") {
        let end = begin + rest[begin..].find("</svg>").unwrap() + "</svg>".len();
        found.push(&rest[begin..end]);
        rest = &rest[end..];
    }
    found
}

fn pages_say_what_is_known_and_draw_it(world: &mut World) {
    let (wire, mut device) = (world.wire(), observer(world, 1));
    let empty = page(world, "/estimate?lang=en");
    assert!(empty.contains("No sample was drawn."), "{empty}");
    let nothing = page(world, "/forensics?lang=en");
    assert!(nothing.contains("There are no figures yet"), "{nothing}");
    let sample = draw(&wire, &json!({"seed": "s", "size": 8, "by": "region"}));
    let mut rows = Vec::new();
    for (number, unit) in (0..).zip(codes(&sample["units"])) {
        protocols(&wire, &mut device, &[(unit, 100 + number)]);
        rows.push(row(unit, 100 + number, if number == 3 { 30 } else { 0 }));
    }
    publish(&wire, &rows);
    for lang in ["kk", "ru", "en"] {
        let estimate = page(world, &format!("/estimate?lang={lang}"));
        assert_eq!(drawings(&estimate).len(), 1, "how the estimate moved");
        let compare = page(world, &format!("/compare?lang={lang}"));
        assert_eq!(drawings(&compare).len(), 2, "steps and turnout");
        let forensics = page(world, &format!("/forensics?lang={lang}&mode=30"));
        assert_eq!(drawings(&forensics).len(), 1, "the fingerprint");
        for text in [&estimate, &compare, &forensics] {
            assert!(!text.contains("{") && text.len() < 100_000, "{} bytes: {text}", text.len());
            for drawing in drawings(text) {
                assert!(drawing.contains("<title id=") && drawing.contains("<desc id="));
                assert!(!drawing.contains("style=") && !drawing.contains("<script"));
            }
        }
    }
    let estimate = page(world, "/estimate?lang=en");
    assert!(estimate.contains("With 95 % confidence at least 1 of 12 precincts"), "{estimate}");
    assert!(estimate.contains("8 were drawn, 8 could be compared, 1 differ."), "{estimate}");
}

fn every_drawing_of_a_page_is_had_as_a_file_that_says_what_it_is(world: &mut World) {
    let (wire, mut device) = (world.wire(), observer(world, 1));
    let linked = || -> Vec<String> {
        let mut found = Vec::new();
        for path in ["/compare?lang=en", "/estimate?lang=en", "/forensics?lang=en"] {
            let page = page(world, path);
            let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let drawings = links.filter(|link| link.starts_with("/drawings/"));
            found.extend(drawings.map(|link| link.replace("&#38;", "&").replace("&amp;", "&")));
        }
        found
    };
    assert_eq!(linked(), [""; 0], "nothing is drawn yet");
    let early = wire.get("/drawings/turnout.svg");
    assert_eq!((early.status, &early.json()["code"]), (404, &json!("not-found")));

    let sample = draw(&wire, &json!({"seed": "s", "size": 8, "by": "region"}));
    let mut rows = Vec::new();
    for (number, unit) in (0..).zip(codes(&sample["units"])) {
        protocols(&wire, &mut device, &[(unit, 100 + number)]);
        rows.push(row(unit, 100 + number, if number == 3 { 30 } else { 0 }));
    }
    publish(&wire, &rows);
    let links = linked();
    let names: Vec<&str> = links.iter().filter_map(|link| link.split('?').next()).collect();
    let expected = ["differences", "turnout", "convergence", "fingerprint"];
    assert_eq!(names, expected.map(|name| format!("/drawings/{name}.svg")));
    for link in links {
        let more = if link.contains('?') { '&' } else { '?' };
        for lang in ["kk", "ru", "en"] {
            let file = wire.get(&format!("{link}{more}lang={lang}"));
            assert_eq!(file.status, 200, "{link}");
            let text = file.text();
            assert_eq!(drawings(&text), [text.trim_end()], "one drawing and nothing else");
            assert!(text.contains("fill=\"white\"") && text.contains("<text "), "{text}");
        }
    }
    let elsewhere = wire.get("/drawings/differences.svg?contest=none");
    assert_eq!(elsewhere.status, 404, "{}", elsewhere.text());
}

fn a_sample_is_tried_and_drawn_on_its_page(world: &mut World) {
    let origin = format!("http://{}", world.address());
    let post = |what: &str, size: &str| {
        let form = format!("seed=dice+3+1&size={size}&by=region&what={what}");
        let headers =
            [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        world.wire().send("POST", "/sample?lang=en", &headers, form.as_bytes()).unwrap()
    };
    let tried = post("try", "4");
    assert!(tried.text().contains("Nothing was logged."), "{}", tried.text());
    assert!(page(world, "/sample?lang=en").contains("Nothing was drawn yet."));
    assert!(post("draw", "many").text().contains("role=\"alert\""));
    assert!(post("draw", "0").text().contains("role=\"alert\""));
    assert_eq!(post("draw", "4").status, 303);
    assert_eq!(post("draw", "4").status, 303);
    let shown = page(world, "/sample?lang=en");
    for words in ["counts", "later: does not count", "drawn again: the same", "dice 3 1"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}
