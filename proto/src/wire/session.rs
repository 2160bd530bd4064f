//! `POST /v1/session`: a fresh device token for an enrolled key, by signing a challenge.
//!
//! Two rounds: ask with the kid alone and get a challenge; ask again with its signature and get a
//! token. Nothing depends on the device's clock, which may be years off.

use serde::{Deserialize, Serialize};

use crate::{id::Kid, key::SigningKey, time::UnixMillis};

/// Body of `POST /v1/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// The enrolled key.
    pub kid: Kid,
    /// The answer to a challenge; none to ask for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ChallengeAnswer>,
}

/// A signed challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeAnswer {
    /// The challenge as it was given.
    pub challenge: String,
    /// Ed25519 signature over `hattama-session/v1 ` and the challenge, base64url.
    pub signature: String,
}

/// Answer to `POST /v1/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionReply {
    /// Sign this and ask again within five minutes.
    Challenge(String),
    /// The token.
    Token {
        /// Give it as `Authorization: Bearer`.
        device_token: String,
        /// Until when it is accepted.
        token_expires_at: UnixMillis,
    },
}

/// What is signed. The space and the slash are in no base64url, so no JWS can be made of it.
fn signed_text(challenge: &str) -> String {
    format!("hattama-session/v1 {challenge}")
}

impl ChallengeAnswer {
    /// Signs a challenge.
    pub fn sign(key: &SigningKey, challenge: String) -> Self {
        use base64::Engine as _;
        let signature = key.sign(signed_text(&challenge).as_bytes());
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature);
        Self { challenge, signature }
    }

    /// Whether `key` signed it.
    pub fn is_by(&self, key: &crate::key::PublicKey) -> bool {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&self.signature).is_ok_and(
            |signature| key.verifies(signed_text(&self.challenge).as_bytes(), &signature),
        )
    }
}
