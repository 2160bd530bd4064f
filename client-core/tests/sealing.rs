//! Photographs sealed to headquarters: the phone keeps them, sends them, and cannot read them back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod hq;

use std::{
    cell::RefCell,
    collections::BTreeSet,
    io::Read as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    rc::Rc,
};

use hattama_client_core::{
    Alarm, DiskPolicy, KeepOriginals, Notebook, NotebookError, NotebookOptions, PhotoProgress,
    PhotoSealing, Pictures, PumpEnd,
    capture::{PhotoInput, ProtocolDraft, Warning},
    steps,
};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    pack::Sealing,
    problem::ProblemCode,
    record::PhotoRole,
    sealing::{Identity, Opener},
    tlog::{LogEntry, Receipt},
};
use hq::{Fault, Hq, World, draft, line_faults, noise, options};

fn identity(n: u8) -> Identity {
    Identity::from_secret([n; 32])
}

/// A notebook enrolled where photographs are sealed to headquarters and to one key kept elsewhere.
fn sealing_world(previews: bool) -> World {
    let world = World::new();
    world.hq.seal_photographs(&[identity(1)], &[identity(2)], previews);
    world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
    world
}

fn with_pictures(world: World) -> World {
    let World { folder, clock, hq, notebook } = world;
    drop(notebook);
    let options = NotebookOptions { pictures: Pictures::Make, ..options(&clock) };
    let notebook = Notebook::open(folder.path(), options).unwrap();
    World { folder, clock, hq, notebook }
}

fn progress(world: &World, record: RecordId) -> PhotoProgress {
    world.notebook.get(record).unwrap().photos[0].progress
}

fn opened(file: &Path, identity: &Identity) -> Vec<u8> {
    let file = std::fs::File::open(file).unwrap();
    let mut original = vec![];
    let mut opener = Opener::new(file, std::slice::from_ref(identity)).unwrap();
    opener.read_to_end(&mut original).unwrap();
    original
}

/// Every file of the notebook.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let (mut folders, mut all) = (vec![folder.to_owned()], vec![]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { all.push(std::fs::read(path).unwrap()) }
        }
    }
    all
}

/// Whether any piece of `original` lies in any file of the notebook.
fn lies_in(folder: &Path, original: &[u8]) -> bool {
    let pieces: BTreeSet<&[u8]> = original.chunks_exact(24).step_by(37).collect();
    files(folder).iter().any(|file| file.windows(24).any(|window| pieces.contains(window)))
}

fn without_inbox(world: &World) {
    // What an app does with what it handed over.
    std::fs::remove_dir_all(world.path().join("inbox")).unwrap();
}

#[test]
fn a_sealed_photograph_arrives_byte_for_byte_and_this_phone_cannot_read_it_back() {
    let world = sealing_world(false);
    assert_eq!(world.notebook.photo_sealing(), PhotoSealing::Originals);
    let bytes = noise(1_000_000);
    let (record, photo) = world.capture_with_photo(&bytes);
    without_inbox(&world);
    assert!(world.notebook.get(record).unwrap().photos[0].sealed);
    let refused = world.notebook.read_photo(photo);
    assert!(matches!(refused, Err(NotebookError::InvalidInput { .. })), "{refused:?}");
    assert!(!lies_in(world.path(), &bytes));
    let file = world.notebook.photo_path(photo);
    for key in [identity(1), identity(2)] {
        assert_eq!(opened(&file, &key), bytes);
    }
    assert_eq!(photo, PhotoHash::of(&bytes), "the record names the original");
    let world = world.reopen();
    let report = world.pump();
    assert_eq!((report.stored, report.photos_complete, report.end), (1, 1, PumpEnd::Done));
    assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
    assert_eq!(progress(&world, record), PhotoProgress::Verified);
    let receipt = Receipt::parse(&world.notebook.photo_receipt(photo).unwrap().unwrap()).unwrap();
    let key = world.hq.log.verifier_key();
    receipt.verify(&LogEntry::Photo(*photo.as_bytes()), key.name(), key).unwrap();
}

