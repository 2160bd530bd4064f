//! Where an entry goes that somebody has typed. Pure.
//!
//! Nothing typed is lost: whoever comes late finds the seat they had, else another free one, else
//! their entry is kept beside the seats and settles nothing.

use super::{ItemState, Seat};

/// Where an entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Onto this seat.
    Seat(Seat),
    /// Beside the seats: kept, and counted for nothing.
    Beside,
}

/// What is known of one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The seat.
    pub seat: Seat,
    /// Why it is not free.
    pub by: TakenBy,
}

/// Why a seat is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBy {
    /// Somebody has typed on it.
    Reading,
    /// Whoever brings this entry has it, though their time may be up.
    Oneself,
    /// Somebody else is typing on it now.
    Other,
}

/// Where the entry of somebody goes who has not typed this item yet.
///
/// A third seat is only for who was given it: without having seen both, it is no third reading.
pub fn place(state: ItemState, taken: &[Taken]) -> Place {
    let is = |seat: Seat, by: TakenBy| taken.contains(&Taken { seat, by });
    let own = taken.iter().find(|taken| taken.by == TakenBy::Oneself).map(|taken| taken.seat);
    let is_wanted = |seat: Seat| match state {
        ItemState::Blind => seat != Seat::THIRD,
        ItemState::Third => seat == Seat::THIRD,
        ItemState::Open | ItemState::Settled => false,
    };
    if let Some(own) = own
        && is_wanted(own)
        && !is(own, TakenBy::Reading)
    {
        return Place::Seat(own);
    }
    // Who saw both typed entries of a conflict has no blind seat any more.
    let is_free = |seat: &Seat| {
        is_wanted(*seat) && !is(*seat, TakenBy::Reading) && !is(*seat, TakenBy::Other)
    };
    Seat::BLIND.into_iter().find(is_free).map_or(Place::Beside, Place::Seat)
}
