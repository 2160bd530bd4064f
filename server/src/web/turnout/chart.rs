//! Lines over the hours of a day, in whole units of a drawing. Pure.

use std::fmt::Write as _;

/// Width and height of the drawing.
pub(in crate::web) const WIDTH: i64 = 600;
pub(in crate::web) const HEIGHT: i64 = 180;
/// Around the lines, with room for what stands beside them.
const LEFT: i64 = 60;
const RIGHT: i64 = 12;
const TOP: i64 = 12;
const BOTTOM: i64 = 26;

/// How many lines can be told apart; further ones look like the first again.
const LOOKS: usize = 4;

/// A drawing of lines.
pub(in crate::web) struct Chart {
    /// Points of a polyline, and which look it has, from 1.
    pub(in crate::web) lines: Vec<(String, usize)>,
    /// Every figure, as a dot: x, y, look.
    pub(in crate::web) dots: Vec<(i64, i64, usize)>,
    /// Hours below: x and text.
    pub(in crate::web) hours: Vec<(i64, String)>,
    /// The highest figure, which stands at the top.
    pub(in crate::web) most: i64,
    /// Where zero is.
    pub(in crate::web) floor: i64,
}

impl Chart {
    /// Draws lines of (minute of the day, figure); none where there is nothing to draw.
    pub(in crate::web) fn new(lines: &[Vec<(u16, i64)>]) -> Option<Self> {
        let all = || lines.iter().flatten();
        let first = i64::from(all().map(|(minute, _)| *minute).min()?) / 60 * 60;
        let last = (i64::from(all().map(|(minute, _)| *minute).max()?) + 59) / 60 * 60;
        let last = last.max(first + 60);
        let most = all().map(|(_, figure)| *figure).max()?.max(1);
        let (wide, high) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        let x = |minute: i64| LEFT + (minute - first) * wide / (last - first);
        let y = |figure: i64| {
            // Below zero there is no turnout; the figure itself stands in the table.
            let share = i128::from(figure.max(0)) * i128::from(high) / i128::from(most);
            TOP + high - i64::try_from(share).unwrap_or(high)
        };
        let mut dots = Vec::new();
        let drawn = lines.iter().enumerate().map(|(number, line)| {
            let look = number % LOOKS + 1;
            let mut points = String::new();
            for (minute, figure) in line {
                let at = (x(i64::from(*minute)), y(*figure));
                dots.push((at.0, at.1, look));
                let _written = write!(points, "{},{} ", at.0, at.1);
            }
            (points.trim_end().to_owned(), look)
        });
        let drawn = drawn.collect();
        let step = if last - first > 8 * 60 { 120 } else { 60 };
        let hours = (0..)
            .map(|n| first + n * step)
            .take_while(|minute| *minute <= last)
            .map(|minute| (x(minute), format!("{:02}", minute / 60)))
            .collect();
        Some(Self { lines: drawn, dots, hours, most, floor: TOP + high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_right_more_is_up_and_all_of_it_is_in_the_frame() {
        let chart = Chart::new(&[vec![(600, 10), (840, 300)], vec![(600, 12)]]).unwrap();
        let (early, late) = (chart.dots[0], chart.dots[1]);
        assert!(late.0 > early.0 && late.1 < early.1);
        assert_eq!((chart.lines.len(), chart.most), (2, 300));
        for (x, y, _) in &chart.dots {
            assert!((0..=WIDTH).contains(x) && (0..=HEIGHT).contains(y));
        }
        assert_eq!(chart.hours[0].1, "10");
    }

    #[test]
    fn nothing_zero_and_absurd_figures_are_drawn_without_a_fault() {
        assert!(Chart::new(&[]).is_none());
        assert!(Chart::new(&[Vec::new()]).is_none());
        let chart = Chart::new(&[vec![(0, 0), (1439, i64::MIN), (700, i64::MAX)]]).unwrap();
        assert!(chart.dots.iter().all(|(_, y, _)| (0..=HEIGHT).contains(y)));
    }
}
