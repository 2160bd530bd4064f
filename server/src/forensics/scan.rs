//! Many regions at once: which of them still stand out?
//!
//! Source: Benjamini and Hochberg, "Controlling the false discovery rate", Journal of the Royal
//! Statistical Society B 57(1), 289-300 (1995).

/// Which of these probabilities are discoveries when at most `rate` of the discoveries may be
/// false; in the order they were given. What is not a number is none.
#[must_use]
pub fn discoveries(probabilities: &[f64], rate: f64) -> Vec<bool> {
    let mut sorted: Vec<f64> = probabilities.iter().copied().filter(|p| !p.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let all = sorted.len() as f64;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let passes = |(place, p): &(usize, &f64)| **p <= rate * (*place + 1) as f64 / all;
    let limit = sorted.iter().enumerate().filter(passes).map(|(_, p)| *p).next_back();
    probabilities.iter().map(|p| limit.is_some_and(|limit| *p <= limit)).collect()
}
