//! Receipts that are not kept: what is left does for syncing and pruning, and proves nothing.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::fs;

use hattama_client_core::{
    DiskPolicy, KeepReceipts, NotebookOptions, PhotoProgress, RecordProgress, steps,
};
use hattama_proto::{
    id::TreeRoot,
    statement::{Epoch, TreeHead},
    wire::FeedKind,
};
use hq::{Hq, World, noise};

const fn without(options: &mut NotebookOptions) {
    options.receipts = KeepReceipts::No;
}

/// How a receipt begins, and how the checkpoint in it does.
const NEEDLES: [&str; 2] = ["c2sp.org/tlog-proof", "hq.example.org/log\n"];

/// How often any of them is in a file of the notebook's folder.
fn found(world: &World, needle: &str) -> usize {
    let count = |bytes: &[u8]| {
        bytes.windows(needle.len()).filter(|window| *window == needle.as_bytes()).count()
    };
    let mut found = 0;
    let mut folders = vec![world.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found += count(&fs::read(path).unwrap()),
            }
        }
    }
    found
}

#[test]
fn a_receipt_is_checked_and_not_kept() {
    let world = World::enrolled_at(Hq::new(), without);
    let (record, photo) = world.capture_with_photo(&noise(50_000));
    let report = world.pump();
    assert_eq!((report.stored, report.photos_complete), (1, 1));
    assert_eq!(world.notebook.get(record).unwrap().progress, RecordProgress::Acked);
    assert_eq!(world.notebook.get(record).unwrap().photos[0].progress, PhotoProgress::Verified);
    assert_eq!(world.notebook.record_receipt(record).unwrap(), None);
    assert_eq!(world.notebook.photo_receipt(photo).unwrap(), None);
    assert!(world.notebook.what_would_be_lost().unwrap().is_empty());
    // Nor does a later sync ask for it anew.
    let asked = world.hq.requests("POST /v1/records");
    world.pump();
    assert_eq!(world.hq.requests("POST /v1/records"), asked);
    assert_eq!(found(&world, NEEDLES[0]), 0);
}

#[test]
fn receipts_that_are_there_are_destroyed_down_to_the_bytes_of_the_files() {
    let world = World::enrolled();
    let record = world.capture(1);
    world.capture_with_photo(&noise(50_000));
    world.pump();
    assert!(found(&world, NEEDLES[0]) >= 3, "the search finds what is there");
    let world = world.reopen_with(without);
    assert_eq!(world.notebook.record_receipt(record).unwrap(), None);
    assert_eq!(world.notebook.get(record).unwrap().progress, RecordProgress::Acked);
    assert_eq!(found(&world, NEEDLES[0]), 0);
    // The last head stays: without it a log that goes back would not be noticed.
    assert!(found(&world, NEEDLES[1]) > 0);
    // Kept again, those of new records are; what was destroyed does not come back.
    let world = world.reopen();
    let later = world.capture(2);
    world.pump();
    assert!(world.notebook.record_receipt(later).unwrap().is_some());
    assert_eq!(world.notebook.record_receipt(record).unwrap(), None);
}

#[test]
fn a_crash_while_they_are_destroyed_is_finished_by_the_next_opening() {
    for (step, left) in [("receipts-before-commit", true), ("receipts-destroyed", false)] {
        let world = World::enrolled();
        let record = world.capture(1);
        world.pump();
        let World { folder, clock, hq, notebook } = world;
        drop(notebook);
        steps::observe(move |at| assert_ne!(at, step, "a crash on purpose"));
        let mut options = hq::options(&clock);
        without(&mut options);
        let path = folder.path().to_owned();
        let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            hattama_client_core::Notebook::open(&path, options)
        }));
        steps::forget();
        assert!(died.is_err(), "{step} was not passed");
        let notebook = hattama_client_core::Notebook::open(&path, hq::options(&clock)).unwrap();
        assert_eq!(notebook.record_receipt(record).unwrap().is_some(), left, "{step}");
        let world = World { folder, clock, hq, notebook }.reopen_with(without);
        assert_eq!(found(&world, NEEDLES[0]), 0, "{step}");
        assert_eq!(world.notebook.get(record).unwrap().progress, RecordProgress::Acked);
    }
}

#[test]
fn originals_are_pruned_and_cosignatures_counted_without_them() {
    let world = World::enrolled_at(Hq::witnessed(), |options| {
        without(options);
        options.disk = DiskPolicy {
            budget_bytes: Some(0),
            keep: hattama_client_core::KeepOriginals::UntilSecondSite,
        };
    });
    let (_, photo) = world.capture_with_photo(&noise(50_000));
    assert_eq!(world.pump().pruned.files, 0);
    world.hq.state.lock().unwrap().cosigns = true;
    assert_eq!(world.pump().pruned.files, 1);
    assert!(!world.notebook.photo_path(photo).exists());
}

#[test]
fn what_headquarters_lost_is_sent_again_without_them_and_nothing_else_is() {
    let world = World::enrolled_at(Hq::new(), without);
    let kept = world.capture(1);
    world.pump();
    let lost = world.capture(2);
    world.pump();
    let size = {
        let mut state = world.hq.state.lock().unwrap();
        state.records.remove(&lost);
        state.sent.clear();
        state.tree.len()
    };
    let head = |size| TreeHead { size, root: TreeRoot::from_bytes([0; 32]) };
    let epoch = Epoch { lost: head(size), kept: head(1), reason: "the disk broke".into() };
    let statement = world.hq.state_by(&world.hq.hq, epoch);
    world.hq.state.lock().unwrap().feed.push(FeedKind::Epoch { statement });
    world.pump();
    let sent = world.hq.state.lock().unwrap().sent.clone();
    assert_eq!(sent, [world.notebook.signed_text(lost).unwrap()]);
    for record in [kept, lost] {
        assert_eq!(world.notebook.get(record).unwrap().progress, RecordProgress::Acked);
    }
    assert!(world.notebook.lost_receipts().unwrap().is_empty());
}
