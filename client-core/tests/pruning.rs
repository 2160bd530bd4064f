//! Keeping to the disk budget: originals leave with a receipt and by the rule, and nothing else does.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::{fs, path::PathBuf};

use hattama_client_core::{
    Alarm, DiskPolicy, KeepOriginals, KeptBecause, Notebook, NotebookError, NotebookOptions,
    PhotoItem, PhotoProgress, Pictures, PruneReport, PumpBudget, RecordProgress,
    capture::{CorrectedDraft, CorrectionDraft, KeptPhotos, ProtocolDraft},
    steps,
};
use hattama_proto::{
    id::{PhotoHash, RecordId, TreeRoot},
    record::PhotoRole,
    statement::{Epoch, TreeHead},
    wire::FeedKind,
};
use hq::{Fault, Hq, World, draft, noise, options};

/// Length of each photograph, in bytes.
const LEN: u64 = 100_000;

fn budget(bytes: u64, keep: KeepOriginals) -> impl Fn(&mut NotebookOptions) {
    move |options| options.disk = DiskPolicy { budget_bytes: Some(bytes), keep }
}

fn until_receipt(bytes: u64) -> impl Fn(&mut NotebookOptions) {
    budget(bytes, KeepOriginals::UntilReceipt)
}

fn photo(number: u8) -> Vec<u8> {
    let mut bytes = noise(usize::try_from(LEN).unwrap());
    bytes[0] = number;
    bytes
}

/// Captures so many protocols with a photograph each.
fn capture(world: &World, count: u8) -> Vec<(RecordId, PhotoHash)> {
    (0..count).map(|number| world.capture_with_photo(&photo(number))).collect()
}

fn is_here(world: &World, photo: PhotoHash) -> bool {
    world.notebook.photo_path(photo).exists()
}

fn item(notebook: &Notebook, record: RecordId) -> PhotoItem {
    notebook.get(record).unwrap().photos.remove(0)
}

#[test]
fn the_oldest_originals_leave_after_their_receipts_and_no_more_than_the_budget_asks_for() {
    let world = World::enrolled_at(Hq::new(), until_receipt(3 * LEN));
    let all = capture(&world, 5);
    assert_eq!(
        world.notebook.prune().unwrap(),
        PruneReport {
            over_budget_bytes: 2 * LEN,
            kept_because: Some(KeptBecause::NothingMayGo),
            ..PruneReport::default()
        }
    );
    let summary = world.notebook.outbox_summary().unwrap();
    assert_eq!((summary.held_bytes, summary.over_budget_bytes), (5 * LEN, 2 * LEN));
    let report = world.pump();
    assert_eq!(report.photos_complete, 5);
    assert_eq!(
        (report.pruned.files, report.pruned.bytes, report.pruned.kept_because),
        (2, 2 * LEN, None)
    );
    for (number, (record, photo)) in all.iter().enumerate() {
        let gone = number < 2;
        assert_eq!(is_here(&world, *photo), !gone, "{number}");
        let item = item(&world.notebook, *record);
        assert_eq!((item.pruned_at.is_some(), item.progress), (gone, PhotoProgress::Verified));
        // The row, the receipt and the record stay.
        assert!(world.notebook.photo_receipt(*photo).unwrap().is_some());
        assert_eq!(world.notebook.get(*record).unwrap().progress, RecordProgress::Acked);
    }
    let said = world.notebook.read_photo(all[0].1).unwrap_err();
    assert!(matches!(&said, NotebookError::InvalidInput { field: "photo", .. }), "{said:?}");
    let summary = world.notebook.outbox_summary().unwrap();
    assert_eq!((summary.photos_pruned, summary.photos_lost), (2, 0));
    assert_eq!((summary.held_bytes, summary.over_budget_bytes), (3 * LEN, 0));
    assert!(world.notebook.what_would_be_lost().unwrap().is_empty());
    assert_eq!(world.notebook.prune().unwrap(), PruneReport::default());
}

