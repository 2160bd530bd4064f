//! A word from another thread, or from the budget, that the running sync shall end.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::clock::Clock;

/// Says whether the sync that holds it shall end. Cheap to clone and to ask.
///
/// Counts instead of being set, so that an interruption ends what runs and never what starts
/// later.
#[derive(Clone, Default)]
pub struct Stop {
    count: Arc<AtomicU64>,
    from: u64,
    deadline: Option<(Arc<dyn Clock>, u64)>,
    other: Option<Box<Self>>,
}

impl Stop {
    /// The same source, as of now: earlier interruptions do not count.
    #[must_use]
    pub fn armed(&self) -> Self {
        let from = self.count.load(Ordering::SeqCst);
        Self { count: Arc::clone(&self.count), from, deadline: None, other: None }
    }

    /// The same word, and also set when `clock` has come to `mono_ms` milliseconds since boot: so
    /// that a request on a slow line cannot outlast the budget.
    #[must_use]
    pub fn until(self, clock: Arc<dyn Clock>, mono_ms: u64) -> Self {
        Self { deadline: Some((clock, mono_ms)), ..self }
    }

    /// The same word, and also set when `other` is: for what two notebooks take part in.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { other: Some(Box::new(other)), ..self }
    }

    /// Ends whatever is armed.
    pub fn interrupt(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether its time is over.
    pub fn is_overdue(&self) -> bool {
        self.deadline.as_ref().is_some_and(|(clock, mono_ms)| clock.now().mono_ms >= *mono_ms)
    }

    /// Whether it was interrupted since it was armed, or its time is over, or the other one's is.
    pub fn is_set(&self) -> bool {
        self.count.load(Ordering::SeqCst) != self.from
            || self.is_overdue()
            || self.other.as_ref().is_some_and(|other| other.is_set())
    }
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stop").field("is_set", &self.is_set()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn an_interruption_ends_what_runs_and_not_what_starts_later() {
        let source = Stop::default();
        let running = source.armed();
        source.interrupt();
        assert!(running.is_set());
        assert!(!source.armed().is_set());
    }

    #[test]
    fn a_budget_ends_what_runs_too() {
        let source = Stop::default();
        let now = SystemClock.now().mono_ms;
        assert!(source.armed().until(Arc::new(SystemClock), now).is_set());
        assert!(!source.armed().until(Arc::new(SystemClock), now + 600_000).is_set());
    }

    #[test]
    fn of_two_words_joined_either_ends_what_runs() {
        let (one, other) = (Stop::default(), Stop::default());
        let joined = || one.armed().or(other.armed());
        assert!(!joined().is_set());
        for source in [&one, &other] {
            let running = joined();
            source.interrupt();
            assert!(running.is_set());
        }
    }
}
