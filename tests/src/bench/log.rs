//! The log: what publishing costs beside ingest, what it takes to check a receipt or everything,
//! how soon headquarters with many records takes the next, how long proofs are.
//!
//! `HATTAMA_BENCH_RECORDS` says how many records; the targets are meant for 1,000,000.

use std::{
    thread,
    time::{Duration, Instant},
};

use hattama_proto::{
    jws::Envelope,
    tlog::{Checkpoint, Hash, KeyName, LogEntry, NoteSigner, Receipt, Tree},
};
use hattama_server::{
    app::Headquarters,
    config::Config,
    folder::DataFolder,
    fsck::{PhotoFiles, check_folder},
    log::{PublicFolder, PublishSchedule, Publisher},
};

use super::{
    Outcome, Places,
    client::Connection,
    headquarters::BenchHeadquarters,
    per_second,
    records::{Device, batches, protocols},
};

/// Records if nothing else was said: enough for every figure to mean something, in a minute.
const RECORDS: u64 = 20_000;
/// Devices of the load.
const DEVICES: u64 = 50;
/// Records are signed, sent and forgotten in rounds of so many, which bounds memory.
const ROUND: u64 = 10_000;
/// Connections; one request each at a time.
const CONNECTIONS: usize = 8;

pub(super) fn run() -> Outcome {
    let mut outcome = Outcome::new("log");
    let count = std::env::var("HATTAMA_BENCH_RECORDS")
        .ok()
        .map_or(RECORDS, |text| text.parse().expect("HATTAMA_BENCH_RECORDS is a number"));
    proofs(&mut outcome);
    // The same load, without and with a publication every second.
    let daily = "daily".parse().expect("a schedule");
    let (quiet, hq) = fill(count, daily);
    drop(hq);
    let (loud, hq) = fill(count, PublishSchedule::default());
    outcome.figure("records", loud.records_f64());
    outcome.figure("unpublished_records_per_s", quiet.rate());
    outcome.figure("published_records_per_s", loud.rate());
    outcome.figure("rate_with_over_without_publishing", loud.rate() / quiet.rate());
    outcome.at_least("rate_with_over_without_publishing", 0.9);
    publish_at_once(&mut outcome, &hq);
    let (folder, config, _scratch) = hq.close();
    start_up(&mut outcome, &folder);
    check_everything(&mut outcome, &folder, &config, &loud);
    outcome
}

/// What filling came to.
struct Filled {
    records: u64,
    took: Duration,
    /// Seconds of one core for nothing but the signatures of as many records.
    verifying_s: f64,
}

impl Filled {
    fn rate(&self) -> f64 {
        per_second(self.records, self.took)
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn records_f64(&self) -> f64 {
        self.records as f64
    }
}

/// Pushes so many records through the front door.
fn fill(count: u64, schedule: PublishSchedule) -> (Filled, BenchHeadquarters) {
    let hq =
        BenchHeadquarters::start_with(&Places::default(), |config| config.log_publish = schedule);
    let election = hq.headquarters.config.election.clone();
    let sheets = protocols(&[]);
    let mut devices: Vec<Device> = (0..DEVICES).map(|number| Device::enrol(&hq, number)).collect();
    let mut filled = Filled { records: 0, took: Duration::ZERO, verifying_s: 0.0 };
    while filled.records < count {
        let round: Vec<String> = (filled.records..count.min(filled.records + ROUND))
            .map(|number| {
                let place = usize::try_from(number).expect("far below 2^32");
                let device = place % devices.len();
                devices[device].sign(&election, sheets[place % sheets.len()].clone())
            })
            .collect();
        filled.verifying_s += verifying_seconds(&round, &devices);
        filled.took += send(&hq, &batches(&round));
        filled.records += round.len() as u64;
        eprint!("\r{} of {count} records", filled.records);
    }
    eprintln!();
    (filled, hq)
}

/// How long one core takes for the signatures alone.
fn verifying_seconds(records: &[String], devices: &[Device]) -> f64 {
    let envelopes: Vec<Envelope> =
        records.iter().map(|text| Envelope::parse(text).expect("ours")).collect();
    let keys: Vec<_> = devices.iter().map(|device| device.key.public()).collect();
    let begun = Instant::now();
    for envelope in envelopes {
        let key = keys.iter().find(|key| key.kid() == envelope.kid()).expect("one of them");
        assert!(envelope.verify(key).is_ok());
    }
    begun.elapsed().as_secs_f64()
}

fn send(hq: &BenchHeadquarters, bodies: &[Vec<u8>]) -> Duration {
    let begun = Instant::now();
    thread::scope(|scope| {
        for lane in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut connection = Connection::open(hq.address);
                for body in bodies.iter().skip(lane).step_by(CONNECTIONS) {
                    let json = "Content-Type: application/json\r\n";
                    let (status, answer) = connection.request("POST", "/v1/records", json, body);
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
                }
            });
        }
    });
    begun.elapsed()
}