#[test]
fn without_a_budget_nothing_leaves() {
    let world = World::enrolled();
    let all = capture(&world, 3);
    assert_eq!(world.pump().pruned, PruneReport::default());
    assert_eq!(world.notebook.prune().unwrap(), PruneReport::default());
    assert!(all.iter().all(|(_, photo)| is_here(&world, *photo)));
}

#[test]
fn small_pictures_never_leave() {
    let picture = include_bytes!("fixtures/pictures/progressive-444.jpg");
    let world = World::enrolled_at(Hq::new(), |options| {
        until_receipt(0)(options);
        options.pictures = Pictures::Make;
    });
    let (record, original) = world.capture_with_photo(picture);
    let report = world.pump();
    assert_eq!((report.photos_complete, report.pruned.files), (3, 1));
    assert_eq!(report.pruned.kept_because, Some(KeptBecause::NothingMayGo));
    assert!(report.pruned.over_budget_bytes > 0);
    for photo in world.notebook.get(record).unwrap().photos {
        assert_eq!(is_here(&world, photo.hash), photo.hash != original, "{:?}", photo.role);
        assert_eq!(photo.pruned_at.is_some(), photo.role == PhotoRole::Original);
    }
}

#[test]
fn an_original_stays_where_the_rule_says_so() {
    let keep = |keep| {
        let world = World::enrolled_at(Hq::witnessed(), budget(0, keep));
        let (_, photo) = world.capture_with_photo(&photo(0));
        world.pump();
        (world, photo)
    };
    let (always, photo) = keep(KeepOriginals::Always);
    always.hq.state.lock().unwrap().cosigns = true;
    always.pump();
    assert!(is_here(&always, photo));

    let (world, photo) = keep(KeepOriginals::UntilSecondSite);
    assert!(is_here(&world, photo), "headquarters alone does not suffice");
    assert_eq!(world.notebook.prune().unwrap().files, 0);
    world.hq.state.lock().unwrap().cosigns = true;
    assert_eq!(world.pump().pruned.files, 1);
    assert!(!is_here(&world, photo));

    let none = World::enrolled_at(Hq::new(), budget(0, KeepOriginals::UntilSecondSite));
    let (_, photo) = none.capture_with_photo(&self::photo(0));
    none.pump();
    assert!(is_here(&none, photo), "there are no witnesses");
}

#[test]
fn a_receipt_that_does_not_hold_any_more_lets_nothing_go() {
    let world = World::enrolled();
    let (_, photo) = world.capture_with_photo(&photo(0));
    let (_, other) = world.capture_with_photo(&self::photo(1));
    world.pump();
    let World { folder, clock, hq, notebook } = world;
    let receipt = notebook.photo_receipt(other).unwrap().unwrap();
    drop(notebook);
    // Of another photograph.
    let db = rusqlite::Connection::open(folder.path().join("outbox.db")).unwrap();
    db.execute("update receipt set text = ?1 where subject = ?2", (&receipt, photo.to_hex()))
        .unwrap();
    drop(db);
    let mut options = options(&clock);
    until_receipt(0)(&mut options);
    let notebook = Notebook::open(folder.path(), options).unwrap();
    let world = World { folder, clock, hq, notebook };
    let report = world.notebook.prune().unwrap();
    assert_eq!((report.files, report.kept_because), (1, Some(KeptBecause::NothingMayGo)));
    assert!(is_here(&world, photo) && !is_here(&world, other));
}

#[test]
fn what_a_record_that_waits_names_stays() {
    let world = World::enrolled_at(Hq::new(), until_receipt(0));
    let (record, photo) = world.capture_with_photo(&photo(0));
    world.hq.fail("PUT", Fault::DropRequest);
    world.pump();
    assert!(is_here(&world, photo));
    let becomes = CorrectedDraft::Protocol(draft(8));
    let correction =
        CorrectionDraft { becomes, reason: "misread".into(), earlier_photos: KeptPhotos::Keep };
    let correction = world.notebook.correct(record, correction).unwrap().record;
    // The photograph is sent, and the correction is not.
    world.clock.pass(3_600_000);
    for _ in 0..3 {
        world.hq.fail("/v1/records", Fault::DropRequest);
    }
    world.pump_with(&PumpBudget::default());
    assert_eq!(world.notebook.get(correction).unwrap().progress, RecordProgress::Queued);
    assert!(is_here(&world, photo));
    world.hq.state.lock().unwrap().faults.clear();
    world.settle(3);
    world.notebook.prune().unwrap();
    assert!(!is_here(&world, photo));
    // Both still name it, and nothing is called damaged.
    for record in [record, correction] {
        assert_eq!(item(&world.notebook, record).progress, PhotoProgress::Verified);
    }
}

