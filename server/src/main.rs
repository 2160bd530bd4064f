//! The `hattama` command: see [`hattama_server::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    hattama_server::cli::run(std::env::args_os())
}