#[test]
fn a_sealed_original_leaves_by_the_rule_and_captured_again_it_is_here_again() {
    let hq = Hq::new();
    hq.seal_photographs(&[identity(1)], &[identity(2)], false);
    let world = World::enrolled_at(hq, |options| {
        options.disk = DiskPolicy { budget_bytes: Some(0), keep: KeepOriginals::UntilReceipt };
    });
    let bytes = noise(200_000);
    let (record, photo) = world.capture_with_photo(&bytes);
    let place = world.notebook.photo_path(photo);
    assert!(place.exists());
    assert_eq!(world.pump().pruned.files, 1);
    assert!(!place.exists());
    let item = world.notebook.get(record).unwrap().photos.remove(0);
    assert!(item.sealed && item.pruned_at.is_some());
    assert!(matches!(world.notebook.read_photo(photo), Err(NotebookError::InvalidInput { .. })));

    let (again, same) = world.capture_with_photo(&bytes);
    assert_eq!(same, photo);
    for record in [record, again] {
        let item = world.notebook.get(record).unwrap().photos.remove(0);
        assert!(item.sealed && item.pruned_at.is_none());
    }
    assert_eq!(opened(&world.notebook.photo_path(photo), &identity(2)), bytes);
    // And goes again, once the record that names it has arrived.
    assert_eq!(world.pump().pruned.files, 1);
    assert!(!world.notebook.photo_path(photo).exists());
    assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
}

#[test]
fn the_same_search_finds_a_photograph_that_is_not_sealed() {
    let world = World::enrolled();
    let bytes = noise(300_000);
    let (_, photo) = world.capture_with_photo(&bytes);
    without_inbox(&world);
    assert!(lies_in(world.path(), &bytes));
    assert_eq!(world.notebook.read_photo(photo).unwrap().as_slice(), bytes);
    assert_eq!(world.notebook.photo_sealing(), PhotoSealing::Off);
}

#[test]
fn any_single_fault_of_the_line_is_survived() {
    let own = [Fault::Refuse(ProblemCode::SealingWrong, None)];
    for fault in line_faults().into_iter().chain(own) {
        for lost_too in ["nothing", "HEAD"] {
            let world = sealing_world(false);
            let bytes = noise(700_001);
            let (record, photo) = world.capture_with_photo(&bytes);
            world.hq.fail("PUT", fault.clone());
            world.hq.fail(lost_too, Fault::DropAnswer);
            world.pump();
            world.settle(5);
            assert_eq!(progress(&world, record), PhotoProgress::Verified, "{fault:?}");
            assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
        }
    }
}

#[test]
fn small_pictures_stay_readable_or_are_sealed_as_the_set_up_says() {
    let jpeg = {
        let mut jpeg = std::io::Cursor::new(vec![]);
        image::RgbImage::from_fn(1600, 1200, |x, y| {
            image::Rgb([x, y, x * y].map(|value| value.to_le_bytes()[0]))
        })
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
        jpeg.into_inner()
    };
    for previews in [false, true] {
        let world = with_pictures(sealing_world(previews));
        let input = world.file("page.jpg", &jpeg);
        let photos = vec![input];
        let record =
            world.notebook.capture_protocol(ProtocolDraft { photos, ..draft(1) }).unwrap().record;
        let photos = world.notebook.get(record).unwrap().photos;
        let roles: Vec<_> = photos.iter().map(|photo| photo.role).collect();
        assert_eq!(roles, [PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail]);
        for photo in &photos {
            let readable = photo.role != PhotoRole::Original && !previews;
            assert_eq!(photo.sealed, !readable);
            assert_eq!(world.notebook.read_photo(photo.hash).is_ok(), readable, "{photo:?}");
        }
        world.settle(3);
        let state = world.hq.state.lock().unwrap();
        for photo in &photos {
            assert_eq!(PhotoHash::of(&state.photos[&photo.hash]), photo.hash);
            assert_eq!(state.photos[&photo.hash].len() as u64, photo.bytes);
        }
    }
}

#[test]
fn what_headquarters_cannot_open_yet_is_held_and_not_sent_again() {
    let world = sealing_world(false);
    world.hq.state.lock().unwrap().identities.clear();
    let bytes = noise(400_000);
    let (record, photo) = world.capture_with_photo(&bytes);
    let report = world.pump();
    assert_eq!((report.photos_complete, report.end), (0, PumpEnd::Waiting));
    let summary = world.notebook.outbox_summary().unwrap();
    assert_eq!((summary.photos_held_sealed, summary.originals.count), (1, 1));
    assert_eq!(summary.sealing, PhotoSealing::Originals);
    assert_eq!(progress(&world, record), PhotoProgress::Queued, "no receipt, so it is not done");
    let sent = world.hq.requests("PUT");
    for _ in 0..5 {
        world.clock.pass(2 * 3_600_000);
        world.pump();
    }
    assert_eq!(world.hq.requests("PUT"), sent);
    assert!(world.hq.requests("HEAD") >= 5);
    assert!(world.notebook.what_would_be_lost().unwrap().photos.len() == 1);
    // Somebody brings the key.
    let file = world.hq.state.lock().unwrap().held_sealed.remove(&photo).unwrap();
    let mut original = vec![];
    let mut opener = Opener::new(std::io::Cursor::new(file), &[identity(2)]).unwrap();
    opener.read_to_end(&mut original).unwrap();
    world.hq.state.lock().unwrap().photos.insert(photo, original);
    world.settle(3);
    assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
    assert!(world.hq.requests("PUT") <= sent + 1, "one cell for the receipt");
    assert_eq!(world.notebook.outbox_summary().unwrap().photos_held_sealed, 0);
}

