//! How long the store takes.

use prometheus_client::registry::{Registry, Unit};

use super::StoreError;
use crate::metrics::{Seconds, each, seconds, timed};

/// Measures every crossing to the store. Clones measure together.
#[derive(Clone, Debug)]
pub struct StoreMeter {
    seconds: Seconds<2>,
}

impl Default for StoreMeter {
    fn default() -> Self {
        Self { seconds: seconds(each(&["read", "commit"], &["answered", "away", "damaged"])) }
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
        timed(&self.seconds, kind, work, |done| match done {
            Err(error) if error.is_transient() => "away",
            Err(StoreError::Damaged { .. }) => "damaged",
            _ => "answered",
        })
        .await
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
