//! Backups: what was acknowledged comes back elsewhere, what was damaged is named, and whoever has only
//! the backup learns nothing.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../bucket/mod.rs"]
mod bucket;
mod cut;
mod damage;
mod drill;
mod growing;
mod refused;
mod secret;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use hattama_proto::sealing::Identity;
use hattama_server::backup::{Archive, BackupError, Verified, verify};

/// The identity with this number.
fn identity(number: u8) -> Identity {
    Identity::from_secret([number; 32])
}

/// A file with the identity, as `age-keygen` writes it.
fn identity_file(folder: &Path, number: u8) -> PathBuf {
    let path = folder.join(format!("identity-{number}"));
    fs::write(&path, format!("# kept offline\n{}\n", *identity(number).to_text())).unwrap();
    path
}

/// A process of `hattama`.
fn hattama(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_world"));
    command.arg("hattama").args(words).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A process that backs up `folder` into `to`, sealed to the first identity.
fn backup(folder: &Path, to: &Path) -> Command {
    fs::create_dir_all(to).unwrap();
    let mut command = hattama(&["backup", "--folder"]);
    command.arg(folder).arg("--to").arg(to);
    command.args(["--recipient", &identity(1).recipient().to_string()]);
    command
}

/// A process that restores from `from` with the first identity.
fn restore(from: &Path, into: &Path) -> Command {
    let outside = from.parent().unwrap();
    let mut command = hattama(&["restore", "--from"]);
    command.arg(from).arg("--identity").arg(identity_file(outside, 1)).arg("--into").arg(into);
    command.env_remove("HATTAMA_DATABASE").env_remove("HATTAMA_BLOBS");
    command
}

fn done(output: &Output) -> String {
    let (out, err) = said(output);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    out
}

/// That it ended with `code` and said `part`.
fn refused(output: &Output, code: i32, part: &str) {
    let (out, err) = said(output);
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    assert!(err.contains(part), "{part:?} is not in: {err}");
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// What reading all of it with the first identity finds.
fn verified(backups: &Path) -> Result<Verified, BackupError> {
    verify(&Archive::open(backups, vec![identity(1)])?, &|_| {})
}

/// Of a folder of backups in which nothing is damaged.
fn sound(backups: &Path) -> Verified {
    let found = verified(backups).unwrap();
    assert_eq!(found.damages, []);
    found
}

/// The bytes of every file below `folder`, by its path from there.
fn bytes_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}
