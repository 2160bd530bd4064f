//! Who may speak, for whom, about which units.

use serde::{Deserialize, Serialize};

use crate::{
    id::{Kid, OrgId, PersonId, RecordId, UnitCode},
    key::PublicKey,
    kind::Role,
};

/// Enrols one key of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The key's name.
    pub kid: Kid,
    /// The key.
    pub public_key: PublicKey,
    /// What it may sign.
    pub role: Role,
    /// The person, by pseudonym. An incident key has a pseudonym of its own.
    pub person: PersonId,
    /// The observer organisation.
    pub org: OrgId,
    /// Where the person may observe.
    pub mandate: Mandate,
    /// SHA-256 of the request that was granted.
    pub request: RecordId,
    /// Whether it is no observer's device but a desk at headquarters, which signs what it was told.
    #[serde(default, skip_serializing_if = "is_no")]
    pub desk: bool,
    /// Name of the key in the phone's hardware that signed for this one, where one did. That it is in
    /// hardware is what its maker's attestation says, which headquarters keeps with the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<Kid>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_no(flag: &bool) -> bool {
    !*flag
}

/// The units a person is accredited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mandate {
    /// Everywhere.
    Everywhere,
    /// These units and everything below them.
    Units(Vec<UnitCode>),
}
