//! A closed headquarters: how soon it takes the next record, and what it takes to check it all.

use std::{
    collections::HashMap,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::{jws::Envelope, wire::PushRequest};
use hattama_server::{
    app::Headquarters,
    clock,
    config::Config,
    folder::DataFolder,
    fsck::{PhotoFiles, check_folder},
    store::{self, Db},
};
use ring::signature::{ED25519, UnparsedPublicKey};
use tokio::runtime::Runtime;

use crate::bench::{Outcome, at_size, memory, prepared::Prepared};

/// How often it is started.
const STARTS: usize = 3;

/// Records whose bare verification is measured before and after `fsck`. The whole takes as much
/// longer as there are more.
const SAMPLE: u32 = 40_000;

/// How soon it takes a record: opened, checked, logged, receipted. The middle one of some starts.
pub(super) fn start_up(outcome: &mut Outcome, prepared: &mut Prepared) {
    let size = prepared.records;
    let mut took: Vec<f64> = (0..STARTS).map(|_| start_once(prepared).as_secs_f64()).collect();
    took.sort_by(f64::total_cmp);
    outcome.figure(at_size("start_up_s", size), took[STARTS / 2]);
}

fn start_once(prepared: &mut Prepared) -> Duration {
    let records = vec![prepared.one_more()];
    let runtime = Runtime::new().expect("threads");
    let begun = Instant::now();
    runtime.block_on(async {
        let hq = Headquarters::open(prepared.folder()).await.expect("it opens");
        let request = PushRequest { records, ..PushRequest::default() };
        let reply = hq.push.push(request, None, clock::system()).await.expect("it is taken");
        let took = begun.elapsed();
        assert!(reply.results[0].receipt.is_some(), "it was accepted");
        hq.close().await;
        took
    })
}

/// `fsck`, beside nothing but `ring` over as many signatures on as many cores.
pub(super) fn check_everything(outcome: &mut Outcome, prepared: &Prepared) {
    let folder = DataFolder::open(prepared.folder()).expect("it was just closed");
    let config = Config::load(&folder.config()).expect("it was configured");
    let runtime = Runtime::new().expect("threads");
    let size = prepared.records - STARTS as u64;
    let sample = Sample::read(&runtime, &folder, &config, prepared);
    let (ring_cpu, before) = (memory::cpu_seconds(), sample.seconds_each());
    let ring_cpu = memory::cpu_seconds() - ring_cpu;
    memory::reset_peak();
    let (cpu, begun) = (memory::cpu_seconds(), Instant::now());
    let found = runtime
        .block_on(check_folder(&folder, &config, PhotoFiles::Leave, &mut |_, _| ()))
        .expect("it holds");
    let took = begun.elapsed().as_secs_f64();
    let cpu = memory::cpu_seconds() - cpu;
    let peak = memory::peak_bytes();
    assert_eq!(found.records, prepared.records);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (records, peak, sampled) = (found.records as f64, peak as f64, sample.0.len() as f64);
    let bare = f64::midpoint(before, sample.seconds_each()) * records;
    outcome.figure(at_size("ring_alone_s", size), bare);
    outcome.figure(at_size("fsck_s", size), took);
    outcome.figure(at_size("fsck_cpu_s", size), cpu);
    // What a busy machine does not change.
    let ring_cpu = ring_cpu * records / sampled;
    outcome.figure(at_size("fsck_cpu_over_ring_cpu", size), cpu / ring_cpu);
    outcome.figure(at_size("fsck_peak_memory_mb", size), peak / 1e6);
    outcome.figure(at_size("fsck_over_ring_alone", size), took / bare);
}

/// What `ring` is given: keys, signed bytes, signatures, and nothing to do but verify.
struct Sample(Vec<([u8; 32], String, Vec<u8>)>);

impl Sample {
    fn read(runtime: &Runtime, folder: &DataFolder, config: &Config, prepared: &Prepared) -> Self {
        let keys: HashMap<_, _> = prepared
            .devices()
            .iter()
            .map(|device| (device.key.kid(), *device.key.public().as_bytes()))
            .collect();
        let url = config.database_url(folder).expect("it was opened before");
        let rows = runtime.block_on(async {
            let db = Db::open_reading(&url).await.expect("it opens").expect("it is there");
            let rows = store::records::after(&db, None, SAMPLE).await.expect("it reads");
            db.close().await;
            rows
        });
        let part = |text: &str| {
            let kid = Envelope::parse(text).expect("it was logged").kid();
            let (signed, signature) = text.rsplit_once('.').expect("three parts");
            let signature = URL_SAFE_NO_PAD.decode(signature).expect("it was logged");
            (keys[&kid], signed.to_owned(), signature)
        };
        Self(rows.iter().map(|row| part(&row.jws)).collect())
    }

    /// Seconds per signature with all cores at work.
    #[expect(clippy::cast_precision_loss, reason = "a small sample")]
    fn seconds_each(&self) -> f64 {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let begun = Instant::now();
        thread::scope(|scope| {
            for part in self.0.chunks(self.0.len().div_ceil(cores)) {
                scope.spawn(move || {
                    for (key, signed, signature) in part {
                        let key = UnparsedPublicKey::new(&ED25519, key);
                        key.verify(signed.as_bytes(), signature).expect("it was logged");
                    }
                });
            }
        });
        begun.elapsed().as_secs_f64() / self.0.len() as f64
    }
}
