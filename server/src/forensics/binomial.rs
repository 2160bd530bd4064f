//! Exact sums over a binomial distribution, without logarithms of factorials.

use super::real;

/// How many standard deviations from the mode are summed. What lies beyond weighs less than 1e-15.
const REACH: f64 = 9.0;
/// Values beside the mode that are always summed, for the skewed small cases.
const REACH_LEAST: u64 = 40;

/// The probability that a binomial variable of `trials` with probability `part / trials` takes a
/// value for which `holds`.
///
/// Weights are taken from the mode outward by the ratio of neighbours,
/// `w(k+1) / w(k) = (n-k)/(k+1) * p/(1-p)`, and divided by their sum.
///
/// `part` must not exceed `trials`; for none or all of them the variable is a constant.
#[must_use]
pub fn probability(trials: u64, part: u64, holds: impl Fn(u64) -> bool) -> f64 {
    let part = part.min(trials);
    if part == 0 || part == trials {
        return if holds(part) { 1.0 } else { 0.0 };
    }
    let chance = real(part) / real(trials);
    let odds = chance / (1.0 - chance);
    let spread = (real(trials) * chance * (1.0 - chance)).sqrt();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, positive")]
    let reach = ((REACH * spread) as u64).max(REACH_LEAST);
    let (first, last) = (part.saturating_sub(reach), part.saturating_add(reach).min(trials));
    // The mean is a whole number, so it is the mode.
    let (mut all, mut held) = (0.0, 0.0);
    let mut add = |value: u64, weight: f64| {
        all += weight;
        if holds(value) {
            held += weight;
        }
    };
    add(part, 1.0);
    let mut weight = 1.0;
    for value in part..last {
        weight *= real(trials - value) / real(value + 1) * odds;
        add(value + 1, weight);
    }
    weight = 1.0;
    for value in (first + 1..=part).rev() {
        weight *= real(value) / real(trials - value + 1) / odds;
        add(value - 1, weight);
    }
    held / all
}
