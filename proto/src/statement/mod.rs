//! What headquarters says: signed like a record, but by its own keys and outside any chain.
//!
//! Statements go into the log beside the records they speak of, so that *ignored* is as visible as
//! *dropped*.

mod accounting;
mod decision;
mod enrolment;
mod epoch;
mod incident_review;
mod message;
mod publication;
mod release;
mod revocation;
mod sample;
mod succession;
mod transcription;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::{
    accounting::{Accounting, AccountingError, RegionTally, Tally},
    decision::{Decision, Disposition},
    enrolment::{Enrolment, Mandate},
    epoch::{Epoch, TreeHead},
    incident_review::{IncidentChange, IncidentReview},
    message::{Addressee, Message, MessageError},
    publication::{Level, PublicationStatement, ReadBy},
    release::Release,
    revocation::Revocation,
    sample::{Sample, SampleError, SampleStratum},
    succession::Succession,
    transcription::{Figures, Reading, SettledBy, Transcription},
};
use crate::{
    id::{ElectionId, StatementId},
    jws::{SignError, Verified, sign},
    key::SigningKey,
    kind::Kind,
    time::UnixMillis,
};

/// Payload of a statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementClaims<B> {
    /// The election.
    pub election: ElectionId,
    /// When headquarters said so, by its clock.
    pub issued_at: UnixMillis,
    /// 128 random bits as base64url, so that a statement cannot be guessed from its hash.
    pub nonce: String,
    /// What is said.
    pub body: B,
}

/// A body of a statement; ties the type to the kind it is signed as.
pub trait StatementBody: Serialize + DeserializeOwned {
    /// The kind under which it is signed.
    const KIND: Kind;
}

impl StatementBody for Enrolment {
    const KIND: Kind = Kind::Enrolment;
}
impl StatementBody for Revocation {
    const KIND: Kind = Kind::Revocation;
}
impl StatementBody for Decision {
    const KIND: Kind = Kind::Decision;
}
impl StatementBody for PublicationStatement {
    const KIND: Kind = Kind::Publication;
}
impl StatementBody for Accounting {
    const KIND: Kind = Kind::Accounting;
}
impl StatementBody for Epoch {
    const KIND: Kind = Kind::Epoch;
}
impl StatementBody for Transcription {
    const KIND: Kind = Kind::Transcription;
}

impl StatementBody for IncidentReview {
    const KIND: Kind = Kind::IncidentReview;
}
impl StatementBody for Message {
    const KIND: Kind = Kind::Message;
}
impl StatementBody for Release {
    const KIND: Kind = Kind::Release;
}
impl StatementBody for Sample {
    const KIND: Kind = Kind::Sample;
}
impl StatementBody for Succession {
    const KIND: Kind = Kind::Succession;
}
impl StatementBody for crate::pack::PackManifest {
    const KIND: Kind = Kind::Pack;
}

/// A verified statement that this version can read.
#[derive(Clone, Debug)]
pub struct Statement<B> {
    /// SHA-256 of the exact string.
    pub id: StatementId,
    /// The proof that its signature was checked, and the exact string.
    pub verified: Verified,
    /// Its payload.
    pub claims: StatementClaims<B>,
}

/// Why a verified string is not the statement that was expected.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// It is another kind of statement, or a record.
    #[error("expected a {expected} and got a {found}")]
    Kind {
        /// What was asked for.
        expected: Kind,
        /// What the header says.
        found: Kind,
    },
    /// The payload does not read as this kind.
    #[error("the signed payload is not readable by this version")]
    Unreadable(#[from] serde_json::Error),
}

impl<B: StatementBody> Statement<B> {
    /// Reads a verified statement as kind `B`. Whose key signed it is the caller's question.
    pub fn read(verified: Verified) -> Result<Self, StatementError> {
        if verified.kind() != B::KIND {
            return Err(StatementError::Kind { expected: B::KIND, found: verified.kind() });
        }
        let claims = serde_json::from_slice(verified.payload())?;
        Ok(Self { id: StatementId::of(verified.text().as_bytes()), verified, claims })
    }
}

/// Signs a statement.
pub fn sign_statement<B: StatementBody>(
    key: &SigningKey,
    claims: &StatementClaims<B>,
) -> Result<String, SignError> {
    sign(key, B::KIND, claims)
}
