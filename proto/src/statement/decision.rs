//! What was decided about a record.

use serde::{Deserialize, Serialize};

use crate::id::{CopyType, RecordId, UnitCode};

/// A decision by an account of headquarters about one record. A later decision about the same
/// record takes its place; all stay in the log.
///
/// It proves that headquarters said so, naming the account; no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The record decided about.
    pub record: RecordId,
    /// Whether it counts.
    pub disposition: Disposition,
    /// Why, in words.
    pub reason: String,
    /// The account that decided.
    pub account: String,
    /// The unit it really belongs to, where the wrong one was tapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// The copy type it really is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyType>,
    /// A record that shows the very same document, where grouping by number could not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_document_as: Option<RecordId>,
}

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It counts, whatever stood against it (an unknown device, a fork, a mandate).
    Counted,
    /// It does not count; the reason says why.
    SetAside,
}
