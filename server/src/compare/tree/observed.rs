//! Which shares were seen anywhere: of precincts that were published, and of those we have a copy of.
//! Pure.
//!
//! The share of several precincts together lies between the lowest and the highest of each. So if
//! what is left for the open ones lies outside what was seen in all the others, one of them at least
//! is like none of those. **How often that is so by chance:** if `k` of `n` precincts were left out
//! by lot, an open one is the country's extreme for a choice with probability `k / n` on each side;
//! with `c` choices such a finding has a chance of at most `2 c k / n`, and much less as a rule,
//! because the extreme one is mixed with others.

use std::cmp::Ordering;

use hattama_proto::id::ChoiceCode;

use super::node::{Below, Node, Unlikely, Votes};

/// Votes below which a precinct's share says little: one vote more would move it by a percentage
/// point and more.
pub const VOTES_MIN: u64 = 100;

/// Precincts below which a range is no range.
pub const PRECINCTS_MIN: usize = 20;

/// A share as a fraction.
#[derive(Clone, Copy, Debug)]
struct Share {
    part: u64,
    whole: u64,
}

/// The lowest and the highest share of each choice.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    ranges: Vec<Option<(Share, Share)>>,
    precincts: usize,
}

impl Share {
    fn cmp(self, other: Self) -> Ordering {
        let (one, two) = (u128::from(self.part), u128::from(other.part));
        (one * u128::from(other.whole)).cmp(&(two * u128::from(self.whole)))
    }

    /// In hundredths of a per cent, rounded down.
    fn hundredths(self) -> u32 {
        let whole = u128::from(self.whole.max(1));
        u32::try_from(u128::from(self.part) * 10_000 / whole).unwrap_or(u32::MAX)
    }

    /// Votes that this share of `whole` comes to, rounded down, and whether something was lost.
    fn of(self, whole: u64) -> (u64, bool) {
        let product = u128::from(self.part) * u128::from(whole);
        let divisor = u128::from(self.whole.max(1));
        let votes = u64::try_from(product / divisor).unwrap_or(u64::MAX);
        (votes, product % divisor != 0)
    }
}

impl Observed {
    /// What the precincts among `nodes` show.
    pub(super) fn of<'a>(nodes: impl IntoIterator<Item = &'a Node>, choices: usize) -> Self {
        let mut observed = Self { ranges: vec![None; choices], precincts: 0 };
        for node in nodes {
            let Below::OurCopy { votes: ours, .. } = &node.below else { continue };
            let seen = [node.official.as_ref(), ours.as_ref()]
                .map(|votes| votes.is_some_and(|votes| observed.see(votes)));
            observed.precincts += usize::from(seen.contains(&true));
        }
        observed
    }

    fn see(&mut self, votes: &Votes) -> bool {
        let Some(whole) = total(votes).filter(|whole| *whole >= VOTES_MIN) else { return false };
        for (range, votes) in self.ranges.iter_mut().zip(votes) {
            let share = Share { part: votes.unwrap_or(0), whole };
            let (low, high) = range.get_or_insert((share, share));
            if share.cmp(*low) == Ordering::Less {
                *low = share;
            } else if share.cmp(*high) == Ordering::Greater {
                *high = share;
            }
        }
        true
    }

    /// What lies outside the range in votes that several precincts must hold together.
    pub(super) fn outside(
        &self,
        remainder: &[Option<i64>],
        choices: &[&ChoiceCode],
    ) -> Vec<Unlikely> {
        let left: Votes =
            remainder.iter().map(|left| left.and_then(|left| u64::try_from(left).ok())).collect();
        let whole = total(&left).filter(|whole| *whole >= VOTES_MIN);
        let Some(whole) = whole.filter(|_| self.precincts >= PRECINCTS_MIN) else {
            return Vec::new();
        };
        let of_choice = |((choice, votes), range): ((&&ChoiceCode, &Option<u64>), &Option<_>)| {
            let (votes, (low, high)): (u64, (Share, Share)) = (*votes).zip(*range)?;
            let share = Share { part: votes, whole };
            let (choice, hundredths) = ((*choice).clone(), share.hundredths());
            if share.cmp(high) == Ordering::Greater {
                let by = votes - high.of(whole).0;
                let highest = high.hundredths();
                return Some(Unlikely::ShareAboveObserved {
                    choice,
                    share: hundredths,
                    highest,
                    by,
                });
            }
            if share.cmp(low) == Ordering::Less {
                let (least, rounded) = low.of(whole);
                let by = least + u64::from(rounded) - votes;
                let lowest = low.hundredths();
                return Some(Unlikely::ShareBelowObserved {
                    choice,
                    share: hundredths,
                    lowest,
                    by,
                });
            }
            None
        };
        choices.iter().zip(&left).zip(&self.ranges).filter_map(of_choice).collect()
    }
}

/// All votes of a contest; none while one choice is unknown.
pub(super) fn total(votes: &[Option<u64>]) -> Option<u64> {
    votes.iter().try_fold(0_u64, |sum, votes| sum.checked_add((*votes)?))
}