#[test]
fn a_sealed_file_that_was_damaged_or_cut_is_said_and_stops_nothing() {
    for damage in [|file: &mut Vec<u8>| file[50_000] ^= 1, |file: &mut Vec<u8>| file.truncate(999)]
    {
        let world = sealing_world(false);
        let (record, photo) = world.capture_with_photo(&noise(100_000));
        let path = world.notebook.photo_path(photo);
        let mut file = std::fs::read(&path).unwrap();
        damage(&mut file);
        std::fs::write(&path, file).unwrap();
        let report = world.pump();
        assert_eq!(report.alarms, [Alarm::PhotoLost(photo)]);
        assert_eq!(progress(&world, record), PhotoProgress::Lost);
        assert_eq!(report.end, PumpEnd::Done);
    }
}

#[test]
fn a_sealing_that_headquarters_refuses_is_said_and_the_file_stays() {
    let world = sealing_world(false);
    let (record, photo) = world.capture_with_photo(&noise(10));
    world.hq.fail("PUT", Fault::Refuse(ProblemCode::SealingWrong, None));
    let report = world.pump();
    assert_eq!(report.alarms, [Alarm::PhotoDisputed(photo)]);
    assert_eq!(report.end, PumpEnd::Waiting);
    assert!(world.notebook.photo_path(photo).exists());
    world.settle(2);
    assert_eq!(progress(&world, record), PhotoProgress::Verified);
}

#[test]
fn one_photograph_of_two_records_is_sealed_once_and_one_from_before_stays_as_it_was() {
    let world = sealing_world(false);
    let bytes = noise(40_000);
    let (_, first) = world.capture_with_photo(&bytes);
    let file = std::fs::read(world.notebook.photo_path(first)).unwrap();
    let (_, second) = world.capture_with_photo(&bytes);
    assert_eq!(first, second);
    assert_eq!(std::fs::read(world.notebook.photo_path(first)).unwrap(), file);
    // The same page twice in one record.
    let twice = vec![world.file("a", &noise(9_000)), world.file("b", &noise(9_000))];
    world.notebook.capture_protocol(ProtocolDraft { photos: twice, ..draft(1) }).unwrap();
    assert_eq!(world.pump().photos_complete, 2);

    let world = World::enrolled();
    let (_, photo) = world.capture_with_photo(&bytes);
    world.hq.seal_photographs(&[identity(1)], &[], false);
    world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
    assert_eq!(world.notebook.photo_sealing(), PhotoSealing::Originals);
    world.capture_with_photo(&bytes);
    assert_eq!(world.notebook.read_photo(photo).unwrap().as_slice(), bytes);
    world.settle(2);
}

#[test]
fn a_set_up_that_names_nobody_stops_no_capture_and_is_told() {
    for recipients in [vec![], vec!["age1nobody".to_owned()]] {
        let world = World::new();
        world.hq.state.lock().unwrap().sealing = Some(Sealing { recipients, previews: true });
        let manifest = world.hq.sign_pack(2, &world.hq.root);
        world.hq.state.lock().unwrap().manifest = manifest;
        let enrolled =
            world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        assert_eq!(enrolled.sealing, PhotoSealing::Unusable);
        let photos = vec![world.file("page", &noise(5_000))];
        let made = world.notebook.capture_protocol(ProtocolDraft { photos, ..draft(1) }).unwrap();
        assert!(made.warnings.contains(&Warning::NotSealed), "{:?}", made.warnings);
        assert!(world.notebook.read_photo(made.photos[0]).is_ok());
        let journal = world.notebook.journal(10).unwrap();
        assert!(journal.iter().any(|line| line.code == "sealing-recipients-unreadable"));
        assert!(
            !world
                .notebook
                .capture_protocol(draft(2))
                .unwrap()
                .warnings
                .contains(&Warning::NotSealed)
        );
        world.settle(2);
    }
}

#[test]
fn a_set_up_that_is_damaged_on_the_phone_does_not_end_the_sealing() {
    let world = sealing_world(false);
    let World { folder, clock, hq, notebook } = world;
    drop(notebook);
    for part in std::fs::read_dir(folder.path().join("packs")).unwrap() {
        std::fs::write(part.unwrap().path(), b"{}").unwrap();
    }
    let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
    let world = World { folder, clock, hq, notebook };
    assert!(world.notebook.pack().is_err());
    let (record, photo) = world.capture_with_photo(&noise(70_000));
    assert!(world.notebook.get(record).unwrap().photos[0].sealed);
    assert!(world.notebook.read_photo(photo).is_err());
    world.settle(3);
}

