//! Which documents have to be transcribed, and which first. Pure.
//!
//! Documents of precincts that have photographs, were not transcribed yet, and
//!
//! 1. say otherwise than what was published: the larger difference first;
//! 2. or have entries that differ, or an entry that says otherwise than an earlier transcription;
//! 3. or have photographs and no figure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hattama_proto::{
    id::{CopyType, FormCode, PhotoHash, RecordId, TableCode, UnitCode},
    pack::Pack,
    record::PhotoRole,
    statement::Level,
};
use serde::{Deserialize, Serialize};

use crate::{
    compare::{OurCopy, our_copy},
    merge::{CellKey, Cells, Document, DocumentState, FiledEntry, UnitFile},
};

/// A document that has to be transcribed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The unit whose document it is.
    pub unit: UnitCode,
    /// The region it lies in, by the register.
    pub region: Option<UnitCode>,
    /// The organisation whose observers sent it; none where it is more than one's, or nobody's.
    pub org: Option<String>,
    /// The form.
    pub form: FormCode,
    /// The summary table, for a unit that keeps several.
    pub table: Option<TableCode>,
    /// The copy type.
    pub copy: CopyType,
    /// The records whose photographs are to be read, by id.
    pub records: Vec<RecordId>,
    /// The photographs, page by page, record by record.
    pub pages: Vec<Page>,
    /// Why, and how soon.
    pub urgency: Urgency,
}

/// One photograph, and the picture of it that people are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The original, as the record names it.
    pub original: PhotoHash,
    /// The picture without metadata that may be shown; none where the phone could make none.
    pub shown: Option<PhotoHash>,
    /// Which page of the document, from 1, as the observer said.
    pub page: u32,
}

/// Why a document has to be transcribed. The lower, the sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It says otherwise than what was published, by so many votes.
    Official {
        /// The sum of the differences.
        votes: u64,
    },
    /// Its entries differ in so many cells, or it was opened again.
    Mismatch {
        /// How many cells.
        cells: u64,
    },
    /// It has photographs and no figure.
    PhotoOnly,
}

impl Urgency {
    /// As two numbers, for the store: the kind, and its size.
    pub const fn numbers(self) -> (u8, u64) {
        match self {
            Self::Official { votes } => (0, votes),
            Self::Mismatch { cells } => (1, cells),
            Self::PhotoOnly => (2, 0),
        }
    }

    /// Reads what [`numbers`](Self::numbers) gives.
    pub const fn from_numbers(kind: u64, size: u64) -> Self {
        match kind {
            0 => Self::Official { votes: size },
            1 => Self::Mismatch { cells: size },
            _ => Self::PhotoOnly,
        }
    }

    /// Orders the more urgent first.
    pub const fn rank(self) -> (u8, std::cmp::Reverse<u64>) {
        let (kind, size) = self.numbers();
        (kind, std::cmp::Reverse(size))
    }
}

impl Need {
    /// The originals to be read.
    pub fn photos(&self) -> BTreeSet<PhotoHash> {
        self.pages.iter().map(|page| page.original).collect()
    }

    /// Whether the pictures have come: all that were announced, and at least one.
    pub fn is_ready(&self, whole: &HashSet<PhotoHash>) -> bool {
        let mut announced = self.pages.iter().filter_map(|page| page.shown).peekable();
        announced.peek().is_some() && announced.all(|shown| whole.contains(&shown))
    }
}

/// The documents of a unit that have to be transcribed. `official` is what was published for it.
pub fn needs(file: &UnitFile, official: Option<&Cells>, pack: &Pack) -> Vec<Need> {
    let is_precinct =
        pack.units.get(&file.unit).is_some_and(|unit| unit.kind.level() == Level::Precinct);
    if !is_precinct {
        return Vec::new();
    }
    let is_done = |document: &Document| {
        document.transcribed.as_ref().is_some_and(|known| known.reopened_by.is_empty())
    };
    let of_parts = official.map_or_else(BTreeMap::new, |official| in_parts(file, official, pack));
    let region = pack.units.region_of(&file.unit).map(|region| region.code.clone());
    file.documents
        .iter()
        .filter(|document| !is_done(document))
        .filter_map(|document| {
            let urgency = urgency(document, official, &of_parts, pack)?;
            let entries: Vec<&FiledEntry> = document
                .entries
                .iter()
                .filter_map(|record| file.entry(record))
                .filter(|filed| filed.entry.sheet().is_some_and(has_originals))
                .collect();
            let pages = pages(&entries);
            (!pages.is_empty()).then(|| Need {
                unit: file.unit.clone(),
                region: region.clone(),
                org: one_org(&entries),
                form: document.form.clone(),
                table: document.table.clone(),
                copy: document.copy.clone(),
                records: entries.iter().map(|filed| filed.entry.id).collect(),
                pages,
                urgency,
            })
        })
        .collect()
}

