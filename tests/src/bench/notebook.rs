//! Committing a protocol with a photograph on a phone, against the floor: hashing, writing and
//! syncing the same bytes. Without the small pictures, whose cost is the decoder's.

use std::{
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use hattama_client_core::{
    Notebook, NotebookOptions, Pictures,
    capture::{PhotoInput, ProtocolDraft},
};
use hattama_proto::id::PhotoHash;

use super::Outcome;
use crate::exercise::{Exercise, story::Paper};

/// Size of the photograph, in bytes.
const BYTES: usize = 2_000_000;
/// Protocols committed, and times the floor is measured.
const ROUNDS: usize = 60;

pub(super) fn run() -> Outcome {
    let mut outcome = Outcome::new("notebook");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let options = NotebookOptions {
        election: Some("kz-2005-exercise".parse().expect("a code")),
        pictures: Pictures::Skip,
        ..NotebookOptions::default()
    };
    let notebook = Notebook::open(&folder.path().join("notebook"), options).expect("a notebook");
    let exercise = Exercise::invent(1, 1);
    let (unit, count) = exercise.figures.all().next().expect("a precinct");
    let sheet = Paper::of_precinct(unit, "certified_copy", count).read();

    // Alternately, so that both meet the same machine.
    let mut floor = Vec::with_capacity(ROUNDS);
    let mut commit = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let photo = folder.path().join(format!("photo-{round}.jpg"));
        std::fs::write(&photo, bytes(round)).expect("room");
        floor.push(write_hashed(&photo, &folder.path().join(format!("copy-{round}"))));
        let mut draft =
            ProtocolDraft::new(sheet.unit.clone(), sheet.form.clone(), sheet.copy.clone());
        draft.lines.clone_from(&sheet.lines);
        draft.contests.clone_from(&sheet.contests);
        draft.photos = vec![PhotoInput { path: photo, page: 1 }];
        let begun = Instant::now();
        notebook.capture_protocol(draft).expect("it commits");
        commit.push(begun.elapsed());
    }
    let (floor, commit) = (median(floor), median(commit));
    outcome.figure("floor_ms", floor.as_secs_f64() * 1e3);
    outcome.figure("commit_ms", commit.as_secs_f64() * 1e3);
    outcome.figure("commit_over_floor", commit.as_secs_f64() / floor.as_secs_f64());
    outcome.at_most("commit_over_floor", 1.6);
    outcome
}

/// Reads a file, hashes it, writes it elsewhere, syncs file and folder: what no notebook can avoid.
fn write_hashed(from: &Path, to: &Path) -> Duration {
    let begun = Instant::now();
    let bytes = std::fs::read(from).expect("a file");
    std::hint::black_box(PhotoHash::of(&bytes));
    let mut file = std::fs::File::create(to).expect("a file");
    file.write_all(&bytes).expect("room");
    file.sync_all().expect("a disk");
    std::fs::File::open(to.parent().expect("a folder")).and_then(|f| f.sync_all()).expect("a disk");
    begun.elapsed()
}

/// Bytes that begin like a JPEG and differ from round to round.
fn bytes(round: usize) -> Vec<u8> {
    let mut state = round as u64 + 1;
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0];
    while bytes.len() < BYTES {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
