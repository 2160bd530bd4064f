//! An invitation: what a coordinator hands to an observer, as text or QR.
//!
//! It holds a one-use secret. The phone shows a [`Proof`] derived from it, one for each of its two
//! keys; headquarters keeps only the hash of each proof. So neither a stolen database nor a
//! logged request lets anybody else enrol, and the two keys of a person share nothing that stands
//! in both their requests.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    id::{ElectionId, Kid, to_hex},
    kind::Role,
    time::UnixMillis,
};

/// Starts every invitation, so that a scanner knows what it sees. The 1 is this format's version.
const PREFIX: &str = "HATTAMA1.";

/// Length of the secret, in bytes.
pub const SECRET_BYTES: usize = 16;

/// An invitation for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Addresses of headquarters, tried in order: `https://hq.example.org`.
    pub hq: Vec<String>,
    /// The election.
    pub election: ElectionId,
    /// Thumbprint of the root key that signs the election set-up.
    pub root: Kid,
    /// SHA-256 of headquarters' TLS certificate (DER), in hex; null where the public roots serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// The secret, base64url.
    pub secret: String,
    /// Until when it can be used.
    pub expires_at: UnixMillis,
}

/// The text is not an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// Does not begin with `HATTAMA1.`
    #[error("an invitation begins with {PREFIX} - copy it whole, or scan its code again")]
    Prefix,
    /// Something is missing or was changed on the way.
    #[error("the invitation is damaged - copy it whole, or ask for a new one")]
    Damaged,
}

impl Invitation {
    /// The text to hand over.
    pub fn to_text(&self) -> String {
        let json = serde_json::to_vec(self).expect("an invitation is plain data");
        let check = &to_hex(ring::digest::digest(&ring::digest::SHA256, &json).as_ref())[..8];
        format!("{PREFIX}{}.{check}", URL_SAFE_NO_PAD.encode(json))
    }

    /// What the key of `role` shows to headquarters.
    pub fn proof(&self, role: Role) -> Proof {
        Proof::derive(&self.secret, role)
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    fn from_str(text: &str) -> Result<Self, InvitationError> {
        let rest = text.trim().strip_prefix(PREFIX).ok_or(InvitationError::Prefix)?;
        let (body, check) = rest.split_once('.').ok_or(InvitationError::Damaged)?;
        let json = URL_SAFE_NO_PAD.decode(body).map_err(|_| InvitationError::Damaged)?;
        // Eight digits of a hash: a slip of the finger is told at once, not by headquarters later.
        let expected = to_hex(ring::digest::digest(&ring::digest::SHA256, &json).as_ref());
        if expected[..8] != *check {
            return Err(InvitationError::Damaged);
        }
        serde_json::from_slice(&json).map_err(|_| InvitationError::Damaged)
    }
}

/// Shows that an invitation was held: SHA-256 over a fixed word, the role and the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Proof(String);

impl Proof {
    /// The proof of `secret` (as written in the invitation) for a key of `role`.
    pub fn derive(secret: &str, role: Role) -> Self {
        let input = format!("hattama-invitation/v1 {} {secret}", role.name());
        Self(to_hex(ring::digest::digest(&ring::digest::SHA256, input.as_bytes()).as_ref()))
    }

    /// What headquarters stores instead of the proof.
    pub fn hash(&self) -> String {
        to_hex(ring::digest::digest(&ring::digest::SHA256, self.0.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            hq: vec!["https://hq.example.org".into()],
            election: ElectionId::new("exercise").unwrap(),
            root: Kid::from_bytes([7; 32]),
            pin: None,
            secret: "c2VjcmV0".into(),
            expires_at: UnixMillis(1),
        }
    }

    #[test]
    fn an_invitation_reads_back_with_stray_spaces_around_it() {
        let text = format!("  {}\n", invitation().to_text());
        assert_eq!(text.parse::<Invitation>().unwrap(), invitation());
    }

    #[test]
    fn a_cut_or_changed_invitation_says_so() {
        let text = invitation().to_text();
        assert_eq!(text[1..].parse::<Invitation>(), Err(InvitationError::Prefix));
        assert_eq!(text[..text.len() - 1].parse::<Invitation>(), Err(InvitationError::Damaged));
        let changed = text.replacen('e', "f", 1);
        assert!(changed.parse::<Invitation>().is_err());
    }

    #[test]
    fn the_proofs_of_the_two_roles_share_nothing() {
        let (results, incidents) =
            (invitation().proof(Role::Results), invitation().proof(Role::Incidents));
        assert_ne!(results, incidents);
        assert_ne!(results.hash(), incidents.hash());
    }
}
