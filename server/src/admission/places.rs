//! Who gets a place now, who waits for one, who is refused. Pure: time is an argument.
//!
//! Each request has a weight: records that of what was sent, in KiB, everything else one. Records share room
//! whose size is measured ([`Pace`]); of it unknown keys get a quarter at most, and an eighth before
//! everybody else, so that they are slower and never shut out. The other lanes have places of their own, and
//! fewer of them while records have to wait.

use std::collections::VecDeque;

use super::{lane::Lane, pace::Pace, retry::Retry};

/// A turn that somebody waits for.
pub(super) type Ticket = u64;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It has a place.
    Enter,
    /// It waits.
    Wait(Ticket),
    /// It comes again after so many seconds.
    Refuse(u32),
}

/// Most requests of a lane that wait; what they hold is bounded as well.
const WAITING_MAX: usize = 1024;

/// For how long other lanes have fewer places once records had to wait, in milliseconds.
const PRESSED_MS: u64 = 2000;

/// What one piece of work counts in the mean of a lane.
const NEWS: f64 = 0.125;

/// One lane.
#[derive(Clone, Debug, Default)]
struct Queue {
    /// The weight of what is worked on, and how many requests that are.
    inside: u32,
    requests: u32,
    waiting: VecDeque<Waiting>,
    /// Milliseconds that work takes, as a mean that follows.
    took_ms: f64,
    retry: Retry,
}

/// Somebody who waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    since_ms: u64,
    weight: u32,
}

impl Queue {
    fn enter(&mut self, weight: u32, now_ms: u64) {
        self.inside += weight;
        self.requests += 1;
        self.retry.admitted(now_ms);
    }
}

/// All lanes.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    queues: [Queue; Lane::ALL.len()],
    pace: Pace,
    cores: u32,
    next: Ticket,
    pressed_until_ms: u64,
}

impl Rules {
    /// For a machine with so many cores.
    pub(super) fn new(cores: usize) -> Self {
        let mut rules = Self {
            queues: Default::default(),
            pace: Pace::new(cores),
            cores: u32::try_from(cores.clamp(1, 64)).unwrap_or(1),
            next: 0,
            pressed_until_ms: 0,
        };
        rules.queue_mut(Lane::Photo).retry = Retry::by_appointment(rules.cores);
        rules
    }

    /// Somebody asks for a place, for work of this weight.
    pub(super) fn ask(&mut self, lane: Lane, weight: u32, now_ms: u64) -> Answer {
        if self.is_open(lane, weight, now_ms) {
            self.queue_mut(lane).enter(weight, now_ms);
            return Answer::Enter;
        }
        self.press(lane, now_ms);
        if self.is_standing(lane, weight, now_ms) {
            return Answer::Refuse(self.late(lane, now_ms));
        }
        self.next += 1;
        let ticket = self.next;
        self.queue_mut(lane).waiting.push_back(Waiting { ticket, since_ms: now_ms, weight });
        Answer::Wait(ticket)
    }

    /// Whether somebody who asked now, for the least, would be refused, and until when. Nobody has asked yet.
    pub(super) fn look(&mut self, lane: Lane, now_ms: u64) -> Result<(), u32> {
        if self.is_open(lane, 1, now_ms) || !self.is_standing(lane, 1, now_ms) {
            return Ok(());
        }
        self.press(lane, now_ms);
        Err(self.late(lane, now_ms))
    }

    /// Somebody is refused: after how many seconds they may come again.
    pub(super) fn late(&mut self, lane: Lane, now_ms: u64) -> u32 {
        self.queue_mut(lane).retry.refused(now_ms)
    }

    /// The place of work of this weight is free. Says whose turn has come.
    pub(super) fn leave(
        &mut self,
        lane: Lane,
        weight: u32,
        took_ms: Option<f64>,
        now_ms: u64,
    ) -> Vec<Ticket> {
        if let Some(took_ms) = took_ms {
            if RECORDS.contains(&lane) {
                self.pace.done(took_ms, weight, self.records_inside(), now_ms);
            }
            let queue = self.queue_mut(lane);
            queue.took_ms += (took_ms - queue.took_ms) * NEWS;
        }
        let queue = self.queue_mut(lane);
        queue.inside = queue.inside.saturating_sub(weight);
        queue.requests = queue.requests.saturating_sub(1);
        self.grant(now_ms)
    }

    /// Somebody no longer waits; false if the turn had come already.
    pub(super) fn give_up(&mut self, lane: Lane, ticket: Ticket) -> bool {
        let waiting = &mut self.queue_mut(lane).waiting;
        let at = waiting.iter().position(|one| one.ticket == ticket);
        at.is_some_and(|at| waiting.remove(at).is_some())
    }

