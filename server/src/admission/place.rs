//! What is held while something is under way, and given back however it ends.

use std::{net::IpAddr, time::Instant};

use hattama_proto::id::Kid;

use super::{Admission, lane::Lane, places::Ticket};

/// A place. Free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Admission,
    lane: Lane,
    weight: u32,
    since: Instant,
}

impl Place {
    pub(super) fn new(room: Admission, lane: Lane, weight: u32) -> Self {
        Self { room, lane, weight, since: Instant::now() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.leave(self.lane, self.weight, Some(self.since.elapsed()));
    }
}

/// A wait for a place, which ends also when whoever waits goes away.
#[derive(Debug)]
pub(super) struct Queued {
    room: Admission,
    lane: Lane,
    weight: u32,
    /// None once it has become a place.
    ticket: Option<Ticket>,
}

impl Queued {
    pub(super) const fn new(room: Admission, lane: Lane, weight: u32, ticket: Ticket) -> Self {
        Self { room, lane, weight, ticket: Some(ticket) }
    }

    /// Its turn has come.
    pub(super) fn entered(mut self) -> Place {
        self.ticket = None;
        Place::new(self.room.clone(), self.lane, self.weight)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.room.give_up(self.lane, self.weight, ticket);
        }
    }
}

/// One request of one key from one address that is under way.
#[derive(Debug)]
pub(crate) struct Turn {
    room: Admission,
    of: (Option<IpAddr>, Kid),
}

impl Turn {
    pub(super) const fn new(room: Admission, of: (Option<IpAddr>, Kid)) -> Self {
        Self { room, of }
    }

    /// Notes how many of its strings were the key's own, and how many nobody's.
    pub(crate) fn note(&self, good: u32, bad: u32) {
        self.room.note(self.of, good, bad);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.room.senders().end(self.of);
    }
}
