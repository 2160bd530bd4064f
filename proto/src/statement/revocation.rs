//! From where on a key's records are set aside.

use serde::{Deserialize, Serialize};

use crate::id::Kid;

/// Revokes a key from a position of the log on, not from a date: what a seized phone's key signed
/// and headquarters logged before stays counted, what comes after is set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The key.
    pub kid: Kid,
    /// First log index whose records by this key are set aside.
    pub from_index: u64,
    /// Why, in words.
    pub reason: String,
}
