//! What an app hands over to be captured. Codes are those of the set-up; one that the set-up does not
//! know is taken all the same and said to be unknown.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    str::FromStr,
};

use hattama_proto::{
    id::{ChoiceCode, LineCode},
    record::{self, Figure},
    time::ClaimedTime,
};

use super::NotebookError;
use crate::capture::{self as core, CorrectedDraft};

/// What is to be captured.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Draft {
    /// A results protocol.
    Protocol {
        /// As read off the paper.
        draft: ProtocolDraft,
    },
    /// A copy that could not be had.
    NotObtained {
        /// What happened.
        draft: NotObtainedDraft,
    },
    /// An incident.
    Incident {
        /// What happened.
        draft: IncidentDraft,
    },
    /// A filled checklist or another form without figures of a protocol. Takes no photographs.
    Form {
        /// The answers.
        draft: FormDraft,
    },
}

/// A results protocol as the observer reads it off the paper. Figures are taken as they are.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ProtocolDraft {
    /// Whose protocol it is.
    pub unit: String,
    /// The form, by its code in the set-up.
    pub form: String,
    /// Which document it is: a copy type of the set-up.
    pub copy: String,
    /// Which summary table, for a higher commission that keeps several.
    #[uniffi(default = None)]
    pub table: Option<String>,
    /// Number on the document.
    #[uniffi(default = None)]
    pub document_number: Option<String>,
    /// Time on the document, as it stands there.
    #[uniffi(default = None)]
    pub document_time: Option<String>,
    /// Figures by line; none where nobody can read it.
    #[uniffi(default)]
    pub lines: HashMap<String, Option<u64>>,
    /// Votes by contest and choice; none where nobody can read it.
    #[uniffi(default)]
    pub contests: HashMap<String, HashMap<String, Option<u64>>>,
    /// How lines look, where that matters.
    #[uniffi(default)]
    pub marks: HashMap<String, Vec<Mark>>,
    /// What the document carries.
    #[uniffi(default = None)]
    pub flags: Option<SheetFlags>,
}

/// How a figure looks on the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Mark {
    /// Written over another figure.
    Overwritten,
    /// Struck out.
    StruckOut,
    /// Nobody could read it.
    Illegible,
    /// In pencil.
    Pencil,
}

/// What the document carries; none where nobody looked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Record)]
pub struct SheetFlags {
    /// Signed by chair and secretary.
    #[uniffi(default = None)]
    pub signed: Option<bool>,
    /// Sealed.
    #[uniffi(default = None)]
    pub sealed: Option<bool>,
    /// Every page was photographed.
    #[uniffi(default = None)]
    pub every_page: Option<bool>,
}

/// A copy that could not be had, and why. As good as evidence as a protocol.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NotObtainedDraft {
    /// The unit.
    pub unit: String,
    /// What happened.
    pub missing: Missing,
    /// Which copy was asked for, if one kind was.
    #[uniffi(default = None)]
    pub copy: Option<String>,
    /// When it happened, RFC 3339 with the offset.
    #[uniffi(default = None)]
    pub occurred_at: Option<String>,
    /// The office of who decided; no names.
    #[uniffi(default = None)]
    pub office: Option<String>,
    /// The observer's words.
    #[uniffi(default = "")]
    pub words: String,
}

/// Why there is no copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Missing {
    /// The commission refused a copy.
    CopyRefused,
    /// The protocol was not posted.
    NotPosted,
    /// The observer was made to leave.
    ObserverRemoved,
    /// The observer was not let into the count.
    BarredFromCount,
    /// The count was moved elsewhere or interrupted.
    CountMovedOrInterrupted,
    /// The protocol was not finished while the observer was there.
    NotFinished,
}

/// An incident. Signed by the notebook's other key, which cannot be linked with the first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct IncidentDraft {
    /// One or more categories of the set-up; the first is the main one.
    pub categories: Vec<String>,
    /// Phase of the election, by its code in the set-up.
    pub phase: String,
    /// How bad, as the observer judges it.
    pub severity: Severity,
    /// What happened.
    pub words: String,
    /// Language of the words, BCP 47.
    #[uniffi(default = "kk")]
    pub language: String,
    /// The unit, if it happened at one.
    #[uniffi(default = None)]
    pub unit: Option<String>,
    /// The place in words, where there is no unit.
    #[uniffi(default = None)]
    pub place_words: Option<String>,
    /// When it happened, RFC 3339 with the offset.
    #[uniffi(default = None)]
    pub occurred_at: Option<String>,
    /// An earlier record this one speaks of.
    #[uniffi(default = None)]
    pub refers_to: Option<String>,
}

/// How bad an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Severity {
    /// An irregularity without consequence that can be seen.
    Low,
    /// May have affected some voters or figures.
    Medium,
    /// Affected voters, figures or observers.
    High,
    /// Somebody is in danger, or it is going on now: goes out before anything else.
    Critical,
}

/// A filled checklist or another form.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct FormDraft {
    /// The unit it is about.
    pub unit: String,
    /// The form, by its code in the set-up.
    pub form: String,
    /// Answers by question.
    pub answers: HashMap<String, Answer>,
}

/// One answer of a form.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Answer {
    /// Left open.
    Open,
    /// Yes or no.
    YesNo {
        /// Which.
        yes: bool,
    },
    /// A number.
    Number {
        /// Which.
        value: i64,
    },
    /// A code of the set-up or free words.
    Text {
        /// Which.
        text: String,
    },
}

