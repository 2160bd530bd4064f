//! A copy that could not be had. It fills the slot: a refusal is a finding, not missing data.

use serde::{Deserialize, Serialize};

use super::Photo;
use crate::{
    id::{CopyType, UnitCode},
    time::ClaimedTime,
};

/// What could not be had, when and because of whom (by office, never by name).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotObtained {
    /// The precinct or higher commission.
    pub unit: UnitCode,
    /// What happened.
    pub missing: Missing,
    /// Which copy was asked for, if one kind was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyType>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<ClaimedTime>,
    /// The office of who decided: "chair of the commission". No names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    /// The observer's words.
    #[serde(default)]
    pub words: String,
    /// Pictures, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Photo>,
}

/// Why there is no copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The commission refused a copy.
    CopyRefused,
    /// The protocol was not posted.
    NotPosted,
    /// The observer was made to leave.
    ObserverRemoved,
    /// The observer was not let into the count.
    BarredFromCount,
    /// The count was moved elsewhere or interrupted.
    CountMovedOrInterrupted,
    /// The protocol was not finished while the observer was there.
    NotFinished,
}

impl Missing {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::CopyRefused,
        Self::NotPosted,
        Self::ObserverRemoved,
        Self::BarredFromCount,
        Self::CountMovedOrInterrupted,
        Self::NotFinished,
    ];

    /// The name on the wire, in stores and in commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CopyRefused => "copy_refused",
            Self::NotPosted => "not_posted",
            Self::ObserverRemoved => "observer_removed",
            Self::BarredFromCount => "barred_from_count",
            Self::CountMovedOrInterrupted => "count_moved_or_interrupted",
            Self::NotFinished => "not_finished",
        }
    }

    /// The reason with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|missing| missing.name() == name)
    }
}
