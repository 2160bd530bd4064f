//! The files of all units, kept current one record or one statement at a time.
//!
//! Recomputes the units that a change can touch and no others: the unit a record names, the one it
//! was moved to, and those of records that it corrects, that correct it, or that stand at its place
//! of a chain. The result is the same as computing everything anew; a test holds it to that.

use std::{
    collections::{BTreeSet, HashMap, hash_map},
    sync::Arc,
};

use hattama_proto::{
    id::{Kid, RecordId, UnitCode},
    pack::Pack,
    record::Record,
    statement::{Decision, Enrolment, Revocation, Transcription},
};

use super::{Entry, Shapes, Statements, UnitFile, merge};

/// All unit files in memory.
#[derive(Debug)]
pub struct Picture {
    statements: Statements,
    pack: Arc<Pack>,
    shapes: Shapes,
    slots: Vec<Slot>,
    by_unit: HashMap<UnitCode, u32>,
    /// By record: the slot of the unit it names.
    home: HashMap<RecordId, u32>,
    /// By key: a short name for it.
    keys: HashMap<Kid, u32>,
    /// By key and place of its chain: the slot in which a record that stands there was first seen.
    places: HashMap<(u32, u64), u32>,
}

/// One unit: the entries that name it, and its file.
#[derive(Debug)]
struct Slot {
    entries: Vec<Arc<Entry>>,
    file: UnitFile,
}

/// Slots that have to be computed anew.
type Touched = BTreeSet<u32>;

impl Picture {
    /// Nothing but what was said.
    pub fn new(statements: Statements, pack: Arc<Pack>) -> Self {
        Self {
            statements,
            pack,
            shapes: Shapes::default(),
            slots: Vec::new(),
            by_unit: HashMap::new(),
            home: HashMap::new(),
            keys: HashMap::new(),
            places: HashMap::new(),
        }
    }

    /// Computes everything from records and their log positions.
    pub fn from_records<'a>(
        statements: Statements,
        pack: Arc<Pack>,
        records: impl IntoIterator<Item = (&'a Record, u64)>,
    ) -> Self {
        let mut picture = Self::new(statements, pack);
        let records = records.into_iter();
        picture.expect(records.size_hint().0);
        for (record, position) in records {
            if let Some(entry) = Entry::with_shapes(record, position, &mut picture.shapes) {
                picture.keep(entry);
            }
        }
        picture.compute_all();
        picture
    }

    /// Computes everything from entries.
    pub fn from_entries(
        statements: Statements,
        pack: Arc<Pack>,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Self {
        let mut picture = Self::new(statements, pack);
        for entry in entries {
            picture.keep(entry);
        }
        picture.compute_all();
        picture
    }

    /// Adds a record that was logged at `position`; again is harmless. An incident belongs to no
    /// unit's file.
    pub fn add_record(&mut self, record: &Record, position: u64) {
        if let Some(entry) = Entry::with_shapes(record, position, &mut self.shapes) {
            self.add(entry);
        }
    }

    /// Adds an entry; again is harmless.
    pub fn add(&mut self, entry: Entry) {
        let was_forked = self.statements.is_forked(&entry.kid, entry.seq);
        let Some(added) = self.keep(entry) else { return };
        let mut touched = self.touched_by(&added.id);
        if !was_forked && self.statements.is_forked(&added.kid, added.seq) {
            for twin in self.at_place_of(&added) {
                touched.extend(self.touched_by(&twin));
            }
        }
        self.compute(touched);
    }

    /// Takes an enrolment that was logged at `position`.
    pub fn apply_enrolment(&mut self, position: u64, enrolment: Enrolment) {
        let kid = enrolment.kid;
        self.statements.apply_enrolment(position, enrolment);
        self.compute_key(&kid);
    }

    /// Takes a revocation that was logged at `position`.
    pub fn apply_revocation(&mut self, position: u64, revocation: Revocation) {
        let kid = revocation.kid;
        self.statements.apply_revocation(position, revocation);
        self.compute_key(&kid);
    }

    /// Takes a decision that was logged at `position`.
    pub fn apply_decision(&mut self, position: u64, decision: Decision) {
        let record = decision.record;
        let mut touched = self.touched_by(&record);
        for other in self.statements.transcribed_with(&record) {
            touched.extend(self.touched_by(other));
        }
        self.statements.apply_decision(position, decision);
        if let Some(entry) = self.find(&record).map(Arc::clone) {
            self.slot(self.statements.attributed(&record, &entry.unit).clone());
        }
        touched.extend(self.touched_by(&record));
        self.compute(touched);
    }

    /// Takes a transcription that was logged at `position`.
    pub fn apply_transcription(&mut self, position: u64, transcription: Transcription) {
        let mut touched = Touched::new();
        for record in &transcription.records {
            touched.extend(self.touched_by(record));
        }
        self.statements.apply_transcription(position, transcription);
        self.compute(touched);
    }

    /// What was said, and what the records themselves add to it.
    pub const fn statements(&self) -> &Statements {
        &self.statements
    }

    /// The file of a unit; none if nothing names it and nothing was moved there.
    pub fn file(&self, unit: &UnitCode) -> Option<&UnitFile> {
        let slot = &self.slots[*self.by_unit.get(unit)? as usize];
        (!slot.file.is_empty()).then_some(&slot.file)
    }

    /// All files with something in them, in no particular order.
    pub fn files(&self) -> impl Iterator<Item = &UnitFile> {
        self.slots.iter().filter(|slot| !slot.file.is_empty()).map(|slot| &slot.file)
    }

    /// Keeps an entry that is new, and what it adds to the statements; computes nothing.
    fn keep(&mut self, entry: Entry) -> Option<Arc<Entry>> {
        let home = match self.home.entry(entry.id) {
            hash_map::Entry::Occupied(_) => return None,
            hash_map::Entry::Vacant(vacant) => {
                let home = match self.by_unit.get(&entry.unit) {
                    Some(home) => *home,
                    None => new_slot(&mut self.slots, &mut self.by_unit, entry.unit.clone()),
                };
                *vacant.insert(home)
            }
        };
        let new_key = u32::try_from(self.keys.len()).expect("fewer keys than 2^32 fit a memory");
        let key = *self.keys.entry(entry.kid).or_insert(new_key);
        match self.places.entry((key, entry.seq)) {
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(home);
            }
            hash_map::Entry::Occupied(_) => self.statements.note_fork(entry.kid, entry.seq),
        }
        if let Some(corrected) = entry.corrects {
            self.statements.note_correction(&entry.facts());
            if let Some(author) = self.find(&corrected).map(|corrected| corrected.kid) {
                self.statements.note_author(corrected, author);
            }
        }
        if self.statements.is_corrected(&entry.id) {
            self.statements.note_author(entry.id, entry.kid);
        }
        if let Some(unit) =
            self.statements.decision(&entry.id).and_then(|decision| decision.unit.clone())
        {
            self.slot(unit);
        }
        let entry = Arc::new(entry);
        self.slots[home as usize].entries.push(Arc::clone(&entry));
        Some(entry)
    }

