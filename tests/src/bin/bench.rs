//! `bench NAME`: runs one benchmark; the last line is one JSON object.

use std::process::ExitCode;

use clap::Parser;
use hattama_tests::bench::{Crowd, LOG_SIZES, NAMES, Places, run};

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

    /// Phones of `links` on slow links.
    #[arg(long, value_name = "PHONES", default_value_t = 50,
          value_parser = clap::value_parser!(u8).range(1..=90))]
    phones: u8,

    /// Connections that lie idle meanwhile.
    #[arg(long, value_name = "CONNECTIONS", default_value_t = 5_000)]
    idle: usize,
}

/// Anything else would be measured, and called PostgreSQL all the same.
fn postgres(text: &str) -> Result<String, String> {
    if text == "postgres" || text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("give postgres, or the address of an empty database: postgres://user@host/name".to_owned())
}

fn main() -> ExitCode {
    // Parts of `links` that it runs as processes of their own.
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("hattama") => return hattama_server::cli::run(words.into_iter().map(Into::into)),
        #[cfg(unix)]
        Some("links-inside") => return hattama_tests::bench::links_inside(&words[1..]),
        _ => {}
    }
    let Options { name, database, blobs, sizes, phones, idle } = Options::parse();
    let crowd = Crowd { phones: phones.into(), idle };
    let Some(outcome) = run(&name, &Places { database, blobs }, &sizes, crowd) else {
        return ExitCode::from(2);
    };
    println!("{}", serde_json::to_string(&outcome).expect("figures are plain data"));
    ExitCode::SUCCESS
}
