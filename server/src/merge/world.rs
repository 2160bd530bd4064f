//! Small worlds for the laws: three precincts, three people with five keys, five copy types. Small
//! on purpose, so that forks, corrections, mismatches and moves really meet.

use std::sync::Arc;

use hattama_proto::{
    id::{
        ChoiceCode, ContestCode, CopyType, ElectionId, FormCode, Kid, LineCode, OrgId, PersonId,
        PhotoHash, RecordId, RelationId, UnitCode,
    },
    key::SigningKey,
    kind::Role,
    pack::{
        Choice, Contest, CopyTypeDefinition, Corroboration, ElectionPart, FormDefinition, FormKind,
        FormPart, HqKeys, IncidentPart, LinkedCopies, Names, Operator, Pack, Relation,
        RelationSeverity, Term, Unit, UnitKind, UnitPart, UnitRegister,
    },
    record::{Figure, Missing, PhotoRole, SheetFlags},
    statement::{
        Decision, Disposition, Enrolment, Figures, Level, Mandate, Reading, Revocation, SettledBy,
        Transcription,
    },
    time::{ClaimedTime, UnixMillis},
};
use proptest::prelude::*;
use uuid::Uuid;

use super::{CellKey, Cells, Entry, EntryBody, EntryPhoto, FilledForm, NoCopy, Sheet, Statements};

pub(crate) const COPIES: [&str; 5] = ["certified", "posted", "electronic", "paper", "summary"];
/// The last one is not in the register.
pub(crate) const UNITS: [&str; 4] = ["11-1", "11-2", "15-1", "99-9"];
/// Person and organisation of each key; the last key is never enrolled.
const OWNERS: [(&str, &str); 5] =
    [("anar", "east"), ("bolat", "east"), ("dana", "west"), ("anar", "east"), ("", "")];

macro_rules! code {
    ($name:ident, $type:ident) => {
        pub(crate) fn $name(code: &str) -> $type {
            $type::new(code).unwrap()
        }
    };
}
code!(unit, UnitCode);
code!(copy, CopyType);
code!(line, LineCode);
code!(contest, ContestCode);
code!(choice, ChoiceCode);
code!(form, FormCode);
code!(election, ElectionId);

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number + 1; 32]).unwrap()
}

pub(crate) fn kid(number: u8) -> Kid {
    key(number).kid()
}

pub(crate) fn record(number: usize) -> RecordId {
    RecordId::of(&number.to_be_bytes())
}

/// The set-up: a country, two regions, three precincts; certified and posted copies and the
/// summary show one count, electronic and paper add up to the summary.
pub(crate) fn pack() -> Arc<Pack> {
    let at = |code: &str, parent: Option<&str>, kind| Unit {
        code: unit(code),
        parent: parent.map(unit),
        kind,
        names: Names::default(),
        special: None,
        since: 0,
    };
    let units = vec![
        at("kz", None, UnitKind::Country),
        at("11", Some("kz"), UnitKind::Region),
        at("15", Some("kz"), UnitKind::Region),
        at("11-1", Some("11"), UnitKind::Precinct),
        at("11-2", Some("11"), UnitKind::Precinct),
        at("15-1", Some("15"), UnitKind::Precinct),
    ];
    let results = FormDefinition {
        code: form("results"),
        names: Names::default(),
        kind: FormKind::Results,
        levels: vec![Level::Precinct],
        lines: vec![],
        contests: vec![contest("president")],
        relations: relations(),
        questions: vec![],
        check_in: None,
    };
    Arc::new(Pack {
        version: 1,
        election: ElectionPart {
            id: election("exercise"),
            names: Names::default(),
            exercise: None,
            time_zone: "Asia/Almaty".to_owned(),
            date: "2005-12-04".to_owned(),
            round: 1,
            polls_close_at: None,
            deadlines: Vec::new(),
            contests: vec![Contest {
                code: contest("president"),
                names: Names::default(),
                mandates: 1,
                choices: ["a", "b"]
                    .map(|code| Choice { code: choice(code), names: Names::default() })
                    .into(),
            }],
            copy_types: COPIES
                .map(|code| CopyTypeDefinition { code: copy(code), names: Names::default() })
                .into(),
            comparable: vec![
                (copy("certified"), copy("posted")),
                (copy("certified"), copy("summary")),
                (copy("posted"), copy("summary")),
            ],
            linked: vec![LinkedCopies {
                parts: vec![copy("electronic"), copy("paper")],
                whole: copy("summary"),
            }],
            corroboration: Corroboration::AnyPersons,
            keys: HqKeys {
                hq: key(99).public(),
                log_origin: "log".to_owned(),
                log_vkey: "none".to_owned(),
                witnesses: None,
            },
            addresses: vec![],
            sealing: None,
        },
        units: UnitRegister::new(UnitPart { version: 1, units, outlines: None }).unwrap(),
        forms: FormPart { forms: vec![results] },
        incidents: IncidentPart { phases: vec![], categories: vec![] },
    })
}

