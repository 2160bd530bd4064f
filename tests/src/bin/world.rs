//! Parts of the world as processes of their own, so that tests can kill them.

use std::{env, path::Path, process::ExitCode};

use hattama_tests::world::{code, observe, serve_until_killed};

/// What can be asked for.
const USAGE: &str = "usage: world serve FOLDER
       world observe FOLDER INVITATION SEED UNIT...
       world hattama ARGUMENT...

serve    serves the headquarters in FOLDER and prints its address
observe  enrols, captures a protocol of each UNIT, syncs, and prints the id of each record
hattama  is the command line of headquarters";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", folder] => serve_until_killed(Path::new(folder)),
        ["observe", folder, invitation, seed, units @ ..] => {
            let units: Vec<_> = units.iter().map(|unit| code(unit)).collect();
            observe(Path::new(folder), invitation, &units, seed.parse().unwrap_or(0));
        }
        ["hattama", ..] => {
            return hattama_server::cli::run(arguments.into_iter().map(Into::into));
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
