//! A headquarters with many records, through the door behind HTTP: signed on all cores, checked,
//! logged and receipted by the product itself, in rounds that bound memory.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Instant,
};

use hattama_proto::{
    id::ElectionId,
    limits::BATCH_RECORDS_MAX,
    record::{Body, ResultsProtocol},
    wire::PushRequest,
};
use hattama_server::{
    app::Headquarters,
    clock,
    log::{LogView, Publisher},
};
use tokio::runtime::Runtime;

use super::{
    Outcome, Places, at_size,
    headquarters::BenchHeadquarters,
    per_second,
    records::{Device, Reporter, batches, own_pictures, protocols},
    register,
};

/// Devices of the load.
const DEVICES: u64 = 200;
/// Records are signed, handed over and forgotten in rounds of so many: about 40 MB.
const ROUND: u64 = 20_000;
/// Batches that are on their way at once, so that the sequencer's groups are full.
const AT_ONCE: usize = 32;
/// Observers of one precinct, where nothing else is said. There are more precincts than in the
/// exercise, or the unit files of a million records would grow as they do nowhere.
const OBSERVERS: u64 = 3;

/// The headquarters, closed between what is done with it.
pub(super) struct Prepared {
    folder: PathBuf,
    _scratch: tempfile::TempDir,
    election: ElectionId,
    told: Told,
    sheets: Vec<ResultsProtocol>,
    devices: Vec<Device>,
    reporters: Vec<Reporter>,
    /// The token of its first account.
    pub(super) token: String,
    /// Protocols that it has.
    pub(super) records: u64,
    /// Incidents that it has.
    pub(super) incidents: u64,
}

/// Which precinct a record is about.
#[derive(Clone, Copy)]
enum Told {
    /// So many in a row about each.
    Together(u64),
    /// As on a night: about each of so many in turn, each record with pictures of its own.
    InTurn(u64),
}

impl Told {
    fn of(self, sheets: &[ResultsProtocol], number: u64) -> ResultsProtocol {
        match self {
            Self::Together(observers) => sheet(sheets, number / observers),
            Self::InTurn(precincts) => own_pictures(sheet(sheets, number % precincts), number),
        }
    }
}

impl Prepared {
    /// One without records that knows the devices. Precincts beyond the exercise's are unknown.
    pub(super) fn new() -> Self {
        let hq = BenchHeadquarters::start_with(&Places::default(), |_| ());
        Self::with(hq, Told::Together(OBSERVERS))
    }

    /// One whose register has a precinct for every so many of these records.
    pub(super) fn with_register_for(records: u64, observers: u64) -> Self {
        let more = records.div_ceil(observers);
        let hq = BenchHeadquarters::start_in_a_large_country(more, |_| ());
        Self::with(hq, Told::Together(observers))
    }

    /// As [`with_register_for`](Self::with_register_for), with records about all precincts in turn.
    pub(super) fn in_turn(records: u64, observers: u64) -> Self {
        let precincts = records.div_ceil(observers);
        let hq = BenchHeadquarters::start_in_a_large_country(precincts, |_| ());
        Self::with(hq, Told::InTurn(precincts))
    }

    fn with(hq: BenchHeadquarters, told: Told) -> Self {
        let election = hq.headquarters.config.election.clone();
        let devices = (0..DEVICES).map(|number| Device::enrol(&hq, number)).collect();
        let reporters = (0..DEVICES).map(|number| Reporter::enrol(&hq, number)).collect();
        let token = hq.token.clone();
        let (folder, mut config, scratch) = hq.close();
        // Published when this benchmark says so.
        config.log_publish = "daily".parse().expect("a schedule");
        config.save(&folder.join("hattama.toml")).expect("the folder takes it");
        let sheets = protocols(&[]);
        let (records, incidents) = (0, 0);
        let _scratch = scratch;
        Self {
            folder,
            _scratch,
            election,
            told,
            sheets,
            devices,
            reporters,
            token,
            records,
            incidents,
        }
    }

