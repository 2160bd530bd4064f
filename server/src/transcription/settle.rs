//! When what people typed settles a document. Pure.
//!
//! * Two blind readings that are **equal** settle it, figures or not. Null is a reading: who could
//!   not read a cell and who could do not agree.
//! * Else a **third** looks, who sees both. The third settles it by reading every cell as the first or
//!   as the second did, so that no cell rests on one person.
//! * Else it is **open**, and somebody decides.

use hattama_proto::statement::{Reading, SettledBy};

use super::{ItemState, Seat};

/// How far an item has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Fewer than two have typed it.
    Blind,
    /// The two differ.
    Third,
    /// It is settled.
    Settled(Settlement),
    /// No third settled it.
    Open,
}

/// What was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What the photographs show.
    pub reading: Reading,
    /// How it was settled.
    pub by: SettledBy,
    /// Whose readings it rests on.
    pub seats: Vec<Seat>,
}

impl Progress {
    /// The state in the store.
    pub const fn state(&self) -> ItemState {
        match self {
            Self::Blind => ItemState::Blind,
            Self::Third => ItemState::Third,
            Self::Settled(_) => ItemState::Settled,
            Self::Open => ItemState::Open,
        }
    }
}

/// What the readings on the three seats make of an item.
pub fn settle(seats: [Option<&Reading>; 3]) -> Progress {
    let [Some(first), Some(second), third] = seats else { return Progress::Blind };
    let settled = |reading: &Reading, by, seats: &[Seat]| {
        Progress::Settled(Settlement { reading: reading.clone(), by, seats: seats.into() })
    };
    if first == second {
        return settled(first, SettledBy::TwoAlike, &Seat::BLIND);
    }
    let Some(third) = third else { return Progress::Third };
    if third == first {
        settled(third, SettledBy::Third, &[Seat::FIRST, Seat::THIRD])
    } else if third == second {
        settled(third, SettledBy::Third, &[Seat::SECOND, Seat::THIRD])
    } else if is_made_of(third, first, second) {
        settled(third, SettledBy::Third, &[Seat::FIRST, Seat::SECOND, Seat::THIRD])
    } else {
        Progress::Open
    }
}

/// Whether every cell of `third` was read so by the first or the second.
fn is_made_of(third: &Reading, first: &Reading, second: &Reading) -> bool {
    let (Some(third), Some(first), Some(second)) =
        (third.figures(), first.figures(), second.figures())
    else {
        return false;
    };
    let lines = third.lines.iter().all(|(line, figure)| {
        first.lines.get(line) == Some(figure) || second.lines.get(line) == Some(figure)
    });
    lines
        && third.contests.iter().all(|(contest, votes)| {
            votes.iter().all(|(choice, figure)| {
                [first, second].iter().any(|other| {
                    other.contests.get(contest).and_then(|votes| votes.get(choice)) == Some(figure)
                })
            })
        })
}
