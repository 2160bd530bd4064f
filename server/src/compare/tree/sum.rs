//! Sums of what lies below a unit. Pure.

use super::node::{OurSum, Votes};

/// What a unit adds to the sum above it, or the sum of what its children add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Published parts, added up by choice.
    pub(super) votes: Votes,
    /// How many parts.
    pub(super) parts: usize,
    /// Their voters and the ballots they gave out; none once a part lacks the figure.
    pub(super) voters: Option<u64>,
    pub(super) ballots: Option<u64>,
    /// Precincts that are in no part.
    pub(super) open: usize,
    /// Open precincts of which we have a whole copy, and its votes.
    pub(super) open_with_copy: usize,
    pub(super) open_votes: Vec<u64>,
    /// Our copies of all precincts below.
    pub(super) ours: OurSum,
}

/// A unit's published figures, as far as a comparison needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) votes: Votes,
    pub(super) voters: Option<u64>,
    pub(super) ballots: Option<u64>,
}

impl Sum {
    pub(super) fn nothing(choices: usize) -> Self {
        let zeros = vec![0; choices];
        Self {
            votes: vec![Some(0); choices],
            voters: Some(0),
            ballots: Some(0),
            open_votes: zeros.clone(),
            ours: OurSum {
                votes: zeros.clone(),
                ours_in_both: zeros.clone(),
                published_in_both: zeros,
                ..OurSum::default()
            },
            ..Self::default()
        }
    }

    /// A unit that was published: one part.
    pub(super) fn add_part(&mut self, published: &Published) {
        add_known(&mut self.votes, &published.votes);
        self.voters = plus(self.voters, published.voters);
        self.ballots = plus(self.ballots, published.ballots);
        self.parts += 1;
    }

    /// A unit that was not: whatever lies below it.
    pub(super) fn add_parts(&mut self, below: &Self) {
        add_known(&mut self.votes, &below.votes);
        self.voters = plus(self.voters, below.voters);
        self.ballots = plus(self.ballots, below.ballots);
        self.parts += below.parts;
        self.open += below.open;
        self.open_with_copy += below.open_with_copy;
        add(&mut self.open_votes, &below.open_votes);
    }

    /// A precinct that was not published; what our copy says of it, if it says all.
    pub(super) fn add_open(&mut self, ours: Option<&Votes>) {
        self.open += 1;
        if let Some(ours) = ours.filter(|ours| ours.iter().all(Option::is_some)) {
            self.open_with_copy += 1;
            for (sum, votes) in self.open_votes.iter_mut().zip(ours) {
                *sum = sum.saturating_add(votes.unwrap_or(0));
            }
        }
    }

    /// Our copy of a precinct below.
    pub(super) fn add_our_copy(&mut self, ours: &Votes, published: Option<&Votes>) {
        let sums = &mut self.ours;
        sums.precincts += 1;
        for (sum, votes) in sums.votes.iter_mut().zip(ours) {
            *sum = sum.saturating_add(votes.unwrap_or(0));
        }
        let Some(published) = published else { return };
        sums.published += 1;
        let both = sums.ours_in_both.iter_mut().zip(&mut sums.published_in_both);
        for ((our_sum, their_sum), pair) in both.zip(ours.iter().zip(published)) {
            if let (Some(ours), Some(theirs)) = pair {
                *our_sum = our_sum.saturating_add(*ours);
                *their_sum = their_sum.saturating_add(*theirs);
            }
        }
    }

    /// Our copies of everything below a unit.
    pub(super) fn add_our_copies(&mut self, below: &OurSum) {
        let sums = &mut self.ours;
        sums.precincts += below.precincts;
        sums.published += below.published;
        add(&mut sums.votes, &below.votes);
        add(&mut sums.ours_in_both, &below.ours_in_both);
        add(&mut sums.published_in_both, &below.published_in_both);
    }
}

/// A cell that one part lacks is unknown in the sum.
fn add_known(sums: &mut Votes, more: &Votes) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum = plus(*sum, *more);
    }
}

fn plus(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.zip(other).map(|(one, other)| one.saturating_add(other))
}

fn add(sums: &mut [u64], more: &[u64]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum = sum.saturating_add(*more);
    }
}
