//! How estimates moved while precincts came in: a line for each choice, its margin as a thin line above
//! and below it.

use std::fmt::Write as _;

use super::{
    scale::Scale,
    svg::{Anchor, Caption, DASHES, LETTER, Svg, WIDTH, number, short},
};

const HEIGHT: f64 = 280.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = WIDTH - 162.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = HEIGHT - 40.0;
/// Lines that can be told apart by dash and mark.
const LINES: usize = DASHES.len();
/// Letters of a name that stands at its line's end.
const NAME: usize = 20;
/// Marks on one line.
const MARKS: usize = 6;

/// When, share, and margin where it is known.
type Point = (i64, f64, Option<f64>);

/// How one choice's estimate moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The choice's name.
    pub name: String,
    /// When, share, and margin where it is known; in the order of time.
    pub points: Vec<(i64, f64, Option<f64>)>,
}

/// Draws up to four courses, the first ones; `times` are the moments that stand below, with their words.
pub fn convergence(courses: &[Course], times: &[(i64, String)], caption: &Caption) -> String {
    let courses = courses.get(..LINES).unwrap_or(courses);
    let mut svg = Svg::new(caption, WIDTH, HEIGHT);
    let all = || courses.iter().flat_map(|course| &course.points);
    let (first, last) =
        (all().map(|of| of.0).min().unwrap_or(0), all().map(|of| of.0).max().unwrap_or(0));
    let edges = |sign: f64| all().map(move |of| of.1 + sign * of.2.unwrap_or(0.0));
    let low = edges(-1.0).fold(1.0, f64::min).max(0.0);
    let high = edges(1.0).fold(0.0, f64::max).min(1.0);
    let x = Scale::new(real(first), real(last), LEFT, RIGHT);
    let y = Scale::new((low * 20.0).floor() * 5.0, (high * 20.0).ceil() * 5.0, BOTTOM, TOP);
    for tick in y.ticks(5.0) {
        svg.line((LEFT, y.at(tick)), (RIGHT, y.at(tick)), "1 3", "0.5");
        svg.words((LEFT - 6.0, y.at(tick) + LETTER / 3.0), Anchor::End, &number(tick));
    }
    for (at, words) in times {
        svg.line((x.at(real(*at)), BOTTOM), (x.at(real(*at)), BOTTOM + 4.0), "none", "1");
        svg.words((x.at(real(*at)), BOTTOM + 17.0), Anchor::Middle, words);
    }
    svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "none", "1");
    let mut taken: Vec<f64> = Vec::new();
    for (look, course) in courses.iter().enumerate() {
        let path = |of: &dyn Fn(&Point) -> Option<f64>| {
            let mut path = String::new();
            for point in &course.points {
                let Some(share) = of(point) else { continue };
                let letter = if path.is_empty() { 'M' } else { 'L' };
                let place = (x.at(real(point.0)), y.at(share * 100.0));
                let _written = write!(path, "{letter}{} {}", number(place.0), number(place.1));
            }
            path
        };
        svg.begin(&course.name);
        for sign in [-1.0, 1.0] {
            svg.stroke(&path(&|of| Some(of.1 + sign * of.2?)), "1 2", "1");
        }
        svg.stroke(&path(&|of| Some(of.1)), DASHES[look], "2");
        let every = course.points.len().div_ceil(MARKS).max(1);
        let mut marks = String::new();
        for (at, share, _) in course.points.iter().rev().step_by(every).skip(1) {
            marks.push_str(&mark(look, x.at(real(*at)), y.at(share * 100.0)));
        }
        svg.area(&marks, "currentColor", "none");
        if let Some((_, share, _)) = course.points.last() {
            let place = free(y.at(share * 100.0), &mut taken);
            svg.area(&mark(look, RIGHT + 10.0, place), "currentColor", "none");
            let at = (RIGHT + 19.0, place + LETTER / 3.0);
            svg.words(at, Anchor::Start, &short(&course.name, NAME));
        }
        svg.end();
    }
    svg.words((4.0, 13.0), Anchor::Start, &caption.upward);
    svg.words((f64::midpoint(LEFT, RIGHT), HEIGHT - 6.0), Anchor::Middle, &caption.across);
    svg.finish()
}

/// A place for a name near `wanted` where none stands yet.
fn free(wanted: f64, taken: &mut Vec<f64>) -> f64 {
    let mut place = wanted;
    while taken.iter().any(|other| (other - place).abs() < LETTER + 1.0) {
        place += 2.0;
    }
    taken.push(place);
    place
}

/// Square, diamond, triangle, bar.
fn mark(look: usize, x: f64, y: f64) -> String {
    let n = number;
    match look % LINES {
        0 => format!("M{} {}h7v7h-7z", n(x - 3.5), n(y - 3.5)),
        1 => format!("M{} {}l5 5l-5 5l-5 -5z", n(x), n(y - 5.0)),
        2 => format!("M{} {}l5 8h-10z", n(x), n(y - 5.0)),
        _ => format!("M{} {}h3v12h-3z", n(x - 1.5), n(y - 6.0)),
    }
}

/// A moment as a number to calculate with: milliseconds since 1970 stay far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn real(at_ms: i64) -> f64 {
    at_ms as f64
}