#[test]
fn a_crash_at_any_step_ends_in_a_consistent_notebook() {
    for step in ["prune-before-commit", "prune-marked", "pruned-file-removed", "prune-noted"] {
        let world = World::enrolled();
        let all = capture(&world, 4);
        world.pump();
        let world = world.reopen_with(until_receipt(2 * LEN));
        steps::observe(move |at| assert_ne!(at, step, "a crash on purpose"));
        let died =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.notebook.prune()));
        steps::forget();
        assert!(died.is_err(), "{step} was not passed");
        let world = world.reopen();
        let gone = match step {
            "prune-before-commit" => 0,
            _ => 2,
        };
        for (number, (record, photo)) in all.iter().enumerate() {
            let item = item(&world.notebook, *record);
            assert_eq!(item.pruned_at.is_some(), number < gone, "{step} {number}");
            assert_eq!(is_here(&world, *photo), item.pruned_at.is_none(), "{step} {number}");
        }
        let summary = world.notebook.outbox_summary().unwrap();
        assert_eq!(summary.held_bytes, (4 - gone as u64) * LEN, "{step}");
    }
}

#[test]
fn a_pruned_photograph_that_is_captured_again_is_here_again() {
    let world = World::enrolled_at(Hq::new(), until_receipt(0));
    let (record, photo) = world.capture_with_photo(&photo(0));
    world.pump();
    assert!(!is_here(&world, photo));
    let (again, same) = world.capture_with_photo(&self::photo(0));
    assert_eq!(same, photo);
    assert!(is_here(&world, photo));
    for record in [record, again] {
        assert_eq!(item(&world.notebook, record).pruned_at, None);
    }
    assert_eq!(PhotoHash::of(&world.notebook.read_photo(photo).unwrap()), photo);
    // And goes again, once the record that names it has arrived.
    assert_eq!(world.pump().pruned.files, 1);
    assert!(!is_here(&world, photo));
}

/// Headquarters goes on from a backup that had nothing.
fn restore(world: &World) {
    let mut state = world.hq.state.lock().unwrap();
    let lost = TreeHead { size: state.tree.len(), root: TreeRoot::from_bytes([7; 32]) };
    let kept = TreeHead { size: 0, root: TreeRoot::from_bytes([0; 32]) };
    state.records.clear();
    state.photos.clear();
    state.named.clear();
    drop(state);
    let epoch = Epoch { lost, kept, reason: "the disk broke".into() };
    let statement = world.hq.state_by(&world.hq.hq, epoch);
    world.hq.state.lock().unwrap().feed.push(FeedKind::Epoch { statement });
}

#[test]
fn what_headquarters_loses_after_it_was_pruned_is_told_and_not_called_damaged() {
    let world = World::enrolled();
    let all = capture(&world, 3);
    world.pump();
    let world = world.reopen_with(until_receipt(2 * LEN));
    assert_eq!(world.notebook.prune().unwrap().files, 1);
    restore(&world);
    let report = world.pump();
    assert!(report.alarms.contains(&Alarm::GoneForResend(1)), "{:?}", report.alarms);
    assert!(!report.alarms.iter().any(|alarm| matches!(alarm, Alarm::PhotoLost(_))));
    let summary = world.notebook.outbox_summary().unwrap();
    assert_eq!((summary.gone_for_resend, summary.photos_lost), (1, 0));
    world.settle(5);
    // The rest was sent again, and nothing leaves any more.
    let state = world.hq.state.lock().unwrap();
    assert_eq!(state.photos.len(), 2);
    drop(state);
    let world = world.reopen_with(until_receipt(0));
    let report = world.notebook.prune().unwrap();
    assert_eq!((report.files, report.kept_because), (0, Some(KeptBecause::LogContradicted)));
    assert_eq!(item(&world.notebook, all[0].0).progress, PhotoProgress::Lost);
    // Captured again, it is sent.
    world.capture_with_photo(&photo(0));
    world.settle(5);
    assert_eq!(world.hq.state.lock().unwrap().photos.len(), 3);
    assert_eq!(world.notebook.outbox_summary().unwrap().gone_for_resend, 0);
}

