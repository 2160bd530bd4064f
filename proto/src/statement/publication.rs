//! An archived publication of the commission.

use serde::{Deserialize, Serialize};

use crate::{
    id::{FileHash, PublicationId},
    time::UnixMillis,
};

/// Says that this file was fetched then and is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationStatement {
    /// SHA-256 of the file as fetched; where it was read by a mapping, [`PublicationId::mapped`].
    pub publication: PublicationId,
    /// Length of the file, in bytes.
    pub bytes: u64,
    /// Which level its figures are for.
    pub level: Level,
    /// Where it was found, in words or as an address.
    pub source: String,
    /// When it was fetched.
    pub fetched_at: UnixMillis,
    /// The mapping that it was read by; none where its columns are named like cells, and in
    /// statements made before there were mappings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_by: Option<ReadBy>,
}

/// A file and the mapping by which it was read. Whoever has both can read the figures again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadBy {
    /// SHA-256 of the file as fetched.
    pub file: FileHash,
    /// SHA-256 of the mapping as it was given.
    pub mapping: FileHash,
}

/// A level of the tree of commissions, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A precinct commission.
    Precinct,
    /// A territorial commission.
    District,
    /// A regional commission.
    Region,
    /// The central commission.
    Nation,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 4] = [Self::Precinct, Self::District, Self::Region, Self::Nation];

    /// The name on the wire, in stores and in commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Precinct => "precinct",
            Self::District => "district",
            Self::Region => "region",
            Self::Nation => "nation",
        }
    }

    /// The level with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}
