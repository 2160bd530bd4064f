//! What a difference between two readings of one sheet looks like: a slip of the pen, or not. Pure.
//!
//! Classes after the kinds of manipulation and of clerical error that observers have documented; a
//! class describes the figures and says nothing about why. A digit typed wrong, two digits exchanged
//! and a zero too many happen to honest clerks every night, so they are told apart before anybody
//! looks at what is left.

use serde::{Deserialize, Serialize};

/// Votes won and lost together up to which a difference is small. Where figures typed at the station
/// were held against what a machine had kept, a quarter of the precincts of an honest election
/// differed, mostly by one to three votes.
pub const SMALL_MAX: u64 = 3;

/// What a difference looks like. In this order the first that fits is the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// One figure differs, in one digit.
    OneDigit,
    /// One figure differs, by two neighbouring digits that changed places.
    Transposition,
    /// One figure differs, by zeros at its end.
    PowerOfTen,
    /// The same figures stand in other rows.
    RowsSwapped,
    /// At most [`SMALL_MAX`] votes won and lost together.
    Small,
    /// What some choices lost is what others won.
    EqualAndOpposite,
    /// No choice lost, and one won at least.
    BallotsAdded,
    /// No choice won, and one lost at least.
    BallotsRemoved,
    /// Anything else.
    Other,
}

impl Slip {
    /// Whether an honest clerk's hand explains it as well as anything else does.
    pub const fn is_clerical(self) -> bool {
        matches!(
            self,
            Self::OneDigit
                | Self::Transposition
                | Self::PowerOfTen
                | Self::RowsSwapped
                | Self::Small
        )
    }

    /// The class of what lies between two readings of the same cells, in the same order. None if they
    /// are equal or not of one length. Unit: votes.
    pub fn between(ours: &[u64], theirs: &[u64]) -> Option<Self> {
        if ours == theirs || ours.len() != theirs.len() {
            return None;
        }
        let mut differing = ours.iter().zip(theirs).filter(|(ours, theirs)| ours != theirs);
        let (first, more) = (differing.next()?, differing.next().is_some());
        if !more && let Some(slip) = of_one_figure(*first.0, *first.1) {
            return Some(slip);
        }
        let sorted = |figures: &[u64]| {
            let mut figures = figures.to_vec();
            figures.sort_unstable();
            figures
        };
        if sorted(ours) == sorted(theirs) {
            return Some(Self::RowsSwapped);
        }
        let (won, lost) = moved(ours, theirs);
        Some(match (won, lost) {
            (won, lost) if won.saturating_add(lost) <= SMALL_MAX => Self::Small,
            (won, lost) if won == lost => Self::EqualAndOpposite,
            (_, 0) => Self::BallotsAdded,
            (0, _) => Self::BallotsRemoved,
            _ => Self::Other,
        })
    }
}

/// How many votes all choices that are higher in `theirs` won, and all that are lower lost.
pub fn moved(ours: &[u64], theirs: &[u64]) -> (u64, u64) {
    let pairs = || ours.iter().zip(theirs);
    let sum = |sum: u64, more: u64| sum.saturating_add(more);
    let won = pairs().map(|(ours, theirs)| theirs.saturating_sub(*ours)).fold(0, sum);
    let lost = pairs().map(|(ours, theirs)| ours.saturating_sub(*theirs)).fold(0, sum);
    (won, lost)
}

fn of_one_figure(ours: u64, theirs: u64) -> Option<Slip> {
    let (short, long) = (ours.min(theirs), ours.max(theirs));
    if short > 0 && [10, 100, 1000].iter().any(|times| short.checked_mul(*times) == Some(long)) {
        return Some(Slip::PowerOfTen);
    }
    let (ours, theirs) = (ours.to_string().into_bytes(), theirs.to_string().into_bytes());
    if ours.len() != theirs.len() {
        return None;
    }
    let places: Vec<usize> =
        (0..ours.len()).filter(|place| ours[*place] != theirs[*place]).collect();
    match places[..] {
        [_] => Some(Slip::OneDigit),
        [first, second]
            if second == first + 1
                && ours[first] == theirs[second]
                && ours[second] == theirs[first] =>
        {
            Some(Slip::Transposition)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_class_is_recognised() {
        for (ours, theirs, slip) in [
            ([512, 40, 7], [572, 40, 7], Slip::OneDigit),
            ([512, 40, 7], [152, 40, 7], Slip::Transposition),
            ([512, 40, 7], [512, 400, 7], Slip::PowerOfTen),
            ([512, 40, 7], [40, 512, 7], Slip::RowsSwapped),
            ([512, 40, 7], [468, 84, 7], Slip::EqualAndOpposite),
            ([512, 40, 7], [511, 41, 7], Slip::Small),
            ([512, 40, 7], [900, 41, 7], Slip::BallotsAdded),
            ([512, 40, 7], [480, 38, 7], Slip::BallotsRemoved),
            ([512, 40, 7], [900, 12, 3], Slip::Other),
        ] {
            assert_eq!(Slip::between(&ours, &theirs), Some(slip), "{ours:?} {theirs:?}");
        }
        assert_eq!(Slip::between(&[1, 2], &[1, 2]), None);
        assert_eq!(Slip::between(&[1, 2], &[1]), None);
    }

    #[test]
    fn nothing_that_moves_votes_between_choices_passes_for_a_slip_of_one_digit() {
        assert_eq!(Slip::between(&[512, 140], &[412, 240]), Some(Slip::EqualAndOpposite));
        assert!(!Slip::EqualAndOpposite.is_clerical());
    }

    proptest! {
        #[test]
        fn the_class_is_the_same_whichever_is_read_first_but_for_who_won(
            ours in prop::collection::vec(0_u64..2_000, 1..6),
            theirs in prop::collection::vec(0_u64..2_000, 1..6),
        ) {
            let (there, back) = (Slip::between(&ours, &theirs), Slip::between(&theirs, &ours));
            let mirrored = match there {
                Some(Slip::BallotsAdded) => Some(Slip::BallotsRemoved),
                Some(Slip::BallotsRemoved) => Some(Slip::BallotsAdded),
                other => other,
            };
            prop_assert_eq!(mirrored, back);
            prop_assert_eq!(there.is_none(), ours == theirs || ours.len() != theirs.len());
        }

        #[test]
        fn what_was_won_less_what_was_lost_is_the_difference_of_the_sums(
            pairs in prop::collection::vec((0_u64..100_000, 0_u64..100_000), 0..8),
        ) {
            let (ours, theirs): (Vec<u64>, Vec<u64>) = pairs.into_iter().unzip();
            let (won, lost) = moved(&ours, &theirs);
            prop_assert_eq!(ours.iter().sum::<u64>() + won, theirs.iter().sum::<u64>() + lost);
        }
    }
}
