//! Election forensics: what the shape of a whole election's precinct figures shows.
//!
//! Pure functions over a plain table of [`Precinct`]s. They are **indicators for analysts**: an
//! anomaly has innocent explanations, proves nothing by itself, and never appears in what is
//! released. Every result carries an effect size beside its probability, since with a hundred
//! thousand precincts everything is "significant"; who scans many regions at once applies
//! [`scan::discoveries`].
//!
//! Nothing here draws random numbers: expected values are exact sums, so two people who run the
//! same test on the same table see the same figures.

pub mod binomial;
pub mod control;
pub mod digits;
pub mod fingerprint;
pub mod integer;
pub mod moments;
pub mod scan;
pub mod window;

#[cfg(test)]
mod tests;

/// One precinct's figures, as published or as observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precinct {
    /// Voters on the list.
    pub registered: u64,
    /// Ballots that were given out: early, at the station, outside it.
    pub issued: u64,
    /// Ballots that were found and counted, valid or not.
    pub counted: u64,
    /// Votes of the choice that is looked at, usually the leader.
    pub votes: u64,
}

impl Precinct {
    /// The whole percentage point of turnout it lies in, 0 to 100; none without voters, or with
    /// more ballots than voters.
    #[must_use]
    pub fn turnout_point(&self) -> Option<usize> {
        point(self.issued, self.registered)
    }

    /// The whole percentage point of the choice's share it lies in; none without ballots, or with
    /// more votes than ballots.
    #[must_use]
    pub fn share_point(&self) -> Option<usize> {
        point(self.votes, self.counted)
    }
}

/// The whole percentage point of a part, rounded down in integers.
fn point(part: u64, whole: u64) -> Option<usize> {
    if whole == 0 || part > whole {
        return None;
    }
    usize::try_from(u128::from(part) * 100 / u128::from(whole)).ok()
}

/// A count as a number to calculate with. Exact below 2^53, far above any election.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}
