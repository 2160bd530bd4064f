//! What a signed string claims to be: one `typ` per kind, and who may sign it.
//!
//! The `typ` is inside the signature (RFC 8725 section 3.11), so nothing signed as an incident can
//! be presented as a protocol.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a record or statement, written as the JWS header's `typ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A results protocol as one observer read it.
    Protocol,
    /// A copy that could not be had, and why.
    NotObtained,
    /// An incident report.
    Incident,
    /// Any other form of the set-up: checklists, hourly turnout.
    Form,
    /// "That record of mine was wrong": the only kind of edit there is.
    Correction,
    /// A device asks to be enrolled.
    EnrolmentRequest,
    /// Headquarters: who may speak, for whom, about which units.
    Enrolment,
    /// Headquarters: from which log index a key's records are set aside.
    Revocation,
    /// Headquarters: what was decided about a record, by which account.
    Decision,
    /// Headquarters' root: the election's definition.
    Pack,
    /// Headquarters: an archived publication of the commission.
    Publication,
    /// Headquarters: what became of every record that the published log covers.
    Accounting,
    /// Headquarters: the log goes on from a backup, and what it lost.
    Epoch,
    /// Headquarters: what people typed off a photograph, apart from one another.
    Transcription,
    /// Headquarters: what was done in the review of an incident, by which account.
    IncidentReview,
    /// Headquarters: a message to observers.
    Message,
    /// Headquarters' root: which election follows, and who its headquarters is.
    Succession,
    /// Headquarters: what was made public, under which number.
    Release,
    /// A device: which key its owner has in the election that follows.
    Vouch,
    /// Headquarters: which precincts a seed drew from the register.
    Sample,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 20] = [
        Self::Protocol,
        Self::NotObtained,
        Self::Incident,
        Self::Form,
        Self::Correction,
        Self::EnrolmentRequest,
        Self::Enrolment,
        Self::Revocation,
        Self::Decision,
        Self::Pack,
        Self::Publication,
        Self::Accounting,
        Self::Epoch,
        Self::Transcription,
        Self::IncidentReview,
        Self::Message,
        Self::Succession,
        Self::Release,
        Self::Vouch,
        Self::Sample,
    ];

    /// The header's `typ`.
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Protocol => "hattama-protocol+jws",
            Self::NotObtained => "hattama-not-obtained+jws",
            Self::Incident => "hattama-incident+jws",
            Self::Form => "hattama-form+jws",
            Self::Correction => "hattama-correction+jws",
            Self::EnrolmentRequest => "hattama-enrolment-request+jws",
            Self::Enrolment => "hattama-enrolment+jws",
            Self::Revocation => "hattama-revocation+jws",
            Self::Decision => "hattama-decision+jws",
            Self::Pack => "hattama-pack+jws",
            Self::Publication => "hattama-publication+jws",
            Self::Accounting => "hattama-accounting+jws",
            Self::Epoch => "hattama-epoch+jws",
            Self::Transcription => "hattama-transcription+jws",
            Self::IncidentReview => "hattama-incident-review+jws",
            Self::Message => "hattama-message+jws",
            Self::Succession => "hattama-succession+jws",
            Self::Release => "hattama-release+jws",
            Self::Vouch => "hattama-vouch+jws",
            Self::Sample => "hattama-sample+jws",
        }
    }

    /// The short name used in stores, pages and commands: `protocol`, `not-obtained` ...
    pub fn name(self) -> &'static str {
        let typ = self.typ();
        &typ["hattama-".len()..typ.len() - "+jws".len()]
    }

    /// The kind with this `typ`, exactly.
    pub fn from_typ(typ: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.typ() == typ)
    }

    /// The kind with this short name, exactly.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is a device's evidence: it stands in a device's chain and is pushed as a record.
    pub const fn is_record(self) -> bool {
        matches!(
            self,
            Self::Protocol | Self::NotObtained | Self::Incident | Self::Form | Self::Correction
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a device's key is for. A person has one key of each role, and nobody outside the identity
/// vault can link the two: a certified copy often names its recipient, an incident must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Protocols, copies not obtained and forms; tied to the person's accreditation.
    Results,
    /// Incident reports.
    Incidents,
}

impl Role {
    /// Both roles.
    pub const ALL: [Self; 2] = [Self::Results, Self::Incidents];

    /// Whether a key of this role may sign `kind`.
    pub const fn may_sign(self, kind: Kind) -> bool {
        match kind {
            Kind::Protocol | Kind::NotObtained | Kind::Form => matches!(self, Self::Results),
            Kind::Incident => matches!(self, Self::Incidents),
            Kind::Correction | Kind::EnrolmentRequest | Kind::Vouch => true,
            Kind::Enrolment
            | Kind::Revocation
            | Kind::Decision
            | Kind::Pack
            | Kind::Publication
            | Kind::Accounting
            | Kind::Epoch
            | Kind::Transcription
            | Kind::IncidentReview
            | Kind::Message
            | Kind::Succession
            | Kind::Release
            | Kind::Sample => false,
        }
    }

    /// The name in stores and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Results => "results",
            Self::Incidents => "incidents",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_again_by_its_typ_and_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_typ(kind.typ()), Some(kind));
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_typ("hattama-protocol"), None);
    }

    #[test]
    fn no_device_key_may_sign_what_headquarters_says() {
        for kind in [
            Kind::Enrolment,
            Kind::Revocation,
            Kind::Decision,
            Kind::Pack,
            Kind::Publication,
            Kind::Accounting,
            Kind::Epoch,
            Kind::Transcription,
            Kind::IncidentReview,
            Kind::Message,
            Kind::Succession,
            Kind::Release,
            Kind::Sample,
        ] {
            assert!(Role::ALL.iter().all(|role| !role.may_sign(kind)), "{kind}");
        }
    }
}
