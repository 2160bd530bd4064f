//! A load: so many lanes push bodies of a pool, as fast as they can or when a clock says so.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    caller::{Caller, Heard, Target},
    pool::Pool,
};

/// Between two pushes of a lane that was refused, where no clock says when: the load is closed, so it
/// waits as long as a place takes to become free.
const AGAIN: Duration = Duration::from_millis(20);

/// Memory of a lane's own; its body is elsewhere.
const STACK_BYTES: usize = 256 * 1024;

/// How a load goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Connections at once.
    pub(super) lanes: u16,
    /// Bodies per second, whatever is answered; none is one after the other.
    pub(super) per_s: Option<f64>,
    pub(super) lasting: Duration,
}

/// What became of a load.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Bodies that were sent.
    pub(super) sent: u64,
    /// Of those that were taken: from the first step of sending to the last byte of the answer.
    pub(super) took_ms: Vec<f64>,
    /// How much later each was sent than the clock said.
    pub(super) late_ms: Vec<f64>,
    /// Records that were acknowledged.
    pub(super) settled: u64,
    /// Refused bodies by status.
    pub(super) refused: BTreeMap<u16, u64>,
    /// Of them without a time to come again.
    pub(super) never_says_when: u64,
    /// Bodies to which no whole answer came.
    pub(super) unanswered: u64,
    /// Until the clock or the pool ended it.
    pub(super) lasted: Duration,
}

impl Tally {
    /// Records per second that were acknowledged.
    pub(super) fn goodput(&self) -> f64 {
        super::super::per_second(self.settled, self.lasted)
    }

    /// Whether all was taken at once.
    pub(super) fn is_smooth(&self) -> bool {
        self.refused.is_empty() && self.unanswered == 0 && !self.took_ms.is_empty()
    }

    fn merge(&mut self, other: Self) {
        self.sent += other.sent;
        self.took_ms.extend(other.took_ms);
        self.late_ms.extend(other.late_ms);
        self.settled += other.settled;
        for (status, count) in other.refused {
            *self.refused.entry(status).or_default() += count;
        }
        self.never_says_when += other.never_says_when;
        self.unanswered += other.unanswered;
        self.lasted = self.lasted.max(other.lasted);
    }
}

/// A load that runs.
struct Running<'a> {
    target: &'a Target,
    pool: &'a Pool,
    pace: Pace,
    begun: Instant,
    next: AtomicU64,
    is_dry: AtomicBool,
}

/// Pushes until the time is over or the pool is dry.
pub(super) fn run(target: &Target, pool: &Pool, pace: Pace) -> Tally {
    let running = Running {
        target,
        pool,
        pace,
        begun: Instant::now(),
        next: AtomicU64::new(0),
        is_dry: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        let running = &running;
        let lanes: Vec<_> = (0..pace.lanes)
            .map(|lane| {
                let thread = thread::Builder::new().stack_size(STACK_BYTES);
                thread.spawn_scoped(scope, move || running.lane(lane)).expect("a thread")
            })
            .collect();
        let mut all = Tally::default();
        for lane in lanes {
            all.merge(lane.join().expect("a lane"));
        }
        if running.is_dry.load(Ordering::Relaxed) {
            let seconds = all.lasted.as_secs_f64();
            eprintln!("every record that was signed is taken: it ends after {seconds:.1} s");
        } else {
            // A lane goes when nothing more is due, which may be a moment before.
            all.lasted = all.lasted.max(pace.lasting);
        }
        all
    })
}

impl Running<'_> {
    fn lane(&self, lane: u16) -> Tally {
        let (mut caller, mut tally) = (Caller::new(self.target, lane), Tally::default());
        let mut body = Vec::new();
        while let Some(due) = self.due() {
            if let Some(wait) = due.checked_sub(self.begun.elapsed()) {
                thread::sleep(wait);
            }
            let Some(which) = self.pool.take(&mut body) else {
                self.is_dry.store(true, Ordering::Relaxed);
                break;
            };
            tally.sent += 1;
            tally.late_ms.push(ms(self.begun.elapsed().saturating_sub(due)));
            let sending = Instant::now();
            match caller.push(&body) {
                Ok(heard) if heard.status == 200 => {
                    tally.took_ms.push(ms(sending.elapsed()));
                    self.took(which, &heard, &mut tally);
                }
                Ok(heard) => {
                    *tally.refused.entry(heard.status).or_default() += 1;
                    tally.never_says_when += u64::from(!heard.says_when);
                    self.pool.give_back(which);
                    self.rest();
                }
                Err(_) => {
                    tally.unanswered += 1;
                    self.pool.give_back(which);
                    self.rest();
                }
            }
        }
        tally.lasted = self.begun.elapsed();
        tally
    }

    /// When the next body is due, after the beginning; none once it is over.
    fn due(&self) -> Option<Duration> {
        let due = match self.pace.per_s {
            None => self.begun.elapsed(),
            Some(per_s) => {
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                let turn = self.next.fetch_add(1, Ordering::Relaxed) as f64;
                Duration::from_secs_f64(turn / per_s)
            }
        };
        // Whoever is late does not make it last longer either.
        let is_over = due.max(self.begun.elapsed()) >= self.pace.lasting;
        (!is_over && !self.is_dry.load(Ordering::Relaxed)).then_some(due)
    }

    fn took(&self, which: usize, heard: &Heard, tally: &mut Tally) {
        let settled = heard.settled();
        if settled == self.pool.each {
            tally.settled += settled as u64;
            self.pool.settle(which);
        } else {
            self.pool.give_back(which);
        }
    }

    fn rest(&self) {
        if self.pace.per_s.is_none() {
            thread::sleep(AGAIN);
        }
    }
}

fn ms(of: Duration) -> f64 {
    of.as_secs_f64() * 1e3
}
