//! How many precincts have which turnout and share: the larger the square, the more.

use super::{
    scale::Scale,
    svg::{Anchor, Caption, LETTER, Svg, WIDTH, number, rectangle},
};

/// Points that one square stands for, in each direction: more of them could not be told apart, and a page
/// stays small.
const POINTS: usize = 2;
/// Squares in each direction; 100 % is in the last one.
const SQUARES: usize = 50;
const LEFT: f64 = 52.0;
const RIGHT: f64 = WIDTH - 18.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = TOP + RIGHT - LEFT;
const HEIGHT: f64 = BOTTOM + 40.0;
/// The smallest square that can be seen, as a part of the largest.
const LEAST: f64 = 0.16;

/// Draws cells of turnout, share and number of precincts, both in whole per cent.
pub fn fingerprint(
    cells: impl IntoIterator<Item = (usize, usize, u32)>,
    caption: &Caption,
) -> String {
    let mut squares = vec![0_u64; SQUARES * SQUARES];
    for (turnout, share, count) in cells {
        let place = |point: usize| (point / POINTS).min(SQUARES - 1);
        squares[place(turnout) * SQUARES + place(share)] += u64::from(count);
    }
    let most = crate::forensics::real(squares.iter().copied().max().unwrap_or(0)).max(1.0);
    let mut svg = Svg::new(caption, WIDTH, HEIGHT);
    let x = Scale::new(0.0, 100.0, LEFT, RIGHT);
    let y = Scale::new(0.0, 100.0, BOTTOM, TOP);
    for tick in [0.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
        svg.line((LEFT, y.at(tick)), (RIGHT, y.at(tick)), "1 3", "0.5");
        svg.line((x.at(tick), BOTTOM), (x.at(tick), TOP), "1 3", "0.5");
        svg.words((LEFT - 6.0, y.at(tick) + LETTER / 3.0), Anchor::End, &number(tick));
        svg.words((x.at(tick), BOTTOM + 17.0), Anchor::Middle, &number(tick));
    }
    let size = (RIGHT - LEFT) / crate::forensics::real(SQUARES as u64);
    let mut path = String::new();
    for (place, count) in squares.iter().enumerate().filter(|(_, count)| **count > 0) {
        let side = size * (crate::forensics::real(*count) / most).sqrt().max(LEAST);
        let of = |index: usize| crate::forensics::real((index * POINTS) as u64) + 1.0;
        let (across, up) = (x.at(of(place / SQUARES)), y.at(of(place % SQUARES)));
        path.push_str(&rectangle(across - side / 2.0, up - side / 2.0, side, side));
    }
    svg.area(&path, "currentColor", "none");
    svg.words((4.0, 13.0), Anchor::Start, &caption.upward);
    svg.words((f64::midpoint(LEFT, RIGHT), HEIGHT - 6.0), Anchor::Middle, &caption.across);
    svg.finish()
}
