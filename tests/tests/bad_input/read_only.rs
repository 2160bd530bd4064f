//! Files of headquarters that cannot be written to any more while it is served, as on a disk that the system
//! has made read-only: whoever brings something is told to come again, and nobody has to start anything
//! afterwards.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use hattama_proto::{
    id::PhotoHash,
    problem::{Problem, ProblemCode},
    record::PhotoRole,
    wire::{PushRequest, Verdict},
};
use hattama_tests::{
    form::plain_photo,
    skip,
    world::{Device, Ending, Signed, World},
};

/// Files that nobody may change, root included, until it is dropped.
struct ReadOnly(Vec<PathBuf>);

impl ReadOnly {
    /// Makes these so; none, said aloud, where the file system or the rights do not allow it.
    fn make(paths: impl IntoIterator<Item = PathBuf>) -> Option<Self> {
        let mut made = Self(Vec::new());
        for path in paths.into_iter().filter(|path| path.exists()) {
            if !change("+i", &path) {
                skip("a file cannot be made read-only for root here");
                return None;
            }
            made.0.push(path);
        }
        Some(made)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        for path in &self.0 {
            // One that went away has nothing to be given back.
            let _gone = change("-i", path);
        }
    }
}

fn change(how: &str, path: &Path) -> bool {
    let changed = Command::new("chattr").arg(how).arg(path).output();
    changed.is_ok_and(|output| output.status.success())
}

/// What is said while a disk does not take anything.
fn is_put_off(problem: &Problem) {
    assert_eq!((problem.code, problem.status), (ProblemCode::StoreUnavailable, 503), "{problem:?}");
    assert!(problem.retry_after_s.is_some(), "{problem:?}");
}

fn batch(records: &[Signed]) -> PushRequest {
    let records = records.iter().map(|record| record.text.clone()).collect();
    PushRequest { records, ..PushRequest::default() }
}

/// Headquarters cannot write to these files for a while: nothing is acknowledged, all of it arrives once
/// they can be written to, and nothing is torn.
fn records_wait_for(files: &[&str]) {
    let mut world = World::new();
    let (mut device, mut witness) = (world.device(1), world.witness());
    let unit = world.country().precinct(0);
    let records: Vec<Signed> = (0..40).map(|n| device.protocol(unit.clone(), n)).collect();
    let (early, late) = records.split_at(10);
    witness.push(&world.wire().push_all(early));
    let wire = world.wire();
    let within = files.iter().map(|name| world.data().join(name));
    let Some(read_only) = ReadOnly::make(within) else { return };
    for chunk in late.chunks(10) {
        is_put_off(&wire.push(&batch(chunk)).unwrap_err());
    }
    // What is asked for is still shown.
    assert!(wire.record_ids().is_superset(&early.iter().map(|record| record.id).collect()));
    drop(read_only);
    for chunk in records.chunks(20) {
        let reply = wire.push_all(chunk);
        let taken = |verdict| matches!(verdict, Verdict::Stored | Verdict::Duplicate);
        assert!(reply.results.iter().all(|result| taken(result.verdict)), "{reply:?}");
        assert_eq!(witness.push(&reply).len(), chunk.len());
    }
    witness.history(&wire, &records[0]);
    assert_eq!(wire.record_ids(), records.iter().map(|record| record.id).collect());
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
}

#[test]
fn records_wait_for_a_store_that_became_read_only() {
    records_wait_for(&["hq.db", "hq.db-wal", "hq.db-shm"]);
}

#[test]
fn records_wait_for_keys_that_became_read_only() {
    records_wait_for(&["keys"]);
}

#[test]
fn photographs_wait_for_a_folder_that_became_read_only_and_records_go_on() {
    for name in ["partial", "blobs"] {
        let mut world = World::new();
        let mut device = world.device(1);
        let unit = world.country().precinct(0);
        let bytes = plain_photo(7, 100_000);
        let photo = Device::photo(&bytes, PhotoRole::Original);
        world.wire().push_all([&device.protocol_with(unit.clone(), 1, vec![photo.clone()])]);
        let Some(read_only) = ReadOnly::make([world.data().join(name)]) else { return };
        is_put_off(&world.wire().put(&photo.sha256, &bytes).unwrap_err());
        assert_eq!(world.wire().push_all([&device.protocol(unit, 2)]).results.len(), 1);
        drop(read_only);
        assert!(world.wire().put(&photo.sha256, &bytes).unwrap().state.complete, "{name}");
        assert_eq!(world.blob(&PhotoHash::of(&bytes)).unwrap(), bytes);
        world.end(Ending::InOrder);
        assert_eq!(world.fsck(), None);
    }
}
