//! `bench NAME`: runs one benchmark; the last line is one JSON object.

use std::process::ExitCode;

use clap::Parser;
use hattama_tests::bench::{LOG_SIZES, NAMES, NightOptions, Places, run};

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
    night: NightOptions,
}

/// Anything else would be measured, and called PostgreSQL all the same.
fn postgres(text: &str) -> Result<String, String> {
    if text == "postgres" || text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("give postgres, or the address of an empty database: postgres://user@host/name".to_owned())
}

fn main() -> ExitCode {
    let Options { name, database, blobs, sizes, night } = Options::parse();
    let Some(outcome) = run(&name, &Places { database, blobs }, &sizes, &night) else {
        return ExitCode::from(2);
    };
    println!("{}", serde_json::to_string(&outcome).expect("figures are plain data"));
    ExitCode::SUCCESS
}
