//! Any other form of the set-up: checklists, hourly turnout.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::unique_map;
use crate::id::{FormCode, QuestionCode, UnitCode};

/// A filled checklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormAnswers {
    /// The unit it is about.
    pub unit: UnitCode,
    /// The form, by its code in the set-up.
    pub form: FormCode,
    /// Answers by question; null where the question was left open.
    #[serde(deserialize_with = "unique_map::read")]
    pub answers: BTreeMap<QuestionCode, Answer>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Left open.
    Open,
    /// Yes or no.
    YesNo(bool),
    /// A number.
    Number(i64),
    /// A code of the set-up or free words.
    Text(String),
}