pub(crate) fn relations() -> Vec<Relation> {
    let relation = |id, left, op, right| Relation {
        id: RelationId::new(id).unwrap(),
        left,
        op,
        right,
        severity: RelationSeverity::Hard,
        copies: vec![],
    };
    let on = |code| Term::Line(line(code));
    vec![
        relation("found", vec![on("1")], Operator::Eq, vec![on("2"), on("3")]),
        relation("valid", vec![on("3")], Operator::Eq, vec![Term::Votes(contest("president"))]),
        relation("twice", vec![on("2")], Operator::Le, vec![Term::Times(2, line("1"))]),
        Relation {
            copies: vec![copy("summary")],
            ..relation("summary", vec![on("1")], Operator::Ge, vec![on("2")])
        },
    ]
}

pub(crate) fn cell(number: usize) -> CellKey {
    match number {
        0..3 => CellKey::line(line(&(number + 1).to_string())),
        3 => CellKey::vote(contest("president"), choice("a")),
        _ => CellKey::vote(contest("president"), choice("b")),
    }
}

/// How many cells [`cell`] tells apart.
pub(crate) const CELLS: usize = 5;

/// The cells of a sheet: none for a cell that it lacks.
pub(crate) fn cells(figures: [Option<Option<u64>>; CELLS]) -> Cells {
    let figures = figures.into_iter().enumerate();
    Cells::from_pairs(figures.filter_map(|(number, figure)| Some((cell(number), figure?))))
}

/// All five cells with a figure.
pub(crate) fn full(figures: [u64; CELLS]) -> Cells {
    cells(figures.map(|figure| Some(Some(figure))))
}

pub(crate) fn sheet(copy_type: &str, number: Option<&str>, cells: Cells, photo: u8) -> EntryBody {
    EntryBody::Sheet(Sheet {
        form: form("results"),
        table: None,
        copy: copy(copy_type),
        document_number: number.map(Box::from),
        document_time: None,
        cells,
        marks: vec![],
        flags: SheetFlags::default(),
        photos: vec![EntryPhoto {
            sha256: PhotoHash::of(&[photo]),
            role: PhotoRole::Original,
            page: 1,
            bytes: 1,
        }],
    })
}

pub(crate) fn not_obtained(missing: Missing) -> EntryBody {
    EntryBody::NotObtained(NoCopy {
        missing,
        copy: None,
        occurred_at: None,
        office: None,
        photos: vec![],
    })
}

/// Record `number`, logged at that index, at that place of the chain of key `by`.
pub(crate) fn entry(number: usize, by: u8, unit_code: &str, body: EntryBody) -> Entry {
    Entry {
        id: record(number),
        position: number as u64,
        kid: kid(by),
        seq: number as u64,
        uid: Uuid::from_u128(number as u128),
        election: election("exercise"),
        claimed_at: ClaimedTime::from_unix_millis(UnixMillis(0)),
        unit: unit(unit_code),
        corrects: None,
        on_behalf: None,
        body,
    }
}

pub(crate) fn enrolment(by: u8, mandate: Mandate) -> Enrolment {
    let (person, org) = OWNERS[usize::from(by)];
    Enrolment {
        kid: kid(by),
        public_key: key(by).public(),
        role: Role::Results,
        person: PersonId::new(person).unwrap(),
        org: OrgId::new(org).unwrap(),
        mandate,
        request: RecordId::of(b"request"),
        desk: false,
        hardware: None,
    }
}

