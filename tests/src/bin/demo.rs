//! `make demo`: a headquarters on this machine and observers who play an exercise to it.

use std::process::ExitCode;

fn main() -> ExitCode {
    hattama_tests::demo::command::run(std::env::args_os())
}
