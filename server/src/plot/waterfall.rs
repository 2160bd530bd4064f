//! How figures changed from level to level: a row of steps for each choice, from what was counted below to
//! what was published at the top.

use super::{
    scale::Scale,
    svg::{Anchor, Caption, LETTER, Svg, WIDTH, rectangle, short},
};

/// Height of one row.
const ROW: f64 = 86.0;
const LEFT: f64 = 12.0;
const RIGHT: f64 = WIDTH - 12.0;
const TOP: f64 = 24.0;
/// Room above and below the steps of a row, for its name and its words.
const ABOVE: f64 = 32.0;
const BELOW: f64 = 20.0;

/// The steps of one choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cascade {
    /// The choice's name.
    pub name: String,
    /// Level by level, the lowest first: by how many votes more (or fewer) were published there than
    /// below; none where nothing could be compared.
    pub steps: Vec<Option<i64>>,
}

/// Draws the rows; `levels` are the names of the steps, `say` writes a number of votes.
pub fn waterfall(
    rows: &[Cascade],
    levels: &[String],
    say: impl Fn(i64) -> String,
    caption: &Caption,
) -> String {
    let height = TOP + ROW * real(i64::try_from(rows.len()).unwrap_or(0)) + 26.0;
    let mut svg = Svg::new(caption, WIDTH, height);
    svg.hatches();
    let column = (RIGHT - LEFT) / real(i64::try_from(levels.len().max(1)).unwrap_or(1));
    let middle = |place: usize| LEFT + column * (real(i64::try_from(place).unwrap_or(0)) + 0.5);
    // One scale for all rows, so that they can be held against each other.
    let heights = || rows.iter().flat_map(|row| heights(&row.steps));
    let (low, high) = (heights().min().unwrap_or(0), heights().max().unwrap_or(0));
    let mut top = TOP;
    for row in rows {
        let y = Scale::new(real(low), real(high), top + ROW - BELOW, top + ABOVE);
        svg.begin(&row.name);
        svg.words((LEFT, top + LETTER), Anchor::Start, &short(&row.name, 46));
        svg.line((LEFT, y.at(0.0)), (RIGHT, y.at(0.0)), "1 3", "0.6");
        let mut at = 0_i64;
        for (place, step) in row.steps.iter().enumerate().take(levels.len()) {
            let (x, width) = (middle(place) - column * 0.3, column * 0.6);
            let next = at.saturating_add(step.unwrap_or(0));
            let (one, other) = (y.at(real(at)), y.at(real(next)));
            // More stands in dense hatching, fewer in thin: and the number says it.
            if step.is_some() {
                let fill = svg.hatch(if next > at { 4 } else { 1 });
                let shape = rectangle(x, one.min(other), width, (one - other).abs().max(1.0));
                svg.area(&shape, &fill, "currentColor");
            }
            if place + 1 < levels.len() {
                svg.line((x + width, other), (x + column, other), "2 2", "0.8");
            }
            let words = step.map_or_else(|| "?".to_owned(), &say);
            svg.words((middle(place), one.max(other) + LETTER), Anchor::Middle, &words);
            at = next;
        }
        svg.end();
        top += ROW;
    }
    for (place, level) in levels.iter().enumerate() {
        svg.words((middle(place), top + 14.0), Anchor::Middle, &short(level, 16));
    }
    svg.words((LEFT, 13.0), Anchor::Start, &caption.upward);
    svg.finish()
}

/// Where the steps stand, the beginning included.
fn heights(steps: &[Option<i64>]) -> impl Iterator<Item = i64> {
    let mut at = 0_i64;
    std::iter::once(0).chain(steps.iter().map(move |step| {
        at = at.saturating_add(step.unwrap_or(0));
        at
    }))
}

/// Votes as a number to calculate with: far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn real(votes: i64) -> f64 {
    votes as f64
}
