//! How long the store takes.

use std::time::Instant;

use prometheus_client::registry::{Registry, Unit};

use super::StoreError;
use crate::metrics::{Seconds, seconds};

/// Measures every crossing to the store. Clones measure together.
#[derive(Clone, Debug)]
pub struct StoreMeter {
    seconds: Seconds<2>,
}

impl Default for StoreMeter {
    fn default() -> Self {
        Self { seconds: seconds() }
    }
}

impl StoreMeter {
    /// Waits for `work` of this kind, `read` or `commit`, and notes how long it took and whether the
    /// store did it. A refusal for what the batch holds is no failure of the store.
    pub(super) async fn measure<T>(
        &self,
        kind: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let started = Instant::now();
        let done = work.await;
        let outcome = match &done {
            Err(error) if error.is_transient() => "away",
            Err(StoreError::Damaged { .. }) => "damaged",
            _ => "answered",
        };
        let seconds = started.elapsed().as_secs_f64();
        self.seconds.get_or_create(&[("kind", kind), ("outcome", outcome)]).observe(seconds);
        done
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "store",
            "Time that a read or a commit took, queues included",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }
}