#[test]
fn a_log_that_contradicts_itself_ends_pruning() {
    let world = World::enrolled_at(Hq::new(), until_receipt(0));
    world.capture(1);
    world.pump();
    let (_, photo) = world.capture_with_photo(&photo(0));
    world.hq.fail("/v1/records", Fault::Fork);
    let report = world.pump();
    assert!(report.alarms.contains(&Alarm::LogForked));
    world.settle(5);
    assert_eq!(world.notebook.prune().unwrap().kept_because, Some(KeptBecause::LogContradicted));
    assert!(is_here(&world, photo));
}

#[test]
fn a_damaged_database_still_knows_what_was_pruned() {
    let world = World::enrolled_at(Hq::new(), until_receipt(LEN));
    let all = capture(&world, 2);
    world.pump();
    assert!(!is_here(&world, all[0].1));
    let World { folder, clock, hq, notebook } = world;
    drop(notebook);
    let path = folder.path().join("outbox.db");
    let mut bytes = fs::read(&path).unwrap();
    // The root page of an index: found damaged, and every table can still be read.
    let db = rusqlite::Connection::open(&path).unwrap();
    let page: i64 = db
        .query_row("select rootpage from sqlite_master where name = 'outbox_pending'", [], |row| {
            row.get(0)
        })
        .unwrap();
    drop(db);
    let page = usize::try_from(page).unwrap();
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes[(page - 1) * size..page * size].fill(0xaa);
    fs::write(&path, bytes).unwrap();
    let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
    let world = World { folder, clock, hq, notebook };
    assert!(world.notebook.opened().salvage.is_some());
    let items = all.map_items(&world);
    assert_eq!(items[0].progress, PhotoProgress::Verified);
    assert!(items[0].pruned_at.is_some() && items[1].pruned_at.is_none());
    world.settle(5);
    assert_eq!(world.notebook.outbox_summary().unwrap().photos_lost, 0);
}

trait Items {
    fn map_items(&self, world: &World) -> Vec<PhotoItem>;
}

impl Items for Vec<(RecordId, PhotoHash)> {
    fn map_items(&self, world: &World) -> Vec<PhotoItem> {
        self.iter().map(|(record, _)| item(&world.notebook, *record)).collect()
    }
}

#[test]
fn captures_and_removals_at_once_leave_no_record_without_its_photograph() {
    let world = World::enrolled_at(Hq::new(), until_receipt(0));
    let (_, photo) = world.capture_with_photo(&photo(0));
    world.pump();
    let input = world.file("again", &self::photo(0));
    let (notebook, over) = (&world.notebook, std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::SeqCst) {
                notebook.prune().unwrap();
            }
        });
        for _ in 0..50 {
            let photos = vec![input.clone()];
            let record =
                notebook.capture_protocol(ProtocolDraft { photos, ..draft(7) }).unwrap().record;
            // Nothing may go while this record waits.
            assert_eq!(item(notebook, record).pruned_at, None);
            assert!(notebook.photo_path(photo).exists());
            notebook.pump_through(&PumpBudget::default(), world.hq.as_ref()).unwrap();
        }
        over.store(true, std::sync::atomic::Ordering::SeqCst);
    });
}

#[test]
fn a_closed_notebook_of_which_originals_were_pruned_exports_the_rest() {
    let world = World::enrolled_at(Hq::new(), until_receipt(LEN));
    capture(&world, 3);
    world.pump();
    let World { folder, notebook, .. } = world;
    drop(notebook);
    let to: PathBuf = folder.path().join("out");
    let exported = Notebook::export_closed(folder.path(), None, &to).unwrap();
    assert_eq!((exported.records, exported.receipts, exported.photos), (3, 6, 1));
}
