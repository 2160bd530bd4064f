//! At least how many precincts were altered, from the random sample alone.
//!
//! A sample of `n` from a frame of `N` has `k` precincts with a difference; what was drawn and not
//! obtained counts as **unaltered**, so gaps can only lower the bound. The number of altered
//! precincts in the frame is at least the smallest `K` under which `k` or more in the sample are no
//! rarer than `1 - confidence`: the exact one-sided hypergeometric bound (Wright, *Exact confidence
//! bounds when sampling from small finite universes*, 1991). With strata each is bounded at
//! `(1 - confidence) / strata` and the bounds are added (Bonferroni): careful. What counts as
//! altered is the caller's: a slip of an observer that nobody has looked at is one too.

use serde::Serialize;
use statrs::distribution::{DiscreteCDF, Hypergeometric};

/// One stratum of the random sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Precincts of the frame.
    pub frame: u64,
    /// Precincts that were drawn, obtained or not.
    pub drawn: u64,
    /// Drawn precincts of which a document was obtained.
    pub obtained: u64,
    /// Drawn precincts with an unexplained difference.
    pub altered: u64,
}

/// What can be said of all precincts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtLeast {
    /// Precincts altered, at least.
    pub precincts: u64,
    /// As a share of the frame; zero of an empty one.
    pub share: f64,
    /// Precincts of the frame.
    pub frame: u64,
    /// Precincts that were drawn.
    pub drawn: u64,
    /// Drawn and not obtained: shown beside the bound, which counts them as unaltered.
    pub not_obtained: u64,
}

/// The lower bound over all strata.
#[must_use]
pub fn at_least(strata: &[Sampled], confidence: f64) -> AtLeast {
    let used = strata.iter().filter(|stratum| stratum.drawn > 0).count();
    #[expect(clippy::cast_precision_loss, reason = "a few strata")]
    let error = (1.0 - confidence) / used.max(1) as f64;
    let frame: u64 = strata.iter().map(|stratum| stratum.frame).sum();
    let precincts: u64 = strata.iter().map(|stratum| bound(stratum, error)).sum();
    AtLeast {
        precincts,
        share: if frame == 0 {
            0.0
        } else {
            crate::forensics::real(precincts) / crate::forensics::real(frame)
        },
        frame,
        drawn: strata.iter().map(|stratum| stratum.drawn).sum(),
        not_obtained: strata
            .iter()
            .map(|stratum| stratum.drawn.saturating_sub(stratum.obtained))
            .sum(),
    }
}

/// The smallest number of altered precincts that does not make the sample rarer than `error`.
fn bound(stratum: &Sampled, error: f64) -> u64 {
    let drawn = stratum.drawn.min(stratum.frame);
    let seen = stratum.altered.min(drawn);
    if seen == 0 {
        return 0;
    }
    // What was seen is there; what was seen unaltered is not altered. In between the tail only
    // grows with the number of altered ones.
    let (mut low, mut high) = (seen, stratum.frame - (drawn - seen));
    while low < high {
        let middle = low + (high - low) / 2;
        let tail = Hypergeometric::new(stratum.frame, middle, drawn)
            .map_or(1.0, |sample| sample.sf(seen - 1));
        if tail > error {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
