//! A device asks to be enrolled.
//!
//! Not part of the device's chain: recording works before enrolment, and a lost answer is asked
//! for again with the very same string.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Unreadable;
use crate::{
    hardware::{Challenge, HardwareVouch},
    id::ElectionId,
    invitation::Proof,
    jws::Verified,
    key::PublicKey,
    kind::{Kind, Role},
    time::ClaimedTime,
};

/// Payload of an enrolment request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestClaims {
    /// The request's own identity.
    pub uid: Uuid,
    /// The election.
    pub election: ElectionId,
    /// 128 random bits as base64url.
    pub nonce: String,
    /// What the device's clock claimed.
    pub claimed_at: ClaimedTime,
    /// The request.
    pub body: EnrolmentRequest,
}

impl RequestClaims {
    /// Reads the payload of a verified request.
    ///
    /// The key it names must be the key that signed it: otherwise somebody could have a key
    /// enrolled that they do not hold.
    pub fn read(verified: &Verified) -> Result<Self, Unreadable> {
        let kind = verified.kind();
        let unreadable = |source| Unreadable { kind, source };
        if kind != Kind::EnrolmentRequest {
            return Err(unreadable(None));
        }
        let claims: Self = serde_json::from_slice(verified.payload())
            .map_err(|source| unreadable(Some(source)))?;
        if claims.body.public_key.kid() != verified.kid() {
            return Err(unreadable(None));
        }
        Ok(claims)
    }
}

/// Binds a new key to an invitation: the signature over the proof shows that whoever holds the key
/// also held the invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentRequest {
    /// The key; its thumbprint is the request's kid.
    pub public_key: PublicKey,
    /// What the key shall be for.
    pub role: Role,
    /// Shows that the invitation was held, without giving its secret to anybody who sees this.
    pub proof: Proof,
    /// The program that asks.
    pub app: App,
    /// Signed by the owner's key in the election before, where that is asked for instead of an
    /// invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouch: Option<String>,
    /// What a key in the phone's hardware says of this key; none where there is no such hardware, or
    /// where its owner did not want it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<HardwareVouch>,
}

impl EnrolmentRequest {
    /// What the hardware of this key's phone has to sign.
    pub fn challenge(&self, election: &ElectionId) -> Challenge {
        Challenge::of(election, self.role, self.public_key.kid(), &self.proof)
    }
}

/// A program and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Name of the program.
    pub name: String,
    /// Its version.
    pub version: String,
}
