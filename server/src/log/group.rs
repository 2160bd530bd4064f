//! What one group of jobs becomes in the store: rows, collected step by step, committed at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId, StatementId, UnitCode},
    jws::Verified,
    key::PublicKey,
    kind::Role,
    record::{Body, Claims, Corrected, FormAnswers, Incident, Record, Severity},
    statement::{Decision, Enrolment, Revocation, Statement, Transcription},
    time::UnixMillis,
    tlog::LogEntry,
    wire::HeldReason,
};

use crate::{
    book::Book,
    merge::{CorrectionFacts, Entry, Facts},
    review::{self, IncidentState, critical_answers},
    store::{
        self, Batch, Rows, Value,
        photos::Naming,
        records::NewRecord,
        unit_lines::{self, Kept, NewLine},
    },
};

/// Something that gets a place in the log.
#[derive(Debug)]
pub enum Item {
    /// A device's record.
    Record(Box<RecordItem>),
    /// A statement by headquarters.
    Statement(Box<StatementItem>),
    /// A photo whose bytes are whole, right and durable.
    Photo(PhotoItem),
}

/// A verified record, read or not.
#[derive(Debug)]
pub struct RecordItem {
    /// Its id.
    pub id: RecordId,
    /// The exact string and the proof that its signature holds.
    pub verified: Verified,
    /// What it says, where this version can read it.
    pub record: Option<Record>,
    /// When headquarters received it.
    pub received_at: UnixMillis,
    /// The key it was verified with, where that came along and is not enrolled.
    pub brought: Option<PublicKey>,
}

impl RecordItem {
    /// The record it corrects, if it is a correction.
    pub(super) fn corrects(&self) -> Option<RecordId> {
        match &self.record.as_ref()?.claims.body {
            Body::Correction(correction) => Some(correction.corrects),
            _ => None,
        }
    }
}

/// A statement by headquarters.
#[derive(Debug)]
pub struct StatementItem {
    /// Its id.
    pub id: StatementId,
    /// The exact string.
    pub verified: Verified,
    /// What it is about: a kid, a record, a version, a publication.
    pub subject: String,
    /// When it was said.
    pub issued_at: UnixMillis,
    /// What it changes in what headquarters knows.
    pub says: Says,
}

/// What a statement changes in what headquarters knows.
#[derive(Clone, Debug)]
pub enum Says {
    /// Somebody may speak.
    Enrolment(Enrolment),
    /// From here on a key's records are set aside.
    Revocation(Revocation),
    /// Something was decided about a record.
    Decision(Decision),
    /// Photographs were transcribed.
    Transcription(Transcription),
    /// Nothing that gives records a standing: a set-up, a publication, a new epoch.
    Other,
}

impl StatementItem {
    /// Wraps a statement that was just signed and read back.
    pub fn new<B>(statement: &Statement<B>, subject: String, says: Says) -> Self {
        Self {
            id: statement.id,
            verified: statement.verified.clone(),
            subject,
            issued_at: statement.claims.issued_at,
            says,
        }
    }
}

/// A photo that is whole.
#[derive(Clone, Copy, Debug)]
pub struct PhotoItem {
    /// Its hash.
    pub sha256: PhotoHash,
    /// Its length in bytes.
    pub bytes: u64,
    /// When the hash was found right.
    pub verified_at: UnixMillis,
}

impl Item {
    /// What its leaf in the log is made of.
    pub(super) fn log_entry(&self) -> LogEntry {
        match self {
            Self::Record(item) => LogEntry::Record(*item.id.as_bytes()),
            Self::Statement(item) => LogEntry::Statement(*item.id.as_bytes()),
            Self::Photo(item) => LogEntry::Photo(*item.sha256.as_bytes()),
        }
    }
}

/// The rows of a group, and what has to change in memory once they are durable.
#[derive(Debug, Default)]
pub(super) struct Group {
    leaves: Rows,
    records: Rows,
    statements: Rows,
    photos: Rows,
    photos_named: Vec<(PhotoHash, [Value; 6])>,
    entries: Vec<(UnitCode, u64, String)>,
    corrections: Rows,
    incidents: Rows,
    /// What the search finds each incident by, with the place of its report.
    found_by: Vec<(u64, BTreeSet<String>)>,
    forms: Rows,
    verified: BTreeMap<Kid, u64>,
    forks: BTreeSet<(Kid, u64)>,
    brought: BTreeMap<Kid, PublicKey>,
    /// Applied to the book after the commit.
    pub(super) effects: Effects,
}

