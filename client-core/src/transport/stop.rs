//! A word from another thread that the running sync shall end.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Says whether the sync that holds it shall end. Cheap to clone and to ask.
///
/// Counts instead of being set, so that an interruption ends what runs and never what starts
/// later.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    count: Arc<AtomicU64>,
    from: u64,
}

impl Stop {
    /// The same source, as of now: earlier interruptions do not count.
    #[must_use]
    pub fn armed(&self) -> Self {
        Self { count: Arc::clone(&self.count), from: self.count.load(Ordering::SeqCst) }
    }

    /// Ends whatever is armed.
    pub fn interrupt(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether it was interrupted since it was armed.
    pub fn is_set(&self) -> bool {
        self.count.load(Ordering::SeqCst) != self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_ends_what_runs_and_not_what_starts_later() {
        let source = Stop::default();
        let running = source.armed();
        source.interrupt();
        assert!(running.is_set());
        assert!(!source.armed().is_set());
    }
}
