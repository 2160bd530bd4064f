//! A wiped phone gives nothing back, not even to those who had read its keys before.
//!
//! Hard links stand for what a laboratory digs up: the bytes of every file as they were when it lost
//! its name.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_client_core::{
    Conditions, Notebook, NotebookError, PumpBudget, steps, vault::KeyVault as _,
};
use hattama_proto::{id::to_hex, kind::Role};
use ring::hkdf;

use crate::{
    hq::{Hq, TestClock, World, draft, noise},
    needles::files_below,
    phone::{Hardware, open},
};

fn world() -> World {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let notebook = open(folder.path(), &clock, &Hardware::new(1)).unwrap();
    let hq = Hq::new();
    notebook.enrol_through(&hq.invitation(), hq.as_ref()).unwrap();
    World { folder, clock, hq, notebook }
}

/// The notebook's files, without its lock and what the app had handed over.
fn left(folder: &Path) -> Vec<PathBuf> {
    let ours = |path: &PathBuf| !path.ends_with("lock") && !path.starts_with(folder.join("inbox"));
    files_below(folder).into_iter().filter(ours).collect()
}

/// What somebody has who read the keys out of the memory of the open notebook.
struct Known {
    database: String,
    identity: PathBuf,
}

fn known(world: &World, outside: &Path) -> Known {
    let stored: serde_json::Value =
        serde_json::from_slice(&fs::read(world.path().join("keys.json")).unwrap()).unwrap();
    let wrapped = URL_SAFE_NO_PAD.decode(stored["wrapped"].as_str().unwrap()).unwrap();
    let secrets = Hardware::new(1).unwrap(&wrapped).unwrap();
    let mut key = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"hattama notebook at rest v1")
        .extract(&secrets[64..])
        .expand(&[b"database"], hkdf::HKDF_SHA256)
        .unwrap()
        .fill(&mut key)
        .unwrap();
    let identity = outside.join("identity");
    fs::write(&identity, world.notebook.age_identity().unwrap().unwrap().as_bytes()).unwrap();
    Known { database: to_hex(&key), identity }
}

/// What these keys still open of the dug-up files.
fn opened(known: &Known, dug_up: &Path) -> Vec<PathBuf> {
    let mut opened = Vec::new();
    for path in files_below(dug_up) {
        let copy = dug_up.parent().unwrap().join("copy");
        fs::copy(&path, &copy).unwrap();
        let db = rusqlite::Connection::open(&copy).unwrap();
        db.execute_batch("pragma cipher_log_level = none").unwrap();
        db.execute_batch(&format!("pragma key = \"x'{}'\"", known.database)).unwrap();
        let rows = db.query_row("select count(*) from record", [], |row| row.get::<_, i64>(0));
        let run = Command::new("age").arg("-d").arg("-i").arg(&known.identity).arg(&path).output();
        if rows.is_ok() || run.expect("tests/setup.sh installs age").status.success() {
            opened.push(path);
        }
        fs::remove_file(copy).unwrap();
    }
    opened
}

fn dig_up(folder: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (number, path) in left(folder).into_iter().enumerate() {
        fs::hard_link(path, to.join(number.to_string())).unwrap();
    }
}

#[test]
fn what_is_not_safe_at_headquarters_is_said_before_a_wipe() {
    let world = world();
    let safe = world.capture(1);
    world.pump();
    assert!(world.notebook.what_would_be_lost().unwrap().is_empty());
    let (with_photo, photo) = world.capture_with_photo(&noise(200_000));
    let lost = world.notebook.what_would_be_lost().unwrap();
    assert_eq!(lost.records.iter().map(|item| item.id).collect::<Vec<_>>(), [with_photo]);
    assert_eq!(lost.photos.len(), 1);
    assert_eq!((lost.photos[0].record, lost.photos[0].photo.hash), (with_photo, photo));
    // The record is sent and receipted, its photograph not yet.
    world.pump_with(&PumpBudget {
        conditions: Conditions { metered: true, ..Conditions::default() },
        ..PumpBudget::default()
    });
    let lost = world.notebook.what_would_be_lost().unwrap();
    assert!(lost.records.is_empty());
    assert_eq!(lost.photos.len(), 1);
    world.settle(3);
    assert!(world.notebook.what_would_be_lost().unwrap().is_empty());
    assert_eq!(world.notebook.list(0, 10).unwrap().last().unwrap().id, safe);
}

