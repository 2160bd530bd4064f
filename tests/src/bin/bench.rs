//! `bench NAME`: runs one benchmark; the last line is one JSON object.

use std::process::ExitCode;

use clap::Parser;
use hattama_tests::bench::{Benchmark, run};

/// As `hattama` has it.
#[cfg(all(unix, feature = "allocator"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Runs one benchmark; the last line is one JSON object.
#[derive(Parser)]
#[command(name = "bench")]
struct Options {
    #[command(subcommand)]
    benchmark: Benchmark,
}

fn main() -> ExitCode {
    // Benchmarks run it as headquarters' processes too.
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "hattama") {
        return hattama_server::cli::run(words.into_iter().map(Into::into));
    }
    if let Some(outcome) = run(&Options::parse().benchmark) {
        println!("{}", serde_json::to_string(&outcome).expect("figures are plain data"));
    }
    ExitCode::SUCCESS
}
