//! What a random sample of precincts says of the whole: quick count and bounds.
//!
//! Pure functions. Samples and volunteers' precincts never mix here: only what was **drawn** from
//! the frame is estimated with, the rest is reported beside it. What was drawn and not obtained
//! stays in the figures as not obtained; there is no substitution.
//!
//! Source: NDI, *The Quick Count and Election Observation* (2002), chapter 5; Cochran, *Sampling
//! Techniques* (3rd ed., 1977), chapters 5 and 6.

pub mod altered;
pub mod convergence;
pub mod draw;
pub mod ratio;
pub mod size;

#[cfg(test)]
mod tests;

use statrs::distribution::{ContinuousCDF, Normal};

/// The two-sided quantile of the normal distribution: 1.96 for 95 %. Infinite at 100 %.
#[must_use]
pub fn quantile(confidence: f64) -> f64 {
    let confidence = confidence.clamp(0.0, 1.0);
    Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence))
}
