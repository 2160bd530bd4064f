//! The merge in memory: all units from scratch, and one more record.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hattama_proto::{
    id::RecordId,
    jws::Envelope,
    key::SigningKey,
    kind::Role,
    pack::{Names, Pack, Unit, UnitKind, UnitRegister},
    record::{Body, Record, ResultsProtocol},
    statement::{Enrolment, Mandate},
};
use hattama_server::merge::{Picture, Statements};

use super::{Outcome, memory, per_second, records::Device};
use crate::exercise::{self, Exercise, story::Paper};

/// Precincts of a large country.
const PRECINCTS: usize = 100_000;
/// Observers at each.
const OBSERVERS: usize = 3;
/// Records that are added one by one at the end.
const MORE: usize = 2_000;

pub(super) fn run() -> Outcome {
    let mut outcome = Outcome::new("merge");
    let pack = Arc::new(pack());
    let (records, statements) = verified_records(&pack);
    let (first, more) = records.split_at(records.len() - MORE);
    let positioned = || first.iter().enumerate().map(|(at, record)| (record, at as u64));

    let begun = Instant::now();
    let mut picture = Picture::from_records(statements, Arc::clone(&pack), positioned());
    let scratch = begun.elapsed();
    assert_eq!(picture.files().count(), PRECINCTS);
    outcome.figure("records", per_second(first.len() as u64, Duration::from_secs(1)));
    outcome.figure("from_scratch_s", scratch.as_secs_f64());

    let begun = Instant::now();
    for (at, record) in more.iter().enumerate() {
        picture.add_record(record, (first.len() + at) as u64);
    }
    let each = begun.elapsed() / u32::try_from(MORE).expect("a few thousand");
    outcome.figure("one_more_us", each.as_secs_f64() * 1e6);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    outcome.figure("peak_memory_mb", memory::peak_bytes() as f64 / 1e6);
    outcome.at_most("from_scratch_s", 2.0);
    outcome.at_most("one_more_us", 20.0);
    outcome
}

/// The exercise's set-up with a register of 100,000 precincts.
fn pack() -> Pack {
    let key = SigningKey::from_seed(&[1; 32]).expect("32 bytes");
    let keys = hattama_proto::pack::HqKeys {
        hq: key.public(),
        log_origin: "bench.example/merge".into(),
        log_vkey: String::new(),
        witnesses: None,
    };
    let (election, forms, incidents, mut units) = exercise::setup::parts(keys, Vec::new());
    let parent = units.units.iter().find(|unit| unit.kind == UnitKind::District);
    let parent = parent.map(|unit| unit.code.clone());
    units.units.retain(|unit| unit.kind != UnitKind::Precinct);
    units.units.extend((0..PRECINCTS).map(|number| Unit {
        code: format!("x-{number}").parse().expect("a code"),
        parent: parent.clone(),
        kind: UnitKind::Precinct,
        names: Names::default(),
        special: None,
        since: 0,
    }));
    let units = UnitRegister::new(units).expect("a tree");
    Pack { version: 1, election, units, forms, incidents }
}

/// Three readings of every precinct: mostly equal, some differing in a cell.
fn verified_records(pack: &Pack) -> (Vec<Record>, Statements) {
    let exercise = Exercise::invent(1, 1);
    let counts: Vec<_> = exercise.figures.all().map(|(_, count)| *count).collect();
    let mut statements = Statements::default();
    let mut devices: Vec<Device> =
        (0..300).map(|number| enrolled(number, &mut statements)).collect();
    let precincts: Vec<_> = pack.units.of_kind(UnitKind::Precinct).collect();
    let mut records = Vec::with_capacity(PRECINCTS * OBSERVERS);
    for observer in 0..OBSERVERS {
        for (number, unit) in precincts.iter().enumerate() {
            let paper =
                Paper::of_precinct(&unit.code, "certified_copy", &counts[number % counts.len()]);
            let mut sheet: ResultsProtocol = paper.read();
            if observer == 2 && number % 20 == 0 {
                sheet.lines.values_mut().take(1).for_each(|figure| *figure = None);
            }
            let device = &mut devices[(number % 100) * OBSERVERS + observer];
            let text = device.sign(&pack.election.id, Body::Protocol(sheet));
            let envelope = Envelope::parse(&text).expect("ours");
            let verified = envelope.verify(&device.key.public()).expect("ours");
            records.push(Record::read(verified).expect("ours"));
        }
    }
    (records, statements)
}

fn enrolled(number: u64, statements: &mut Statements) -> Device {
    let device = Device::new(number);
    let key = device.key.public();
    statements.apply_enrolment(
        number,
        Enrolment {
            kid: key.kid(),
            public_key: key,
            role: Role::Results,
            person: format!("p-{number}").parse().expect("a code"),
            org: "bench".parse().expect("a code"),
            mandate: Mandate::Everywhere,
            request: RecordId::of(b"request"),
            desk: false,
            hardware: None,
        },
    );
    device
}
