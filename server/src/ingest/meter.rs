//! What arrives.

use hattama_proto::wire::{RecordVerdict, Verdict};
use prometheus_client::{
    metrics::counter::Counter,
    registry::{Registry, Unit},
};

use crate::metrics::{Counts, counts};

/// Counts records by their verdicts. Clones count together.
#[derive(Clone, Debug)]
pub struct RecordMeter {
    records: Counts<1>,
}

impl Default for RecordMeter {
    fn default() -> Self {
        let known = [
            Verdict::Stored,
            Verdict::Duplicate,
            Verdict::Held,
            Verdict::Rejected,
            Verdict::Deferred,
        ];
        Self { records: counts(known.map(|verdict| [("verdict", name(verdict))])) }
    }
}

impl RecordMeter {
    /// These were answered.
    pub(super) fn answered(&self, results: &[RecordVerdict]) {
        for one in results {
            self.records.get_or_create(&[("verdict", name(one.verdict))]).inc();
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("records", "Records that were answered", self.records.clone());
    }
}

const fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Stored => "stored",
        Verdict::Duplicate => "duplicate",
        Verdict::Held => "held",
        Verdict::Rejected => "rejected",
        Verdict::Deferred => "deferred",
        Verdict::Unknown => "unknown",
    }
}

/// Counts what comes of photographs. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct PhotoMeter {
    bytes: Counter,
    whole: Counter,
}

impl PhotoMeter {
    /// So many bytes of some photograph came.
    pub(super) fn took(&self, bytes: usize) {
        self.bytes.inc_by(bytes as u64);
    }

    /// A photograph is whole, verified and logged.
    pub(super) fn finished(&self) {
        self.whole.inc();
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "photo_received",
            "What came of photographs, sent twice or not",
            Unit::Bytes,
            self.bytes.clone(),
        );
        registry.register(
            "photos",
            "Photographs that became whole and were logged",
            self.whole.clone(),
        );
    }
}
