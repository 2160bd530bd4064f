//! The `hattama-observer` command: a notebook on a laptop, by hand.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
