//! All that is known of one unit, put side by side: what a page shows and what is compared.
//!
//! Nothing in it depends on the order in which records arrived: entries stand in the order of
//! their ids, documents in the order of form, table, copy type and number. Log positions and
//! receive times are left out on purpose; ask the log for them by record id.

use std::sync::Arc;

use hattama_proto::{
    id::{CopyType, FormCode, OrgId, PersonId, RecordId, TableCode, UnitCode},
    pack::Finding,
    record::Missing,
    statement::Enrolment,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    cells::{CellKey, Cells},
    entry::Entry,
    standing::{Reason, Standing},
    transcribed::{Shows, Transcribed},
};

/// All that is known of one unit. Made by [`merge`](super::merge()) only.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitFile {
    /// The unit.
    pub unit: UnitCode,
    /// Whether anything was brought from there.
    pub coverage: Coverage,
    /// The documents that counted entries show.
    pub documents: Vec<Document>,
    /// Documents of copy types that should show the same and do not: the finding itself.
    pub differences: Vec<DifferenceBetweenCopies>,
    /// Pairs that may be one document of which one observer did not note the number.
    pub perhaps_one: Vec<PerhapsOne>,
    /// Documents that should add up to another.
    pub linked: Vec<LinkedSum>,
    /// Copies that could not be had, by counted reports.
    pub not_obtained: Vec<CopyNotObtained>,
    /// Every entry that belongs here, counted or not.
    pub entries: Vec<FiledEntry>,
    /// Entries that name this unit and belong to another, by decision.
    pub moved_away: Vec<MovedAway>,
    /// Decisions that two records show one document, which could not be followed.
    pub unfollowed: Vec<UnfollowedLink>,
}

impl UnitFile {
    /// The file of a unit of which nothing is known.
    pub const fn empty(unit: UnitCode) -> Self {
        Self {
            unit,
            coverage: Coverage::Nothing,
            documents: Vec::new(),
            differences: Vec::new(),
            perhaps_one: Vec::new(),
            linked: Vec::new(),
            not_obtained: Vec::new(),
            entries: Vec::new(),
            moved_away: Vec::new(),
            unfollowed: Vec::new(),
        }
    }

    /// Whether nothing names the unit and nothing was moved there.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.moved_away.is_empty()
    }

    /// Entries that do not count, with the reason.
    pub fn set_aside(&self) -> impl Iterator<Item = (&FiledEntry, Reason)> {
        self.entries.iter().filter_map(|entry| Some((entry, entry.standing.reason()?)))
    }

    /// The filed entry of a record.
    pub fn entry(&self, record: &RecordId) -> Option<&FiledEntry> {
        let at = self.entries.binary_search_by_key(record, |filed| filed.entry.id).ok()?;
        Some(&self.entries[at])
    }
}

/// Whether anything was brought from a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Nothing that counts has arrived.
    Nothing,
    /// No copy, and we know why: a refusal is an answer.
    NotObtained,
    /// At least one document.
    Obtained,
}

/// An entry in its unit's file.
#[derive(Clone, Debug, PartialEq)]
pub struct FiledEntry {
    /// What the record says.
    pub entry: Arc<Entry>,
    /// Whether it counts.
    pub standing: Standing,
    /// Who said it, for whom; none while the device is unknown.
    pub enrolment: Option<Arc<Enrolment>>,
    /// The copy type it really is, where a decision says so.
    pub copy_decided: Option<CopyType>,
    /// What a reader should know.
    pub flags: Vec<EntryFlag>,
    /// Control relations that its figures break, or that cannot be told; for counted protocols.
    pub findings: Vec<Finding>,
}

impl FiledEntry {
    /// The organisation its author observes for.
    pub fn org(&self) -> Option<&OrgId> {
        self.enrolment.as_deref().map(|enrolment| &enrolment.org)
    }

    /// Its author, by pseudonym.
    pub fn person(&self) -> Option<&PersonId> {
        self.enrolment.as_deref().map(|enrolment| &enrolment.person)
    }

    /// The copy type of a protocol: as decided, else as the observer said.
    pub fn copy(&self) -> Option<&CopyType> {
        self.copy_decided.as_ref().or_else(|| self.entry.sheet().map(|sheet| &sheet.copy))
    }

    /// Whether somebody told it to a desk, so that it is nobody's own record.
    pub fn is_told(&self) -> bool {
        self.entry.on_behalf.is_some() || self.enrolment.as_deref().is_some_and(|one| one.desk)
    }

    /// Whether it counts.
    pub fn is_counted(&self) -> bool {
        self.standing == Standing::Counted
    }
}

/// What a reader of an entry should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryFlag {
    /// The same person corrected the same record twice; both corrections stand.
    CompetingCorrection,
    /// Its author corrected it, but a decision holds it in place.
    CorrectedAfterDecision,
    /// Another record stands at its place of the key's chain.
    Forked,
    /// A line is overwritten, struck out, in pencil or illegible.
    Marked,
    /// Decided to belong here; it names another unit.
    MovedHere,
    /// Not signed by the observer's own device: a desk wrote down what it was told. Corroborates
    /// nobody.
    ToldToDesk,
    /// Told to a desk, and the observer's own record of the same document has come.
    OwnRecordCame,
}

