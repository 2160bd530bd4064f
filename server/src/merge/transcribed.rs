//! What was transcribed of a document, beside what its observers typed. Pure.
//!
//! A transcription holds for a document as long as every photograph that it was read from is one of
//! the document's; of several the one that was logged last. It overwrites nothing: the entries stay,
//! and where they differ from it, that is shown.
//!
//! * **Figures** settle what entries differ on. A cell that could not be read off the photographs
//!   says nothing, and what the observers agree on stands.
//! * **An entry opens it again** whose photographs the readers did not see and that says otherwise,
//!   whenever it came.
//! * **A wrong unit, a wrong copy, no protocol** is a proposal. Until somebody decides about one of
//!   the records after it, or the document stands where it says, no figure of the document is used.

use std::collections::HashSet;

use hattama_proto::{
    id::{CopyType, PhotoHash, RecordId, UnitCode},
    pack::{Finding, Pack},
    statement::{Reading, SettledBy, Transcription},
};
use serde::Serialize;

use super::{
    Statements,
    cells::{CellKey, Cells, Shapes},
    relations,
    unit_file::{Document, FiledEntry},
};

/// What was transcribed of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transcribed {
    /// What its photographs show.
    #[serde(flatten)]
    pub shows: Shows,
    /// How that was settled.
    pub settled_by: SettledBy,
    /// The records whose photographs were read, by id.
    pub records: Vec<RecordId>,
    /// The original photographs that were read.
    pub photos: Vec<PhotoHash>,
    /// Entries that say otherwise, with the cells, by id.
    pub otherwise: Vec<Otherwise>,
    /// Entries with photographs that were not read, which say otherwise, by id. It has to be
    /// transcribed again.
    pub reopened_by: Vec<RecordId>,
}

/// What the photographs of a document show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "shows", rename_all = "snake_case")]
pub enum Shows {
    /// Figures.
    Figures {
        /// As they were typed; null where nobody could read one.
        transcribed: Cells,
        /// What counts: these, and what the entries agree on where nothing could be read.
        figures: Cells,
        /// Control relations that they break, or that cannot be told.
        findings: Vec<Finding>,
    },
    /// Nothing that anybody could read.
    Illegible,
    /// The protocol of another unit.
    WrongUnit {
        /// The code that stands on it; it need not be in the register.
        unit: UnitCode,
    },
    /// Another copy of the protocol.
    WrongCopy {
        /// The copy type it is.
        copy: CopyType,
    },
    /// Something that is no results protocol.
    NotAProtocol,
    /// A part of the protocol.
    SheetMissing,
}

/// An entry that says otherwise than the transcription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Otherwise {
    /// The record.
    pub record: RecordId,
    /// The cells, sorted.
    pub cells: Vec<CellKey>,
}

impl Shows {
    /// Whether it says that the document stands at the wrong place, which a decision must answer.
    pub const fn is_proposal(&self) -> bool {
        match self {
            Self::WrongUnit { .. } | Self::WrongCopy { .. } | Self::NotAProtocol => true,
            Self::Figures { .. } | Self::Illegible | Self::SheetMissing => false,
        }
    }

    /// The name in the interface and in the state root.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Figures { .. } => "figures",
            Self::Illegible => "illegible",
            Self::WrongUnit { .. } => "wrong_unit",
            Self::WrongCopy { .. } => "wrong_copy",
            Self::NotAProtocol => "not_a_protocol",
            Self::SheetMissing => "sheet_missing",
        }
    }
}

/// Writes into each document of `unit` what was transcribed of it.
pub(super) fn note(
    unit: &UnitCode,
    documents: &mut [Document],
    entries: &[FiledEntry],
    statements: &Statements,
    pack: &Pack,
) {
    if statements.has_no_transcriptions() {
        return;
    }
    for document in documents {
        let members: Vec<&FiledEntry> = document
            .entries
            .iter()
            .filter_map(|record| {
                let at = entries.binary_search_by_key(record, |filed| filed.entry.id).ok()?;
                Some(&entries[at])
            })
            .collect();
        let photos: HashSet<&PhotoHash> = members
            .iter()
            .filter_map(|filed| filed.entry.sheet())
            .flat_map(|sheet| sheet.originals())
            .collect();
        let holds = |(position, said): &(u64, &Transcription)| {
            !said.photos.is_empty()
                && said.photos.iter().all(|photo| photos.contains(photo))
                && said.form == document.form
                && !is_answered(*position, said, unit, document, statements)
        };
        let said = entries
            .iter()
            .flat_map(|filed| statements.transcriptions(&filed.entry.id))
            .filter(holds)
            .max_by_key(|(position, _)| *position);
        if let Some((_, said)) = said {
            document.transcribed = Some(transcribed(said, document, &members, pack));
        }
    }
}

