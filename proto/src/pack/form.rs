//! Paper forms: the lines of a protocol, the questions of a checklist.

use serde::{Deserialize, Serialize};

use super::{Names, Relation};
use crate::{
    id::{ContestCode, FormCode, LineCode, PhaseCode, QuestionCode},
    statement::Level,
};

/// All forms of the set-up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormPart {
    /// The forms.
    pub forms: Vec<FormDefinition>,
}

/// One form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormDefinition {
    /// Its code.
    pub code: FormCode,
    /// Its names.
    pub names: Names,
    /// What it is.
    pub kind: FormKind,
    /// On which levels it is used.
    pub levels: Vec<Level>,
    /// Lines, in the order of the paper.
    #[serde(default)]
    pub lines: Vec<FormLine>,
    /// Contests that stand on this sheet.
    #[serde(default)]
    pub contests: Vec<ContestCode>,
    /// What should hold between the figures.
    #[serde(default)]
    pub relations: Vec<Relation>,
    /// Questions of a checklist.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// What filling it says of where its author is; nothing in set-ups made before there were
    /// check-ins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_in: Option<CheckIn>,
}

/// What a filled form says of where its author is. It moves the roster and nothing else: the form
/// counts or does not, wherever its author was expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckIn {
    /// Whoever fills it has come to the unit.
    Arrived,
    /// Whoever fills it has left the unit.
    Departed,
    /// One of its questions says which.
    Asked {
        /// The question that is answered with `arrived`, `departed` or `handed_over`.
        what: QuestionCode,
        /// The question that is answered with the pseudonym of whoever takes over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<QuestionCode>,
    },
}

/// What a form is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// A results protocol or a summary table.
    Results,
    /// A checklist.
    Checklist,
    /// Turnout at an hour.
    Turnout,
}

/// One line of a results protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormLine {
    /// Its code.
    pub code: LineCode,
    /// The number printed on the paper.
    pub number: String,
    /// What it counts.
    pub names: Names,
    /// Whether the paper is incomplete without it. A phone reminds; it never blocks.
    #[serde(default)]
    pub required: bool,
    /// What it counts, where turnout and shares are computed with it; lines that count the same are
    /// added up. Nothing in set-ups made before turnout was compared, and then none is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counted>,
}

/// What a line counts, whatever the form calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Voters on the list when the poll closed.
    Voters,
    /// Ballots given out: early, at the station, outside it.
    Issued,
    /// Ballots found in the boxes.
    Found,
    /// Ballots found and not valid.
    Invalid,
    /// Ballots found and valid.
    Valid,
}

/// One question of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its code.
    pub code: QuestionCode,
    /// The question.
    pub names: Names,
    /// What is answered.
    pub kind: QuestionKind,
    /// The answer that opens an incident, as JSON writes it (`false`, `"yes"`), if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<serde_json::Value>,
    /// The phase of the incident that opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseCode>,
}

/// What is answered to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Yes or no.
    YesNo,
    /// A whole number.
    Number,
    /// A time of day.
    Time,
    /// Words.
    Words,
    /// One of these codes.
    OneOf(Vec<String>),
}
