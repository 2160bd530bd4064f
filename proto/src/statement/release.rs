//! What headquarters made public: numbered, and frozen.

use serde::{Deserialize, Serialize};

use crate::id::ReleaseHash;

/// Says that this content is release number so and so. Once it is in the log, neither can be another,
/// and a number that was left out is seen.
///
/// It names no account and no observer: what is public says nothing about people. Who proposed and
/// who confirmed it is in headquarters' audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// From 1, without gaps.
    pub number: u32,
    /// SHA-256 of the exact bytes of its content.
    pub content: ReleaseHash,
    /// Their length.
    pub bytes: u64,
    /// The earlier release that it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<u32>,
}
