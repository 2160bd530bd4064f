//! Skewness and kurtosis of turnout.
//!
//! Population moments, as the Election Forensics Toolkit prints them (Hicken and Mebane, "A guide
//! to election forensics", 2015): a normal distribution has skewness 0 and kurtosis 3.

use serde::Serialize;

/// The moments of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moments {
    /// Its mean.
    pub mean: f64,
    /// Its population standard deviation.
    pub deviation: f64,
    /// The third standardised moment; 0 is symmetric.
    pub skewness: f64,
    /// The fourth standardised moment; 3 is normal.
    pub kurtosis: f64,
}

/// The moments of these values; none where they do not vary.
#[must_use]
pub fn moments(values: &[f64]) -> Option<Moments> {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let power =
        |power: i32| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / count;
    let variance = power(2);
    // The variance of an empty sample is not a number.
    if variance.is_nan() || variance <= 0.0 {
        return None;
    }
    Some(Moments {
        mean,
        deviation: variance.sqrt(),
        skewness: power(3) / variance.powf(1.5),
        kurtosis: power(4) / variance.powi(2),
    })
}
