//! Phases of the election and categories of incident.

use serde::{Deserialize, Serialize};

use super::Names;
use crate::id::{CategoryCode, PhaseCode};

/// The catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentPart {
    /// Phases, in order of time.
    pub phases: Vec<PhaseDefinition>,
    /// Categories.
    pub categories: Vec<CategoryDefinition>,
}

/// One phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseDefinition {
    /// Its code.
    pub code: PhaseCode,
    /// Its names.
    pub names: Names,
}

/// One category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryDefinition {
    /// Its code.
    pub code: CategoryCode,
    /// Its names.
    pub names: Names,
    /// In which phases it is offered.
    pub phases: Vec<PhaseCode>,
}

impl IncidentPart {
    /// The category with this code.
    pub fn category(&self, code: &CategoryCode) -> Option<&CategoryDefinition> {
        self.categories.iter().find(|category| category.code == *code)
    }
}
