//! Files of known answers: compared in every run, written only when asked.

use std::{fs, path::PathBuf};

use serde::Serialize;
use serde_json::Value;

/// Set to 1, the files are written instead of compared. Look at the difference before committing:
/// what is in them is a promise to everybody who reads our records.
const WRITE: &str = "HATTAMA_WRITE_VECTORS";

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

pub(crate) fn read(name: &str) -> String {
    let path = path(name);
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; {WRITE}=1 writes what is missing", path.display())
    })
}

/// Whether the files are to be written.
pub(crate) fn writing() -> bool {
    std::env::var_os(WRITE).is_some_and(|value| value == "1")
}

pub(crate) fn write(name: &str, value: &impl Serialize) {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    fs::create_dir_all(path(name).parent().unwrap()).unwrap();
    fs::write(path(name), text).unwrap();
}

/// Compares `value` with the committed file, as JSON: the order of members is not ours to choose.
pub(crate) fn compare(name: &str, value: &impl Serialize) {
    if writing() {
        write(name, value);
    }
    let committed: Value = serde_json::from_str(&read(name)).unwrap();
    let made = serde_json::to_value(value).unwrap();
    assert!(committed == made, "{name} is not what this version makes of the same inputs");
}
