//! How long the store of photographs takes.

use prometheus_client::registry::{Registry, Unit};

use super::BlobError;
use crate::metrics::{Seconds, each, seconds, timed};

/// Measures what is kept and read.
#[derive(Clone, Debug)]
pub struct BlobMeter {
    seconds: Seconds<2>,
}

impl Default for BlobMeter {
    fn default() -> Self {
        Self { seconds: seconds(each(&["keep", "read"], &["done", "failed"])) }
    }
}

impl BlobMeter {
    /// Waits for `work` of this kind, and notes how long it took and whether it was done.
    pub(super) async fn measure<T>(
        &self,
        kind: &'static str,
        work: impl Future<Output = Result<T, BlobError>>,
    ) -> Result<T, BlobError> {
        timed(&self.seconds, kind, work, |done| if done.is_ok() { "done" } else { "failed" }).await
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
