//! Who types what next. Pure, and the same answer for the same counts.
//!
//! 1. **The region with the lowest share of its work given out comes first**, so that what is done at
//!    any moment is spread over the country and partial results stay representative.
//! 2. Within it the most urgent item; of equals one that somebody has begun; then by id.
//!
//! Nobody gets two seats of one item, an item that they gave back, or the third seat of an item of
//! their own region: a conflict is looked at by somebody from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{Seat, Urgency};

/// An item as the queue sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// The region it lies in.
    pub region: Option<String>,
    /// How soon.
    pub urgency: Urgency,
    /// Whether the two blind readings differ, so that the third seat is open.
    pub is_third: bool,
    /// Seats on which somebody typed, or is typing now.
    pub taken: BTreeSet<Seat>,
    /// Accounts that typed it, are typing it or gave it back.
    pub accounts: BTreeSet<String>,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The account.
    pub account: &'a str,
    /// Its own region, if it has one.
    pub region: Option<&'a str>,
}

/// How much of a region's work was given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Blind seats on which somebody typed or is typing; both of what is settled.
    pub given: u64,
    /// Blind seats of all its items.
    pub wanted: u64,
}

impl Share {
    /// Compares `given / wanted`, without dividing.
    fn order(self, other: Self) -> std::cmp::Ordering {
        let left = u128::from(self.given) * u128::from(other.wanted.max(1));
        let right = u128::from(other.given) * u128::from(self.wanted.max(1));
        left.cmp(&right)
    }
}

/// By region; what lies in none is a region of its own.
pub type Shares = BTreeMap<Option<String>, Share>;

/// The seat to be given next, by the place of its item in `items`.
pub fn next(items: &[Waiting], shares: &Shares, who: Who<'_>) -> Option<(usize, Seat)> {
    let share = |item: &Waiting| shares.get(&item.region).copied().unwrap_or_default();
    let mut free: Vec<(usize, Seat)> =
        items.iter().enumerate().filter_map(|(at, item)| Some((at, seat_of(item, who)?))).collect();
    free.sort_by(|(a, _), (b, _)| {
        let (a, b) = (&items[*a], &items[*b]);
        let key = |item: &Waiting| {
            (item.urgency.rank(), std::cmp::Reverse(item.taken.len()), item.id.clone())
        };
        share(a)
            .order(share(b))
            // A region before none.
            .then_with(|| (a.region.is_none(), &a.region).cmp(&(b.region.is_none(), &b.region)))
            .then_with(|| key(a).cmp(&key(b)))
    });
    free.first().copied()
}

/// The seat that `who` may have of an item.
fn seat_of(item: &Waiting, who: Who<'_>) -> Option<Seat> {
    if item.accounts.contains(who.account) {
        return None;
    }
    if item.is_third {
        let is_own = who.region.is_some() && who.region == item.region.as_deref();
        return (!is_own && !item.taken.contains(&Seat::THIRD)).then_some(Seat::THIRD);
    }
    Seat::BLIND.into_iter().find(|seat| !item.taken.contains(seat))
}
