//! The election set-up that every phone carries: a signed manifest and the parts it names.
//!
//! Nothing about any one country is in code. Units, forms, control relations, contests, copy types
//! and incident categories are data; a new election is a new pack under the same root key.

mod deadline;
mod election;
mod form;
mod incidents;
mod manifest;
mod names;
mod outline;
mod relation;
mod sealing;
mod units;

pub use self::{
    deadline::{Due, LegalDeadline},
    election::{
        Choice, Contest, CopyTypeDefinition, Corroboration, ElectionPart, HqKeys, HqKeysError,
        LinkedCopies, Witnesses,
    },
    form::{
        CheckIn, Counted, FormDefinition, FormKind, FormLine, FormPart, Question, QuestionKind,
    },
    incidents::{CategoryDefinition, IncidentPart, PhaseDefinition},
    manifest::{PackManifest, PartName, PartRef},
    names::Names,
    outline::{Geometry, OUTLINE_POSITIONS_MAX, Outline, OutlineOf, Outlines, Position},
    relation::{
        Finding, FindingVerdict, Operator, Relation, RelationSeverity, Term, check_relations,
    },
    sealing::Sealing,
    units::{Special, Unit, UnitKind, UnitPart, UnitRegister},
};
use crate::id::{CopyType, FormCode, PartHash};

/// The whole set-up, read and indexed.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Version of the manifest; only ever rises.
    pub version: u32,
    /// Names, contests, copy types, keys.
    pub election: ElectionPart,
    /// The tree of units.
    pub units: UnitRegister,
    /// The forms.
    pub forms: FormPart,
    /// Phases and categories.
    pub incidents: IncidentPart,
}

/// Why parts do not make a set-up. Whoever signed the manifest has to mend it.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A part that the manifest names is not there.
    #[error("the set-up lacks its part {0}")]
    Missing(PartName),
    /// A part's bytes are not those that the manifest names.
    #[error("part {0} of the set-up is not the one that was signed")]
    Hash(PartName),
    /// A part cannot be read.
    #[error("part {0} of the set-up cannot be read: {1}")]
    Unreadable(PartName, #[source] serde_json::Error),
    /// The tree of units is not a tree.
    #[error("the register of units is not a tree: {0}")]
    Units(String),
}

impl Pack {
    /// Puts a set-up together from a verified manifest and the bytes of its parts.
    pub fn assemble<'a>(
        manifest: &PackManifest,
        part: impl Fn(PartName) -> Option<&'a [u8]>,
    ) -> Result<Self, PackError> {
        fn read<T: serde::de::DeserializeOwned>(
            manifest: &PackManifest,
            name: PartName,
            bytes: Option<&[u8]>,
        ) -> Result<T, PackError> {
            let bytes = bytes.ok_or(PackError::Missing(name))?;
            let named = manifest.parts.get(&name).ok_or(PackError::Missing(name))?;
            if PartHash::of(bytes) != named.sha256 {
                return Err(PackError::Hash(name));
            }
            serde_json::from_slice(bytes).map_err(|error| PackError::Unreadable(name, error))
        }
        let units: UnitPart = read(manifest, PartName::Units, part(PartName::Units))?;
        Ok(Self {
            version: manifest.version,
            election: read(manifest, PartName::Election, part(PartName::Election))?,
            units: UnitRegister::new(units).map_err(PackError::Units)?,
            forms: read(manifest, PartName::Forms, part(PartName::Forms))?,
            incidents: read(manifest, PartName::Incidents, part(PartName::Incidents))?,
        })
    }

    /// The form with this code.
    pub fn form(&self, code: &FormCode) -> Option<&FormDefinition> {
        self.forms.forms.iter().find(|form| form.code == *code)
    }

    /// Whether figures of these two copy types may be compared: they show the same count.
    pub fn comparable(&self, a: &CopyType, b: &CopyType) -> bool {
        a != b
            && self
                .election
                .comparable
                .iter()
                .any(|pair| (pair.0 == *a && pair.1 == *b) || (pair.0 == *b && pair.1 == *a))
    }
}
