//! What to do next, from what waits. Pure.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId},
    kind::Role,
    limits::{BATCH_BYTES_MAX, CELL_BYTES, STATUS_IDS_MAX},
    tlog::LogEntry,
    wire::{CellBitmap, ContentRange, SealedAs},
};

use super::{Class, Conditions, Deadline, Lane, allowed::hold};
use crate::clock::Moment;

/// A record without a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingRecord {
    /// The record.
    pub(crate) id: RecordId,
    /// Whose key signed it.
    pub(crate) role: Role,
    /// That key.
    pub(crate) kid: Kid,
    /// Its lane.
    pub(crate) lane: Lane,
    /// Headquarters could not read a request that held it alone.
    pub(crate) suspect: bool,
    /// How often it was tried in vain.
    pub(crate) attempts: u32,
    /// Headquarters says it has it; only the receipt is owed.
    pub(crate) owed: bool,
    /// Not before.
    pub(crate) deadline: Option<Deadline>,
    /// Length of its string, in bytes.
    pub(crate) bytes: u64,
}

/// A photo without a receipt whose record headquarters has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingPhoto {
    /// The photo.
    pub(crate) hash: PhotoHash,
    /// How many bytes travel: its own, or those of the sealed file.
    pub(crate) bytes: u64,
    /// SHA-256 of the sealed file, if it is sealed to headquarters.
    pub(crate) sealed: Option<PhotoHash>,
    /// Its lane.
    pub(crate) lane: Lane,
    /// Headquarters asked for it.
    pub(crate) wanted: bool,
    /// Cells there, as last heard.
    pub(crate) have: CellBitmap,
    /// What is known of the other side.
    pub(crate) there: There,
    /// How often it was tried in vain.
    pub(crate) attempts: u32,
    /// Not before.
    pub(crate) deadline: Option<Deadline>,
}

impl PendingPhoto {
    /// SHA-256 of the file that travels.
    pub(crate) fn file_hash(&self) -> PhotoHash {
        self.sealed.unwrap_or(self.hash)
    }

    /// How it travels, if it is sealed.
    pub(crate) fn sealed_as(&self) -> Option<SealedAs> {
        self.sealed.map(|sha256| SealedAs { sha256, bytes: self.bytes })
    }
}

/// What is known of a photo at headquarters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum There {
    /// Nothing certain: ask first.
    Unknown,
    /// The cells of `have`.
    Partial,
    /// All of it; only the receipt is owed.
    Whole,
}

impl There {
    /// The name in the store.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Partial => "partial",
            Self::Whole => "whole",
        }
    }

    /// The state with this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Unknown, Self::Partial, Self::Whole].into_iter().find(|t| t.name() == name)
    }
}

/// A pause of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackOff {
    /// Failures in a row.
    pub(crate) attempts: u32,
    /// Not before.
    pub(crate) deadline: Deadline,
}

/// All that a plan looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// Records without a receipt, most urgent first.
    pub(crate) records: Vec<PendingRecord>,
    /// Photos that may be sent, most urgent first.
    pub(crate) photos: Vec<PendingPhoto>,
    /// Pauses.
    pub(crate) backoffs: BTreeMap<Class, BackOff>,
    /// Whether a newer set-up waits to be fetched.
    pub(crate) set_up_due: bool,
    /// Records and photos whose receipts witnesses have not cosigned yet; empty where there are no
    /// witnesses.
    pub(crate) uncosigned: Vec<(Kid, LogEntry)>,
}

