//! One hash over everything that counts: equal on every engine and after every migration.
//!
//! Covers record ids with their standing, verified photo hashes, the states of incidents and the
//! files of units. Leaves out what another machine could not have alike: log positions, receipts
//! and times of receipt.
//!
//! The bytes are of this module's own making, not JSON, so that a page may show more without the
//! root changing. Everything is length-prefixed: no two states write the same bytes.

use std::fmt;

use hattama_proto::{
    id::{PhotoHash, RecordId},
    pack::{Finding, FindingVerdict},
    statement::SettledBy,
};

use super::{
    cells::{CellKey, Cells},
    standing::Standing,
    transcribed::{Shows, Transcribed},
    unit_file::{Document, DocumentState, FiledEntry, UnitFile},
};
use crate::review::IncidentState;

/// Names the bytes below; changes whenever they do.
const FORMAT: &str = "hattama-state/v2";

/// SHA-256 over the state, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateRoot([u8; 32]);

impl fmt::Display for StateRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hattama_proto::id::to_hex(&self.0))
    }
}

impl fmt::Debug for StateRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateRoot({self})")
    }
}

/// Collects the state in any order, then hashes it sorted. What stands twice counts once.
#[derive(Debug, Default)]
pub struct StateRootBuilder {
    records: Vec<(RecordId, Vec<u8>)>,
    photos: Vec<PhotoHash>,
    incidents: Vec<(RecordId, IncidentState)>,
    files: Vec<(Box<str>, [u8; 32])>,
}

impl StateRootBuilder {
    /// Adds a record; no standing where this version cannot read it.
    pub fn record(&mut self, id: RecordId, standing: Option<&Standing>) {
        let mut bytes = Bytes::default();
        bytes.standing(standing);
        self.records.push((id, bytes.0));
    }

    /// Adds a photo whose bytes are whole and right.
    pub fn photo(&mut self, hash: PhotoHash) {
        self.photos.push(hash);
    }

    /// Adds an incident by the record that reported it.
    pub fn incident(&mut self, id: RecordId, state: IncidentState) {
        self.incidents.push((id, state));
    }

    /// Adds a unit's file. One with nothing in it counts for nothing: a unit to which a record was
    /// moved and from which it was moved on is as one that nobody ever named.
    pub fn file(&mut self, file: &UnitFile) {
        if file.is_empty() {
            return;
        }
        let mut bytes = Bytes::default();
        bytes.file(file);
        self.files.push((file.unit.as_str().into(), sha256(&bytes.0)));
    }

    /// The hash.
    pub fn finish(mut self) -> StateRoot {
        let mut bytes = Bytes::default();
        bytes.text(FORMAT);
        sort_once(&mut self.records);
        bytes.count(self.records.len());
        for (id, standing) in &self.records {
            bytes.0.extend(id.as_bytes());
            bytes.0.extend(standing);
        }
        sort_once(&mut self.photos);
        bytes.count(self.photos.len());
        for photo in &self.photos {
            bytes.0.extend(photo.as_bytes());
        }
        sort_once(&mut self.incidents);
        bytes.count(self.incidents.len());
        for (id, state) in &self.incidents {
            bytes.0.extend(id.as_bytes());
            bytes.text(state.name());
        }
        sort_once(&mut self.files);
        bytes.count(self.files.len());
        for (unit, digest) in &self.files {
            bytes.text(unit);
            bytes.0.extend(digest);
        }
        StateRoot(sha256(&bytes.0))
    }
}

fn sort_once<T: Ord>(items: &mut Vec<T>) {
    items.sort_unstable();
    items.dedup();
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    // The only SHA-256 that pure rules may call is behind an id; which id does not matter here.
    *RecordId::of(bytes).as_bytes()
}

