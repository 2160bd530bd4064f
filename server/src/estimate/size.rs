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
