//! How long the store of photographs takes.

use std::time::Instant;

use prometheus_client::registry::{Registry, Unit};

use super::BlobError;
use crate::metrics::{Seconds, seconds};

/// Measures what is kept and read.
#[derive(Clone, Debug)]
pub struct BlobMeter {
    seconds: Seconds<2>,
}

impl Default for BlobMeter {
    fn default() -> Self {
        Self { seconds: seconds() }
    }
}

impl BlobMeter {
    /// Waits for `work` of this kind, and notes how long it took and whether it was done.
    pub(super) async fn measure<T>(
        &self,
        kind: &'static str,
        work: impl Future<Output = Result<T, BlobError>>,
    ) -> Result<T, BlobError> {
        let started = Instant::now();
        let done = work.await;
        let outcome = if done.is_ok() { "done" } else { "failed" };
        let seconds = started.elapsed().as_secs_f64();
        self.seconds.get_or_create(&[("kind", kind), ("outcome", outcome)]).observe(seconds);
        done
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "photo_store",
            "Time that keeping or reading a whole photograph took",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }
}
