//! The votes above an honest window of turnout (Shpilkin's method).
//!
//! Where turnout is honest, the leader's votes stand in one ratio `k` to everybody else's at every
//! turnout. `k` is taken from a window that **a person names and the audit log keeps**: finding the
//! honest mode automatically is unreliable. Votes above the window in excess of that ratio are the
//! anomalous ones.
//!
//! Source: Shpilkin, "Statistical analysis of the elections", Troitsky variant 21(40) (2009); the
//! same estimate in Kobak et al. (2016), section 5.

use serde::Serialize;

use super::{Precinct, real};

/// Points of turnout on either side of the mode that belong to the window.
pub const HALF_WIDTH: usize = 2;

/// What one window gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Anomalous {
    /// First and last point of the window.
    pub window: (usize, usize),
    /// The leader's votes for one of all others, inside the window.
    pub ratio: f64,
    /// The leader's votes above the window beyond that ratio. May be below nothing.
    pub votes: f64,
    /// Those as a share of all the leader's votes.
    pub of_leader: f64,
    /// The leader's share without them.
    pub share_without: f64,
    /// The turnout without them.
    pub turnout_without: f64,
}

/// Votes by whole points of turnout, 0 to 100.
#[derive(Clone, Debug)]
pub struct ByTurnout {
    /// The choice's votes at each point.
    pub leader: Vec<u64>,
    /// All other ballots at each point.
    pub others: Vec<u64>,
    registered: u64,
    issued: u64,
}

impl ByTurnout {
    /// Sums the votes. Precincts without a turnout (no voters, more ballots than voters) count at
    /// the last point.
    #[must_use]
    pub fn of(precincts: &[Precinct]) -> Self {
        let empty = || vec![0; 101];
        let mut sums = Self { leader: empty(), others: empty(), registered: 0, issued: 0 };
        for precinct in precincts.iter().filter(|precinct| precinct.counted > 0) {
            let point = precinct.turnout_point().unwrap_or(100);
            sums.leader[point] += precinct.votes;
            sums.others[point] += precinct.counted.saturating_sub(precinct.votes);
            sums.registered += precinct.registered;
            sums.issued += precinct.issued;
        }
        sums
    }

    /// The anomalous votes above the window around this mode; none where nobody else has a vote in
    /// the window, or nobody any.
    #[must_use]
    pub fn above(&self, mode: usize) -> Option<Anomalous> {
        let window = (mode.saturating_sub(HALF_WIDTH), (mode + HALF_WIDTH).min(100));
        let within = |votes: &[u64]| votes.get(window.0..=window.1).map(|part| part.iter().sum());
        let (leader, others): (u64, u64) = (within(&self.leader)?, within(&self.others)?);
        let all_leader = real(self.leader.iter().sum());
        let all = all_leader + real(self.others.iter().sum());
        if others == 0 || all_leader == 0.0 || self.registered == 0 {
            return None;
        }
        let ratio = real(leader) / real(others);
        let above = self.leader[window.1 + 1..].iter().zip(&self.others[window.1 + 1..]);
        let votes: f64 = above.map(|(leader, others)| real(*leader) - ratio * real(*others)).sum();
        Some(Anomalous {
            window,
            ratio,
            votes,
            of_leader: votes / all_leader,
            share_without: (all_leader - votes) / (all - votes),
            turnout_without: (real(self.issued) - votes) / real(self.registered),
        })
    }
}
