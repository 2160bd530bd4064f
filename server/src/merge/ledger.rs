//! The ledger: every logged record, each with exactly one fate.
//!
//! | fate | what stands behind it |
//! |---|---|
//! | counted | nothing stands against it, or a decision lifted what did |
//! | set aside | a signed word in the log: a decision, a revocation, its author's own correction |
//! | undecided | a rule holds it and nobody has said anything: it waits for a person |
//!
//! It sees nothing but what it is given. Given the records and statements of the first entries of
//! the log, it says what headquarters had made of them when the log was that long.

use std::collections::{HashMap, HashSet};

use hattama_proto::{
    id::{ElectionId, Kid, RecordId, UnitCode},
    kind::Role,
    pack::{Pack, UnitKind},
    statement::{Disposition, Tally},
};

use super::{
    Statements,
    standing::{Facts, Reason, Standing, standing},
};

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It counts.
    Counted,
    /// Somebody said that it does not, by this name of a reason.
    SetAside(&'static str),
    /// Nobody has said anything, and this stands against it.
    Undecided(&'static str),
}

/// The fate of a record with this standing; none where this version cannot read it. A decision
/// sets an unreadable record aside, but cannot make it count.
pub fn fate(standing: Option<&Standing>, decided: Option<Disposition>) -> Fate {
    let Some(standing) = standing else {
        return match decided {
            Some(Disposition::SetAside) => Fate::SetAside(Reason::Decided.name()),
            Some(Disposition::Counted) | None => Fate::Undecided("unreadable"),
        };
    };
    match standing {
        Standing::Counted => Fate::Counted,
        Standing::Superseded { .. } => Fate::SetAside(standing.name()),
        Standing::SetAside { reason } => match reason {
            Reason::Decided | Reason::Revoked => Fate::SetAside(reason.name()),
            Reason::UnknownDevice
            | Reason::WrongRole
            | Reason::Fork
            | Reason::WrongElection
            | Reason::UnknownUnit
            | Reason::OutsideMandate
            | Reason::NotOwnRecord => Fate::Undecided(reason.name()),
        },
    }
}

/// The records of one region, or those that no region explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The region.
    pub region: Option<UnitCode>,
    /// What became of its records.
    pub tally: Tally,
    /// By how many keys they are, by number. A person has two at most.
    pub keys: HashSet<u32>,
}

/// Every logged record, as far as its fate needs it, and every statement.
#[derive(Debug, Default)]
pub struct Ledger {
    statements: Statements,
    keys: Numbered<Kid>,
    units: Numbered<UnitCode>,
    elections: Numbered<ElectionId>,
    lines: Vec<Line>,
    /// Places of chains that are taken.
    places: HashSet<(u32, u64)>,
    /// Records that were corrected and whose author was not looked up yet.
    corrected: HashSet<RecordId>,
}

/// One record.
#[derive(Debug)]
struct Line {
    id: RecordId,
    key: u32,
    position: u64,
    said: Option<Said>,
}

/// What a record that can be read says.
#[derive(Debug)]
struct Said {
    seq: u64,
    role: Role,
    unit: Option<u32>,
    election: u32,
    /// Rare, and as large as all the rest.
    corrects: Option<Box<RecordId>>,
}

impl Ledger {
    /// What is known of keys and decisions; statements go in here.
    pub const fn statements_mut(&mut self) -> &mut Statements {
        &mut self.statements
    }

    /// Enters a record; each is entered once.
    pub fn enter(&mut self, facts: &Facts<'_>) {
        let key = self.keys.number(&facts.kid);
        if !self.places.insert((key, facts.seq)) {
            self.statements.note_fork(facts.kid, facts.seq);
        }
        self.statements.note_correction(facts);
        self.corrected.extend(facts.corrects);
        let said = Said {
            seq: facts.seq,
            role: facts.role,
            unit: facts.unit.map(|unit| self.units.number(unit)),
            election: self.elections.number(facts.election),
            corrects: facts.corrects.map(Box::new),
        };
        self.lines.push(Line { id: facts.id, key, position: facts.position, said: Some(said) });
    }