/// What a committed group adds to the book.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Highest place of each chain that grew.
    pub(super) heads: HashMap<Kid, u64>,
    /// Places at which two records stand.
    pub(super) forks: Vec<(Kid, u64)>,
    /// Corrections, as far as standing needs them.
    pub(super) corrections: Vec<CorrectionFacts>,
    /// Whose records were corrected.
    pub(super) authors: Vec<(RecordId, Kid)>,
    /// Statements with their positions.
    pub(super) said: Vec<(u64, Says)>,
    /// Units that new entries name.
    pub(super) units: Vec<UnitCode>,
    /// Pictures that have come.
    pub(super) photos: Vec<PhotoHash>,
}

impl Group {
    /// Gives `item` its place.
    pub(super) fn add_leaf(&mut self, position: u64, item: &Item) -> hattama_proto::tlog::Hash {
        let entry = item.log_entry();
        let hash = entry.leaf_hash();
        self.leaves.push(store::log::leaf(position, &entry, hash));
        hash
    }

    /// Notes that two records stand at this place of a chain.
    pub(super) fn add_fork(&mut self, kid: Kid, seq: u64) {
        if self.forks.insert((kid, seq)) {
            self.effects.forks.push((kid, seq));
        }
    }

    /// Adds a record that was not logged before.
    pub(super) fn add_record(
        &mut self,
        position: u64,
        item: &RecordItem,
        held: Option<HeldReason>,
        book: &Book,
    ) {
        let claims = item.record.as_ref().map(|record| &record.claims);
        let kid = item.verified.kid();
        let row = NewRecord {
            position,
            id: item.id,
            typ: item.verified.kind().typ(),
            kid,
            seq: claims.map(|claims| claims.seq),
            unit: claims.and_then(|claims| claims.body.unit()).map(|unit| unit.as_str()),
            received_at: item.received_at,
            claimed_at: claims.map(|claims| claims.claimed_at.as_str()),
            held,
            jws: item.verified.text(),
        };
        self.records.push(row.values());
        if let Some(key) = item.brought {
            self.brought.insert(kid, key);
        }
        // Also of a record that nobody can read: whose it is decides about its correction.
        if book.statements.is_corrected(&item.id) {
            self.effects.authors.push((item.id, kid));
        }
        let (Some(claims), Some(record)) = (claims, &item.record) else { return };
        let head = self.effects.heads.entry(kid).or_insert(claims.seq);
        *head = (*head).max(claims.seq);
        let naming = if held.is_some() { Naming::Held } else { Naming::Stored };
        for photo in claims.body.photos() {
            let row = store::photos::named(photo, position, naming);
            self.photos_named.push((photo.sha256, row));
        }
        if let Some(entry) = Entry::from_record(record, position) {
            let line = entry.to_line();
            self.effects.units.push(entry.unit.clone());
            self.entries.push((entry.unit, position, line));
        }
        let enrolment = book.statements.enrolment(&kid);
        if let Some(seen) = &claims.seen
            && enrolment.is_some_and(|known| known.role == Role::Results)
        {
            let size = self.verified.entry(kid).or_default();
            *size = seen.size.max(*size);
        }
        match &claims.body {
            Body::Form(form) => self.add_form(position, item, claims, form, book),
            Body::Incident(incident) => self.add_incident(position, item, kid, incident, book),
            Body::Correction(correction) => {
                if let Some(facts) = CorrectionFacts::of(&Facts::of(record, position)) {
                    let json = serde_json::to_string(&facts).expect("facts are plain data");
                    let target = correction.corrects;
                    self.corrections.push(store::units::correction(&item.id, &target, json));
                    self.effects.corrections.push(facts);
                }
                match &correction.becomes {
                    Corrected::Incident(incident) => {
                        self.add_incident(position, item, kid, incident, book);
                    }
                    Corrected::Form(form) => {
                        self.add_form(position, item, claims, form, book);
                    }
                    Corrected::Protocol(_) | Corrected::NotObtained(_) => {}
                }
            }
            Body::Protocol(_) | Body::NotObtained(_) => {}
        }
    }