/// What the running sync knows besides.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    /// Most records in the next push.
    pub(crate) batch: usize,
    /// Length of the next range, in bytes.
    pub(crate) range_bytes: u64,
    /// Ranges sent so far.
    pub(crate) slot: u64,
    /// What of network and battery counts.
    pub(crate) conditions: Conditions,
    /// Feeds not asked yet.
    pub(crate) feeds: Vec<Role>,
    /// Keys whose cosigned receipts were asked for.
    pub(crate) cosigned_asked: Vec<Kid>,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Push these records of one role.
    Push { role: Role, ids: Vec<RecordId> },
    /// Ask for receipts of these records of one key.
    AskStatus { kid: Kid, ids: Vec<RecordId> },
    /// Ask for cosigned receipts of these records and photos of one key.
    AskCosigned { kid: Kid, entries: Vec<LogEntry> },
    /// Ask which cells of a photo are there.
    AskPhoto { hash: PhotoHash },
    /// Send this range of a photo.
    SendRange { hash: PhotoHash, range: ContentRange },
    /// Read what headquarters has to say to a key.
    ReadFeed { role: Role },
    /// Fetch the newer set-up.
    FetchSetUp,
    /// Nothing before this many milliseconds have passed.
    Wait { ms: u64 },
    /// Nothing is left.
    Nothing,
}

/// One slot in this many goes to the photo that would otherwise come last, so that a stream of
/// previews cannot hold back an original for ever.
const FAIR_SLOT: u64 = 8;

/// Room that a push keeps for keys and the last checkpoint, in bytes.
const KEYS_BYTES: usize = 4 * 1024;

/// Plans one step.
pub(crate) fn plan(view: &Snapshot, course: &Course, now: &Moment) -> Step {
    let gate = Gate { view, now };
    if gate.paused(Class::Network) == 0 {
        let step = records(&gate, course)
            .or_else(|| owed(&gate))
            .or_else(|| suspect(&gate))
            .or_else(|| downlink(&gate, course))
            .or_else(|| photo(&gate, course))
            .or_else(|| cosigned(&gate, course));
        if let Some(step) = step {
            return step;
        }
    }
    gate.next_due(course).map_or(Step::Nothing, |ms| Step::Wait { ms })
}

struct Gate<'a> {
    view: &'a Snapshot,
    now: &'a Moment,
}

impl Gate<'_> {
    /// Milliseconds until requests of this class may be made.
    fn paused(&self, class: Class) -> u64 {
        self.view.backoffs.get(&class).map_or(0, |pause| pause.deadline.remaining_ms(self.now))
    }

    fn left(&self, deadline: Option<&Deadline>) -> u64 {
        deadline.map_or(0, |deadline| deadline.remaining_ms(self.now))
    }

    fn failed(&self, class: Class) -> bool {
        self.view.backoffs.get(&class).is_some_and(|pause| pause.attempts > 0)
    }

    /// When the first of all waiting things is due.
    fn next_due(&self, course: &Course) -> Option<u64> {
        let records = self.view.records.iter().map(|record| {
            let class = if record.owed { Class::Status } else { Class::Records };
            self.left(record.deadline.as_ref()).max(self.paused(class))
        });
        let photos = self.view.photos.iter().filter(|photo| allowed(photo, course)).map(|photo| {
            self.left(photo.deadline.as_ref()).max(self.paused(Class::of(photo.lane)))
        });
        let set_up = self.view.set_up_due.then(|| self.paused(Class::Feed));
        let first = records.chain(photos).chain(set_up).min()?;
        Some(first.max(self.paused(Class::Network)).max(1))
    }
}

fn records(gate: &Gate<'_>, course: &Course) -> Option<Step> {
    if gate.paused(Class::Records) > 0 {
        return None;
    }
    let mut ready = gate
        .view
        .records
        .iter()
        .filter(|r| !r.suspect && !r.owed && gate.left(r.deadline.as_ref()) == 0)
        .peekable();
    let first = *ready.peek()?;
    // After a failure the smallest of the most urgent goes first and alone: the cheapest question
    // whether the way is open again.
    if gate.failed(Class::Records) {
        let probe = ready
            .filter(|r| r.lane == first.lane && r.role == first.role)
            .min_by_key(|r| r.bytes)?;
        return Some(Step::Push { role: probe.role, ids: vec![probe.id] });
    }
    let mut room = (BATCH_BYTES_MAX - KEYS_BYTES) as u64;
    let ids = ready
        .filter(|record| record.role == first.role)
        .take_while(|record| {
            // Quotes, comma, and its key at most.
            let needed = record.bytes + 128;
            let fits = needed <= room;
            room = room.saturating_sub(needed);
            fits
        })
        .take(course.batch.max(1))
        .map(|record| record.id)
        .collect();
    Some(Step::Push { role: first.role, ids })
}