/// One document: all counted entries of one form, table, copy type and number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// The form.
    pub form: FormCode,
    /// The summary table, for a higher commission that keeps several.
    pub table: Option<TableCode>,
    /// The copy type.
    pub copy: CopyType,
    /// Its number as entries give it, null for none; several only where a decision says that they
    /// are one document.
    pub numbers: Vec<Option<Box<str>>>,
    /// Its counted entries, by id.
    pub entries: Vec<RecordId>,
    /// Whether its entries agree.
    #[serde(flatten)]
    pub state: DocumentState,
    /// What its entries agree on; null where nobody could read it or two entries differ.
    pub reading: Cells,
    /// Control relations that the reading breaks, or that cannot be told.
    pub findings: Vec<Finding>,
    /// What was transcribed of its photographs, if anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcribed: Option<Transcribed>,
}

impl Document {
    /// Whether its figures may be used: no two entries differ, or a transcription settled what they
    /// differ on; and nobody doubts that it stands where it belongs.
    pub fn is_settled(&self) -> bool {
        let agrees = !matches!(self.state, DocumentState::Mismatch { .. });
        match &self.transcribed {
            None => agrees,
            Some(transcribed) if !transcribed.reopened_by.is_empty() => false,
            Some(transcribed) => match transcribed.shows {
                Shows::Figures { .. } => true,
                Shows::Illegible | Shows::SheetMissing => agrees,
                Shows::WrongUnit { .. } | Shows::WrongCopy { .. } | Shows::NotAProtocol => false,
            },
        }
    }

    /// The figures that count: as transcribed, else as its entries agree. Null where neither says.
    pub fn figures(&self) -> &Cells {
        match &self.transcribed {
            Some(Transcribed { shows: Shows::Figures { figures, .. }, reopened_by, .. })
                if reopened_by.is_empty() =>
            {
                figures
            }
            _ => &self.reading,
        }
    }

    /// Whether people typed its figures off the photographs, apart from one another, and nothing
    /// came since that says otherwise.
    pub fn is_transcribed(&self) -> bool {
        self.transcribed.as_ref().is_some_and(|transcribed| {
            matches!(transcribed.shows, Shows::Figures { .. }) && transcribed.reopened_by.is_empty()
        })
    }
}

/// Whether the entries of a document agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DocumentState {
    /// One entry, or several that do not corroborate each other.
    Single,
    /// Two people with photographs of their own read the same.
    Corroborated,
    /// Two entries differ: a typing problem, to be settled from the photograph.
    Mismatch {
        /// The cells on which they differ.
        #[serde(rename = "mismatched")]
        cells: Vec<CellKey>,
    },
}

/// Two documents that should show the same count and do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferenceBetweenCopies {
    /// Place of the left one in `documents`.
    pub a: usize,
    /// Place of the right one in `documents`.
    pub b: usize,
    /// The cells that both have and that differ.
    pub cells: Vec<DifferingCell>,
}

/// Two documents that may be one: same form, table and copy type, and only one has a number.
/// Not compared as copies, because a number that nobody typed must not become a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PerhapsOne {
    /// Place of the first in `documents`.
    pub a: usize,
    /// Place of the second in `documents`.
    pub b: usize,
    /// The cells that both have and that differ; empty if they agree.
    pub cells: Vec<DifferingCell>,
}

/// One cell that two documents show differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferingCell {
    /// The cell.
    pub cell: CellKey,
    /// What the left document shows, or the sum of the parts.
    pub left: u64,
    /// What the right document shows, or the whole.
    pub right: u64,
}

/// Whether the parts add up to the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkedSum {
    /// The copy types that are added.
    pub parts: Vec<CopyType>,
    /// The copy type that should show their sum.
    pub whole: CopyType,
    /// The summary table, for a higher commission that keeps several.
    pub table: Option<TableCode>,
    /// How many cells could be checked: present in the whole and in every part.
    pub checked: usize,
    /// The cells in which the sum of the parts (left) is not the whole (right).
    pub cells: Vec<DifferingCell>,
}

/// A copy that could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopyNotObtained {
    /// The record that says so.
    pub record: RecordId,
    /// What happened.
    pub missing: Missing,
    /// Which copy was asked for, if one kind was.
    pub copy: Option<CopyType>,
}

/// An entry that names this unit and belongs to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MovedAway {
    /// The record.
    pub record: RecordId,
    /// Where it belongs.
    pub to: UnitCode,
}

/// "These two show one document", said of records that differ in form, table or copy type, or of
/// one that is not here. A new decision has to put that right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnfollowedLink {
    /// The record decided about.
    pub record: RecordId,
    /// The record it was said to share a document with.
    pub same_document_as: RecordId,
}

impl Serialize for FiledEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = &*self.entry;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("record", &entry.id)?;
        map.serialize_entry("uid", &entry.uid)?;
        map.serialize_entry("kid", &entry.kid)?;
        map.serialize_entry("person", &self.person())?;
        map.serialize_entry("org", &self.org())?;
        map.serialize_entry("claimed_at", &entry.claimed_at)?;
        map.serialize_entry("unit_named", &entry.unit)?;
        map.serialize_entry("corrects", &entry.corrects)?;
        map.serialize_entry("on_behalf", &entry.on_behalf)?;
        map.serialize_entry("standing", self.standing.name())?;
        map.serialize_entry("reason", &self.standing.reason())?;
        map.serialize_entry("superseded_by", self.standing.superseded_by())?;
        map.serialize_entry("flags", &self.flags)?;
        map.serialize_entry("copy_decided", &self.copy_decided)?;
        map.serialize_entry("says", &entry.body)?;
        map.serialize_entry("findings", &self.findings)?;
        map.end()
    }
}
