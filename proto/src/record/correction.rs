//! "That record of mine was wrong": the only kind of edit there is.

use serde::{Deserialize, Serialize};

use super::{FormAnswers, Incident, NotObtained, Photo, ResultsProtocol};
use crate::id::{RecordId, UnitCode};

/// Takes the place of an earlier record by the same person. The earlier one stays; two corrections
/// of one record are both kept and flagged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// The record that was wrong.
    pub corrects: RecordId,
    /// Why, in the observer's words.
    #[serde(default)]
    pub reason: String,
    /// What it should have said, whole.
    pub becomes: Corrected,
}

/// The new body of a corrected record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Corrected {
    /// A protocol.
    Protocol(ResultsProtocol),
    /// A copy not obtained.
    NotObtained(NotObtained),
    /// An incident.
    Incident(Incident),
    /// Another form.
    Form(FormAnswers),
}

impl Corrected {
    /// The unit the new body speaks of.
    pub fn unit(&self) -> Option<&UnitCode> {
        match self {
            Self::Protocol(protocol) => Some(&protocol.unit),
            Self::NotObtained(missing) => Some(&missing.unit),
            Self::Incident(incident) => incident.unit.as_ref(),
            Self::Form(form) => Some(&form.unit),
        }
    }

    /// Photographs the new body names.
    pub fn photos(&self) -> &[Photo] {
        match self {
            Self::Protocol(protocol) => &protocol.photos,
            Self::NotObtained(missing) => &missing.photos,
            Self::Incident(incident) => &incident.attachments,
            Self::Form(_) => &[],
        }
    }

    /// The role of key that may say this.
    pub const fn role(&self) -> crate::kind::Role {
        match self {
            Self::Incident(_) => crate::kind::Role::Incidents,
            Self::Protocol(_) | Self::NotObtained(_) | Self::Form(_) => crate::kind::Role::Results,
        }
    }
}