/// Length-prefixed bytes.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn number(&mut self, number: u64) {
        self.0.extend(number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).expect("a count fits 64 bits"));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }

    fn perhaps(&mut self, text: Option<&str>) {
        match text {
            None => self.0.push(0),
            Some(text) => {
                self.0.push(1);
                self.text(text);
            }
        }
    }

    fn all<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        for item in items {
            write(self, item);
        }
    }

    fn id(&mut self, id: &RecordId) {
        self.0.extend(id.as_bytes());
    }

    fn standing(&mut self, standing: Option<&Standing>) {
        match standing {
            None => self.text("unreadable"),
            Some(Standing::Counted) => self.text("counted"),
            Some(Standing::SetAside { reason }) => {
                self.text("set_aside");
                self.text(reason.name());
            }
            Some(Standing::Superseded { by }) => {
                self.text("superseded");
                self.all(by, Self::id);
            }
        }
    }

    fn key(&mut self, key: &CellKey) {
        match key {
            CellKey::Line { line } => {
                self.0.push(0);
                self.text(line.as_str());
            }
            CellKey::Vote { contest, choice } => {
                self.0.push(1);
                self.text(contest.as_str());
                self.text(choice.as_str());
            }
        }
    }

    fn cells(&mut self, cells: &Cells) {
        self.count(cells.len());
        for (key, value) in cells.iter() {
            self.key(key);
            match value {
                None => self.0.push(0),
                Some(value) => {
                    self.0.push(1);
                    self.number(value);
                }
            }
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.text(finding.relation.as_str());
        match finding.verdict {
            FindingVerdict::Incomplete => self.0.push(0),
            FindingVerdict::Broken { left, right } => {
                self.0.push(1);
                self.number(left);
                self.number(right);
            }
        }
    }

    fn document(&mut self, document: &Document) {
        self.text(document.form.as_str());
        self.perhaps(document.table.as_ref().map(|table| table.as_str()));
        self.text(document.copy.as_str());
        self.all(&document.numbers, |bytes, number| bytes.perhaps(number.as_deref()));
        self.all(&document.entries, Self::id);
        match &document.state {
            DocumentState::Single => self.text("single"),
            DocumentState::Corroborated => self.text("corroborated"),
            DocumentState::Mismatch { cells } => {
                self.text("mismatch");
                self.all(cells, Self::key);
            }
        }
        self.cells(&document.reading);
        self.all(&document.findings, Self::finding);
        match &document.transcribed {
            None => self.0.push(0),
            Some(transcribed) => {
                self.0.push(1);
                self.transcribed(transcribed);
            }
        }
    }

    fn transcribed(&mut self, transcribed: &Transcribed) {
        self.text(transcribed.shows.name());
        match &transcribed.shows {
            Shows::Figures { transcribed, figures, findings } => {
                self.cells(transcribed);
                self.cells(figures);
                self.all(findings, Self::finding);
            }
            Shows::WrongUnit { unit } => self.text(unit.as_str()),
            Shows::WrongCopy { copy } => self.text(copy.as_str()),
            Shows::Illegible | Shows::NotAProtocol | Shows::SheetMissing => {}
        }
        self.text(match transcribed.settled_by {
            SettledBy::TwoAlike => "two_alike",
            SettledBy::Third => "third",
            SettledBy::Decision => "decision",
        });
        self.all(&transcribed.records, Self::id);
        self.all(&transcribed.photos, |bytes, photo| bytes.0.extend(photo.as_bytes()));
        self.all(&transcribed.reopened_by, Self::id);
    }

    fn entry(&mut self, filed: &FiledEntry) {
        self.id(&filed.entry.id);
        self.standing(Some(&filed.standing));
        self.perhaps(filed.person().map(|person| person.as_str()));
        self.perhaps(filed.org().map(|org| org.as_str()));
        self.perhaps(filed.copy_decided.as_ref().map(|copy| copy.as_str()));
    }

    fn file(&mut self, file: &UnitFile) {
        self.text(file.unit.as_str());
        self.all(&file.documents, Self::document);
        self.count(file.differences.len() + file.perhaps_one.len() + file.linked.len());
        let pairs = file.differences.iter().map(|pair| ("difference", pair.a, pair.b, &pair.cells));
        let perhaps = file.perhaps_one.iter().map(|pair| ("perhaps", pair.a, pair.b, &pair.cells));
        let linked = file.linked.iter().enumerate().map(|(at, sum)| ("sum", at, 0, &sum.cells));
        for (what, a, b, cells) in pairs.chain(perhaps).chain(linked) {
            self.text(what);
            self.count(a);
            self.count(b);
            self.all(cells, |bytes, cell| {
                bytes.key(&cell.cell);
                bytes.number(cell.left);
                bytes.number(cell.right);
            });
        }
        self.all(&file.not_obtained, |bytes, none| {
            bytes.id(&none.record);
            bytes.text(none.missing.name());
            bytes.perhaps(none.copy.as_ref().map(|copy| copy.as_str()));
        });
        self.all(&file.entries, Self::entry);
        self.all(&file.moved_away, |bytes, moved| {
            bytes.id(&moved.record);
            bytes.text(moved.to.as_str());
        });
    }
}
