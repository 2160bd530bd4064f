//! How large a sample must be, and how exact a sample is before anything is counted.
//!
//! Source: NDI handbook, chapter 5. The true margin lies between that over voters and that over
//! stations, since people of one precinct vote alike.

use crate::forensics::real;

/// Voters that must be in the sample: `n = P(1-P) / (E^2/z^2 + P(1-P)/N)`.
///
/// `share` is the expected share (0.5 is the careful choice), `error` the margin wanted, both as
/// fractions; `population` the voters there are. The handbook's own worked example rounds on the
/// way and prints a slightly larger number.
#[must_use]
pub fn voters_needed(population: u64, share: f64, error: f64, z: f64) -> f64 {
    let spread = share * (1.0 - share);
    spread / (error.powi(2) / z.powi(2) + spread / real(population))
}

/// The largest margin over so many stations taken as the units: `z/2 / sqrt(n)`, as a fraction.
#[must_use]
pub fn margin_over_stations(stations: u64, z: f64) -> f64 {
    0.5 * z / real(stations).sqrt()
}

/// The finite population correction: `sqrt((N-n) / (N-1))`. One for an empty sample, none for all.
#[must_use]
pub fn finite_population(frame: u64, stations: u64) -> f64 {
    if frame <= 1 {
        return 0.0;
    }
    (real(frame.saturating_sub(stations)) / real(frame - 1)).sqrt()
}

/// Stations that must come in for a margin over stations of at most `error`: the smallest `n` with
/// `z/2 / sqrt(n) * sqrt((N-n) / (N-1)) <= error`, that is `n >= n0 N / (n0 + N - 1)` with
/// `n0 = z^2 / (4 error^2)`. All of them where nothing less is enough.
#[must_use]
pub fn stations_needed(frame: u64, error: f64, z: f64) -> u64 {
    if frame <= 1 || error <= 0.0 {
        return frame;
    }
    let infinite = z.powi(2) / (4.0 * error.powi(2));
    let needed = (infinite * real(frame) / (infinite + real(frame) - 1.0)).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the frame")]
    let needed = needed as u64;
    needed.clamp(1, frame)
}