/// Everything at once into an empty folder, as after a mirror was lost.
fn publish_at_once(outcome: &mut Outcome, hq: &BenchHeadquarters) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let public = PublicFolder::new(folder.path());
    let open = &hq.headquarters;
    let mut publisher =
        Publisher::open(open.db.clone(), open.sequencer.view(), public, 1).expect("a new folder");
    let begun = Instant::now();
    hq.runtime.block_on(publisher.publish()).expect("it publishes");
    outcome.figure("publish_all_at_once_s", begun.elapsed().as_secs_f64());
}

/// How soon it takes a record: opened, and the sequencer's first answer.
fn start_up(outcome: &mut Outcome, folder: &std::path::Path) {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let begun = Instant::now();
    runtime.block_on(async {
        let hq = Headquarters::open(folder).await.expect("it opens");
        hq.sequencer.append(Vec::new()).await.expect("it answers");
        outcome.figure("start_up_s", begun.elapsed().as_secs_f64());
        hq.close().await;
    });
    outcome.at_most("start_up_s", 2.0);
}

fn check_everything(
    outcome: &mut Outcome,
    folder: &std::path::Path,
    config: &Config,
    filled: &Filled,
) {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let folder = DataFolder::open(folder).expect("it was just served");
    let begun = Instant::now();
    let found = runtime
        .block_on(check_folder(&folder, config, PhotoFiles::Leave, &mut |_, _| ()))
        .expect("it holds");
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(found.records, filled.records);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    #[expect(clippy::cast_precision_loss, reason = "a few cores")]
    let pure = filled.verifying_s / cores as f64;
    outcome.figure("fsck_s", took);
    outcome.figure("fsck_over_pure_verification", took / pure);
    outcome.at_most("fsck_over_pure_verification", 1.3);
}

/// Proofs and receipts at sizes that do not need a store.
fn proofs(outcome: &mut Outcome) {
    let signer = NoteSigner::from_seed(KeyName::new("bench.example").expect("a name"), &[3; 32]);
    let key = signer.verifier_key();
    let entry = |index: u64| {
        let mut subject = [0; 32];
        subject[..8].copy_from_slice(&index.to_be_bytes());
        LogEntry::Record(subject)
    };
    let mut tree = Tree::new();
    for (size, bytes, hashes) in [
        (10_000, "receipt_bytes_of_10k", "consistency_hashes_of_10k"),
        (100_000, "receipt_bytes_of_100k", "consistency_hashes_of_100k"),
        (1_000_000, "receipt_bytes_of_1m", "consistency_hashes_of_1m"),
    ] {
        tree.extend((tree.len()..size).map(|index| entry(index).leaf_hash()));
        let checkpoint =
            Checkpoint { origin: key.name().clone(), size, root: tree.root() }.sign(&signer);
        let receipt = |index| Receipt {
            index,
            proof: tree.inclusion_proof(index, size).expect("it is there"),
            checkpoint_note: checkpoint.clone(),
        };
        let longest = receipt(0).to_text().len();
        let consistency: Vec<Hash> = tree.consistency_proof(size / 3, size).expect("smaller");
        #[expect(clippy::cast_precision_loss, reason = "short texts")]
        outcome.figure(bytes, longest as f64);
        #[expect(clippy::cast_precision_loss, reason = "a few hashes")]
        outcome.figure(hashes, consistency.len() as f64);
        if size == 1_000_000 {
            let texts: Vec<(LogEntry, String)> =
                (0..2000).map(|n| (entry(n * 499), receipt(n * 499).to_text())).collect();
            let begun = Instant::now();
            for (entry, text) in &texts {
                let receipt = Receipt::parse(text).expect("ours");
                receipt.verify(entry, key.name(), key).expect("it holds");
            }
            outcome.figure("receipt_verify_us", begun.elapsed().as_secs_f64() * 1e6 / 2000.0);
        }
    }
}
