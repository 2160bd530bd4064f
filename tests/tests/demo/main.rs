//! The demonstration as people start it: the program itself, its folder, its numbers.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod interrupted;
mod promises;
mod started;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use hattama_tests::demo::Summary;

/// Precincts of a small demonstration: the fewest in which every case of the story happens.
const PRECINCTS: usize = 12;

/// The program, which will put everything into `folder` and take any free port.
fn demo(folder: &Path, precincts: usize) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command
        .args(["--port", "0", "--precincts", &precincts.to_string(), "--folder"])
        .arg(folder)
        .stdin(Stdio::null());
    command
}

/// Runs a whole play and reads its last line.
fn played(command: &mut Command) -> Summary {
    let output = command.arg("--exit").output().expect("the program starts");
    assert!(output.status.success(), "{}", told(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    let last = said.lines().last().expect("it says something");
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"))
}

fn told(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}