    /// Its data folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its devices.
    pub(super) fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// Logs protocols until there are `size`, publishes them, and hands the published log over.
    pub(super) fn grow(
        &mut self,
        outcome: &mut Outcome,
        size: u64,
        measure: impl FnOnce(&mut Outcome, &LogView),
    ) {
        let runtime = Runtime::new().expect("threads");
        let hq = runtime.block_on(Headquarters::open(&self.folder)).expect("it opens");
        let (begun, before) = (Instant::now(), self.records);
        while self.records < size {
            let round = self.sign(size.min(self.records + ROUND) - self.records);
            runtime.block_on(hand_over(&hq, round));
            eprint!("\r{} of {size} records", self.records);
        }
        eprintln!();
        let rate = per_second(self.records - before, begun.elapsed());
        outcome.figure(at_size("signed_checked_logged_per_s", size), rate);

        let view = hq.sequencer.view();
        let mut publisher = Publisher::open(hq.db.clone(), view.clone(), hq.public_log.clone(), 1)
            .expect("its own folder");
        let begun = Instant::now();
        runtime.block_on(publisher.publish()).expect("it publishes");
        outcome.figure(at_size("published_at_once_s", size), begun.elapsed().as_secs_f64());
        measure(outcome, &view);
        runtime.block_on(hq.close());
    }

    /// Logs incidents until there are `count`.
    pub(super) fn report(&mut self, count: u64) {
        let runtime = Runtime::new().expect("threads");
        let hq = runtime.block_on(Headquarters::open(&self.folder)).expect("it opens");
        while self.incidents < count {
            let until = count.min(self.incidents + ROUND);
            let round = (self.incidents..until).map(|number| {
                let reporter = usize::try_from(number % DEVICES).expect("few devices");
                self.reporters[reporter].sign(&self.election, number)
            });
            let round = round.collect();
            self.incidents = until;
            runtime.block_on(hand_over(&hq, round));
            eprint!("\r{until} of {count} incidents");
        }
        eprintln!();
        runtime.block_on(hq.close());
    }

    /// So many further protocols, as bodies of pushes.
    pub(super) fn further(&mut self, count: u64) -> Vec<Vec<u8>> {
        batches(&self.sign(count))
    }

    /// The next record of a device.
    pub(super) fn one_more(&mut self) -> String {
        let round = self.sign(1);
        round.into_iter().next().expect("one was asked for")
    }

    /// So many further records. A device's chain is one thread's; the devices are many.
    pub(super) fn sign(&mut self, count: u64) -> Vec<String> {
        let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
        let (first, until) = (self.records, self.records + count);
        self.records = until;
        let (election, told, sheets) = (&self.election, self.told, &self.sheets);
        let share = self.devices.len().div_ceil(usize::try_from(cores).expect("a few cores"));
        thread::scope(|scope| {
            let threads: Vec<_> = self
                .devices
                .chunks_mut(share)
                .enumerate()
                .map(|(part, devices)| {
                    scope.spawn(move || {
                        let own = |number: &u64| {
                            let device = usize::try_from(number % DEVICES).expect("few devices");
                            device / share == part
                        };
                        let sign = |number: u64| {
                            let device = usize::try_from(number % DEVICES).expect("few devices");
                            devices[device % share]
                                .sign(election, Body::Protocol(told.of(sheets, number)))
                        };
                        (first..until).filter(own).map(sign).collect::<Vec<_>>()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("it signs")).collect()
        })
    }
}

/// What is written of a precinct; beyond the exercise's, precincts are added ones.
pub(super) fn sheet(sheets: &[ResultsProtocol], precinct: u64) -> ResultsProtocol {
    let place = usize::try_from(precinct).expect("far below 2^32");
    let mut sheet = sheets[place % sheets.len()].clone();
    if place >= sheets.len() {
        sheet.unit = register::code(precinct - sheets.len() as u64);
    }
    sheet
}

/// Everything is checked, logged, and receipted.
async fn hand_over(hq: &Headquarters, records: Vec<String>) {
    let room = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut pushes = tokio::task::JoinSet::new();
    for batch in records.chunks(BATCH_RECORDS_MAX) {
        let turn = Arc::clone(&room).acquire_owned().await.expect("nobody closes it");
        let (push, records) = (hq.push.clone(), batch.to_vec());
        pushes.spawn(async move {
            let request = PushRequest { records, ..PushRequest::default() };
            let reply = push.push(request, None, clock::system()).await.expect("it is taken");
            assert!(reply.results.iter().all(|result| result.receipt.is_some()));
            drop(turn);
        });
    }
    while let Some(done) = pushes.join_next().await {
        done.expect("no push panics");
    }
}
