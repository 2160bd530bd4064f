//! What a device says: one signed record per fact, chained to the one before.
//!
//! A record is immutable. "I was wrong" is a [`Correction`], a further record; both stay.
//!
//! Impossible sheets are recorded as found. Nothing here adds up, repairs or refuses a figure: a
//! line nobody could read is `null`, which is not zero and conflicts with nothing.

mod correction;
mod enrolment_request;
mod figure;
mod form_answers;
mod incident;
mod not_obtained;
mod on_behalf;
mod photo;
mod place;
mod results_protocol;
pub(crate) mod unique_map;
mod vouch;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    correction::{Corrected, Correction},
    enrolment_request::{App, EnrolmentRequest, RequestClaims},
    figure::{Figure, FigureError},
    form_answers::{Answer, FormAnswers},
    incident::{Incident, Severity},
    not_obtained::{Missing, NotObtained},
    on_behalf::{Channel, OnBehalf},
    photo::{Photo, PhotoRole},
    place::Place,
    results_protocol::{Mark, ResultsProtocol, SheetFlags},
    vouch::{Vouch, VouchClaims},
};
use crate::{
    id::{ElectionId, RecordId, TreeRoot, UnitCode},
    jws::{SignError, Verified, sign},
    key::SigningKey,
    kind::Kind,
    limits::{PHOTOS_PER_RECORD_MAX, SEQ_MAX, WORDS_BYTES_MAX},
    time::ClaimedTime,
};

/// The payload of a device's record: where it stands in the device's chain, what its clocks
/// claimed, and the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims<B> {
    /// The draft's identity on the phone (UUID v7), for people to quote; never a key at HQ.
    pub uid: Uuid,
    /// The election, one round of it.
    pub election: ElectionId,
    /// Position in this key's chain, from 0.
    pub seq: u64,
    /// Id of this key's previous record; null at 0.
    pub prev: Option<RecordId>,
    /// 128 random bits as base64url, so that a record cannot be guessed from its hash in the log.
    pub nonce: String,
    /// What the device's clock claimed; kept verbatim, never a reason to refuse.
    pub claimed_at: ClaimedTime,
    /// Names one boot of the device; with `mono_ms` it shows changes of the clock.
    pub boot: String,
    /// Milliseconds since that boot.
    pub mono_ms: u64,
    /// Newest log checkpoint this device had verified: the record was made after it.
    pub seen: Option<Seen>,
    /// Where the device was, if the policy and the observer wanted that said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who told it, where the key is not theirs: a desk at headquarters that wrote down a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<OnBehalf>,
    /// What is said.
    pub body: B,
}

/// A log checkpoint a device had verified before it spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The log's name.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    /// Root of the tree, in hex.
    pub root: TreeRoot,
}

/// What a record says, by kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// See [`ResultsProtocol`].
    Protocol(ResultsProtocol),
    /// See [`NotObtained`].
    NotObtained(NotObtained),
    /// See [`Incident`].
    Incident(Incident),
    /// See [`FormAnswers`].
    Form(FormAnswers),
    /// See [`Correction`].
    Correction(Correction),
}

impl Body {
    /// The kind under which this body is signed.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Protocol(_) => Kind::Protocol,
            Self::NotObtained(_) => Kind::NotObtained,
            Self::Incident(_) => Kind::Incident,
            Self::Form(_) => Kind::Form,
            Self::Correction(_) => Kind::Correction,
        }
    }

    /// The unit it speaks of, if any; of a correction, the unit of the new body.
    pub fn unit(&self) -> Option<&UnitCode> {
        match self {
            Self::Protocol(protocol) => Some(&protocol.unit),
            Self::NotObtained(missing) => Some(&missing.unit),
            Self::Incident(incident) => incident.unit.as_ref(),
            Self::Form(form) => Some(&form.unit),
            Self::Correction(correction) => correction.becomes.unit(),
        }
    }

    /// Photographs and attachments it names.
    pub fn photos(&self) -> &[Photo] {
        match self {
            Self::Protocol(protocol) => &protocol.photos,
            Self::NotObtained(missing) => &missing.photos,
            Self::Incident(incident) => &incident.attachments,
            Self::Form(_) => &[],
            Self::Correction(correction) => correction.becomes.photos(),
        }
    }

    /// Words written by the observer, if the body has any.
    fn words(&self) -> &str {
        match self {
            Self::NotObtained(missing) => &missing.words,
            Self::Incident(incident) => &incident.words,
            Self::Correction(correction) => &correction.reason,
            Self::Protocol(_) | Self::Form(_) => "",
        }
    }

    /// What a capture refuses, because headquarters could not read or keep it. Figures are never
    /// among the reasons.
    pub fn check(&self) -> Result<(), BodyError> {
        if self.photos().len() > PHOTOS_PER_RECORD_MAX {
            return Err(BodyError::TooManyPhotos);
        }
        if self.words().len() > WORDS_BYTES_MAX {
            return Err(BodyError::TooManyWords { bytes: self.words().len() });
        }
        Ok(())
    }
}

