//! What kind of night it is.

use std::path::PathBuf;

use clap::{Args, value_parser};

/// The night of a large country, unless something smaller is said.
#[derive(Clone, Debug, Args)]
pub struct NightOptions {
    /// Minutes from the first record to the shutdown.
    #[arg(long, default_value_t = 30, value_parser = value_parser!(u64).range(1..=720))]
    pub minutes: u64,

    /// Virtual phones.
    #[arg(long, default_value_t = 20_000, value_parser = value_parser!(u64).range(1..=200_000))]
    pub phones: u64,

    /// Phones that capture a record during the shutdown and all come back at its end; at most all.
    #[arg(long, default_value_t = 20_000)]
    pub storm: u64,

    /// Records per second of all phones together.
    #[arg(long, default_value_t = 278, value_parser = value_parser!(u64).range(1..=100_000))]
    pub per_second: u64,

    /// Processes `hattama serve`, on one PostgreSQL and one folder of photographs.
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u64).range(1..=8))]
    pub processes: u64,

    /// Whole notebooks of client-core among the phones.
    #[arg(long, default_value_t = 100)]
    pub notebooks: u64,

    /// Precincts in the register beyond those of the exercise.
    #[arg(long, default_value_t = 50_000)]
    pub precincts: u64,

    /// The original is sent of one record in so many; the others wait on the phone for a free network.
    #[arg(long, default_value_t = 20, value_parser = value_parser!(u64).range(1..))]
    pub originals_every: u64,

    /// One request in so many is cut in its middle, or its answer is lost.
    #[arg(long, default_value_t = 50, value_parser = value_parser!(u64).range(2..))]
    pub cut_every: u64,

    /// Seconds for which no process is there after the night.
    #[arg(long, default_value_t = 120, value_parser = value_parser!(u64).range(1..=3600))]
    pub shutdown: u64,

    /// Longest wait for what is left after the storm, in minutes.
    #[arg(long, default_value_t = 15)]
    pub drain: u64,

    /// Readers of pages and of the comparison, each with a second between two pages.
    #[arg(long, default_value_t = 4)]
    pub readers: u64,

    /// Gigabytes of photographs that are kept; beyond it the oldest that were receipted are removed.
    #[arg(long, default_value_t = 5)]
    pub room: u64,

    /// Where the plot goes, as SVG.
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,

    /// Where the table goes, as Markdown.
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
}

impl NightOptions {
    /// From the first record to the shutdown, in milliseconds.
    pub(super) const fn night_ms(&self) -> u64 {
        self.minutes * 60_000
    }

    /// How long nobody is there, in milliseconds.
    pub(super) const fn shutdown_ms(&self) -> u64 {
        self.shutdown * 1_000
    }

    /// Phones that come back at once.
    pub(super) fn storming(&self) -> u64 {
        self.storm.min(self.phones)
    }

    /// Length of one row of the table, in milliseconds: a minute, less in a short trial.
    pub(super) const fn row_ms(&self) -> u64 {
        if self.minutes < 5 { 10_000 } else { 60_000 }
    }
}