pub(crate) fn decision(number: usize, disposition: Disposition) -> Decision {
    Decision {
        record: record(number),
        disposition,
        reason: String::new(),
        account: "reviewer".to_owned(),
        unit: None,
        copy: None,
        same_document_as: None,
    }
}

/// Everybody with a person may speak of everything.
pub(crate) fn everybody() -> Statements {
    let mut statements = Statements::default();
    for by in 0..4 {
        statements.apply_enrolment(u64::from(by), enrolment(by, Mandate::Everywhere));
    }
    statements
}

/// What headquarters may say.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Enrolment(Enrolment),
    Revocation(Revocation),
    Decision(Decision),
    Transcription(Transcription),
}

/// Records and what was said of them, each with its place in the log.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) entries: Vec<Entry>,
    pub(crate) said: Vec<(u64, Said)>,
}

impl World {
    /// What the statements and the records themselves say of standing.
    pub(crate) fn statements(&self) -> Statements {
        let mut statements = Statements::default();
        for (position, said) in &self.said {
            match said.clone() {
                Said::Enrolment(said) => statements.apply_enrolment(*position, said),
                Said::Revocation(said) => statements.apply_revocation(*position, said),
                Said::Decision(said) => statements.apply_decision(*position, said),
                Said::Transcription(said) => statements.apply_transcription(*position, said),
            }
        }
        for (at, entry) in self.entries.iter().enumerate() {
            let at_place = |other: &Entry| (other.kid, other.seq) == (entry.kid, entry.seq);
            if self.entries[..at].iter().any(at_place) {
                statements.note_fork(entry.kid, entry.seq);
            }
            statements.note_correction(&entry.facts());
            statements.note_author(entry.id, entry.kid);
        }
        statements
    }

    pub(crate) fn shared(&self) -> Vec<Arc<Entry>> {
        self.entries.iter().cloned().map(Arc::new).collect()
    }

    /// The record's own statements left out, the rest at other log positions in the same order.
    pub(crate) fn elsewhere_in_the_log(&self) -> Self {
        let moved = |position: u64| position * 3 + 7;
        let mut world = self.clone();
        for entry in &mut world.entries {
            entry.position = moved(entry.position);
        }
        for (position, said) in &mut world.said {
            *position = moved(*position);
            if let Said::Revocation(revocation) = said {
                revocation.from_index = moved(revocation.from_index);
            }
        }
        world
    }
}

fn figures() -> impl Strategy<Value = Cells> {
    // Few values, so that agreement is as frequent as difference; null and absent among them.
    let figure = prop_oneof![
        1 => Just(None),
        1 => Just(Some(None)),
        4 => Just(Some(Some(5))),
        2 => Just(Some(Some(0))),
    ];
    prop::array::uniform5(figure).prop_map(cells)
}

fn body() -> impl Strategy<Value = EntryBody> {
    let number = prop_oneof![Just(None), Just(Some("1")), Just(Some("2"))];
    let sheets = (0..COPIES.len(), number, figures(), 0..6_u8)
        .prop_map(|(copy, number, cells, photo)| sheet(COPIES[copy], number, cells, photo));
    let checklist =
        || EntryBody::Form(FilledForm { form: form("opening"), answers: vec![], left_out: 0 });
    prop_oneof![
        8 => sheets,
        1 => (0..Missing::ALL.len()).prop_map(|which| not_obtained(Missing::ALL[which])),
        1 => Just(()).prop_map(move |()| checklist()),
    ]
}

/// Most records in a world.
pub(crate) const RECORDS: usize = 9;

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let one = (0..5_u8, 0..12_u64, 0..8_usize, body(), prop::option::weighted(0.4, 0..RECORDS));
    prop::collection::vec(one, 1..=RECORDS).prop_map(|drawn| {
        let drawn = drawn.into_iter().enumerate();
        drawn
            .map(|(number, (by, seq, at, body, corrects))| Entry {
                seq,
                // A record can only name one that was there before it.
                corrects: corrects.filter(|target| *target < number).map(record),
                // Mostly one unit, so that its file has something in it.
                ..entry(number, by, UNITS[at.saturating_sub(4)], body)
            })
            .collect()
    })
}