fn has_originals(sheet: &crate::merge::Sheet) -> bool {
    sheet.originals().next().is_some()
}

/// The organisation of all entries, if it is one.
fn one_org(entries: &[&FiledEntry]) -> Option<String> {
    let mut orgs = entries.iter().map(|filed| filed.org());
    let first = orgs.next()??;
    orgs.all(|org| org == Some(first)).then(|| first.to_string())
}

/// The photographs, each once, with the preview that belongs to it: pictures of one page stand in
/// one order.
fn pages(entries: &[&FiledEntry]) -> Vec<Page> {
    let mut seen = HashSet::new();
    let mut pages = Vec::new();
    for filed in entries {
        let photos = filed.entry.photos();
        let of_role = |role, page| {
            photos.iter().filter(move |photo| photo.role == role && photo.page == page)
        };
        let numbers: BTreeSet<u32> = photos.iter().map(|photo| photo.page).collect();
        for page in numbers {
            for (at, original) in of_role(PhotoRole::Original, page).enumerate() {
                if seen.insert(original.sha256) {
                    let shown = of_role(PhotoRole::Preview, page).nth(at);
                    let shown = shown.or_else(|| of_role(PhotoRole::Thumbnail, page).nth(at));
                    let shown = shown.map(|photo| photo.sha256);
                    pages.push(Page { original: original.sha256, shown, page });
                }
            }
        }
    }
    pages
}

fn urgency(
    document: &Document,
    official: Option<&Cells>,
    of_parts: &BTreeMap<&CopyType, u64>,
    pack: &Pack,
) -> Option<Urgency> {
    let is_part = pack.election.linked.iter().any(|linked| linked.parts.contains(&document.copy));
    let by = if is_part {
        of_parts.get(&document.copy).copied()
    } else {
        official
            .filter(|_| document.table.is_none())
            .and_then(|official| differs_by(document.figures(), official))
    };
    if let Some(votes) = by {
        return Some(Urgency::Official { votes });
    }
    let figures = document.reading.iter().filter(|(_, figure)| figure.is_some()).count();
    match &document.state {
        DocumentState::Mismatch { cells } => Some(Urgency::Mismatch { cells: cells.len() as u64 }),
        _ if document.transcribed.is_some() => Some(Urgency::Mismatch { cells: 0 }),
        DocumentState::Single | DocumentState::Corroborated => {
            (figures == 0).then_some(Urgency::PhotoOnly)
        }
    }
}

/// By how many votes figures differ from what was published; none if they do not differ at all. A
/// difference in other lines only is one of no votes.
fn differs_by(figures: &Cells, official: &Cells) -> Option<u64> {
    let mut differs = false;
    let mut votes = 0_u64;
    for (key, ours, theirs) in figures.in_both(official) {
        differs |= ours != theirs;
        if matches!(key, CellKey::Vote { .. }) {
            votes = votes.saturating_add(ours.abs_diff(theirs));
        }
    }
    differs.then_some(votes)
}

/// By how many votes the sum of parts differs from what was published, for each part of it.
fn in_parts<'a>(
    file: &'a UnitFile,
    official: &Cells,
    pack: &'a Pack,
) -> BTreeMap<&'a CopyType, u64> {
    let mut by = BTreeMap::new();
    for contest in &pack.election.contests {
        let OurCopy::Settled { copies, votes, .. } = our_copy(file, &contest.code, pack) else {
            continue;
        };
        if let (2.., Some(votes)) = (copies.len(), differs_by(&votes, official)) {
            let parts = pack.election.linked.iter().flat_map(|linked| &linked.parts);
            for part in parts.filter(|part| copies.contains(part)) {
                let of_part: &mut u64 = by.entry(part).or_default();
                *of_part = (*of_part).max(votes);
            }
        }
    }
    by
}
