//! Admission: what is begun now, what waits a moment, and what is told to come again before it has cost
//! anything. Nothing that was refused here was begun, so nothing of it was acknowledged.
//!
//! ```text
//! size ──> is there room at all? ──> whose key does it claim? ──> bytes ──> a place ──> work
//!          (no byte read)            (the first of the body)      (counted)  (bounded)
//! ```
//!
//! The rules only compute (`places`, `pace`, `retry`); this file holds what they decide about. No lock
//! is held while anything is waited for. What is admitted keeps its place until the *work* is done, also
//! when whoever asked has gone: else cheap disconnects would heap up work.
//!
//! Why it is decided this way: `docs/adr/0031`.

mod bytes;
mod claim;
mod connections;
mod lane;
mod meter;
mod pace;
mod place;
mod places;
mod retry;
mod senders;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hattama_proto::id::Kid;
use tokio::sync::oneshot;

pub(crate) use self::{
    bytes::{Bodies, BodyBytes, Scarce},
    claim::{HEAD_BYTES, Packing, first_key},
    connections::Connections,
    lane::Lane,
    place::{Place, Turn},
};
use self::{
    meter::AdmissionMeter,
    place::Queued,
    places::{Answer, Rules, Ticket},
    senders::Senders,
};

/// The room before everything that costs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Admission(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    senders: Mutex<Senders>,
    bodies: Bodies,
    connections: Connections,
    meter: AdmissionMeter,
    started: Instant,
}

/// What the rules decide about.
#[derive(Debug)]
struct State {
    rules: Rules,
    /// Who is told when a ticket's turn has come.
    waiting: HashMap<Ticket, oneshot::Sender<()>>,
}

/// Not now. Nothing was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("headquarters has more to do than it can; nothing of this was taken, come again as told")]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// Seconds after which to come again: longer under more load, and never the same for all.
    pub wait_s: u32,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Too many are before it: it would have to wait longer than is promised.
    Full,
    /// It waited, and its turn did not come in time.
    Late,
    /// Bodies that are on their way take all the memory that there is for them.
    Bytes,
    /// This one key, from this address, has as much under way as is good for one.
    Key,
}

impl Reason {
    const ALL: [Self; 4] = [Self::Full, Self::Late, Self::Bytes, Self::Key];

    const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Late => "late",
            Self::Bytes => "bytes",
            Self::Key => "key",
        }
    }
}

