//! `GET /v1/hello`: who is there, and what it will take.

use serde::{Deserialize, Serialize};

use crate::{id::ElectionId, limits, time::UnixMillis};

/// Answer to `GET /v1/hello`. May be kept for a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The election this headquarters serves.
    pub election: ElectionId,
    /// Name of its log.
    pub log_origin: String,
    /// Version of the newest election set-up.
    pub pack_version: u32,
    /// Headquarters' clock.
    pub server_time: UnixMillis,
    /// What it will take.
    pub limits: Limits,
}

/// Limits a phone keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Most records in one push.
    pub batch_records: usize,
    /// Largest push, in bytes after inflation.
    pub batch_bytes: usize,
    /// Longest record, in bytes.
    pub record_bytes: usize,
    /// Largest photo, in bytes.
    pub photo_bytes: u64,
    /// Size of a cell of a photo, in bytes.
    pub cell_bytes: u64,
    /// Longest range of a photo in one request, in bytes.
    pub range_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            batch_records: limits::BATCH_RECORDS_MAX,
            batch_bytes: limits::BATCH_BYTES_MAX,
            record_bytes: limits::RECORD_BYTES_MAX,
            photo_bytes: limits::PHOTO_BYTES_MAX,
            cell_bytes: limits::CELL_BYTES,
            range_bytes: limits::RANGE_BYTES_MAX,
        }
    }
}