    /// Enters a record that this version cannot read.
    pub fn enter_unreadable(&mut self, id: RecordId, kid: Kid, position: u64) {
        let key = self.keys.number(&kid);
        self.lines.push(Line { id, key, position, said: None });
    }

    /// What became of all records, and of those of each region.
    pub fn account(&mut self, pack: &Pack) -> (Tally, Vec<Row>) {
        self.note_authors();
        let row = |region: Option<&UnitCode>| Row {
            region: region.cloned(),
            tally: Tally::default(),
            keys: HashSet::new(),
        };
        let regions = pack.units.of_kind(UnitKind::Region).map(|unit| row(Some(&unit.code)));
        let mut rows: Vec<Row> = regions.chain([row(None)]).collect();
        let no_region = rows.len() - 1;
        let at: HashMap<UnitCode, usize> =
            (0..no_region).filter_map(|at| Some((rows[at].region.clone()?, at))).collect();
        let row_of = |unit: &UnitCode| {
            let region = pack.units.region_of(unit);
            region.and_then(|region| at.get(&region.code)).copied().unwrap_or(no_region)
        };
        // A register has far fewer units than the log has records.
        let rows_of_units: Vec<usize> = self.units.all.iter().map(row_of).collect();
        let mut total = Tally::default();
        for line in &self.lines {
            let fate = self.fate_of(line, pack);
            let decision = self.statements.decision(&line.id);
            let moved = decision.and_then(|decision| decision.unit.as_ref());
            let unit = line.said.as_ref().and_then(|said| said.unit);
            let row = match (moved, unit) {
                (Some(moved), _) => row_of(moved),
                (None, Some(unit)) => rows_of_units[unit as usize],
                (None, None) => no_region,
            };
            add(&mut rows[row].tally, fate);
            rows[row].keys.insert(line.key);
            add(&mut total, fate);
        }
        (total, rows)
    }

    fn fate_of(&self, line: &Line, pack: &Pack) -> Fate {
        let standing = line.said.as_ref().map(|said| {
            let facts = Facts {
                id: line.id,
                kid: self.keys.all[line.key as usize],
                seq: said.seq,
                role: said.role,
                unit: said.unit.map(|unit| &self.units.all[unit as usize]),
                election: &self.elections.all[said.election as usize],
                position: line.position,
                corrects: said.corrects.as_deref().copied(),
            };
            standing(&facts, &self.statements, pack)
        });
        let decision = self.statements.decision(&line.id);
        fate(standing.as_ref(), decision.map(|decision| decision.disposition))
    }

    /// Looks up whose the corrected records are. One that has not come yet is looked for next time.
    fn note_authors(&mut self) {
        if self.corrected.is_empty() {
            return;
        }
        for line in &self.lines {
            if self.corrected.remove(&line.id) {
                self.statements.note_author(line.id, self.keys.all[line.key as usize]);
            }
        }
    }
}

fn add(tally: &mut Tally, fate: Fate) {
    tally.received += 1;
    let reasons = match fate {
        Fate::Counted => {
            tally.counted += 1;
            return;
        }
        Fate::SetAside(_) => &mut tally.set_aside,
        Fate::Undecided(_) => &mut tally.undecided,
    };
    let (Fate::SetAside(reason) | Fate::Undecided(reason)) = fate else { return };
    match reasons.get_mut(reason) {
        Some(count) => *count += 1,
        None => {
            reasons.insert(reason.to_owned(), 1);
        }
    }
}

/// Names that stand in many records, each kept once.
#[derive(Debug)]
struct Numbered<T> {
    all: Vec<T>,
    at: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { all: Vec::new(), at: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    fn number(&mut self, name: &T) -> u32 {
        if let Some(number) = self.at.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).expect("a log has fewer than 2^32 names");
        self.all.push(name.clone());
        self.at.insert(name.clone(), number);
        number
    }
}
