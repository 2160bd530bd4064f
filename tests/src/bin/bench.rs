//! `bench NAME`: runs one benchmark; the last line is one JSON object.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use hattama_tests::bench::{LOG_SIZES, NAMES, Peers, Places, run, serve};

/// Runs one benchmark; the last line is one JSON object.
#[derive(Parser)]
#[command(name = "bench")]
struct Options {
    /// Which one.
    #[arg(value_parser = NAMES)]
    name: String,

    /// An empty PostgreSQL database that `ingest` is compared with SQLite on, and that `photos` uses;
    /// `postgres`, for `ingest` only, starts a durable scratch server.
    #[arg(long, value_name = "URL|postgres", env = "HATTAMA_DATABASE", hide_env_values = true)]
    #[arg(value_parser = postgres)]
    database: Option<String>,

    /// Where `ingest` and `photos` keep photographs.
    #[arg(long, value_name = "URL", env = "HATTAMA_BLOBS", hide_env_values = true)]
    blobs: Option<String>,

    /// How many records `log` and `review` are measured with, one size after the other.
    #[arg(long, value_name = "RECORDS", value_delimiter = ',', default_values_t = LOG_SIZES,
          value_parser = clap::value_parser!(u64).range(1000..))]
    sizes: Vec<u64>,

    #[command(flatten)]
    peers: PeersOptions,
}

/// What `peers` is measured with; `tests/peers/run.sh` says where they are.
#[derive(clap::Args)]
struct PeersOptions {
    /// The folder that `tests/peers/prepare.sh` installed the peers in.
    #[arg(long, value_name = "DIR", env = "HATTAMA_PEERS_DIR", default_value = "target/peers")]
    peers_dir: PathBuf,

    /// How many records `peers` sends in batches; a quarter as many more go one by one.
    #[arg(long, value_name = "RECORDS", default_value_t = 32_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(256..=1_000_000))]
    peers_records: u32,

    /// How many photographs of 2 MB `peers` sends in each way; no more than the exercise has precincts.
    #[arg(long, value_name = "FILES", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u32).range(8..=9_000))]
    peers_files: u32,

    /// Longest that `peers` sends records to one server in one way, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=600))]
    peers_seconds: u64,

    /// Serves a headquarters that `peers` measures, and nothing else.
    #[arg(long, hide = true)]
    serve: bool,
}

/// Anything else would be measured, and called PostgreSQL all the same.
fn postgres(text: &str) -> Result<String, String> {
    if text == "postgres" || text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("give postgres, or the address of an empty database: postgres://user@host/name".to_owned())
}

fn main() -> ExitCode {
    let Options { name, database, blobs, sizes, peers } = Options::parse();
    let places = Places { database, blobs };
    if peers.serve {
        serve(&places);
        return ExitCode::SUCCESS;
    }
    let whole = |count: u32| usize::try_from(count).expect("a count of 32 bits");
    let peers = Peers {
        installed: peers.peers_dir,
        records: whole(peers.peers_records),
        files: whole(peers.peers_files),
        seconds: peers.peers_seconds,
    };
    let Some(outcome) = run(&name, &places, &sizes, &peers) else {
        return ExitCode::from(2);
    };
    println!("{}", serde_json::to_string(&outcome).expect("figures are plain data"));
    ExitCode::SUCCESS
}
