//! The fingerprint of an election: how many precincts have which turnout and share.
//!
//! Source of the picture: Klimek, Yegorov, Hanel, Thurner, PNAS 109(41), 16469-16473 (2012). Its
//! fitted parameters differ about fivefold between authors, so only what can be counted is given.

use super::{Precinct, integer::REGISTERED_MIN, real};

/// Points of each axis: 0 to 100, in whole percent, rounded down.
pub const POINTS: usize = 101;

/// Precincts by turnout and share.
#[derive(Clone, Debug, PartialEq)]
pub struct Fingerprint {
    cells: Vec<u32>,
    /// Precincts that are in it: a hundred voters or more, figures that make a percentage.
    pub precincts: u64,
    /// Precincts with at least 99 % in both.
    pub corner: u64,
    /// Precincts where everybody on the list took part.
    pub complete: u64,
    /// Pearson's correlation of turnout and share; none where one of them does not vary.
    pub correlation: Option<f64>,
    /// The slope of share on turnout, by least squares.
    pub slope: Option<f64>,
}

impl Fingerprint {
    /// Counts all precincts that qualify.
    #[must_use]
    pub fn of(precincts: &[Precinct]) -> Self {
        let mut cells = vec![0; POINTS * POINTS];
        let (mut all, mut corner, mut complete) = (0, 0, 0);
        let mut points = Vec::new();
        for precinct in precincts.iter().filter(|precinct| precinct.registered >= REGISTERED_MIN) {
            let (Some(turnout), Some(share)) = (precinct.turnout_point(), precinct.share_point())
            else {
                continue;
            };
            all += 1;
            corner += u64::from(turnout >= 99 && share >= 99);
            complete += u64::from(precinct.issued == precinct.registered);
            cells[turnout * POINTS + share] += 1;
            points.push((
                real(precinct.issued) / real(precinct.registered),
                real(precinct.votes) / real(precinct.counted),
            ));
        }
        let (correlation, slope) = line(&points).unzip();
        Self { cells, precincts: all, corner, complete, correlation, slope }
    }

    /// Precincts with this turnout and this share; none beyond 100.
    #[must_use]
    pub fn at(&self, turnout: usize, share: usize) -> u32 {
        if turnout >= POINTS || share >= POINTS { 0 } else { self.cells[turnout * POINTS + share] }
    }

    /// All cells with a precinct in them: turnout, share, how many.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, u32)> {
        let cells = self.cells.iter().enumerate().filter(|(_, count)| **count > 0);
        cells.map(|(cell, count)| (cell / POINTS, cell % POINTS, *count))
    }
}

/// Correlation and slope of the line through these points.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for point in points {
        let (dx, dy) = (point.0 - x, point.1 - y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx * yy).sqrt(), xy / xx))
}
