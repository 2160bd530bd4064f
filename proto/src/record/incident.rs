//! An incident as an observer reports it.

use serde::{Deserialize, Serialize};

use super::Photo;
use crate::{
    id::{CategoryCode, PhaseCode, RecordId, UnitCode},
    time::ClaimedTime,
};

/// Something that happened, in the campaign or on the day. Signed by the person's incident key,
/// which cannot be linked with the key that signs protocols.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// One or more categories of the set-up; the first is the main one.
    pub categories: Vec<CategoryCode>,
    /// Phase of the election.
    pub phase: PhaseCode,
    /// How bad, as the observer judges it.
    pub severity: Severity,
    /// The unit, if it happened at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// The place in words, where there is no unit: "printing house".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_words: Option<String>,
    /// When it happened, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<ClaimedTime>,
    /// What happened, in the observer's words.
    pub words: String,
    /// Language of the words, BCP 47: `kk`, `ru`, `en`.
    pub language: String,
    /// Photographs and other files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Photo>,
    /// An earlier record this one speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<RecordId>,
}

/// How bad an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// An irregularity without consequence that can be seen.
    Low,
    /// May have affected some voters or figures.
    Medium,
    /// Affected voters, figures or observers.
    High,
    /// Somebody is in danger, or it is going on now: goes out before anything else.
    Critical,
}

impl Severity {
    /// All, mildest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name on the wire, in stores and in commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}
