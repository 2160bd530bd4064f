//! How the estimate moved while precincts came in: a quick count is read when it stands still.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ratio::{Estimate, Stratum, share};

/// Points of a plot: more cannot be told apart on a page.
const POINTS: usize = 120;

/// A precinct of the sample as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived<S> {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its stratum.
    pub stratum: S,
    /// Votes of the choice.
    pub votes: u64,
    /// Valid votes of all.
    pub valid: u64,
}

/// A moment of the night.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment<S> {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What was estimated then.
    pub estimate: Estimate<S>,
}

/// The estimate after each arrival, thinned out evenly to what a plot can show; the last one is
/// always among them. `frame` has each stratum's precincts and how many were drawn; what arrived of
/// other strata is left out.
#[must_use]
pub fn convergence<S: Ord + Clone>(
    frame: &BTreeMap<S, (u64, u64)>,
    arrived: &[Arrived<S>],
    confidence: f64,
) -> Vec<Moment<S>> {
    let mut order: Vec<&Arrived<S>> =
        arrived.iter().filter(|one| frame.contains_key(&one.stratum)).collect();
    order.sort_by_key(|one| one.at_ms);
    let empty = |(frame, drawn): &(u64, u64)| Stratum {
        frame: *frame,
        drawn: *drawn,
        obtained: Vec::new(),
    };
    let mut strata: BTreeMap<S, Stratum> =
        frame.iter().map(|(name, sizes)| (name.clone(), empty(sizes))).collect();
    let every = order.len().div_ceil(POINTS).max(1);
    let mut moments = Vec::new();
    for (place, one) in order.iter().enumerate() {
        if let Some(stratum) = strata.get_mut(&one.stratum) {
            stratum.obtained.push((one.votes, one.valid));
        }
        if (place + 1) % every == 0 || place + 1 == order.len() {
            let estimate = share(&strata, confidence);
            moments.extend(estimate.map(|estimate| Moment { at_ms: one.at_ms, estimate }));
        }
    }
    moments
}
