//! What a headquarters measures of itself, in the text form of OpenMetrics, for Prometheus and whatever
//! reads the same.
//!
//! ```text
//! http, admission, ingest, log, store, blobs ── each its own meter ──┐
//! book, heard, room, process ── asked when somebody asks ─┴──> Metrics::text
//! ```
//!
//! No figure has a person, a key, a unit or a word of anybody in it: labels are names from our own code.
//! Still it tells how busy an election is, and when: it is served on a socket of its own, see
//! `hattama serve --metrics`.

mod family;
mod process;
mod state;

use std::{fmt, sync::Arc};

use prometheus_client::{encoding::text::encode, registry::Registry};

pub(crate) use self::family::{Counts, Seconds, counts, each, seconds, timed};
use self::{process::Process, state::State};
use crate::app::Headquarters;

/// Everything that is measured. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Registry>);

impl Metrics {
    /// Of this headquarters, from now on.
    pub fn of(headquarters: &Headquarters) -> Self {
        let mut all = Registry::default();
        all.register_collector(Box::new(Process));
        let ours = all.sub_registry_with_prefix("hattama");
        headquarters.requests.register(ours);
        headquarters.admission.register(ours);
        headquarters.push.meter().register(ours);
        headquarters.photos.meter().register(ours);
        headquarters.sequencer.meter().register(ours);
        headquarters.db.meter().register(ours);
        headquarters.blobs.meter().register(ours);
        ours.register_collector(Box::new(State::of(headquarters)));
        Self(Arc::new(all))
    }

    /// All of it, as `application/openmetrics-text; version=1.0.0`.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
