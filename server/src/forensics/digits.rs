//! Digits of counts.
//!
//! The last digits of honest counts of a hundred or more are nearly uniform: Beber and Scacco,
//! "What the numbers say", Political Analysis 20(2), 211-234 (2012). With many precincts the test
//! always rejects, and numbers of registered voters fail it for innocent reasons: read the effect
//! size first. The mean of second digits: Mebane, "Election forensics" (2006).

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::real;

/// Smaller counts are left out: their last digits are not uniform.
pub const COUNT_MIN: u64 = 100;
/// The mean of second digits that Benford's law gives.
pub const SECOND_DIGIT_MEAN: f64 = 4.187_389_7;

/// How the last digits of counts are spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LastDigits {
    /// How many counts end in 0, 1, ... 9.
    pub counts: [u64; 10],
    /// Pearson's chi-squared against equal shares, nine degrees of freedom.
    pub chi_squared: f64,
    /// The chance of so large a chi-squared, were all digits equally likely.
    pub p: f64,
    /// The effect size, Cramér's V: the square root of chi-squared over 9 n. Below 0.05 is small.
    pub effect: f64,
    /// The mean digit; 4.5 is expected.
    pub mean: f64,
    /// The share that ends in 0 or 5; 0.2 is expected.
    pub zeros_and_fives: f64,
}

/// Looks at the last digits of all counts that are large enough; none when there are none.
#[must_use]
pub fn last_digits(counts: impl IntoIterator<Item = u64>) -> Option<LastDigits> {
    let mut seen = [0_u64; 10];
    for count in counts.into_iter().filter(|count| *count >= COUNT_MIN) {
        seen[digit(count % 10)] += 1;
    }
    let all: u64 = seen.iter().sum();
    if all == 0 {
        return None;
    }
    let (all, each) = (real(all), real(all) / 10.0);
    let chi_squared = seen.iter().map(|count| (real(*count) - each).powi(2) / each).sum::<f64>();
    let sum: u64 = seen.iter().zip(0..).map(|(count, digit)| count * digit).sum();
    Some(LastDigits {
        counts: seen,
        chi_squared,
        p: ChiSquared::new(9.0).map_or(f64::NAN, |chi| chi.sf(chi_squared)),
        effect: (chi_squared / (9.0 * all)).sqrt(),
        mean: real(sum) / all,
        zeros_and_fives: real(seen[0] + seen[5]) / all,
    })
}

/// The mean second digit of all counts that have one; none when none has.
#[must_use]
pub fn second_digit_mean(counts: impl IntoIterator<Item = u64>) -> Option<f64> {
    let (mut sum, mut all) = (0, 0);
    for mut count in counts.into_iter().filter(|count| *count >= 10) {
        while count >= 100 {
            count /= 10;
        }
        sum += count % 10;
        all += 1;
    }
    (all > 0).then(|| real(sum) / real(all))
}

/// The share of counts that end in 0 or 5; none of nothing.
#[must_use]
pub fn zeros_and_fives(counts: impl IntoIterator<Item = u64>) -> Option<f64> {
    let (mut hits, mut all) = (0, 0);
    for count in counts {
        hits += u64::from(count % 5 == 0);
        all += 1;
    }
    (all > 0).then(|| real(hits) / real(all))
}

fn digit(digit: u64) -> usize {
    usize::try_from(digit).unwrap_or_default()
}