#[test]
fn whatever_is_left_of_the_database_sealed_photographs_are_known_and_sent() {
    for whole in [false, true] {
        let world = sealing_world(false);
        let bytes = noise(90_000);
        let (_, photo) = world.capture_with_photo(&bytes);
        for n in 0..30 {
            world.capture(n);
        }
        let World { folder, clock, hq, notebook } = world;
        drop(notebook);
        let database = folder.path().join("outbox.db");
        let mut damaged = std::fs::read(&database).unwrap();
        if whole {
            damaged.clear()
        } else {
            damaged[20_000..60_000].fill(0xaa)
        }
        std::fs::write(&database, damaged).unwrap();
        let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
        let world = World { folder, clock, hq, notebook };
        assert_eq!(world.notebook.list(0, 100).unwrap().len(), 31);
        assert!(world.notebook.read_photo(photo).is_err());
        world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        world.settle(3);
        assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
    }
}

#[test]
fn a_crash_while_records_are_taken_up_from_their_copies_forgets_no_sealing() {
    for last in [1, 2] {
        let world = sealing_world(false);
        let bytes = noise(90_000);
        world.capture(1);
        let (_, photo) = world.capture_with_photo(&bytes);
        let World { folder, clock, hq, notebook } = world;
        drop(notebook);
        std::fs::write(folder.path().join("outbox.db"), b"").unwrap();
        let mut restored = 0;
        steps::observe(move |label| {
            restored += u32::from(label == "record-restored");
            assert!(restored < last, "the phone died");
        });
        let died = catch_unwind(AssertUnwindSafe(|| {
            Notebook::open(folder.path(), options(&clock)).map(drop)
        }));
        steps::forget();
        assert!(died.is_err(), "it lived beyond record {last}");
        let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
        let world = World { folder, clock, hq, notebook };
        assert!(world.notebook.read_photo(photo).is_err());
        world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        world.settle(3);
        assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
    }
}

#[test]
fn a_crash_at_any_step_of_a_capture_leaves_nothing_readable_and_loses_nothing_that_was_told() {
    let passed = Rc::new(RefCell::new(BTreeSet::new()));
    let bytes = noise(200_000);
    for step in 0.. {
        let world = sealing_world(false);
        let input = world.file("page", &bytes);
        let outside = tempfile::tempdir().unwrap();
        let page = outside.path().join("page");
        std::fs::rename(&input.path, &page).unwrap();
        let photos = vec![PhotoInput { path: page, page: 1 }];
        let (seen, mut left) = (Rc::clone(&passed), step);
        steps::observe(move |label| {
            if left == 0 {
                seen.borrow_mut().insert(label);
                panic!("the phone died at {label}");
            }
            left -= 1;
        });
        let draft = ProtocolDraft { photos, ..draft(1) };
        let died =
            catch_unwind(AssertUnwindSafe(|| world.notebook.capture_protocol(draft.clone())));
        steps::forget();
        let World { folder, clock, hq, notebook } = world;
        drop(notebook);
        assert!(!lies_in(folder.path(), &bytes), "before it is opened again, step {step}");
        let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
        let world = World { folder, clock, hq, notebook };
        assert!(!lies_in(world.path(), &bytes), "afterwards, step {step}");
        // The observer does it again, whatever came of it.
        let again = world.notebook.capture_protocol(draft).unwrap();
        world.settle(3);
        assert_eq!(world.hq.state.lock().unwrap().photos[&again.photos[0]], bytes);
        for item in world.notebook.list(0, 10).unwrap() {
            assert_eq!(item.photos[0].progress, PhotoProgress::Verified, "step {step}");
        }
        if died.is_ok() {
            break;
        }
    }
    for label in ["photo-copied", "photo-in-place", "record-signed", "record-committed"] {
        assert!(passed.borrow().contains(label), "{label} was not among {passed:?}");
    }
}

#[test]
fn evidence_comes_out_of_a_closed_notebook_as_it_was_sealed() {
    let world = sealing_world(false);
    let bytes = noise(50_000);
    let (_, photo) = world.capture_with_photo(&bytes);
    let World { folder, notebook, .. } = world;
    drop(notebook);
    let to = tempfile::tempdir().unwrap();
    let exported = Notebook::export_closed(folder.path(), None, to.path()).unwrap();
    assert_eq!((exported.records, exported.photos), (1, 1));
    assert_eq!(opened(&to.path().join(format!("photos/{photo}.age")), &identity(1)), bytes);
}
