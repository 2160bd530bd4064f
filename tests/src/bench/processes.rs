//! One process and two of one headquarters on one PostgreSQL: does the second cost more than it brings?
//!
//! Real processes, started anew for each turn; load, processes and database share the machine.

use std::{
    env,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use hattama_proto::record::Body;

use super::{
    Outcome, Places,
    headquarters::BenchHeadquarters,
    ingest::{DEVICES, Load, enrol},
    middle,
    postgres::Server,
    records::protocols,
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
    let [one, two] = rates.each_mut().map(|rates| middle(rates));
    outcome.figure("one_process_records_per_s", one);
    outcome.figure("two_processes_records_per_s", two);
    outcome.figure("two_over_one", two / one);
    outcome.at_least("two_over_one", 1.0);
    outcome
}

/// A process that serves until it is dropped.
pub(super) struct Serving {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Serving {
    pub(super) fn start(folder: &Path) -> Self {
        // This very program is headquarters' command line too.
        let program: PathBuf = env::current_exe().expect("it runs");
        let mut child = Command::new(program)
            .args(["hattama", "serve", "--unsound-for-exercises", "--listen", "127.0.0.1:0"])
            .arg("--folder")
            .arg(folder)
            .env("HATTAMA_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let said = child.stdout.take().expect("it is piped");
        BufReader::new(said).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        Self { child, address: address.expect("its first line ends with an address") }
    }

    /// The id of the process.
    pub(super) fn pid(&self) -> String {
        self.child.id().to_string()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // In order: the next one waits for no session that is still open.
        let pid = self.pid();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _gone = self.child.kill();
        }
        let _ended = self.child.wait();
    }
}
