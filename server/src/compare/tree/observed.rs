//! Which shares were seen: of precincts that were published, and of those we have a copy of. Pure.
//!
//! The share of several precincts together lies between the lowest and the highest of each. So if
//! what is left for the open ones lies outside what was seen in all the others, one of them at least
//! is like none of those. A unit is held against its own region, where that shows enough precincts,
//! else against the country.
//!
//! **How often that is so by chance:** if `k` of a region's `n` precincts were left out by lot, an
//! open one is the region's extreme for a choice with probability `k / n` on each side. So with `c`
//! choices at most `2 c k / n` such findings are to be expected in a region, and fewer as a rule,
//! because several open ones are mixed, and the smallest share of a small choice is zero.
//!
//! A transfer that stays inside the range, at places nobody saw, is not found: nothing shows it.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use hattama_proto::{
    id::ChoiceCode,
    pack::{UnitKind, UnitRegister},
};

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

/// What was seen in the country and in each of its regions.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    everywhere: Ranges,
    /// By region, as it stands in the register.
    regions: HashMap<usize, Ranges>,
    /// The region of each unit of the register.
    region_of: Vec<Option<usize>>,
}

/// The lowest and the highest share of each choice.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    shares: Vec<Option<(Share, Share)>>,
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
    /// What the precincts among `nodes`, one for each unit of the register, show.
    pub(super) fn of(nodes: &[Arc<Node>], register: &UnitRegister, choices: usize) -> Self {
        let nothing = || Ranges { shares: vec![None; choices], precincts: 0 };
        let mut observed = Self { everywhere: nothing(), ..Self::default() };
        for (at, (node, unit)) in nodes.iter().zip(register.all()).enumerate() {
            // Parents stand before their children.
            let region = if unit.kind == UnitKind::Region {
                Some(at)
            } else {
                register.parent_of(at).and_then(|parent| observed.region_of[parent])
            };
            observed.region_of.push(region);
            let Below::OurCopy { votes: ours, .. } = &node.below else { continue };
            let seen = [node.official.as_ref(), ours.as_ref()];
            observed.everywhere.see(seen);
            if let Some(region) = region {
                observed.regions.entry(region).or_insert_with(nothing).see(seen);
            }
        }
        observed
    }

    /// What the unit at `at` is held against.
    pub(super) fn around(&self, at: usize) -> &Ranges {
        let region = self.region_of.get(at).copied().flatten();
        let region = region.and_then(|region| self.regions.get(&region));
        region.filter(|seen| seen.precincts >= PRECINCTS_MIN).unwrap_or(&self.everywhere)
    }
}

impl Ranges {
    /// A precinct as published and as we have it.
    fn see(&mut self, precinct: [Option<&Votes>; 2]) {
        let mut is_seen = false;
        for votes in precinct.into_iter().flatten() {
            let Some(whole) = total(votes).filter(|whole| *whole >= VOTES_MIN) else { continue };
            is_seen = true;
            for (range, votes) in self.shares.iter_mut().zip(votes) {
                let share = Share { part: votes.unwrap_or(0), whole };
                let (low, high) = range.get_or_insert((share, share));
                if share.cmp(*low) == Ordering::Less {
                    *low = share;
                } else if share.cmp(*high) == Ordering::Greater {
                    *high = share;
                }
            }
        }
        self.precincts += usize::from(is_seen);
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
        choices.iter().zip(&left).zip(&self.shares).filter_map(of_choice).collect()
    }
}

/// All votes of a contest; none while one choice is unknown.
pub(super) fn total(votes: &[Option<u64>]) -> Option<u64> {
    votes.iter().try_fold(0_u64, |sum, votes| sum.checked_add((*votes)?))
}
