//! One process and two of one headquarters on one PostgreSQL: does the second cost more than it brings?
//!
//! Real processes, started anew for each turn; load, processes and database share the machine.

use std::net::SocketAddr;

use hattama_proto::record::Body;

use super::{
    Outcome, Places,
    headquarters::BenchHeadquarters,
    ingest::{DEVICES, Load, enrol},
    percentile,
    postgres::Server,
    records::protocols,
    serving::Serving,
};
use crate::world::copy_folder;

/// How often each number of processes has its turn.
const ROUNDS: usize = 4;
/// Records of each device in one turn.
const RECORDS_EACH: usize = 80;

/// One beside two, in turn.
pub(super) fn run() -> Outcome {
    let mut outcome = Outcome::new("processes");
    let server = Server::start();
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let blobs = scratch.path().join("blobs");
    std::fs::create_dir(&blobs).expect("the scratch folder takes it");
    let blobs = blobs.display().to_string();
    let places = Places { database: Some(server.database("processes")), blobs: Some(blobs) };
    let hq = BenchHeadquarters::start(&places);
    let election = hq.headquarters.config.election.clone();
    let (sheets, mut devices) = (protocols(&[]), enrol(&hq));
    let (first, _, _first_scratch) = hq.close();
    let second = scratch.path().join("second");
    copy_folder(&first, &second);
    let folders = [first, second];
    let mut rates = [Vec::new(), Vec::new()];
    let mut place = 0;
    for _ in 0..ROUNDS {
        for (count, rates) in (1..).zip(&mut rates) {
            let mut records = Vec::with_capacity(DEVICES * RECORDS_EACH);
            for _ in 0..RECORDS_EACH {
                for device in &mut devices {
                    let sheet = sheets[place % sheets.len()].clone();
                    records.push(device.sign(&election, Body::Protocol(sheet)));
                    place += 1;
                }
            }
            let load = Load::of(&records);
            let serving: Vec<Serving> =
                folders[..count].iter().map(|folder| Serving::start(folder)).collect();
            let addresses: Vec<SocketAddr> = serving.iter().map(|one| one.address).collect();
            rates.push(load.push(&addresses));
        }
    }
    let [one, two] = rates.each_mut().map(|rates| percentile(rates, 50));
    outcome.figure("one_process_records_per_s", one);
    outcome.figure("two_processes_records_per_s", two);
    outcome.figure("two_over_one", two / one);
    outcome.at_least("two_over_one", 1.0);
    outcome
}
