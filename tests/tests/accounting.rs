//! What became of every record: the account that headquarters signs for each published checkpoint,
//! and who notices when it is not true.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "bucket/mod.rs"]
mod bucket;
#[path = "accounting/lies.rs"]
mod lies;
#[path = "accounting/published.rs"]
mod published;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use hattama_proto::{
    id::RecordId,
    jws::Envelope,
    record::{Body, Corrected, Correction},
    statement::{Accounting, Statement, Tally},
    tlog::Checkpoint,
    wire::PushRequest,
};
use hattama_server::{config::Config, fsck::read_accounting, keys};
use hattama_tests::world::{Device, Wire, World, certified, invented};
use serde_json::json;

/// Longest wait for a publication that comes every second.
const PATIENCE: Duration = Duration::from_secs(30);

/// The account as anybody gets it, with the string that was signed.
fn account(world: &World) -> (String, Accounting) {
    let answer = Wire::to(world.address(), "").get("/v1/accounting");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let hq = keys::hq(&world.data().join("keys")).unwrap().public();
    let account = read_accounting(&answer.text(), &hq).unwrap();
    (answer.text(), account.claims.body)
}

/// Waits for an account of at least `size` entries.
fn account_of(world: &World, size: u64) -> (String, Accounting) {
    let begun = Instant::now();
    loop {
        if world.wire().get("/v1/accounting").status == 200 {
            let found = account(world);
            if found.1.size >= size {
                return found;
            }
        }
        assert!(begun.elapsed() < PATIENCE, "{size} entries were not accounted for");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Entries of the log now, published or not.
fn size(world: &World) -> u64 {
    let witness = world.witness();
    let device = world.stranger(999);
    let asked = json!({"kid": device.kid(), "records": [], "photos": []});
    let note = world.wire().post("/v1/status", &asked).json()["checkpoint"].clone();
    let (note, key) = (note.as_str().unwrap(), witness.key());
    Checkpoint::verify(note, key.name(), key).unwrap().size
}

/// Decides about a record.
fn decide(world: &World, record: &RecordId, decision: &serde_json::Value) {
    let answer = world.wire().post(&format!("/v1/records/{record}/decisions"), decision);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn tally(counted: u64, set_aside: &[(&str, u64)], undecided: &[(&str, u64)]) -> Tally {
    let counts = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
        pairs.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
    };
    let rest: u64 = set_aside.iter().chain(undecided).map(|(_, count)| count).sum();
    Tally {
        received: counted + rest,
        counted,
        set_aside: counts(set_aside),
        undecided: counts(undecided),
    }
}

/// Twelve records in either region by twelve people; one corrected, one decided against, one moved
/// to the other region, two at one place of a chain, one by nobody we know, one after its key was
/// revoked. Tells what became of them, and the record that was decided against.
fn night(world: &World) -> (Tally, [Tally; 2], RecordId) {
    let (wire, country) = (world.wire(), world.country());
    let mut devices: Vec<Device> = (0..12).map(|seed| world.device(seed)).collect();
    let mut first = Vec::new();
    for (number, device) in devices.iter_mut().enumerate() {
        // Precincts of even number are in one region, of odd number in the other.
        let both = [0, 1].map(|region| device.protocol(country.precinct(region), number as u64));
        wire.push_all(&both);
        first.push(both[0].id);
    }
    let becomes = invented(country.precinct(0), certified(), 77, vec![]);
    let correction = Correction {
        corrects: first[0],
        becomes: Corrected::Protocol(becomes),
        reason: "a slip".into(),
    };
    wire.push_all(&[devices[0].say(Body::Correction(correction))]);
    let aside = json!({"disposition": "set_aside", "reason": "a photograph of another sheet"});
    decide(world, &first[1], &aside);
    let moved = json!({
        "disposition": "counted", "reason": "the precinct next door",
        "unit": country.precinct(1),
    });
    decide(world, &first[2], &moved);
    devices[3].go_on_from(1, Some(first[3]));
    wire.push_all(&[devices[3].protocol(country.precinct(0), 99)]);
    let mut stranger = world.stranger(100);
    let unknown = stranger.protocol(country.precinct(0), 1);
    let batch = PushRequest {
        records: vec![unknown.text],
        keys: [(stranger.kid(), stranger.public_key())].into(),
        ..PushRequest::default()
    };
    wire.push(&batch).unwrap();
    let path = format!("/v1/devices/{}/revocation", devices[4].kid());
    assert_eq!(wire.post(&path, &json!({"reason": "lost"})).status, 200);
    wire.push_all(&[devices[4].protocol(country.precinct(1), 5)]);

    // Here: 12, the correction, the clone, the stranger's, less the one that moved away.
    let here =
        tally(10, &[("decided", 1), ("superseded", 1)], &[("fork", 1), ("unknown_device", 1)]);
    // There: 12, the one that moved, one after the revocation; one of the fork.
    let there = tally(12, &[("revoked", 1)], &[("fork", 1)]);
    (here.plus(&there).unwrap(), [here, there], first[1])
}

/// The statement that a string is.
fn statement(world: &World, text: &str) -> Statement<Accounting> {
    let config = Config::load(&world.data().join("hattama.toml")).unwrap();
    let hq = keys::hq(&world.data().join("keys")).unwrap().public();
    let statement = Statement::read(Envelope::parse(text).unwrap().verify(&hq).unwrap()).unwrap();
    let statement: Statement<Accounting> = statement;
    assert_eq!(statement.claims.election, config.election);
    statement
}
