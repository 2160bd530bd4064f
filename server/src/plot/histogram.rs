//! Which part of the precincts lies at each point: bars, and a line of steps for a second row of figures.
//! Parts of a hundred, so that a few copies can be held against a whole country.

use std::fmt::Write as _;

use super::{
    scale::Scale,
    svg::{Anchor, Caption, DASHES, LETTER, Svg, WIDTH, number, rectangle},
};

const HEIGHT: f64 = 240.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = WIDTH - 18.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = HEIGHT - 40.0;

/// One row of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Precincts at each whole per cent, from 0.
    pub bins: Vec<u64>,
}

impl Series {
    /// Each bin as a part of a hundred of all of them; nothing of nothing.
    fn percent(&self) -> Vec<f64> {
        let all = self.bins.iter().fold(0, |sum: u64, bin| sum.saturating_add(*bin));
        let of = crate::forensics::real(all).max(1.0);
        self.bins.iter().map(|bin| crate::forensics::real(*bin) * 100.0 / of).collect()
    }
}

/// Bars for `first`, steps for `second`.
pub fn histogram(first: &Series, second: Option<&Series>, caption: &Caption) -> String {
    let mut svg = Svg::new(caption, WIDTH, HEIGHT);
    svg.hatches();
    let parts = first.percent();
    let others = second.map(Series::percent);
    let most = parts.iter().chain(others.iter().flatten()).copied().fold(0.0, f64::max);
    let count = first.bins.len().max(second.map_or(0, |series| series.bins.len())).max(1);
    let x = Scale::new(0.0, crate::forensics::real(count as u64), LEFT, RIGHT);
    let y = Scale::new(0.0, most.max(0.1), BOTTOM, TOP);
    for tick in y.ticks(4.0) {
        svg.line((LEFT, y.at(tick)), (RIGHT, y.at(tick)), "1 3", "0.5");
        svg.words((LEFT - 6.0, y.at(tick) + LETTER / 3.0), Anchor::End, &number(tick));
    }
    let edge = |place: usize| x.at(crate::forensics::real(place as u64));
    let mut bars = String::new();
    for (place, part) in parts.iter().enumerate().filter(|(_, part)| **part > 0.0) {
        let top = y.at(*part);
        bars.push_str(&rectangle(edge(place), top, edge(place + 1) - edge(place), BOTTOM - top));
    }
    let fill = svg.hatch(3);
    svg.area(&bars, &fill, "currentColor");
    if let Some(others) = &others {
        let mut steps = format!("M{} {}", number(LEFT), number(BOTTOM));
        for (place, part) in others.iter().enumerate() {
            let top = y.at(*part);
            let _written = write!(steps, "V{}H{}", number(top), number(edge(place + 1)));
        }
        svg.stroke(&steps, DASHES[0], "2.5");
    }
    for tick in x.ticks(5.0) {
        let at = x.at(tick);
        svg.line((at, BOTTOM), (at, BOTTOM + 4.0), "none", "1");
        svg.words((at, BOTTOM + 17.0), Anchor::Middle, &number(tick));
    }
    svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "none", "1");
    svg.words((f64::midpoint(LEFT, RIGHT), HEIGHT - 6.0), Anchor::Middle, &caption.across);
    let legend = match second {
        Some(second) => format!("▨ {}   ▔ {}", first.name, second.name),
        None => format!("▨ {}", first.name),
    };
    svg.words((4.0, 13.0), Anchor::Start, &caption.upward);
    svg.words((RIGHT, 13.0), Anchor::End, &legend);
    svg.finish()
}
