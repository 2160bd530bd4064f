//! Benchmarks. Speed and memory live here and never in timed tests; what counts is a ratio
//! measured in one run, because machines are noisy.
//!
//! `cargo run --release -p hattama-tests --bin bench -- NAME`: the last line is one JSON object.
//! `ingest --database URL|postgres` runs SQLite and then PostgreSQL, and compares them;
//! `log` and `review --sizes 10000,1000000` grow one headquarters from size to size;
//! `links --phones 50 --idle 5000` needs root on Linux.

mod client;
mod compare;
mod headquarters;
mod ingest;
#[cfg(unix)]
mod links;
mod log;
mod memory;
mod merge;
mod notebook;
mod phone;
mod photograph;
mod photos;
mod postgres;
mod prepared;
mod records;
mod register;
mod review;

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

#[cfg(unix)]
pub use self::links::inside as links_inside;
pub use self::log::SIZES as LOG_SIZES;

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

/// The benchmarks there are.
pub const NAMES: [&str; 9] =
    ["ingest", "photos", "notebook", "phone", "merge", "log", "review", "compare", "links"];

/// Where a headquarters keeps what it is given; nothing said is its own data folder.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The address of a database, or `postgres` for a scratch server of the benchmark's own.
    pub database: Option<String>,
    /// The address of a store of photographs.
    pub blobs: Option<String>,
}

impl Places {
    fn with_database(&self, url: String) -> Self {
        Self { database: Some(url), ..self.clone() }
    }
}

/// How many take part in `links`.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// Phones on slow links, besides those that are cut off and those on the worst one: 1 to 90.
    pub phones: usize,
    /// Idle connections.
    pub idle: usize,
}

/// Runs the benchmark called `name`; `log` and `review` at these sizes, `links` with this crowd.
pub fn run(name: &str, places: &Places, sizes: &[u64], crowd: Crowd) -> Option<Outcome> {
    match name {
        "ingest" => Some(ingest::run(places)),
        "photos" => Some(photos::run(places)),
        "notebook" => Some(notebook::run()),
        "phone" => Some(phone::run()),
        "merge" => Some(merge::run()),
        "log" => Some(log::run(sizes)),
        "review" => Some(review::run(sizes)),
        "compare" => Some(compare::run()),
        #[cfg(unix)]
        "links" => Some(links::run(crowd)),
        _ => None,
    }
}

/// How many per second.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// The name of a figure at a size: `10k`, `1m`.
fn at_size(what: &str, size: u64) -> String {
    match (size.is_multiple_of(1_000_000), size.is_multiple_of(1_000)) {
        (true, _) => format!("{what}_{}m", size / 1_000_000),
        (_, true) => format!("{what}_{}k", size / 1_000),
        _ => format!("{what}_{size}"),
    }
}
