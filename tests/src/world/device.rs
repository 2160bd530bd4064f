//! A device as bytes: a key, a chain and signed strings, without a notebook around them.

use hattama_proto::{
    id::{ElectionId, Kid, PhotoHash, RecordId, UnitCode},
    invitation::Invitation,
    jws::sign,
    key::{PublicKey, SigningKey},
    kind::{Kind, Role},
    record::{App, Body, Claims, EnrolmentRequest, Photo, PhotoRole, RequestClaims, sign_record},
    time::ClaimedTime,
    wire::{EnrolmentPush, EnrolmentReply},
};
use serde_json::{Value, json};

use super::{Refused, Wire, certified, invented};

/// One key of one device.
pub struct Device {
    key: SigningKey,
    election: ElectionId,
    /// Number of the next record, and the one before it.
    next: (u64, Option<RecordId>),
    request: Option<String>,
}

/// A signed record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its id.
    pub id: RecordId,
    /// The exact string.
    pub text: String,
}

impl Signed {
    /// The record that is this string.
    pub fn of(text: String) -> Self {
        Self { id: RecordId::of(text.as_bytes()), text }
    }
}

impl Device {
    /// The device of `seed`, which nobody has enrolled.
    pub fn new(seed: u64, election: ElectionId) -> Self {
        let seed = ring::digest::digest(&ring::digest::SHA256, &seed.to_le_bytes());
        let key = SigningKey::from_seed(seed.as_ref()).expect("a hash has 32 bytes");
        Self { key, election, next: (0, None), request: None }
    }

    /// The key's name.
    pub const fn kid(&self) -> Kid {
        self.key.kid()
    }

    /// The public key.
    pub const fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// The key itself.
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Speaks of another election from here on.
    pub fn speak_of(&mut self, election: &str) {
        self.election = election.parse().expect("a test writes codes");
    }

    /// Enrols for protocols; the same request is sent again when it is called again.
    pub fn enrol(&mut self, wire: &Wire, by: &Invitation) -> Result<EnrolmentReply, Refused> {
        self.enrol_as(wire, by, Role::Results)
    }

    /// As [`enrol`](Self::enrol), for another role.
    pub fn enrol_as(
        &mut self,
        wire: &Wire,
        by: &Invitation,
        role: Role,
    ) -> Result<EnrolmentReply, Refused> {
        let request = self.request.clone().unwrap_or_else(|| self.enrolment_request(by, role));
        self.request = Some(request.clone());
        wire.enrol(&EnrolmentPush { request })
    }

    /// A fresh request, signed.
    pub fn enrolment_request(&self, by: &Invitation, role: Role) -> String {
        let claims = RequestClaims {
            uid: uid(0),
            election: self.election.clone(),
            nonce: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            claimed_at: now(),
            body: EnrolmentRequest {
                public_key: self.key.public(),
                role,
                proof: by.proof(role),
                app: App { name: "test".to_owned(), version: "1".to_owned() },
                vouch: None,
                hardware: None,
            },
        };
        sign(&self.key, Kind::EnrolmentRequest, &claims).expect("a request is short")
    }

    /// Signs `body` as the next record of the chain.
    pub fn say(&mut self, body: Body) -> Signed {
        let (seq, prev) = self.next;
        let signed = self.say_at(seq, prev, body);
        self.next = (seq + 1, Some(signed.id));
        signed
    }

    /// Signs `body` at any place of the chain, and leaves the chain as it is.
    pub fn say_at(&self, seq: u64, prev: Option<RecordId>, body: Body) -> Signed {
        Signed::of(sign_record(&self.key, &self.claims(seq, prev, body)).expect("it is short"))
    }

    /// Signs any payload as any kind.
    pub fn say_anything(&self, kind: Kind, payload: &Value) -> Signed {
        Signed::of(sign(&self.key, kind, payload).expect("a test's payload is short"))
    }

    /// Signs an invented protocol of `unit` as the next record.
    pub fn protocol(&mut self, unit: UnitCode, seed: u64) -> Signed {
        self.say(Body::Protocol(invented(unit, certified(), seed, Vec::new())))
    }

    /// Signs an invented protocol that names these photos.
    pub fn protocol_with(&mut self, unit: UnitCode, seed: u64, photos: Vec<Photo>) -> Signed {
        self.say(Body::Protocol(invented(unit, certified(), seed, photos)))
    }

    /// Goes on from another place of the chain, as a restored or cloned phone does.
    pub const fn go_on_from(&mut self, seq: u64, prev: Option<RecordId>) {
        self.next = (seq, prev);
    }

    fn claims(&self, seq: u64, prev: Option<RecordId>, body: Body) -> Claims<Body> {
        Claims {
            uid: uid(seq),
            election: self.election.clone(),
            seq,
            prev,
            nonce: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            claimed_at: now(),
            boot: "boot".to_owned(),
            mono_ms: seq,
            seen: None,
            place: None,
            on_behalf: None,
            body,
        }
    }

    /// How a record names the photo with these bytes.
    pub fn photo(bytes: &[u8], role: PhotoRole) -> Photo {
        Photo {
            sha256: PhotoHash::of(bytes),
            bytes: bytes.len() as u64,
            media_type: "image/jpeg".to_owned(),
            role,
            page: 1,
        }
    }
}

/// A UUID of version 7, whatever its type is called here.
fn uid<T: serde::de::DeserializeOwned>(number: u64) -> T {
    let text = format!("01080000-0000-7000-8000-{number:012x}");
    serde_json::from_value(json!(text)).expect("it is a UUID")
}

fn now() -> ClaimedTime {
    "2005-12-04T22:15:00+06:00".parse().expect("it is a time with an offset")
}
