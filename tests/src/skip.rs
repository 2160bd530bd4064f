//! Saying aloud that a test did not run, so that a green run cannot hide it.

use std::fs::OpenOptions;
use std::io::Write;

/// Prints `skipped: why`, and appends the line to the file that `HATTAMA_SKIP_LEDGER` names, so
/// that whoever ran the tests can count and list what was left out.
pub fn skip(why: &str) {
    eprintln!("skipped: {why}");
    let Some(ledger) = std::env::var_os("HATTAMA_SKIP_LEDGER") else { return };
    let test = std::thread::current().name().unwrap_or("a test without a name").to_owned();
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&ledger)
        .and_then(|mut file| writeln!(file, "skipped: {test}: {why}"))
        .expect("the skip ledger can be written");
}
