//! The same load through the front door: bare, and with a publication every second, a witness that
//! is asked over the network, and phones that want a consistency proof with
//! every answer. In turn, several times, so that a noisy machine wrongs both alike.

use std::{
    thread,
    time::{Duration, Instant},
};

use hattama_proto::{
    id::TreeRoot,
    record::{Body, Seen},
    tlog::{Checkpoint, VerifierKey},
};
use hattama_server::{log::PublishSchedule, setup::NewWitnesses};
use serde::Deserialize;

use crate::{
    bench::{
        Outcome,
        client::Connection,
        headquarters::BenchHeadquarters,
        memory, per_second,
        records::{Device, batches, protocols},
    },
    world::Watcher,
};

/// Turns of each kind.
const TURNS: u64 = 3;
/// Records of one turn.
const RECORDS: u64 = 12_800;
/// Devices of the load.
const DEVICES: u64 = 50;
/// Connections; one request each at a time.
const CONNECTIONS: usize = 16;

/// What accompanies the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// Receipts only.
    Nothing,
    /// Publications, a witness, consistency proofs.
    Everything,
}

/// What some turns took.
#[derive(Debug, Default)]
struct Spent {
    records: u64,
    time: Duration,
    cpu_s: f64,
}

impl Spent {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn cpu_us_per_record(&self) -> f64 {
        self.cpu_s * 1e6 / self.records as f64
    }
}

/// Compares them.
pub(super) fn compare(outcome: &mut Outcome) {
    let (mut bare, mut full) = (Spent::default(), Spent::default());
    for _ in 0..TURNS {
        turn(Beside::Nothing, &mut bare);
        turn(Beside::Everything, &mut full);
    }
    let (slow, fast) = (per_second(full.records, full.time), per_second(bare.records, bare.time));
    outcome.figure("bare_records_per_s", fast);
    outcome.figure("with_publishing_witness_proofs_records_per_s", slow);
    outcome.figure("rate_with_over_bare", slow / fast);
    outcome.figure("cpu_with_over_bare", full.cpu_us_per_record() / bare.cpu_us_per_record());
    outcome.at_least("rate_with_over_bare", 0.9);
}

fn turn(beside: Beside, spent: &mut Spent) {
    let watcher = (beside == Beside::Everything).then(|| Watcher::start("w.bench.example"));
    let known = watcher.iter().map(Watcher::on_the_network).collect::<Vec<_>>();
    let quorum = u32::try_from(known.len()).expect("one or none");
    let hq = BenchHeadquarters::start_watched(NewWitnesses { known, quorum }, |config| {
        if beside == Beside::Nothing {
            config.log_publish = "daily".parse().expect("a schedule");
        } else {
            config.log_publish = PublishSchedule::default();
        }
    });
    let key = hq.headquarters.sequencer.view().key().clone();
    if let Some(watcher) = &watcher {
        watcher.watch(&key);
    }
    let election = hq.headquarters.config.election.clone();
    let sheets = protocols(&[]);
    let mut devices: Vec<Device> = (0..DEVICES).map(|number| Device::enrol(&hq, number)).collect();
    let records: Vec<String> = (0..RECORDS)
        .map(|number| {
            let place = usize::try_from(number).expect("far below 2^32");
            let device = place % devices.len();
            devices[device].sign(&election, Body::Protocol(sheets[place % sheets.len()].clone()))
        })
        .collect();
    let bodies = batches(&records);
    let cpu = memory::cpu_seconds();
    let begun = Instant::now();
    thread::scope(|scope| {
        for lane in 0..CONNECTIONS {
            let (bodies, key) = (bodies.iter().skip(lane).step_by(CONNECTIONS), &key);
            let mut connection = Connection::open(hq.address);
            scope.spawn(move || push(&mut connection, bodies, key, beside));
        }
    });
    spent.time += begun.elapsed();
    spent.cpu_s += memory::cpu_seconds() - cpu;
    spent.records += RECORDS;
}

/// As much of an answer as a phone's next question depends on.
#[derive(Deserialize)]
struct Answered {
    checkpoint: String,
    consistency: Option<Vec<String>>,
}

fn push<'a>(
    connection: &mut Connection,
    bodies: impl Iterator<Item = &'a Vec<u8>>,
    key: &VerifierKey,
    beside: Beside,
) {
    let mut seen: Option<Seen> = None;
    for body in bodies {
        let mut body = body.clone();
        if let Some(seen) = &seen {
            // The body is one object: what was seen becomes its last member.
            body.pop();
            body.extend_from_slice(b",\"seen\":");
            serde_json::to_writer(&mut body, seen).expect("plain data");
            body.push(b'}');
        }
        let json = "Content-Type: application/json\r\n";
        let (status, answer) = connection.request("POST", "/v1/records", json, &body);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        let answer: Answered = serde_json::from_slice(&answer).expect("receipts have a checkpoint");
        let head = Checkpoint::verify(&answer.checkpoint, key.name(), key).expect("it is signed");
        if beside == Beside::Everything {
            assert_eq!(answer.consistency.is_some(), seen.is_some(), "who asks is answered");
            seen = Some(Seen {
                origin: key.name().to_string(),
                size: head.size,
                root: TreeRoot::from_bytes(*head.root.as_bytes()),
            });
        }
    }
}
