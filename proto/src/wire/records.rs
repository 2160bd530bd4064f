//! `POST /v1/records`: a batch in, one verdict per record out.
//!
//! Pushing needs no login, because records authenticate themselves: anybody may carry anybody's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReceiptPart;
use crate::{
    id::{Kid, PhotoHash, RecordId},
    key::PublicKey,
    record::Seen,
    time::UnixMillis,
};

/// Body of `POST /v1/records`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    /// Compact JWS strings, at most 64.
    pub records: Vec<String>,
    /// Public keys of devices that headquarters may not know yet, by kid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<Kid, PublicKey>,
    /// The last checkpoint the sender verified; the answer proves consistency with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// Answer: every distinct record of the request exactly once, in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushReply {
    /// Verdicts.
    pub results: Vec<RecordVerdict>,
    /// The signed checkpoint that the receipts of this answer share; none without receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// Proof that the checkpoint extends the sender's last one, standard base64; none if the sender
    /// gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Vec<String>>,
    /// Where the sender's last checkpoint is of a history that headquarters lost: the signed
    /// statement of the new epoch. `consistency` is then from what was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Photos named by these records that headquarters already has whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub have: Vec<PhotoHash>,
    /// Headquarters' clock.
    pub server_time: UnixMillis,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordVerdict {
    /// SHA-256 of the string as received.
    pub id: RecordId,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, as a stable code; see [`HeldReason`], [`DeferredReason`], [`RejectedReason`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For `deferred`: seconds to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// For `stored`, `duplicate` and `held`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptPart>,
}

/// What became of a record. A snapshot: what it counts for is decided by its standing later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Durably stored and logged; the signature holds.
    Stored,
    /// Was stored before; here is its receipt again.
    Duplicate,
    /// Durably stored and logged, and set aside for a human. The signature holds. Done for the
    /// phone; the evidence is not lost.
    Held,
    /// Not decided: send this one again later.
    Deferred,
    /// Not evidence: no signature, a wrong one, or the wrong key for the kind. Keep it, show it, do
    /// not send it again.
    Rejected,
    /// A verdict this version does not know: treat as deferred.
    #[serde(other)]
    Unknown,
}

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// The stable code.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The reason with this code.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

reasons! {
    /// Why a validly signed record waits for a human ("awaiting check").
    HeldReason {
        /// No enrolment is known for the key.
        UnknownDevice = "unknown_device",
        /// The key was revoked before this was logged.
        Revoked = "revoked",
        /// Another record stands at the same place of the key's chain.
        Fork = "fork",
        /// This version cannot read the payload.
        UnreadableBody = "unreadable_body",
        /// The unit is not in the register.
        UnknownUnit = "unknown_unit",
        /// The unit is outside the person's mandate.
        OutsideMandate = "outside_mandate",
        /// The record is about another election.
        WrongElection = "wrong_election",
    }
}
reasons! {
    /// Why a record was not decided yet.
    DeferredReason {
        /// The key is unknown and did not come along: send it in `keys`.
        KeyMissing = "key_missing",
        /// Unknown devices have used up what headquarters takes from them for now.
        Quota = "quota",
        /// Headquarters could not store it now.
        Unavailable = "unavailable",
    }
}
reasons! {
    /// Why a string is not evidence.
    RejectedReason {
        /// Not a strict compact JWS of ours.
        Malformed = "malformed",
        /// Longer than 16 KiB.
        TooLarge = "too_large",
        /// The signature is not this key's over these bytes.
        BadSignature = "bad_signature",
        /// A key of this role may not sign this kind, or the kind is not a record.
        WrongRole = "wrong_role",
    }
}