fn transcriptions() -> impl Strategy<Value = Said> {
    let reading = prop_oneof![
        4 => figures().prop_map(|cells| Reading::Figures(typed(&cells))),
        1 => Just(Reading::Illegible),
        1 => (0..UNITS.len()).prop_map(|at| Reading::WrongUnit { unit: unit(UNITS[at]) }),
        1 => (0..COPIES.len()).prop_map(|at| Reading::WrongCopy { copy: copy(COPIES[at]) }),
        1 => Just(Reading::NotAProtocol),
        1 => Just(Reading::SheetMissing),
    ];
    let records = prop::collection::btree_set(0..RECORDS, 1..4);
    // Mostly one, so that they are a document's.
    let photos = prop_oneof![
        4 => prop::collection::btree_set(0..6_u8, 1),
        1 => prop::collection::btree_set(0..6_u8, 2),
    ];
    (records, photos, reading).prop_map(|(records, photos, reading)| {
        let records: Vec<usize> = records.into_iter().collect();
        let photos: Vec<u8> = photos.into_iter().collect();
        Said::Transcription(transcription(&records, &photos, reading))
    })
}

/// What two alike typed off these photographs of these records.
pub(crate) fn transcription(records: &[usize], photos: &[u8], reading: Reading) -> Transcription {
    Transcription {
        records: records.iter().map(|number| record(*number)).collect(),
        photos: photos.iter().map(|photo| PhotoHash::of(&[*photo])).collect(),
        form: form("results"),
        reading,
        settled_by: SettledBy::TwoAlike,
        accounts: vec!["one".to_owned(), "two".to_owned()],
        reason: None,
    }
}

/// Figures as they are signed.
pub(crate) fn typed(cells: &Cells) -> Figures {
    let mut typed = Figures::default();
    for (key, value) in cells.iter() {
        let figure = value.map(|value| Figure::new(value).unwrap());
        match key {
            CellKey::Line { line } => drop(typed.lines.insert(line.clone(), figure)),
            CellKey::Vote { contest, choice } => {
                typed.contests.entry(contest.clone()).or_default().insert(choice.clone(), figure);
            }
        }
    }
    typed
}

fn said() -> impl Strategy<Value = Said> {
    let mandate = prop_oneof![
        4 => Just(Mandate::Everywhere),
        1 => Just(Mandate::Units(vec![unit("11")])),
    ];
    let enrolments = (0..4_u8, mandate).prop_map(|(by, to)| Said::Enrolment(enrolment(by, to)));
    let revocations = (0..5_u8, 0..12_u64).prop_map(|(by, from_index)| {
        Said::Revocation(Revocation { kid: kid(by), from_index, reason: String::new() })
    });
    let decisions = (
        0..RECORDS,
        prop_oneof![3 => Just(Disposition::Counted), 1 => Just(Disposition::SetAside)],
        prop::option::weighted(0.4, 0..UNITS.len()),
        prop::option::weighted(0.3, 0..COPIES.len()),
        prop::option::weighted(0.3, 0..RECORDS),
    )
        .prop_map(|(number, disposition, to, as_copy, same)| {
            Said::Decision(Decision {
                unit: to.map(|to| unit(UNITS[to])),
                copy: as_copy.map(|to| copy(COPIES[to])),
                same_document_as: same.map(record),
                ..decision(number, disposition)
            })
        });
    prop_oneof![4 => enrolments, 1 => revocations, 3 => decisions, 4 => transcriptions()]
}

/// A world, with everybody enrolled at its beginning.
pub(crate) fn worlds() -> impl Strategy<Value = World> {
    (entries(), prop::collection::vec(said(), 0..8)).prop_map(|(entries, more)| {
        let first = (0..4_u8)
            .map(|by| (u64::from(by), Said::Enrolment(enrolment(by, Mandate::Everywhere))));
        let more = more.into_iter().enumerate().map(|(at, said)| (20 + at as u64, said));
        World { entries, said: first.chain(more).collect() }
    })
}
