//! One running sync: what it has learned so far, and what each kind of trouble means.
//!
//! The engine never talks to anybody. Its driver shows it the outbox, carries out the [`Step`] it
//! names, hands over what was heard and applies the [`Change`]s that come back.

use hattama_proto::{
    id::{Kid, PersonId},
    kind::Role,
    limits::BATCH_RECORDS_MAX,
    problem::{Problem, ProblemCode},
};

use super::{
    Change, Class, Deadline, Firmness, Heard, Link, Snapshot, Step,
    plan::{BackOff, Course, plan},
    retry::{next_wait_ms, told_wait_ms},
};
use crate::{Alarm, PumpBudget, PumpReport, Trouble, clock::Moment, transport::TransportError};

/// Rounds of the feed in one sync; more wait for the next.
const FEED_ROUNDS_MAX: u32 = 10;

/// A running sync.
pub(crate) struct Engine {
    pub(super) course: Course,
    pub(super) kids: Vec<Kid>,
    /// The owner, by the pseudonym for protocols, once that is known.
    pub(crate) person: Option<PersonId>,
    /// The moment of the step that is being answered.
    pub(super) now: Moment,
    /// Dice for pauses, thrown anew for each step by the driver.
    pub(super) dice: u64,
    /// What is measured of the network.
    pub(crate) link: Link,
    /// What has been done so far.
    pub(crate) report: PumpReport,
    backoffs: std::collections::BTreeMap<Class, BackOff>,
    feed_rounds: u32,
}

impl Engine {
    /// A sync that begins at `now`, for a notebook with these keys and these feeds to read.
    pub(crate) fn new(
        budget: &PumpBudget,
        link: Link,
        kids: Vec<Kid>,
        feeds: Vec<Role>,
        now: Moment,
    ) -> Self {
        let course = Course {
            batch: BATCH_RECORDS_MAX,
            range_bytes: link.range_bytes(),
            slot: 0,
            conditions: budget.counting(),
            feeds,
            cosigned_asked: Vec::new(),
        };
        let report = PumpReport::default();
        Self {
            course,
            kids,
            person: None,
            now,
            dice: 0,
            link,
            report,
            backoffs: std::collections::BTreeMap::new(),
            feed_rounds: 0,
        }
    }

    /// What to do next.
    pub(crate) fn next(&mut self, view: &Snapshot, now: Moment, dice: u64) -> Step {
        self.now = now;
        self.dice = dice;
        self.backoffs.clone_from(&view.backoffs);
        self.course.range_bytes = self.link.range_bytes();
        plan(view, &self.course, &self.now)
    }

    /// An answer of `sent` bytes took `ms`: the network works.
    pub(crate) fn answered(&mut self, sent: u64, ms: u64) {
        self.link.answered(sent, ms);
    }

    /// Whether every feed has been read, or could not be.
    pub(crate) fn has_read_feeds(&self) -> bool {
        self.course.feeds.is_empty()
    }

    /// The feed of `role` has been read, or cannot be now.
    pub(super) fn feed_done(&mut self, role: Role, more: bool) {
        self.feed_rounds += 1;
        if !more || self.feed_rounds >= FEED_ROUNDS_MAX {
            self.course.feeds.retain(|waiting| *waiting != role);
        }
    }

    /// What is to be done about an answer that says nothing of what was asked.
    pub(super) fn trouble<T>(&mut self, class: Class, heard: &Heard<T>) -> Vec<Change> {
        match heard {
            Heard::Reply(_) => Vec::new(),
            Heard::Problem(problem) => {
                let code = problem.code.name();
                self.report.trouble = Some(Trouble::Headquarters { code });
                self.pause_for(class, problem)
            }
            Heard::Garbled { status } => {
                let code = format!("unreadable answer, status {status}");
                self.report.trouble = Some(Trouble::Headquarters { code });
                self.pause(class)
            }
            Heard::Foreign { status } => {
                self.report.trouble = Some(Trouble::Foreign { status: *status });
                self.pause(class)
            }
            Heard::Failed(error) => self.failed(class, error),
        }
    }

    fn failed(&mut self, class: Class, error: &TransportError) -> Vec<Change> {
        match error {
            TransportError::Interrupted => return Vec::new(),
            TransportError::Address(_) | TransportError::Untrusted(_) => {
                self.report.trouble = Some(Trouble::Address(error.to_string()));
                return self.pause(Class::Network);
            }
            _ => self.report.trouble = Some(Trouble::Network(error.to_string())),
        }
        // A connection that was never made says nothing about what was to be sent on it.
        match error {
            TransportError::Unreachable(_) => self.pause(Class::Network),
            _ => self.pause(class),
        }
    }

    fn pause_for(&self, class: Class, problem: &Problem) -> Vec<Change> {
        match (problem.code, problem.retry_after_s) {
            (_, Some(seconds)) => {
                let wait_ms = told_wait_ms(seconds, self.dice);
                vec![self.paused(class, wait_ms, Firmness::Hard)]
            }
            (ProblemCode::TooManyRequests, None) => {
                vec![self.paused(class, self.class_wait_ms(class), Firmness::Hard)]
            }
            _ => self.pause(class),
        }
    }

    /// A pause of our own making.
    pub(super) fn pause(&self, class: Class) -> Vec<Change> {
        vec![self.paused(class, self.class_wait_ms(class), Firmness::Soft)]
    }

    fn paused(&self, class: Class, wait_ms: u64, firmness: Firmness) -> Change {
        let attempts = self.backoffs.get(&class).map_or(0, |pause| pause.attempts);
        Change::Paused {
            class,
            attempts: attempts.saturating_add(1),
            deadline: Deadline::after(wait_ms, &self.now, firmness),
        }
    }

    fn class_wait_ms(&self, class: Class) -> u64 {
        let previous = self.backoffs.get(&class).map_or(0, |pause| pause.deadline.wait_ms());
        next_wait_ms(previous, class.cap_ms(), self.dice)
    }

    /// The class and the network work, where they did not before.
    pub(super) fn works(&self, class: Class) -> Vec<Change> {
        [class, Class::Network]
            .into_iter()
            .filter(|class| self.backoffs.contains_key(class))
            .map(|class| Change::Works { class })
            .collect()
    }

    /// The next pause of one record or photo.
    pub(super) fn item_pause(&self, previous: Option<&Deadline>, cap_ms: u64) -> Deadline {
        let previous = previous.map_or(0, Deadline::wait_ms);
        Deadline::after(next_wait_ms(previous, cap_ms, self.dice), &self.now, Firmness::Soft)
    }

    /// Tells a human, once per sync.
    pub(super) fn alarm(&mut self, alarm: Alarm) {
        if !self.report.alarms.contains(&alarm) {
            self.report.alarms.push(alarm);
        }
    }
}
