//! `POST /v1/status`: what do you have of mine? For after a long outage or a restored headquarters.

use serde::{Deserialize, Serialize};

use super::{PhotoState, ReceiptPart};
use crate::id::{Kid, PhotoHash, RecordId};

/// Body of `POST /v1/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRequest {
    /// Whose chain.
    pub kid: Kid,
    /// Records whose receipts are missing, at most 256.
    #[serde(default)]
    pub records: Vec<RecordId>,
    /// Photos to tell about, at most 256.
    #[serde(default)]
    pub photos: Vec<PhotoHash>,
}

/// Answer to `POST /v1/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReply {
    /// The key's chain as headquarters has it.
    pub chain: ChainState,
    /// Those of the records that headquarters has, with their receipts.
    pub records: Vec<(RecordId, ReceiptPart)>,
    /// The photos asked about.
    pub photos: Vec<(PhotoHash, PhotoState)>,
    /// Receipts of those of the photos that are whole; none from a headquarters that is older.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photo_receipts: Vec<(PhotoHash, ReceiptPart)>,
    /// The signed checkpoint that the receipts share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// A key's chain as headquarters has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainState {
    /// Highest position that has arrived.
    pub highest: Option<u64>,
    /// Missing positions below it, first and last of each run.
    pub gaps: Vec<(u64, u64)>,
    /// Positions at which two records stand.
    pub forks: Vec<u64>,
}