#[test]
fn a_wiped_notebook_cannot_be_recovered_by_who_knows_its_keys() {
    let outside = tempfile::tempdir().unwrap();
    let world = world();
    world.capture_with_photo(&noise(300_000));
    world.pump();
    let known = known(&world, outside.path());
    world.notebook.pause().unwrap();

    // A folder that was only deleted gives everything.
    let deleted = tempfile::tempdir().unwrap();
    for path in left(world.path()) {
        let to = deleted.path().join(path.strip_prefix(world.path()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
    dig_up(deleted.path(), &outside.path().join("deleted"));
    fs::remove_dir_all(deleted.path()).unwrap();
    let found = opened(&known, &outside.path().join("deleted"));
    // The database, the photograph, the copy of the record, four parts of the set-up.
    assert_eq!(found.len(), 7, "{found:?}");

    dig_up(world.path(), &outside.path().join("wiped"));
    world.notebook.resume().unwrap();
    world.notebook.wipe().unwrap();
    assert_eq!(left(world.path()), Vec::<PathBuf>::new());
    assert_eq!(opened(&known, &outside.path().join("wiped")), Vec::<PathBuf>::new());
    for result in [world.notebook.list(0, 1).map(drop), world.notebook.resume()] {
        assert!(matches!(result, Err(NotebookError::Locked)), "{result:?}");
    }
    assert!(world.notebook.unlock(Hardware::new(1).as_ref()).is_err());
}

#[test]
fn the_keys_go_first_and_a_crash_at_any_step_is_finished_by_the_next_opening() {
    let passed = Rc::new(RefCell::new(Vec::new()));
    let mut step = 0;
    loop {
        let world = world();
        world.capture_with_photo(&noise(40_000));
        let kid = world.notebook.kid(Role::Results);
        let (seen, mut left_over) = (Rc::clone(&passed), step);
        steps::observe(move |label| {
            if left_over == 0 {
                seen.borrow_mut().push(label);
                panic!("the phone died at {label}");
            }
            left_over -= 1;
        });
        let died = catch_unwind(AssertUnwindSafe(|| world.notebook.wipe())).is_err();
        steps::forget();
        let World { folder, clock, notebook, .. } = world;
        drop(notebook);
        if died && *passed.borrow().last().unwrap() != "wipe-marked" {
            assert!(!folder.path().join("keys.json").exists(), "the keys are gone already");
        }
        // The next opening makes a new notebook of it, with keys of its own.
        let fresh = open(folder.path(), &clock, &Hardware::new(1)).unwrap();
        assert!(fresh.list(0, 10).unwrap().is_empty());
        assert_ne!(fresh.kid(Role::Results), kid);
        assert_eq!(files_below(&folder.path().join("blobs")), Vec::<PathBuf>::new());
        assert!(fresh.opened().salvage.is_none(), "nothing is taken for damaged");
        assert_eq!(fresh.capture_protocol(draft(1)).unwrap().seq, 0);
        if !died {
            break;
        }
        step += 1;
    }
    let passed: BTreeSet<_> = passed.borrow().iter().copied().collect();
    assert_eq!(
        passed,
        BTreeSet::from([
            "about-to-rest",
            "all-destroyed",
            "file-destroyed",
            "keys-destroyed",
            "wipe-marked"
        ])
    );
}

#[test]
fn a_locked_notebook_is_wiped_without_its_vault() {
    let world = world();
    world.capture(1);
    let World { folder, clock, notebook, .. } = world;
    assert!(matches!(Notebook::wipe_closed(folder.path()), Err(NotebookError::InUse)));
    notebook.lock().unwrap();
    Notebook::wipe_closed(folder.path()).unwrap();
    assert_eq!(left(folder.path()), Vec::<PathBuf>::new());
    assert!(notebook.unlock(Hardware::new(1).as_ref()).is_err());
    drop(notebook);
    assert!(open(folder.path(), &clock, &Hardware::new(1)).unwrap().list(0, 1).unwrap().is_empty());
}

#[test]
fn a_sync_that_waits_for_the_network_does_not_keep_the_keys_from_being_destroyed() {
    let world = Arc::new(world());
    world.capture(1);
    let inside = Arc::clone(&world);
    let (begun, go) = std::sync::mpsc::channel();
    *world.hq.watch.lock().unwrap() = Some(Box::new(move |_| {
        begun.send(()).ok();
        // For as long as a silent network lets a request wait.
        let from = std::time::Instant::now();
        while inside.path().join("keys.json").exists() {
            assert!(from.elapsed().as_secs() < 20, "the keys waited for the network");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }));
    let syncing = Arc::clone(&world);
    let sync = std::thread::spawn(move || {
        drop(syncing.notebook.pump_through(&PumpBudget::default(), syncing.hq.as_ref()));
    });
    go.recv().unwrap();
    world.notebook.wipe().unwrap();
    sync.join().unwrap();
    assert_eq!(left(world.path()), Vec::<PathBuf>::new());
}
