//! One change of an incident's review: who did what to it, and which version that led to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{RecordId, WordsHash};

/// Says that an account changed the review of an incident.
///
/// Words that are not for everybody (reasons, comments) are not in it: it carries their
/// [`salted`](WordsHash::salted) hash, so that whoever has the words can show that they are those
/// of that night, and nobody can guess them from the statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentReview {
    /// The record that reported the incident.
    pub incident: RecordId,
    /// The version that this change led to, from 1. Versions of one incident have no gap.
    pub version: u64,
    /// The account that did it.
    pub account: String,
    /// What was done.
    pub change: IncidentChange,
}

/// What was done to an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum IncidentChange {
    /// Its review went to another state.
    Step {
        /// State before.
        from: String,
        /// State after.
        to: String,
        /// Why.
        reason: WordsHash,
    },
    /// Somebody is to look after it.
    Assign {
        /// An account; none: nobody any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Somebody remarked on it.
    Comment {
        /// The remark.
        words: WordsHash,
    },
    /// Tags were given and taken.
    Tag {
        /// Tags it has from now on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        add: Vec<String>,
        /// Tags it has no more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remove: Vec<String>,
    },
    /// It was put with others.
    Group {
        /// The group's name; none: with none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
    },
    /// It tells the same event as another; its state is `duplicate` now.
    Duplicate {
        /// State before.
        from: String,
        /// The incident that counts.
        of: RecordId,
        /// Why.
        reason: WordsHash,
    },
    /// A text about it was made public, apart from the report.
    Publish {
        /// Counts the texts of one incident, from 1.
        edition: u64,
        /// Hash of each text, by its language (BCP 47).
        texts: BTreeMap<String, WordsHash>,
    },
    /// What was public about it is so no more. The texts are kept.
    Withdraw {
        /// Counts like a text.
        edition: u64,
        /// Why.
        reason: WordsHash,
    },
}

impl IncidentChange {
    /// The name on the wire and in stores.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Step { .. } => "step",
            Self::Assign { .. } => "assign",
            Self::Comment { .. } => "comment",
            Self::Tag { .. } => "tag",
            Self::Group { .. } => "group",
            Self::Duplicate { .. } => "duplicate",
            Self::Publish { .. } => "publish",
            Self::Withdraw { .. } => "withdraw",
        }
    }
}
