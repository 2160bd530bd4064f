//! The signed list of a set-up's parts.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{id::PartHash, record::unique_map};

/// What the root key signs: a version and the hashes of the parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackManifest {
    /// Rises with every change; a phone never goes back.
    pub version: u32,
    /// Where each part is, by hash.
    #[serde(deserialize_with = "unique_map::read")]
    pub parts: BTreeMap<PartName, PartRef>,
}

/// A part of the set-up. Parts change at different times, so that a late precinct does not make
/// every phone fetch the forms again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartName {
    /// See [`super::ElectionPart`].
    Election,
    /// See [`super::FormPart`].
    Forms,
    /// See [`super::IncidentPart`].
    Incidents,
    /// See [`super::UnitPart`].
    Units,
}

impl PartName {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Election, Self::Forms, Self::Incidents, Self::Units];
}

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Election => "election",
            Self::Forms => "forms",
            Self::Incidents => "incidents",
            Self::Units => "units",
        })
    }
}

/// One part by hash and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRef {
    /// SHA-256 of the part's bytes.
    pub sha256: PartHash,
    /// Length in bytes.
    pub bytes: u64,
}