impl Draft {
    /// As the core takes it, with these files.
    pub(super) fn with_photos(
        self,
        photos: Vec<core::PhotoInput>,
    ) -> Result<CorrectedDraft, NotebookError> {
        Ok(match self {
            Self::Protocol { draft } => {
                CorrectedDraft::Protocol(core::ProtocolDraft { photos, ..draft.read()? })
            }
            Self::NotObtained { draft } => {
                CorrectedDraft::NotObtained(core::NotObtainedDraft { photos, ..draft.read()? })
            }
            Self::Incident { draft } => CorrectedDraft::Incident(core::IncidentDraft {
                attachments: photos,
                ..draft.read()?
            }),
            Self::Form { .. } if !photos.is_empty() => {
                let reason = "a form takes no photographs; capture an incident for them";
                return Err(NotebookError::invalid("photos", &reason));
            }
            Self::Form { draft } => CorrectedDraft::Form(draft.read()?),
        })
    }
}

impl ProtocolDraft {
    fn read(self) -> Result<core::ProtocolDraft, NotebookError> {
        let mut lines = BTreeMap::new();
        for (line, value) in self.lines {
            lines.insert(code::<LineCode>("lines", &line)?, figure(&line, value)?);
        }
        let mut contests = BTreeMap::new();
        for (contest, votes) in self.contests {
            let mut choices = BTreeMap::new();
            for (choice, value) in votes {
                choices.insert(code::<ChoiceCode>("contests", &choice)?, figure(&choice, value)?);
            }
            contests.insert(code("contests", &contest)?, choices);
        }
        let mut marks = BTreeMap::new();
        for (line, seen) in self.marks {
            let seen = seen.into_iter().map(record::Mark::from).collect();
            marks.insert(code::<LineCode>("marks", &line)?, seen);
        }
        let flags = self.flags.unwrap_or_default();
        Ok(core::ProtocolDraft {
            table: optional("table", self.table.as_deref())?,
            document_number: self.document_number,
            document_time: self.document_time,
            lines,
            contests,
            marks,
            flags: record::SheetFlags {
                signed: flags.signed,
                sealed: flags.sealed,
                every_page: flags.every_page,
            },
            ..core::ProtocolDraft::new(
                code("unit", &self.unit)?,
                code("form", &self.form)?,
                code("copy", &self.copy)?,
            )
        })
    }
}

impl NotObtainedDraft {
    fn read(self) -> Result<core::NotObtainedDraft, NotebookError> {
        Ok(core::NotObtainedDraft {
            copy: optional("copy", self.copy.as_deref())?,
            occurred_at: optional::<ClaimedTime>("occurred_at", self.occurred_at.as_deref())?,
            office: self.office,
            words: self.words,
            ..core::NotObtainedDraft::new(code("unit", &self.unit)?, self.missing.into())
        })
    }
}

impl IncidentDraft {
    fn read(self) -> Result<core::IncidentDraft, NotebookError> {
        let categories = self.categories.iter().map(|text| code("categories", text));
        Ok(core::IncidentDraft {
            categories: categories.collect::<Result<_, _>>()?,
            phase: code("phase", &self.phase)?,
            severity: self.severity.into(),
            unit: optional("unit", self.unit.as_deref())?,
            place_words: self.place_words,
            occurred_at: optional("occurred_at", self.occurred_at.as_deref())?,
            words: self.words,
            language: self.language,
            attachments: Vec::new(),
            refers_to: optional("refers_to", self.refers_to.as_deref())?,
        })
    }
}

impl FormDraft {
    fn read(self) -> Result<core::FormDraft, NotebookError> {
        let mut answers = BTreeMap::new();
        for (question, answer) in self.answers {
            answers.insert(code("answers", &question)?, record::Answer::from(answer));
        }
        Ok(core::FormDraft {
            unit: code("unit", &self.unit)?,
            form: code("form", &self.form)?,
            answers,
        })
    }
}

/// Reads a code or an id.
pub(super) fn code<T>(field: &str, text: &str) -> Result<T, NotebookError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error| NotebookError::invalid(field, &error))
}

fn optional<T>(field: &str, text: Option<&str>) -> Result<Option<T>, NotebookError>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| code(field, text)).transpose()
}

fn figure(at: &str, value: Option<u64>) -> Result<Option<Figure>, NotebookError> {
    value.map(Figure::new).transpose().map_err(|error| NotebookError::invalid(at, &error))
}

impl From<Mark> for record::Mark {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Overwritten => Self::Overwritten,
            Mark::StruckOut => Self::StruckOut,
            Mark::Illegible => Self::Illegible,
            Mark::Pencil => Self::Pencil,
        }
    }
}

impl From<Missing> for record::Missing {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::CopyRefused => Self::CopyRefused,
            Missing::NotPosted => Self::NotPosted,
            Missing::ObserverRemoved => Self::ObserverRemoved,
            Missing::BarredFromCount => Self::BarredFromCount,
            Missing::CountMovedOrInterrupted => Self::CountMovedOrInterrupted,
            Missing::NotFinished => Self::NotFinished,
        }
    }
}

impl From<Severity> for record::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Critical,
        }
    }
}

impl From<Answer> for record::Answer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Open => Self::Open,
            Answer::YesNo { yes } => Self::YesNo(yes),
            Answer::Number { value } => Self::Number(value),
            Answer::Text { text } => Self::Text(text),
        }
    }
}
