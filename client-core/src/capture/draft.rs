//! What an app hands over. Photographs come as paths, never as bytes.

use std::{collections::BTreeMap, path::PathBuf};

use hattama_proto::{
    id::{
        CategoryCode, ChoiceCode, ContestCode, CopyType, FormCode, LineCode, PhaseCode,
        QuestionCode, RecordId, TableCode, UnitCode,
    },
    record::{Answer, Figure, Mark, Missing, Severity, SheetFlags},
    time::ClaimedTime,
};

/// A file to take in. It is copied; the caller may delete it once the capture has returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoInput {
    /// Where it is.
    pub path: PathBuf,
    /// Which page of the document it shows, from 1.
    pub page: u32,
}

/// A results protocol as the observer reads it off the paper.
#[derive(Clone, Debug, PartialEq)]
pub struct ProtocolDraft {
    /// Whose protocol it is.
    pub unit: UnitCode,
    /// Which summary table, for a higher commission that keeps several.
    pub table: Option<TableCode>,
    /// The form, by its code in the set-up.
    pub form: FormCode,
    /// Which document it is.
    pub copy: CopyType,
    /// Number on the document.
    pub document_number: Option<String>,
    /// Time on the document, as it stands there.
    pub document_time: Option<String>,
    /// Figures by line; none where nobody can read it.
    pub lines: BTreeMap<LineCode, Option<Figure>>,
    /// Votes by contest and choice; none where nobody can read it.
    pub contests: BTreeMap<ContestCode, BTreeMap<ChoiceCode, Option<Figure>>>,
    /// How lines look, where that matters.
    pub marks: BTreeMap<LineCode, Vec<Mark>>,
    /// What the document carries.
    pub flags: SheetFlags,
    /// Its photographs.
    pub photos: Vec<PhotoInput>,
}

impl ProtocolDraft {
    /// A protocol without figures or photographs yet.
    pub fn new(unit: UnitCode, form: FormCode, copy: CopyType) -> Self {
        Self {
            unit,
            table: None,
            form,
            copy,
            document_number: None,
            document_time: None,
            lines: BTreeMap::new(),
            contests: BTreeMap::new(),
            marks: BTreeMap::new(),
            flags: SheetFlags::default(),
            photos: Vec::new(),
        }
    }
}

/// A copy that could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotObtainedDraft {
    /// The unit.
    pub unit: UnitCode,
    /// What happened.
    pub missing: Missing,
    /// Which copy was asked for, if one kind was.
    pub copy: Option<CopyType>,
    /// When it happened.
    pub occurred_at: Option<ClaimedTime>,
    /// The office of who decided; no names.
    pub office: Option<String>,
    /// The observer's words.
    pub words: String,
    /// Pictures, if any.
    pub photos: Vec<PhotoInput>,
}

impl NotObtainedDraft {
    /// The bare fact.
    pub const fn new(unit: UnitCode, missing: Missing) -> Self {
        Self {
            unit,
            missing,
            copy: None,
            occurred_at: None,
            office: None,
            words: String::new(),
            photos: Vec::new(),
        }
    }
}

/// An incident. Signed by the notebook's other key, which cannot be linked with the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentDraft {
    /// One or more categories of the set-up; the first is the main one.
    pub categories: Vec<CategoryCode>,
    /// Phase of the election.
    pub phase: PhaseCode,
    /// How bad, as the observer judges it.
    pub severity: Severity,
    /// The unit, if it happened at one.
    pub unit: Option<UnitCode>,
    /// The place in words, where there is no unit.
    pub place_words: Option<String>,
    /// When it happened, as far as known.
    pub occurred_at: Option<ClaimedTime>,
    /// What happened.
    pub words: String,
    /// Language of the words, BCP 47.
    pub language: String,
    /// Photographs and other files.
    pub attachments: Vec<PhotoInput>,
    /// An earlier record this one speaks of.
    pub refers_to: Option<RecordId>,
}

impl IncidentDraft {
    /// An incident of one category in the observer's words.
    pub fn new(category: CategoryCode, phase: PhaseCode, severity: Severity, words: &str) -> Self {
        Self {
            categories: vec![category],
            phase,
            severity,
            unit: None,
            place_words: None,
            occurred_at: None,
            words: words.to_owned(),
            language: "en".to_owned(),
            attachments: Vec::new(),
            refers_to: None,
        }
    }
}

/// A filled checklist or any other form that has no figures of a protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct FormDraft {
    /// The unit it is about.
    pub unit: UnitCode,
    /// The form, by its code in the set-up.
    pub form: FormCode,
    /// Answers by question.
    pub answers: BTreeMap<QuestionCode, Answer>,
}

/// A record of this notebook was wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrectionDraft {
    /// Why, in the observer's words.
    pub reason: String,
    /// What it should have said, whole.
    pub becomes: CorrectedDraft,
    /// What becomes of the photographs of the record that was wrong.
    pub earlier_photos: KeptPhotos,
}

/// The new body, of the same kind of key as the one that was wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum CorrectedDraft {
    /// A protocol.
    Protocol(ProtocolDraft),
    /// A copy not obtained.
    NotObtained(NotObtainedDraft),
    /// An incident.
    Incident(IncidentDraft),
    /// Another form.
    Form(FormDraft),
}

/// Whether a correction names the photographs of the record that was wrong again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeptPhotos {
    /// Yes: they show the same document, and new ones are added.
    #[default]
    Keep,
    /// No: they showed something else. They stay with the record that was wrong.
    Leave,
}
