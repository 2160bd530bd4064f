//! Parts of the world as processes of their own, so that tests can kill them.
//!
//! `world serve FOLDER` serves a headquarters and prints its address.

use std::{env, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", folder] => hattama_tests::world::serve_until_killed(Path::new(folder)),
        _ => {
            eprintln!("usage: world serve FOLDER");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
