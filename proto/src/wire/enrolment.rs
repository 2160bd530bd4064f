//! `POST /v1/enrolments`: a key becomes known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::Kid,
    key::PublicKey,
    pack::{PartName, PartRef},
    time::UnixMillis,
};

/// Body of `POST /v1/enrolments`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentPush {
    /// A signed enrolment request. A retry sends the very same string.
    pub request: String,
}

/// Answer: everything the phone needs to work offline from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentReply {
    /// The signed enrolment statement.
    pub enrolment: String,
    /// Token for quota and the downlink; records need none.
    pub device_token: String,
    /// Until when the token is accepted.
    pub token_expires_at: UnixMillis,
    /// The signed manifest of the newest election set-up.
    pub pack: String,
    /// Public keys that signed the two, by kid; the phone checks the root's against its invitation.
    pub keys: BTreeMap<Kid, PublicKey>,
    /// A one-use word for a key for protocols that another vouched for: the request for its owner's
    /// key for incidents shows a proof derived from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// Where a part of the set-up is fetched: `GET /v1/packs/{sha256}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartLocation {
    /// Which part.
    pub name: PartName,
    /// Its hash and length.
    pub part: PartRef,
}
