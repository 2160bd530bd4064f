//! A key of one election says which key its owner has in the election that follows.
//!
//! Not part of the device's chain, and no record: it says nothing about any unit.

use serde::{Deserialize, Serialize};

use super::Unreadable;
use crate::{
    id::{ElectionId, Kid},
    jws::Verified,
    kind::Kind,
};

/// Payload of a vouch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VouchClaims {
    /// The election in which the signing key is enrolled.
    pub election: ElectionId,
    /// 128 random bits as base64url.
    pub nonce: String,
    /// What is said.
    pub body: Vouch,
}

/// "That key is mine too." The request for the new key carries it, so each of the two keys has
/// signed for the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouch {
    /// The election that follows; it is for no other.
    pub next: ElectionId,
    /// The owner's key in it.
    pub key: Kid,
}

impl VouchClaims {
    /// Reads the payload of a verified vouch.
    pub fn read(verified: &Verified) -> Result<Self, Unreadable> {
        let kind = verified.kind();
        if kind != Kind::Vouch {
            return Err(Unreadable { kind, source: None });
        }
        serde_json::from_slice(verified.payload())
            .map_err(|source| Unreadable { kind, source: Some(source) })
    }
}
