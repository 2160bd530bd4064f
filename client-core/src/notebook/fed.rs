//! When this notebook last asked what is new. In memory: after a start it asks.

use std::sync::{Mutex, PoisonError};

use crate::limits::FEED_RESTS_MS;

/// The last time, by the clock that only goes forward.
#[derive(Debug, Default)]
pub(super) struct Fed(Mutex<Option<u64>>);

impl Fed {
    /// A sync that began then has asked.
    pub(super) fn at(&self, mono_ms: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(mono_ms);
    }

    /// Whether one that begins now need not.
    pub(super) fn is_recent(&self, now_ms: u64) -> bool {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        at.is_some_and(|at| now_ms >= at && now_ms - at < FEED_RESTS_MS)
    }
}
