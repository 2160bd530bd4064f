//! Transcription: which documents people type off their photographs, who types which next, and when
//! what they typed settles it. Pure.
//!
//! ```text
//! unit files, publication ──> need ──> plan ──> items ──> queue ──> a seat for an account
//!                                                seats ──> settle ──> statement ──> merge
//! ```
//!
//! An item has three seats. On the first two people see nothing but the photographs; who sits on the
//! third sees what the first two typed, and no names.

mod need;
mod place;
mod plan;
mod queue;
mod settle;
#[cfg(test)]
mod tests;
mod typed;

pub use self::{
    need::{Need, Page, Urgency, needs},
    place::{Place, Taken, TakenBy, place},
    plan::{Change, Known, plan},
    queue::{Share, Shares, Waiting, Who, next},
    settle::{Progress, Settlement, settle},
    typed::{Cell, FigureTypo, form_cells, normalised, read_figure},
};

/// A seat of an item: 1 and 2 are blind, 3 sees both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat(u8);

impl Seat {
    /// The first blind seat.
    pub const FIRST: Self = Self(1);
    /// The second blind seat.
    pub const SECOND: Self = Self(2);
    /// Who sits here sees what the first two typed.
    pub const THIRD: Self = Self(3);
    /// The two on which nobody sees anything but the photographs.
    pub const BLIND: [Self; 2] = [Self::FIRST, Self::SECOND];

    /// The seat with this number.
    pub fn new(number: i64) -> Option<Self> {
        u8::try_from(number).ok().filter(|number| (1..=3).contains(number)).map(Self)
    }

    /// Its number, from 1.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// How far an item has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemState {
    /// Two people have to type it.
    Blind,
    /// The two differ: a third has to look.
    Third,
    /// The third settled nothing: somebody has to decide.
    Open,
    /// Settled, signed and logged.
    Settled,
}

impl ItemState {
    /// Every state, in the order in which they follow.
    pub const ALL: [Self; 4] = [Self::Blind, Self::Third, Self::Open, Self::Settled];

    /// The name in the store and in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blind => "blind",
            Self::Third => "third",
            Self::Open => "open",
            Self::Settled => "settled",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
