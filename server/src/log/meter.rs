//! How the log keeps up.

use std::time::{Duration, Instant};

use prometheus_client::{
    metrics::histogram::Histogram,
    registry::{Registry, Unit},
};

use super::SequenceError;
use crate::metrics::{Seconds, seconds};

/// Measures the sequencer. Clones measure together.
#[derive(Clone, Debug)]
pub struct LogMeter {
    waited: Seconds<1>,
    groups: Seconds<1>,
    entries: Histogram,
}

impl Default for LogMeter {
    fn default() -> Self {
        let entries = Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1024.0, 2048.0]);
        let known = || OUTCOMES.map(|outcome| [("outcome", outcome)]);
        Self { waited: seconds(known()), groups: seconds(known()), entries }
    }
}

/// What may become of it.
const OUTCOMES: [&str; 4] = ["logged", "overloaded", "store", "stopped"];

/// What became of it, for a label.
fn outcome<T>(done: &Result<T, SequenceError>) -> &'static str {
    match done {
        Ok(_) => "logged",
        Err(SequenceError::Overloaded) => "overloaded",
        Err(SequenceError::Store(_)) => "store",
        Err(_) => "stopped",
    }
}

impl LogMeter {
    /// A job waited for its answer from `started` on.
    pub(super) fn answered<T>(&self, started: Instant, done: &Result<T, SequenceError>) {
        let seconds = started.elapsed().as_secs_f64();
        self.waited.get_or_create(&[("outcome", outcome(done))]).observe(seconds);
    }

    /// A group of so many entries was made durable, or was not, in this time.
    pub(super) fn grouped<T>(
        &self,
        entries: usize,
        took: Duration,
        done: &Result<T, SequenceError>,
    ) {
        self.groups.get_or_create(&[("outcome", outcome(done))]).observe(took.as_secs_f64());
        self.entries.observe(entries as f64);
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "log_wait",
            "Time from a job's arrival to its signed answer",
            Unit::Seconds,
            self.waited.clone(),
        );
        registry.register_with_unit(
            "log_group",
            "Time that one group took to become durable and signed",
            Unit::Seconds,
            self.groups.clone(),
        );
        registry.register(
            "log_group_entries",
            "Entries that became durable together",
            self.entries.clone(),
        );
    }
}