fn owed(gate: &Gate<'_>) -> Option<Step> {
    if gate.paused(Class::Status) > 0 {
        return None;
    }
    let ready =
        || gate.view.records.iter().filter(|r| r.owed && gate.left(r.deadline.as_ref()) == 0);
    let kid = ready().next()?.kid;
    let ids = ready().filter(|r| r.kid == kid).take(STATUS_IDS_MAX).map(|r| r.id).collect();
    Some(Step::AskStatus { kid, ids })
}

/// Once per sync and key, when nothing else is left: what it brings makes evidence stronger, and is
/// never waited for.
fn cosigned(gate: &Gate<'_>, course: &Course) -> Option<Step> {
    if gate.paused(Class::Status) > 0 {
        return None;
    }
    let ready =
        || gate.view.uncosigned.iter().filter(|(kid, _)| !course.cosigned_asked.contains(kid));
    let kid = ready().next()?.0;
    let entries = ready().filter(|(of, _)| *of == kid).take(STATUS_IDS_MAX).map(|(_, one)| *one);
    Some(Step::AskCosigned { kid, entries: entries.collect() })
}

fn suspect(gate: &Gate<'_>) -> Option<Step> {
    if gate.paused(Class::Records) > 0 {
        return None;
    }
    let alone =
        gate.view.records.iter().find(|r| r.suspect && gate.left(r.deadline.as_ref()) == 0)?;
    Some(Step::Push { role: alone.role, ids: vec![alone.id] })
}

fn downlink(gate: &Gate<'_>, course: &Course) -> Option<Step> {
    if gate.paused(Class::Feed) > 0 {
        return None;
    }
    if let Some(role) = course.feeds.first() {
        return Some(Step::ReadFeed { role: *role });
    }
    gate.view.set_up_due.then_some(Step::FetchSetUp)
}

fn allowed(photo: &PendingPhoto, course: &Course) -> bool {
    hold(photo.lane, photo.wanted, course.conditions).is_none()
}

fn photo(gate: &Gate<'_>, course: &Course) -> Option<Step> {
    let mut ready = gate.view.photos.iter().filter(|photo| {
        allowed(photo, course)
            && gate.left(photo.deadline.as_ref()) == 0
            && gate.paused(Class::of(photo.lane)) == 0
    });
    let photo = if course.slot % FAIR_SLOT == FAIR_SLOT - 1 {
        // The oldest of the last lane.
        ready.min_by_key(|photo| std::cmp::Reverse(photo.lane))?
    } else {
        ready.next()?
    };
    let hash = photo.hash;
    if photo.there == There::Unknown {
        return Some(Step::AskPhoto { hash });
    }
    Some(Step::SendRange { hash, range: range(photo, course.range_bytes) })
}

/// The first missing cells, or the last cell where only the receipt is owed.
fn range(photo: &PendingPhoto, range_bytes: u64) -> ContentRange {
    let size = photo.bytes;
    let last = CellBitmap::cells(size).saturating_sub(1);
    let missing = match photo.there {
        There::Whole => None,
        There::Unknown | There::Partial => photo.have.missing(size).first().copied(),
    };
    let (first, end) = missing.unwrap_or((last, last + 1));
    let end = end.min(first + (range_bytes / CELL_BYTES).max(1));
    ContentRange { first: first * CELL_BYTES, end: (end * CELL_BYTES).min(size), size }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
