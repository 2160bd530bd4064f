//! Whether phones seal photographs, and to whom.

use serde::{Deserialize, Serialize};

/// Photographs are sealed to headquarters when they are taken: the phone that took one cannot read it
/// back, whoever holds it. Without this in a set-up they are kept as any other file of the notebook.
///
/// A phone from before there was sealing ignores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealing {
    /// Recipients of age, `age1…`, at most eight; every photograph is sealed to all of them. Kept as
    /// text, so that a phone can read the rest of a set-up in which one of them is wrong.
    pub recipients: Vec<String>,
    /// Whether thumbnails and previews are sealed too. If not, they can be looked at on the phone, by
    /// whoever has it.
    #[serde(default)]
    pub previews: bool,
}
