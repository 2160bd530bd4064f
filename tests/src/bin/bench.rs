//! `bench NAME`: runs one benchmark; the last line is one JSON object.

use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some(outcome) = hattama_tests::bench::run(&name) else {
        eprintln!("usage: bench {}", hattama_tests::bench::NAMES.join("|"));
        return ExitCode::from(2);
    };
    println!("{}", serde_json::to_string(&outcome).expect("figures are plain data"));
    ExitCode::SUCCESS
}