impl Admission {
    /// A room for a machine with so many cores.
    pub fn new(cores: usize) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(State { rules: Rules::new(cores), waiting: HashMap::new() }),
            senders: Mutex::default(),
            bodies: Bodies::default(),
            connections: Connections::new(),
            meter: AdmissionMeter::default(),
            started: Instant::now(),
        }))
    }

    /// Waits for a place, for a moment at most.
    pub(crate) async fn enter(&self, lane: Lane) -> Result<Place, Refused> {
        self.enter_with(lane, 1).await
    }

    /// As [`enter`](Self::enter), for records of so many bytes as they were sent.
    pub(crate) async fn enter_with_records(
        &self,
        lane: Lane,
        bytes: usize,
    ) -> Result<Place, Refused> {
        let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX).max(1);
        self.enter_with(lane, kib).await
    }

    async fn enter_with(&self, lane: Lane, weight: u32) -> Result<Place, Refused> {
        let (ticket, told) = {
            let mut state = self.state();
            match state.rules.ask(lane, weight, self.now_ms()) {
                Answer::Enter => {
                    self.0.meter.admitted(lane);
                    return Ok(Place::new(self.clone(), lane, weight));
                }
                Answer::Refuse(wait_s) => return Err(self.refused(lane, Reason::Full, wait_s)),
                Answer::Wait(ticket) => {
                    let (tell, told) = oneshot::channel();
                    state.waiting.insert(ticket, tell);
                    (ticket, told)
                }
            }
        };
        let queued = Queued::new(self.clone(), lane, weight, ticket);
        match tokio::time::timeout(Duration::from_millis(lane.wait_ms()), told).await {
            Ok(Ok(())) => {
                self.0.meter.admitted(lane);
                Ok(queued.entered())
            }
            _ => {
                drop(queued);
                let wait_s = self.state().rules.late(lane, self.now_ms());
                Err(self.refused(lane, Reason::Late, wait_s))
            }
        }
    }

    /// Refuses at once what would be refused anyway, before its body is read.
    pub(crate) fn look(&self, lane: Lane) -> Result<(), Refused> {
        let looked = self.state().rules.look(lane, self.now_ms());
        looked.map_err(|wait_s| self.refused(lane, Reason::Full, wait_s))
    }

    /// Refuses for `reason`.
    pub(crate) fn refuse(&self, lane: Lane, reason: Reason) -> Refused {
        let wait_s = self.state().rules.late(lane, self.now_ms());
        self.refused(lane, reason, wait_s)
    }

    /// Counts the bytes of a body of this lane.
    pub(crate) fn body(&self, lane: Lane) -> BodyBytes {
        self.0.bodies.begin(lane)
    }

    /// Whether a body that began so long ago and brought so much has to give way: where room is short,
    /// the slow ones go first.
    pub(crate) fn gives_way(&self, lane: Lane, bytes: u64, since: Duration) -> bool {
        self.state().rules.is_half_full(lane, self.now_ms()) && bytes::is_slow(bytes, since)
    }

    /// The lane of a record that claims to be of this key, which headquarters knows.
    pub(crate) fn lane_of(&self, from: Option<IpAddr>, kid: Kid) -> Lane {
        self.senders().lane((from, kid), self.now_ms())
    }

    /// One more request of this key from this address; refused where it has enough under way.
    pub(crate) fn turn(&self, from: Option<IpAddr>, kid: Kid) -> Result<Turn, Refused> {
        if self.senders().begin((from, kid)) {
            return Ok(Turn::new(self.clone(), (from, kid)));
        }
        Err(self.refuse(Lane::Enrolled, Reason::Key))
    }

    /// Notes how many strings that claimed this key were its own, and how many nobody's.
    pub(crate) fn note(&self, (from, kid): (Option<IpAddr>, Kid), good: u32, bad: u32) {
        self.senders().note((from, kid), (good, bad), self.now_ms());
    }

    /// Connections that are open.
    pub(crate) fn connections(&self) -> &Connections {
        &self.0.connections
    }

    fn refused(&self, lane: Lane, reason: Reason, wait_s: u32) -> Refused {
        self.0.meter.refused(lane, reason);
        Refused { reason, wait_s }
    }

    /// Whoever is next, is told. One that has gone meanwhile gives its place back by itself.
    fn tell(state: &mut State, next: &[Ticket]) {
        for ticket in next {
            if let Some(tell) = state.waiting.remove(ticket) {
                let _gone = tell.send(());
            }
        }
    }

    /// A place is free again; `took` says how long the work took, where there was any.
    fn leave(&self, lane: Lane, weight: u32, took: Option<Duration>) {
        let now_ms = self.now_ms();
        let took_ms = took.map(|took| took.as_secs_f64() * 1000.0);
        let mut state = self.state();
        let next = state.rules.leave(lane, weight, took_ms, now_ms);
        Self::tell(&mut state, &next);
    }

    /// Whoever waited does so no longer.
    fn give_up(&self, lane: Lane, weight: u32, ticket: Ticket) {
        let was_waiting = {
            let mut state = self.state();
            state.waiting.remove(&ticket);
            state.rules.give_up(lane, ticket)
        };
        // Its turn had come in the same moment.
        if !was_waiting {
            self.leave(lane, weight, None);
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn senders(&self) -> MutexGuard<'_, Senders> {
        self.0.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
