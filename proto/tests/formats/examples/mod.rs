//! Fixed keys, records and statements of an invented election: the inputs of the known answers.

mod records;
mod set_up;
mod statements;

use hattama_proto::{
    id::{ElectionId, PhotoHash, UnitCode},
    jws::{Envelope, Verified},
    key::SigningKey,
};

pub(crate) use self::{
    records::{
        chain_of_incidents, chain_of_results, claims, incident, not_obtained, photo, protocol, told,
    },
    set_up::{PACK_PARTS, election_part, form_part, incident_part, relations, sealing, unit_part},
    statements::{
        accounting, decision, desk, enrolment, epoch, incident_changes, incident_review,
        invitation, manifest, mapped_publication, message, publication, release, request,
        revocation, sample, statement, succession, transcription, vouch, wrong_unit,
    },
};

/// A key of the examples: its seed is one byte, repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signer {
    /// The observer's key for protocols and forms.
    Results,
    /// The same observer's key for incidents.
    Incidents,
    /// Headquarters.
    Hq,
    /// The root, which signs set-ups.
    Root,
    /// Nobody that anybody knows.
    Stranger,
    /// A desk of headquarters, which signs what it was told.
    Desk,
}

impl Signer {
    pub(crate) const ALL: [Self; 6] =
        [Self::Results, Self::Incidents, Self::Hq, Self::Root, Self::Stranger, Self::Desk];

    pub(crate) const fn seed(self) -> [u8; 32] {
        [self as u8 + 1; 32]
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Results => "observer-results",
            Self::Incidents => "observer-incidents",
            Self::Hq => "hq",
            Self::Root => "root",
            Self::Stranger => "stranger",
            Self::Desk => "desk",
        }
    }

    pub(crate) fn key(self) -> SigningKey {
        SigningKey::from_seed(&self.seed()).unwrap()
    }
}

/// A fixed nonce: sixteen times this byte, base64url.
pub(crate) fn nonce(byte: u8) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode([byte; 16])
}

pub(crate) fn election() -> ElectionId {
    ElectionId::new("exercise-2030").unwrap()
}

pub(crate) fn unit(text: &str) -> UnitCode {
    UnitCode::new(text).unwrap()
}

pub(crate) fn photo_hash(name: &str) -> PhotoHash {
    PhotoHash::of(name.as_bytes())
}

/// Verifies what an example's key has just signed.
pub(crate) fn verified(text: &str, signer: Signer) -> Verified {
    Envelope::parse(text).unwrap().verify(&signer.key().public()).unwrap()
}