    fn find(&self, record: &RecordId) -> Option<&Arc<Entry>> {
        let home = self.home.get(record)?;
        self.slots[*home as usize].entries.iter().find(|entry| entry.id == *record)
    }

    /// The records in the slot in which one at this place of the chain was seen first.
    fn at_place_of(&self, entry: &Entry) -> Vec<RecordId> {
        let key = self.keys.get(&entry.kid);
        let slot = key.and_then(|key| self.places.get(&(*key, entry.seq)));
        let there = slot.map_or(&[][..], |slot| &self.slots[*slot as usize].entries);
        let same = |other: &&Arc<Entry>| other.kid == entry.kid && other.seq == entry.seq;
        there.iter().filter(same).map(|other| other.id).collect()
    }

    /// Makes room for so many records, so that tables do not grow over and over.
    fn expect(&mut self, records: usize) {
        self.home.reserve(records);
        self.places.reserve(records);
    }

    /// The slot of a unit, made if there is none.
    fn slot(&mut self, unit: UnitCode) -> u32 {
        match self.by_unit.get(&unit) {
            Some(slot) => *slot,
            None => new_slot(&mut self.slots, &mut self.by_unit, unit),
        }
    }

    /// The slots in which a record, or one tied to it by corrections, stands or stood.
    fn touched_by(&self, record: &RecordId) -> Touched {
        let mut touched = Touched::new();
        let mut seen = BTreeSet::from([*record]);
        let mut waiting = vec![*record];
        while let Some(record) = waiting.pop() {
            if let Some(entry) = self.find(&record) {
                touched.extend(self.home.get(&record));
                touched.extend(self.by_unit.get(self.statements.attributed(&record, &entry.unit)));
                waiting.extend(entry.corrects.filter(|corrected| seen.insert(*corrected)));
            }
            let corrections = self.statements.corrections_of(&record);
            waiting.extend(corrections.map(|other| other.id()).filter(|id| seen.insert(*id)));
        }
        touched
    }

    /// Computes what a statement about a key touches. Rare, so it looks through all entries.
    fn compute_key(&mut self, kid: &Kid) {
        let mut touched = Touched::new();
        for slot in &self.slots {
            for entry in slot.entries.iter().filter(|entry| entry.kid == *kid) {
                touched.extend(self.touched_by(&entry.id));
            }
        }
        self.compute(touched);
    }

    fn compute_all(&mut self) {
        for (slot, _) in (0..).zip(0..self.slots.len()) {
            self.compute_slot(slot);
        }
    }

    fn compute(&mut self, touched: Touched) {
        for slot in touched {
            self.compute_slot(slot);
        }
    }

    fn compute_slot(&mut self, at: u32) {
        let slot = &self.slots[at as usize];
        let unit = &slot.file.unit;
        let moved: Vec<&Arc<Entry>> = self
            .statements
            .moved_into(unit)
            .filter(|record| self.home.get(record).is_some_and(|home| *home != at))
            .filter_map(|record| self.find(record))
            .collect();
        let file = if moved.is_empty() {
            merge(unit, &slot.entries, &self.statements, &self.pack)
        } else {
            let entries: Vec<_> = slot.entries.iter().chain(moved).map(Arc::clone).collect();
            merge(unit, &entries, &self.statements, &self.pack)
        };
        self.slots[at as usize].file = file;
    }
}

fn new_slot(slots: &mut Vec<Slot>, by_unit: &mut HashMap<UnitCode, u32>, unit: UnitCode) -> u32 {
    let new = u32::try_from(slots.len()).expect("a register has fewer than 2^32 units");
    slots.push(Slot { entries: Vec::new(), file: UnitFile::empty(unit.clone()) });
    by_unit.insert(unit, new);
    new
}