    /// Whether half of a lane's places are taken.
    pub(super) fn is_half_full(&self, lane: Lane, now_ms: u64) -> bool {
        self.queue(lane).inside * 2 >= self.places(lane, now_ms)
    }

    /// Requests that are worked on, and that wait.
    pub(super) fn load(&self, lane: Lane) -> (u32, usize) {
        (self.queue(lane).requests, self.queue(lane).waiting.len())
    }

    /// How much of records may be worked on at once, in KiB.
    pub(super) const fn pace(&self) -> u32 {
        self.pace.kib()
    }

    /// Hands out what is free, the most urgent first.
    fn grant(&mut self, now_ms: u64) -> Vec<Ticket> {
        let mut granted = Vec::new();
        loop {
            let next = self.order().into_iter().find(|lane| {
                let first = self.queue(*lane).waiting.front();
                first.is_some_and(|first| self.has_room(*lane, first.weight, now_ms))
            });
            let Some(lane) = next else { return granted };
            let queue = self.queue_mut(lane);
            if let Some(first) = queue.waiting.pop_front() {
                queue.enter(first.weight, now_ms);
                granted.push(first.ticket);
            }
        }
    }

    /// Who is next, if all have room.
    fn order(&self) -> Vec<Lane> {
        let unknown = self.queue(Lane::Unknown);
        let mut order = RECORDS.to_vec();
        if unknown.inside < self.pace() / 8 && !unknown.waiting.is_empty() {
            order.reverse();
            // What is heavy would else wait for ever: each time something is free, a lighter one takes it.
            let first = unknown.waiting.front().map_or(0, |first| first.weight);
            if !fits(self.records_inside(), first, self.pace()) {
                order.truncate(1);
            }
        }
        order.extend(OTHERS);
        order
    }

    fn is_open(&self, lane: Lane, weight: u32, now_ms: u64) -> bool {
        self.queue(lane).waiting.is_empty() && self.has_room(lane, weight, now_ms)
    }

    fn has_room(&self, lane: Lane, weight: u32, now_ms: u64) -> bool {
        fits(self.queue(lane).inside, weight, self.places(lane, now_ms))
            && (!RECORDS.contains(&lane) || fits(self.records_inside(), weight, self.pace()))
    }

    /// Places of a lane.
    fn places(&self, lane: Lane, now_ms: u64) -> u32 {
        let pressed = now_ms < self.pressed_until_ms;
        match lane {
            Lane::Enrolled => self.pace(),
            Lane::Unknown => (self.pace() / 4).max(1),
            Lane::Phone => self.cores * if pressed { 8 } else { 16 },
            // What waits for the radio of a phone holds a place too, and at most 256 KiB.
            Lane::Photo => self.cores.min(4) * if pressed { 32 } else { 128 },
            Lane::Person => self.cores * if pressed { 2 } else { 8 },
            Lane::Stranger => self.cores * if pressed { 1 } else { 8 },
        }
    }

    /// Whether the queue of a lane stands: who comes last would wait too long, by what work takes or by
    /// how long the first of them waits already.
    fn is_standing(&self, lane: Lane, weight: u32, now_ms: u64) -> bool {
        let queue = self.queue(lane);
        let first_ms =
            queue.waiting.front().map_or(0, |first| now_ms.saturating_sub(first.since_ms));
        let before = queue.waiting.iter().fold(weight, |sum, one| sum.saturating_add(one.weight));
        let wait_ms =
            f64::from(before) * queue.took_ms / f64::from(self.places(lane, now_ms).max(1));
        queue.waiting.len() >= WAITING_MAX
            || first_ms * 2 >= lane.wait_ms()
            || wait_ms > lane.wait_ms() as f64
    }

    /// Records of known keys have to wait: others make room.
    fn press(&mut self, lane: Lane, now_ms: u64) {
        if lane == Lane::Enrolled {
            self.pressed_until_ms = now_ms + PRESSED_MS;
        }
    }

    fn records_inside(&self) -> u32 {
        self.queue(Lane::Enrolled).inside + self.queue(Lane::Unknown).inside
    }

    const fn queue(&self, lane: Lane) -> &Queue {
        &self.queues[lane.index()]
    }

    const fn queue_mut(&mut self, lane: Lane) -> &mut Queue {
        &mut self.queues[lane.index()]
    }
}

/// Whether something of this weight has room beside what is inside. What is heavier than all there is has
/// it alone.
const fn fits(inside: u32, weight: u32, places: u32) -> bool {
    inside == 0 || inside.saturating_add(weight) <= places
}

const RECORDS: [Lane; 2] = [Lane::Enrolled, Lane::Unknown];
const OTHERS: [Lane; 4] = [Lane::Phone, Lane::Photo, Lane::Person, Lane::Stranger];