/// Why a body cannot become a record. The writer's fault, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More than 60 photographs.
    #[error("a record names at most 60 photographs; make a second record for the rest")]
    TooManyPhotos,
    /// More text than fits.
    #[error("the text has {bytes} bytes, at most 8192 fit; make a second record for the rest")]
    TooManyWords {
        /// Bytes written.
        bytes: usize,
    },
}

/// A verified record that this version can read.
#[derive(Clone, Debug)]
pub struct Record {
    /// SHA-256 of the exact string.
    pub id: RecordId,
    /// The proof that its signature was checked, and the exact string.
    pub verified: Verified,
    /// Its payload.
    pub claims: Claims<Body>,
}

/// A validly signed payload that this version cannot read. It is kept, and held.
#[derive(Debug, thiserror::Error)]
#[error("the signature is valid, but the payload is not a {kind} this version can read")]
pub struct Unreadable {
    /// What the header said it is.
    pub kind: Kind,
    /// Where reading stopped.
    #[source]
    pub source: Option<serde_json::Error>,
}

impl Record {
    /// Reads the payload of a verified record.
    pub fn read(verified: Verified) -> Result<Self, Unreadable> {
        fn claims<B: for<'de> Deserialize<'de>>(
            verified: &Verified,
            wrap: fn(B) -> Body,
        ) -> Result<Claims<Body>, Unreadable> {
            serde_json::from_slice::<Claims<B>>(verified.payload())
                .map(|claims| claims.map(wrap))
                .map_err(|source| Unreadable { kind: verified.kind(), source: Some(source) })
        }
        let kind = verified.kind();
        let claims = match kind {
            Kind::Protocol => claims(&verified, Body::Protocol),
            Kind::NotObtained => claims(&verified, Body::NotObtained),
            Kind::Incident => claims(&verified, Body::Incident),
            Kind::Form => claims(&verified, Body::Form),
            Kind::Correction => claims(&verified, Body::Correction),
            _ => Err(Unreadable { kind, source: None }),
        }?;
        if claims.body.check().is_err() || claims.seq > SEQ_MAX {
            return Err(Unreadable { kind, source: None });
        }
        Ok(Self { id: RecordId::of(verified.text().as_bytes()), verified, claims })
    }
}

impl<B> Claims<B> {
    fn map<C>(self, wrap: impl FnOnce(B) -> C) -> Claims<C> {
        Claims {
            uid: self.uid,
            election: self.election,
            seq: self.seq,
            prev: self.prev,
            nonce: self.nonce,
            claimed_at: self.claimed_at,
            boot: self.boot,
            mono_ms: self.mono_ms,
            seen: self.seen,
            place: self.place,
            on_behalf: self.on_behalf,
            body: wrap(self.body),
        }
    }
}

/// Signs a record. The string that comes back is the record, for ever.
pub fn sign_record(key: &SigningKey, claims: &Claims<Body>) -> Result<String, SignError> {
    // The body is written without its kind: the header's `typ` says it, once.
    match &claims.body {
        Body::Protocol(body) => sign(key, Kind::Protocol, &claims.clone().map(|_| body)),
        Body::NotObtained(body) => sign(key, Kind::NotObtained, &claims.clone().map(|_| body)),
        Body::Incident(body) => sign(key, Kind::Incident, &claims.clone().map(|_| body)),
        Body::Form(body) => sign(key, Kind::Form, &claims.clone().map(|_| body)),
        Body::Correction(body) => sign(key, Kind::Correction, &claims.clone().map(|_| body)),
    }
}
