//! A choice's share from a stratified sample: the combined ratio estimate.
//!
//! `R = sum_h (N_h/n_h) sum y / sum_h (N_h/n_h) sum x`, and
//! `Var(R) = 1/X^2 sum_h N_h^2 (1 - n_h/N_h) s_h^2 / n_h` with `d = y - R x`, where `s_h^2` is the
//! sample variance of `d` in stratum `h` and `X` the denominator. Cochran (1977), 6.11 and 6.4.

use std::collections::BTreeMap;

use serde::Serialize;

use super::quantile;
use crate::forensics::real;

/// A stratum: what the frame has there, and what came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// Precincts of the frame.
    pub frame: u64,
    /// Precincts that were drawn.
    pub drawn: u64,
    /// Precincts that came in: votes of the choice, valid votes of all.
    pub obtained: Vec<(u64, u64)>,
}

/// A share and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate<S> {
    /// The choice's share.
    pub share: f64,
    /// Half the width of the confidence interval. None when a stratum has one precinct only, so
    /// that nothing is known of its spread, and that one is not all of it.
    pub margin: Option<f64>,
    /// Precincts that were drawn.
    pub drawn: u64,
    /// Precincts that the estimate rests on.
    pub obtained: u64,
    /// Strata of which nothing came in: **the estimate does not speak for them**. Late strata are
    /// seldom like the others (distant districts report last), so a national figure waits for them.
    pub late: Vec<S>,
}

/// Estimates a share; none where nothing came in, or no valid vote.
#[must_use]
pub fn share<S: Ord + Clone>(
    strata: &BTreeMap<S, Stratum>,
    confidence: f64,
) -> Option<Estimate<S>> {
    let (mut votes, mut valid) = (0.0, 0.0);
    let (mut drawn, mut obtained, mut late) = (0, 0, Vec::new());
    for (name, stratum) in strata {
        drawn += stratum.drawn;
        let Some(weight) = stratum.weight() else {
            if stratum.frame > 0 {
                late.push(name.clone());
            }
            continue;
        };
        obtained += stratum.obtained.len() as u64;
        for (mine, all) in &stratum.obtained {
            votes += weight * real(*mine);
            valid += weight * real(*all);
        }
    }
    if valid <= 0.0 {
        return None;
    }
    let share = votes / valid;
    let variances: Option<Vec<f64>> =
        strata.values().filter_map(|stratum| stratum.variance(share)).collect();
    let margin =
        variances.map(|parts| quantile(confidence) * parts.iter().sum::<f64>().sqrt() / valid);
    Some(Estimate { share, margin, drawn, obtained, late })
}

impl Stratum {
    /// Precincts of the frame for one that came in; none when none did.
    fn weight(&self) -> Option<f64> {
        let obtained = self.obtained.len() as u64;
        (obtained > 0).then(|| real(self.frame.max(obtained)) / real(obtained))
    }

    /// Its part of the variance, before the division by `X^2`: nothing to add when empty; unknown
    /// when one precinct stands for several.
    fn variance(&self, share: f64) -> Option<Option<f64>> {
        let obtained = self.obtained.len() as u64;
        let frame = self.frame.max(obtained);
        if obtained == 0 || obtained == frame {
            return obtained.eq(&frame).then_some(Some(0.0));
        }
        if obtained == 1 {
            return Some(None);
        }
        let rest: Vec<f64> = self
            .obtained
            .iter()
            .map(|(votes, valid)| real(*votes) - share * real(*valid))
            .collect();
        let count = real(obtained);
        let mean = rest.iter().sum::<f64>() / count;
        let spread = rest.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let (frame, left_out) = (real(frame), 1.0 - count / real(frame));
        Some(Some(frame.powi(2) * left_out * spread / count))
    }
}
