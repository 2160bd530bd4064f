//! Searching for planted strings in every form in which a program might leave them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// What is looked for: each with a name, and in all its forms.
#[derive(Default)]
pub(crate) struct Needles {
    forms: Vec<(String, Vec<u8>)>,
    by_start: Vec<Vec<usize>>,
}

/// How many bytes of a needle at least have to be there.
const SHORTEST: usize = 8;

impl Needles {
    pub(crate) fn new() -> Self {
        Self { forms: Vec::new(), by_start: vec![Vec::new(); 1 << 16] }
    }

    /// A string or bytes: as they are, in hex, in Base64 at each of its three alignments, in UTF-16.
    pub(crate) fn plant(&mut self, name: &str, bytes: &[u8]) {
        assert!(bytes.len() >= SHORTEST, "{name} would be found by chance");
        let hex = |digits: &[u8; 16]| -> Vec<u8> {
            bytes
                .iter()
                .flat_map(|b| [digits[usize::from(b >> 4)], digits[usize::from(b & 15)]])
                .collect()
        };
        self.form(name, bytes.to_vec());
        self.form(&format!("{name} in hex"), hex(b"0123456789abcdef"));
        self.form(&format!("{name} in HEX"), hex(b"0123456789ABCDEF"));
        self.form(&format!("{name} in UTF-16"), bytes.iter().flat_map(|b| [*b, 0]).collect());
        for shift in 0..3 {
            let padded = [vec![0; shift], bytes.to_vec()].concat();
            // Without the digits that depend on what stands before and after.
            let (from, whole) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
            for (form, text) in [
                ("Base64", STANDARD.encode(&padded)),
                ("base64url", URL_SAFE_NO_PAD.encode(&padded)),
            ] {
                let digits = text.as_bytes()[from..whole].to_vec();
                self.form(&format!("{name} in {form}, {shift}"), digits);
            }
        }
    }

    /// A file: pieces of it, some from each part.
    pub(crate) fn plant_file(&mut self, name: &str, bytes: &[u8]) {
        let mut at = bytes.len() / 10;
        while at + 24 <= bytes.len() {
            self.form(&format!("{name} at {at}"), bytes[at..at + 24].to_vec());
            at += (bytes.len() / 8).max(24);
        }
    }

    fn form(&mut self, name: &str, bytes: Vec<u8>) {
        let start = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        self.by_start[start].push(self.forms.len());
        self.forms.push((name.to_owned(), bytes));
    }

    /// The names of those that are in `bytes`.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for at in 0..bytes.len().saturating_sub(1) {
            let start = usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
            for index in &self.by_start[start] {
                let (name, needle) = &self.forms[*index];
                if bytes[at..].starts_with(needle) {
                    found.insert(name.clone());
                }
            }
        }
        found
    }

    /// The names of those that are in any file below `folder`, or in a name of one.
    pub(crate) fn found_below(&self, folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for path in files_below(folder) {
            let place = path.strip_prefix(folder).unwrap().display().to_string();
            let content = fs::read(&path).unwrap_or_default();
            for name in self.found_in(&content).into_iter().chain(self.found_in(place.as_bytes())) {
                found.insert(format!("{name} ({place})"));
            }
        }
        found
    }
}

/// Every file below `folder`.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn a_needle_is_found_in_each_form_and_nowhere_else() {
    let mut needles = Needles::new();
    needles.plant("a secret", b"precinct 77-4829");
    let found = |bytes: &[u8]| !needles.found_in(bytes).is_empty();
    assert!(found(b"...precinct 77-4829..."));
    assert!(found(b"7072656369 70726563696e63742037372d34383239"));
    for before in ["", "x", "xy", "xyz"] {
        let text = format!("{{\"{before}\":\"precinct 77-4829\",\"more\":1}}");
        assert!(found(STANDARD.encode(&text).as_bytes()), "{text}");
        assert!(found(URL_SAFE_NO_PAD.encode(&text).as_bytes()), "{text}");
    }
    assert!(!found(b"precinct 77-4828 and other words"));
    assert!(!found(&crate::hq::noise(1_000_000)));
}