/// Whether a proposal was followed, or answered by a decision that came after it.
fn is_answered(
    position: u64,
    said: &Transcription,
    unit: &UnitCode,
    document: &Document,
    statements: &Statements,
) -> bool {
    let is_followed = match &said.reading {
        Reading::WrongUnit { unit: of } => of == unit,
        Reading::WrongCopy { copy } => *copy == document.copy,
        Reading::NotAProtocol => false,
        Reading::Figures(_) | Reading::Illegible | Reading::SheetMissing => return false,
    };
    let decided = |record: &RecordId| statements.history(record).any(|(at, _)| at > position);
    is_followed || said.records.iter().any(decided)
}

fn transcribed(
    said: &Transcription,
    document: &Document,
    members: &[&FiledEntry],
    pack: &Pack,
) -> Transcribed {
    let shows = shows(said, document, pack);
    let otherwise: Vec<Otherwise> = match &shows {
        Shows::Figures { transcribed, .. } => {
            members.iter().filter_map(|filed| otherwise(filed, transcribed)).collect()
        }
        _ => Vec::new(),
    };
    let read: HashSet<&PhotoHash> = said.photos.iter().collect();
    let has_unread = |filed: &FiledEntry| {
        filed.entry.sheet().is_some_and(|sheet| sheet.originals().any(|hash| !read.contains(hash)))
    };
    let reopened_by = members
        .iter()
        .filter(|filed| has_unread(filed))
        .map(|filed| filed.entry.id)
        .filter(|record| {
            !matches!(shows, Shows::Figures { .. })
                || otherwise.iter().any(|entry| entry.record == *record)
        })
        .collect();
    Transcribed {
        shows,
        settled_by: said.settled_by,
        records: said.records.clone(),
        photos: said.photos.clone(),
        otherwise,
        reopened_by,
    }
}

fn shows(said: &Transcription, document: &Document, pack: &Pack) -> Shows {
    match &said.reading {
        Reading::Figures(typed) => {
            let cells = Cells::from_maps(&typed.lines, &typed.contests, &mut Shapes::default());
            let figures = filled(&cells, &document.reading);
            let relations = pack.form(&document.form).map_or(&[][..], |form| &form.relations);
            let findings = relations::check(relations, &document.copy, &figures);
            Shows::Figures { transcribed: cells, figures, findings }
        }
        Reading::Illegible => Shows::Illegible,
        Reading::WrongUnit { unit } => Shows::WrongUnit { unit: unit.clone() },
        Reading::WrongCopy { copy } => Shows::WrongCopy { copy: copy.clone() },
        Reading::NotAProtocol => Shows::NotAProtocol,
        Reading::SheetMissing => Shows::SheetMissing,
    }
}

/// `typed`, and `agreed` in the cells that it does not have or that could not be read.
fn filled(typed: &Cells, agreed: &Cells) -> Cells {
    let pairs = |cells: &Cells| -> Vec<(CellKey, Option<u64>)> {
        cells.iter().map(|(key, value)| (key.clone(), value)).collect()
    };
    let read = pairs(typed).into_iter().filter(|(_, value)| value.is_some());
    // Of two pairs for one cell the last one counts.
    let unread = pairs(typed).into_iter().filter(|(_, value)| value.is_none());
    Cells::from_pairs(unread.chain(pairs(agreed)).chain(read))
}

fn otherwise(filed: &FiledEntry, transcribed: &Cells) -> Option<Otherwise> {
    let cells: Vec<CellKey> = filed
        .entry
        .sheet()?
        .cells
        .in_both(transcribed)
        .filter(|(_, mine, theirs)| mine != theirs)
        .map(|(key, ..)| key.clone())
        .collect();
    (!cells.is_empty()).then_some(Otherwise { record: filed.entry.id, cells })
}