    /// Lists a filled form; critical answers open an incident, whose report it is. A form of another
    /// election is kept as a record and listed nowhere.
    fn add_form(
        &mut self,
        position: u64,
        item: &RecordItem,
        claims: &Claims<Body>,
        form: &FormAnswers,
        book: &Book,
    ) {
        if claims.election != book.pack.election.id {
            return;
        }
        let kid = item.verified.kid();
        let definition = book.pack.form(&form.form);
        let critical = definition.and_then(|known| critical_answers(known, form));
        let count = critical.as_ref().map_or(0, |critical| critical.questions.len());
        let filled = store::forms::FilledForm {
            position,
            record: item.id,
            form: form.form.to_string(),
            unit: form.unit.to_string(),
            region: book.pack.units.region_of(&form.unit).map(|region| region.code.to_string()),
            kid,
            org: book.statements.org(&kid).map(ToString::to_string),
            answers: serde_json::to_string(&form.answers).expect("answers are plain data"),
            critical: u32::try_from(count).unwrap_or(u32::MAX),
            received_at: item.received_at,
            claimed_at: claims.claimed_at.as_str().to_owned(),
        };
        self.forms.push(filled.values());
        let Some(critical) = critical else { return };
        let first = book.pack.incidents.phases.first().map(|phase| phase.code.clone());
        // Without a phase in question or set-up there is nothing that a list could show it under.
        let Some(phase) = critical.phase.or(first) else { return };
        let incident = Incident {
            categories: Vec::new(),
            phase,
            severity: Severity::High,
            unit: Some(form.unit.clone()),
            place_words: None,
            occurred_at: Some(claims.claimed_at.clone()),
            words: String::new(),
            language: String::new(),
            attachments: Vec::new(),
            refers_to: None,
        };
        self.add_incident(position, item, kid, &incident, book);
    }

    fn add_incident(
        &mut self,
        position: u64,
        item: &RecordItem,
        kid: Kid,
        incident: &Incident,
        book: &Book,
    ) {
        let enrolment = book.statements.enrolment(&kid);
        let region = incident.unit.as_ref().and_then(|unit| book.pack.units.region_of(unit));
        let reporter = store::incidents::Reporter {
            person: enrolment.map(|enrolment| enrolment.person.as_str()),
            org: enrolment.map(|enrolment| enrolment.org.as_str()),
            region: region.map(|region| region.code.as_str()),
            area: incident.unit.as_ref().and_then(|unit| {
                let upwards = book.pack.units.upwards(unit);
                store::incidents::area(upwards.map(|unit| unit.code.as_str()))
            }),
        };
        self.found_by.push((position, review::found_by(incident)));
        self.incidents.push(store::incidents::received(
            &item.id,
            position,
            incident,
            &reporter,
            IncidentState::Received.name(),
            item.received_at,
        ));
    }

    /// Adds a statement.
    pub(super) fn add_statement(&mut self, position: u64, item: &StatementItem) {
        self.statements.push(store::statements::row(
            position,
            &item.id,
            item.verified.kind(),
            &item.subject,
            item.issued_at,
            item.verified.text(),
        ));
        self.effects.said.push((position, item.says.clone()));
    }

    /// Adds a verified photo.
    pub(super) fn add_photo(&mut self, position: u64, item: PhotoItem) {
        self.effects.photos.push(item.sha256);
        self.photos.push(store::photos::verified(
            position,
            &item.sha256,
            item.bytes,
            item.verified_at,
        ));
    }

    /// Everything as one transaction, with the checkpoint that covers it.
    pub(super) fn into_batch(
        mut self,
        (size, note): (u64, &str),
        kept: Kept,
        at: UnixMillis,
    ) -> (Batch, Effects) {
        // In the order of their tree, where each lands on a page of its own.
        self.photos_named.sort_unstable_by_key(|(photo, _)| *photo);
        let photos_named: Rows = self.photos_named.into_iter().map(|(_, row)| row).collect();
        let lines = self.entries.iter().map(|(unit, position, line)| NewLine {
            unit,
            position: *position,
            line,
        });
        let batch = store::log::append(self.leaves, size, note, at)
            .and(store::records::append(self.records))
            .and(store::statements::append(self.statements))
            .and(store::photos::note_verified(self.photos))
            .and(store::photos::note_named(photos_named))
            .and(unit_lines::append(kept, lines))
            .and(store::units::note_corrections(self.corrections))
            .and(store::units::note_forks(self.forks, at))
            .and(store::devices::keep_brought(self.brought.into_values()))
            .and(store::incidents::add(self.incidents))
            .and(store::forms::add(self.forms))
            .and(store::forms::tell(self.verified));
        let batch = self
            .found_by
            .into_iter()
            .fold(batch, |batch, (position, by)| batch.and(store::incidents::index(position, by)));
        (batch, self.effects)
    }
}
