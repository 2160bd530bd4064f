//! Where a second round of an election is observed from.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ElectionId, Kid},
    invitation::Invitation,
    time::UnixMillis,
};

/// Says which election follows and who its headquarters is, so that phones can go on without a new
/// invitation. Signed by the root, which is kept offline: whoever takes over a running headquarters
/// cannot lead its observers away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// The election that follows.
    pub next: ElectionId,
    /// Thumbprint of the root key that signs its set-up.
    pub root: Kid,
    /// Addresses of its headquarters, tried in order.
    pub hq: Vec<String>,
    /// SHA-256 of its TLS certificate (DER), in hex; null where the public roots serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

impl Succession {
    /// What an invitation to the election that follows would say, without a secret: a key of this
    /// election vouches for the new one instead.
    pub fn as_invitation(&self) -> Invitation {
        Invitation {
            hq: self.hq.clone(),
            election: self.next.clone(),
            root: self.root,
            pin: self.pin.clone(),
            secret: String::new(),
            expires_at: UnixMillis(i64::MAX),
        }
    }
}
