//! The command line of the exercise: `make demo`, and `hattama demo` for people without a compiler.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use super::{Afterwards, Options, PORT};
use crate::exercise::{SEED, story::PRECINCTS_OBSERVED};
use clap::Parser;

const AFTER_HELP: &str = "\
Exit codes: 0 done; 1 something went wrong; 2 your input; 4 this machine (folder, port); 130 \
interrupted before the end of the play.";

/// Plays an exercise election: headquarters serves on this machine, and observers with real
/// notebooks send it what they see. Candidates and figures are invented.
#[derive(Parser)]
#[command(name = "demo", after_help = AFTER_HELP, max_term_width = 100)]
struct Arguments {
    /// How many of the 9,580 precincts are observed
    #[arg(long, value_name = "N", default_value_t = PRECINCTS_OBSERVED,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=9_580))]
    precincts: usize,
    /// Where to put everything: a new or an empty folder; demo-data/TIME if not given
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Port to serve on; if it is taken, a free one is used and printed
    #[arg(long, value_name = "P", default_value_t = PORT)]
    port: u16,
    /// End after the play; the last line is a summary in JSON
    #[arg(long)]
    exit: bool,
    /// Chooses who observes what: the same number plays the same story
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// postgres://... instead of a file of SQLite; the database has to be empty
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// s3://BUCKET?endpoint=... instead of a folder for photographs
    #[arg(long, value_name = "URL")]
    blobs: Option<String>,
}

/// Plays it as `arguments` say, the first of which is the program's name. Whatever goes wrong is told on
/// stderr; the exit codes stand in `--help`.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = Arguments::parse_from(arguments);
    let options = Options {
        precincts: arguments.precincts,
        folder: arguments.folder,
        port: arguments.port,
        afterwards: if arguments.exit { Afterwards::Exit } else { Afterwards::Serve },
        seed: arguments.seed,
        database: arguments.database,
        blobs: arguments.blobs,
    };
    match super::run(&options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
