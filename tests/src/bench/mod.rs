//! Benchmarks. Speed and memory live here and never in timed tests; what counts is a ratio
//! measured in one run, because machines are noisy.
//!
//! `cargo run --release -p hattama-tests --bin bench -- NAME`: the last line is one JSON object. Each
//! says with `--help` what it can be run with.

mod client;
mod compare;
mod growth;
mod headquarters;
mod ingest;
#[cfg(unix)]
mod links;
mod log;
mod memory;
mod merge;
mod night;
mod notebook;
#[cfg(unix)]
mod overload;
mod peers;
mod phone;
mod photograph;
mod photos;
mod postgres;
mod prepared;
mod processes;
mod records;
mod register;
mod review;
mod served;
mod serving;

use std::{collections::BTreeMap, time::Duration};

use clap::{Args, Subcommand, value_parser};
use serde::Serialize;

#[cfg(unix)]
use self::overload::OverloadOptions;
use self::{night::NightOptions, peers::Peers};

/// What a benchmark found.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Its name.
    pub name: &'static str,
    /// Figures by name; the unit is the name's last part.
    pub figures: BTreeMap<String, f64>,
    /// What they were to be.
    pub targets: BTreeMap<String, f64>,
    /// Whether they are.
    pub holds: bool,
    /// Why it was not measured, where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

impl Outcome {
    fn new(name: &'static str) -> Self {
        let (figures, targets) = (BTreeMap::new(), BTreeMap::new());
        Self { name, figures, targets, holds: true, skipped: None }
    }

    /// Notes a figure.
    fn figure(&mut self, name: impl Into<String>, value: f64) {
        let name = name.into();
        eprintln!("{name:>44}  {value:.3}");
        self.figures.insert(name, value);
    }

    /// Notes that a figure has to reach `target`.
    fn at_least(&mut self, name: &str, target: f64) {
        self.targets.insert(name.to_owned(), target);
        self.holds &= self.figures.get(name).is_some_and(|value| *value >= target);
    }

    /// Notes that a figure must not pass `target`.
    fn at_most(&mut self, name: &str, target: f64) {
        self.targets.insert(name.to_owned(), target);
        self.holds &= self.figures.get(name).is_some_and(|value| *value <= target);
    }
}

/// One benchmark, and what it is run with.
#[derive(Debug, Subcommand)]
pub enum Benchmark {
    /// Records through the front door, on SQLite and on PostgreSQL
    Ingest(Places),
    /// Photographs through the front door
    Photos(Places),
    /// A capture on the phone, beside hashing and writing the same bytes
    Notebook,
    /// A capture on the phone: encrypted, and through other languages
    Phone,
    /// Records of 100,000 precincts merged from scratch
    Merge,
    /// The public log: start-up, fsck, receipts, proofs
    Log(Sizes),
    /// Pages that a team waits for while records come in
    Review(Sizes),
    /// Published figures beside the records
    Compare,
    /// Whether a million records slow headquarters down: one headquarters for each size
    Growth(Sizes),
    /// One process and two on one PostgreSQL
    Processes,
    /// Phones on slow links while thousands of connections lie idle; as root, on Linux
    #[cfg(unix)]
    Links(Crowd),
    /// A night in real time: phones by the thousand into several processes, a shutdown, and everybody back
    Night(NightOptions),
    /// Ten times what headquarters can do, for minutes, then floods of strangers
    #[cfg(unix)]
    Overload(OverloadOptions),
    /// Beside servers that others wrote; tests/peers/run.sh installs them
    Peers(Peers),
    /// Serves a headquarters that `peers` measures, and nothing else
    #[command(hide = true)]
    ServeForPeers(Places),
    /// The part of `links` that runs between its namespaces
    #[cfg(unix)]
    #[command(hide = true)]
    LinksInside {
        /// What `links` says
        words: Vec<String>,
    },
}

/// How many take part in `links`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Crowd {
    /// Phones on slow links, besides those that are cut off and those on the worst one
    #[arg(long, default_value_t = 50, value_parser = value_parser!(u8).range(1..=90))]
    pub phones: u8,

    /// Connections that lie idle meanwhile
    #[arg(long, default_value_t = 5_000)]
    pub idle: usize,
}

/// Where a headquarters keeps what it is given; nothing said is its own data folder.
#[derive(Clone, Debug, Default, Args)]
pub struct Places {
    /// An empty PostgreSQL database, which `ingest` compares with SQLite and `photos` uses;
    /// `postgres`, for `ingest` only, starts a durable scratch server
    #[arg(long, value_name = "URL|postgres", env = "HATTAMA_DATABASE", hide_env_values = true)]
    #[arg(value_parser = postgres_only)]
    pub database: Option<String>,

    /// Where photographs are kept
    #[arg(long, value_name = "URL", env = "HATTAMA_BLOBS", hide_env_values = true)]
    pub blobs: Option<String>,
}

/// Anything else would be measured, and called PostgreSQL all the same.
fn postgres_only(text: &str) -> Result<String, String> {
    if text == "postgres" || text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("give postgres, or the address of an empty database: postgres://user@host/name".to_owned())
}

impl Places {
    fn with_database(&self, url: String) -> Self {
        Self { database: Some(url), ..self.clone() }
    }
}

/// How many records it is measured with.
#[derive(Clone, Debug, Args)]
pub struct Sizes {
    /// How many records it is measured with, one size after the other
    #[arg(long, value_name = "RECORDS", value_delimiter = ',', default_values_t = log::SIZES,
          value_parser = value_parser!(u64).range(1000..))]
    pub sizes: Vec<u64>,
}

/// Runs a benchmark; none for what only serves one.
pub fn run(benchmark: &Benchmark) -> Option<Outcome> {
    Some(match benchmark {
        Benchmark::Ingest(places) => ingest::run(places),
        Benchmark::Photos(places) => photos::run(places),
        Benchmark::Notebook => notebook::run(),
        Benchmark::Phone => phone::run(),
        Benchmark::Merge => merge::run(),
        Benchmark::Log(of) => log::run(&of.sizes),
        Benchmark::Review(of) => review::run(&of.sizes),
        Benchmark::Compare => compare::run(),
        Benchmark::Growth(of) => growth::run(&of.sizes),
        Benchmark::Processes => processes::run(),
        #[cfg(unix)]
        Benchmark::Links(crowd) => links::run(*crowd),
        Benchmark::Night(options) => night::run(options),
        #[cfg(unix)]
        Benchmark::Overload(options) => overload::run(*options),
        Benchmark::Peers(peers) => peers::run(peers),
        Benchmark::ServeForPeers(places) => {
            peers::serve(places);
            return None;
        }
        #[cfg(unix)]
        Benchmark::LinksInside { words } => {
            links::inside(words);
            return None;
        }
    })
}

/// How many per second.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// The value below which so many of a hundred lie; zero where there is none.
fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or_default()
}

/// The name of a figure at a size: `10k`, `1m`.
fn at_size(what: &str, size: u64) -> String {
    match (size.is_multiple_of(1_000_000), size.is_multiple_of(1_000)) {
        (true, _) => format!("{what}_{}m", size / 1_000_000),
        (_, true) => format!("{what}_{}k", size / 1_000),
        _ => format!("{what}_{size}"),
    }
}
