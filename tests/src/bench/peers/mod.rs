//! Our figures beside those of peers: servers that keep records (`atuin-server`, Kinto) and files
//! (tusd, rustus, `@tus/server`). In one run, one after the other, on one machine and disk, each in
//! processes of its own and in a folder of scratch, under the same load from this process.
//!
//! `tests/peers/run.sh` installs the peers, in versions that it names, and calls this. One that is
//! not installed, or does not start, is said and left out. Nobody's program is linked or shipped.
//!
//! None of the peers verifies a signature, answers with a receipt or keeps a log; what else each does
//! not do stands beside the tables in `docs/performance.md`.

mod atuin;
mod files;
mod kinto;
mod load;
mod ours;
mod records;
mod running;
mod syncs;
mod table;
mod tree;
mod tus;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, value_parser};
use hattama_proto::id::PhotoHash;

pub(super) use self::ours::serve;
use self::{
    atuin::Atuin,
    files::{BYTES, FileServer, Ways},
    kinto::Kinto,
    ours::Hattama,
    records::{Amount, RecordServer},
    table::{Files, Records},
    tus::{Fsync, Tus},
};
use super::{Outcome, postgres::Server};

/// What is sent to every server.
#[derive(Clone, Debug, Args)]
pub struct Peers {
    /// The folder that `tests/peers/prepare.sh` installed the peers in
    #[arg(long, value_name = "DIR", env = "HATTAMA_PEERS_DIR", default_value = "target/peers")]
    installed: PathBuf,

    /// How many records go in batches; a quarter as many more go one by one
    #[arg(long, default_value_t = 32_000, value_parser = value_parser!(u32).range(256..=1_000_000))]
    records: u32,

    /// How many photographs of 2 MB go in each way; no more than the exercise has precincts
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u32).range(8..=9_000))]
    files: u32,

    /// Longest that records go to one server in one way, in seconds: some peers would take minutes
    #[arg(long, default_value_t = 15, value_parser = value_parser!(u64).range(1..=600))]
    seconds: u64,
}

impl Peers {
    fn records(&self) -> usize {
        usize::try_from(self.records).expect("a count of 32 bits")
    }

    fn files(&self) -> usize {
        usize::try_from(self.files).expect("a count of 32 bits")
    }
}

pub(super) fn run(peers: &Peers) -> Outcome {
    let mut outcome = Outcome::new("peers");
    let records = of_records(peers);
    let files = of_files(peers);
    let tables = table::written(&mut outcome, &records, &files);
    println!("{tables}");
    outcome
}

fn of_records(peers: &Peers) -> Records {
    let amount = Amount {
        in_batches: peers.records(),
        one_by_one: peers.records() / 4,
        limit: Duration::from_secs(peers.seconds),
    };
    let place = &peers.installed;
    let mut measured = Vec::new();
    // Signed once, by the devices that every headquarters of this run knows.
    let mut signed: Option<Vec<String>> = None;
    for (name, database) in [("Hattama, SQLite", None), ("Hattama, PostgreSQL", Some(()))] {
        let server = Hattama::start(database.map(|()| Server::start())).expect("ours starts");
        let records = signed.get_or_insert_with(|| server.sign(amount.records()));
        measured.push((name, of_one_records(name, &server, records, amount)));
    }
    let records = signed.expect("there was a headquarters");
    let atuin = |database| Atuin::start(place, database);
    let others: [(_, Start<'_, dyn RecordServer>); 3] = [
        ("atuin-server, SQLite", Box::new(|| Ok(Box::new(atuin(None)?)))),
        ("atuin-server, PostgreSQL", Box::new(|| Ok(Box::new(atuin(Some(Server::start()))?)))),
        ("Kinto, PostgreSQL", Box::new(|| Ok(Box::new(Kinto::start(place, Server::start())?)))),
    ];
    for (name, start) in others {
        match start() {
            Ok(server) => {
                measured.push((name, of_one_records(name, &*server, &records, amount)));
            }
            Err(why) => eprintln!("{name}: not measured: {why}"),
        }
    }
    measured
}

/// What starts a server when its turn comes.
type Start<'a, Server> = Box<dyn Fn() -> Result<Box<Server>, String> + 'a>;

fn of_one_records(
    name: &str,
    server: &dyn RecordServer,
    records: &[String],
    amount: Amount,
) -> records::Measured {
    eprintln!("{name}");
    records::measure(server, records, amount)
}

fn of_files(peers: &Peers) -> Files {
    let place = &peers.installed;
    let mut ours = Hattama::start(None).expect("ours starts");
    let photographs = 0..files::photographs(peers.files());
    let hash = |number| (PhotoHash::of(&files::picture(number)), BYTES as u64);
    ours.announce(&photographs.map(hash).collect::<Vec<_>>());
    eprintln!("Hattama");
    let mut measured = vec![("Hattama", files::measure(&ours, peers.files(), Ways::One))];
    drop(ours);
    let others: [(_, Start<'_, dyn FileServer>); 4] = [
        ("rustus --force-fsync", Box::new(|| Ok(Box::new(Tus::rustus(place, Fsync::Forced)?)))),
        ("rustus", Box::new(|| Ok(Box::new(Tus::rustus(place, Fsync::Default)?)))),
        ("tusd", Box::new(|| Ok(Box::new(Tus::tusd(place)?)))),
        ("@tus/server", Box::new(|| Ok(Box::new(Tus::node(place)?)))),
    ];
    for (name, start) in others {
        match start() {
            Ok(server) => {
                eprintln!("{name}");
                measured.push((name, files::measure(&*server, peers.files(), Ways::Both)));
            }
            Err(why) => eprintln!("{name}: not measured: {why}"),
        }
    }
    measured
}

/// A file of what was installed, from the root: a server is started in a folder of its own.
fn installed(folder: &Path, file: &str) -> Result<PathBuf, String> {
    // Not canonical: a program of a virtual environment finds its environment by its own path.
    let path = std::path::absolute(folder.join(file)).map_err(|error| error.to_string())?;
    if path.exists() {
        return Ok(path);
    }
    Err(format!("it is not installed ({file}); tests/peers/prepare.sh does that"))
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
fn real(count: u64) -> f64 {
    count as f64
}
