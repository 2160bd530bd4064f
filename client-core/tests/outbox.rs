//! The folder of a notebook: opened by one, kept through damage, crashes and newer versions.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
};

use hattama_client_core::{Notebook, NotebookError, PumpBudget, RecordProgress, steps};
use hattama_proto::{id::RecordId, kind::Role};
use hq::{TestClock, World, draft, noise, options};

fn open(folder: &Path) -> Result<Notebook, NotebookError> {
    Notebook::open(folder, options(&TestClock::new()))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn ids(notebook: &Notebook) -> Vec<RecordId> {
    let mut ids: Vec<_> = notebook.list(0, 1000).unwrap().into_iter().map(|item| item.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_notebook_is_open_once() {
    let world = World::new();
    assert!(matches!(open(world.path()), Err(NotebookError::InUse)));
    world.notebook.pause().unwrap();
    let second = open(world.path()).unwrap();
    assert!(matches!(world.notebook.resume(), Err(NotebookError::InUse)));
    drop(second);
    world.notebook.resume().unwrap();
    world.capture(1);
}

#[test]
fn a_notebook_at_rest_has_no_file_open_and_refuses_work() {
    let world = World::enrolled();
    let id = world.capture(1);
    world.notebook.pause().unwrap();
    world.notebook.pause().unwrap();
    let paused = |result: Result<(), NotebookError>| {
        assert!(matches!(result, Err(NotebookError::Paused)), "{result:?}");
    };
    paused(world.notebook.capture_protocol(draft(1)).map(drop));
    paused(world.notebook.list(0, 1).map(drop));
    paused(world.notebook.pump_through(&PumpBudget::default(), world.hq.as_ref()).map(drop));
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        let ours: Vec<_> = open
            .filter_map(|fd| fs::read_link(fd.unwrap().path()).ok())
            .filter(|path| path.starts_with(world.path()))
            .collect();
        assert_eq!(ours, Vec::<PathBuf>::new());
    }
    world.notebook.resume().unwrap();
    world.notebook.resume().unwrap();
    assert!(world.notebook.get(id).is_ok());
}

#[test]
fn a_notebook_of_a_newer_version_is_refused_as_it_is() {
    let world = World::new();
    world.capture(1);
    let World { folder, notebook, .. } = world;
    drop(notebook);
    let path = folder.path().join("outbox.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = open(folder.path());
    assert!(matches!(refused, Err(NotebookError::NewerDatabase { found: 99, .. })), "{refused:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Its name, and how it is done to the database file.
type Damage = (&'static str, fn(&Path));

#[test]
fn a_damaged_database_is_kept_and_everything_is_restored_from_the_copies() {
    let damages: [Damage; 4] = [
        ("not a database", |path| fs::write(path, noise(50_000)).unwrap()),
        ("damaged pages", |path| {
            let mut bytes = fs::read(path).unwrap();
            let from = bytes.len() / 3;
            bytes[from..from + 30_000].fill(0xaa);
            fs::write(path, bytes).unwrap();
        }),
        ("emptied", |path| fs::write(path, b"").unwrap()),
        ("deleted", |path| fs::remove_file(path).unwrap()),
    ];
    for (name, damage) in damages {
        let world = World::enrolled();
        for n in 0..30 {
            world.capture(n);
        }
        world.capture_with_photo(&noise(70_000));
        let before = ids(&world.notebook);
        let World { folder, clock, hq, notebook } = world;
        let kid = notebook.kid(Role::Results);
        drop(notebook);
        let path = folder.path().join("outbox.db");
        damage(&path);
        let damaged = fs::read(&path).ok();
        let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
        assert_eq!(ids(&notebook), before, "{name}");
        assert_eq!(notebook.kid(Role::Results), kid);
        match &notebook.opened().salvage {
            Some(salvage) => {
                assert_eq!(salvage.records, 31, "{name}");
                let kept = fs::read(folder.path().join(&salvage.kept_as)).unwrap();
                assert_eq!(Some(kept), damaged, "{name}");
            }
            None => assert_eq!(notebook.opened().restored, 31, "{name}"),
        }
        assert!(!notebook.journal(5).unwrap().is_empty());
        // What follows stands in the same chain and goes out with the rest.
        let next = notebook.capture_protocol(draft(1)).unwrap();
        assert_eq!(next.seq, 31);
        let world = World { folder, clock, hq, notebook };
        world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        world.settle(3);
        assert_eq!(world.hq.state.lock().unwrap().records.len(), 32);
    }
}

#[test]
fn a_damaged_database_without_copies_gives_what_can_still_be_read() {
    let world = World::enrolled();
    for n in 0..60 {
        world.capture(n);
    }
    world.pump();
    let World { folder, clock, notebook, .. } = world;
    drop(notebook);
    for entry in fs::read_dir(folder.path().join("records")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let path = folder.path().join("outbox.db");
    let mut bytes = fs::read(&path).unwrap();
    let from = bytes.len() / 2 / 4096 * 4096;
    bytes[from..from + 3 * 4096].fill(0x55);
    fs::write(&path, &bytes).unwrap();
    let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
    let salvage = notebook.opened().salvage.clone().expect("it was damaged");
    assert!(salvage.records > 10, "{salvage:?}");
    assert_eq!(ids(&notebook).len(), salvage.records as usize);
    assert_eq!(fs::read(folder.path().join(salvage.kept_as)).unwrap(), bytes);
    for id in ids(&notebook) {
        assert_eq!(RecordId::of(notebook.signed_text(id).unwrap().as_bytes()), id);
    }
}

/// Takes a picture of the folder whenever a labelled point is passed, as a loss of power there
/// would leave it.
fn snapshots(folder: &Path, into: &Path) -> Rc<RefCell<Vec<(String, PathBuf)>>> {
    let taken = Rc::new(RefCell::new(Vec::new()));
    let (from, into, log) = (folder.to_owned(), into.to_owned(), Rc::clone(&taken));
    steps::observe(move |label| {
        let n = log.borrow().len();
        let to = into.join(format!("{n}-{label}"));
        copy(&from, &to);
        log.borrow_mut().push((label.to_owned(), to));
    });
    taken
}

#[test]
fn a_crash_at_any_point_loses_no_committed_record_and_doubles_none() {
    let world = World::new();
    let pictures = tempfile::tempdir().unwrap();
    let taken = snapshots(world.path(), pictures.path());
    // What had returned, by how many snapshots there were then.
    let mut returned: Vec<(usize, RecordId)> = vec![];
    let now = |taken: &Rc<RefCell<Vec<_>>>| taken.borrow().len();
    let first = world.capture(1);
    returned.push((now(&taken), first));
    world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
    let (record, _) = world.capture_with_photo(&noise(200_000));
    returned.push((now(&taken), record));
    world.pump();
    let last = world.capture(3);
    returned.push((now(&taken), last));
    world.pump();
    steps::forget();

    let labels: std::collections::BTreeSet<_> =
        taken.borrow().iter().map(|(label, _)| label.clone()).collect();
    for label in [
        "photo-copied",
        "photo-in-place",
        "before-signing",
        "record-signed",
        "record-before-commit",
        "record-committed",
        "copy-written",
        "enrolment-requested",
        "enrolment-before-commit",
        "answer-heard",
        "answer-before-commit",
        "answer-committed",
    ] {
        assert!(labels.contains(label), "{label} was never passed");
    }
    for (at, (label, folder)) in taken.borrow().iter().enumerate() {
        let notebook = Notebook::open(folder, options(&world.clock)).unwrap();
        assert_eq!(notebook.opened().salvage, None, "{label}");
        let present = ids(&notebook);
        for (since, id) in &returned {
            assert!(*since > at || present.contains(id), "{id} is lost at {at} {label}");
        }
        assert_eq!(fs::read_dir(folder.join("tmp")).unwrap().count(), 0);
        let copies: Vec<_> = fs::read_dir(folder.join("records"))
            .unwrap()
            .map(|copy| copy.unwrap().file_name().into_string().unwrap())
            .collect();
        for id in &present {
            let has = copies.iter().filter(|copy| copy.ends_with(&format!("{id}.jws"))).count();
            assert_eq!(has, 1, "{label}");
        }
        // Headquarters may be ahead of a phone that lost its power: it answers `duplicate`.
        notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        let budget = PumpBudget { wait_ms_max: u64::MAX, ..PumpBudget::default() };
        notebook.pump_through(&budget, world.hq.as_ref()).unwrap();
        assert!(notebook.outbox_summary().unwrap().is_empty(), "{label}");
        for id in present {
            assert_eq!(notebook.get(id).unwrap().progress, RecordProgress::Acked, "{label}");
        }
    }
    assert_eq!(world.hq.state.lock().unwrap().records.len(), 3);
}

/// Mounts a small disk; none where that is not allowed.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder.path())
            .output();
        match done {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                println!("skipped: no right to mount a small disk here");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0.path()).output());
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_done() {
    let Some(disk) = SmallDisk::mount("3m") else { return };
    let folder = disk.0.path().join("notebook");
    let notebook = open(&folder).unwrap();
    let first = notebook.capture_protocol(draft(1)).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("photo");
    fs::write(&path, noise(2_900_000)).unwrap();
    let photos = vec![hattama_client_core::capture::PhotoInput { path, page: 1 }];
    let with_photo = hattama_client_core::capture::ProtocolDraft { photos, ..draft(2) };
    let full = notebook.capture_protocol(with_photo);
    assert!(matches!(full, Err(NotebookError::StorageFull)), "{full:?}");
    assert_eq!(fs::read_dir(folder.join("tmp")).unwrap().count(), 0, "its room is given back");

    // Filled to the last page by others.
    let filler = disk.0.path().join("filler");
    let mut size = 3_000_000;
    while size > 0 {
        use std::io::Write as _;
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        if file.write_all(&vec![0; size]).is_err() {
            size /= 2;
        }
    }
    let mut captured = vec![first.record];
    let full = loop {
        match notebook.capture_protocol(draft(3)) {
            Ok(summary) => captured.push(summary.record),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, NotebookError::StorageFull), "{full:?}");
    captured.sort_unstable();
    assert_eq!(ids(&notebook), captured);
    fs::remove_file(filler).unwrap();
    let after = notebook.capture_protocol(draft(4)).unwrap();
    assert_eq!(after.seq, captured.len() as u64, "no place in the chain was used up");
    drop(notebook);
    let notebook = open(&folder).unwrap();
    assert_eq!(ids(&notebook).len(), captured.len() + 1);
    assert_eq!(notebook.opened().salvage, None);
}

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/notebook-v1");

/// Run once per schema version, by hand:
/// `cargo test -p hattama-client-core --test outbox -- --ignored writes_the_fixture`.
#[test]
#[ignore = "writes a file of the repository"]
fn writes_the_fixture() {
    let world = World::enrolled();
    world.capture(1);
    world.capture_with_photo(&noise(40_000));
    world.pump();
    world.hq.state.lock().unwrap().held.insert(world.notebook.kid(Role::Results));
    world.capture(2);
    world.pump();
    world.capture_with_photo(&noise(5000));
    world.hq.fail("/v1/records", hq::Fault::DropRequest);
    world.pump();
    let World { folder, notebook, .. } = world;
    drop(notebook);
    let inbox = folder.path().join("inbox");
    fs::remove_dir_all(inbox).unwrap();
    fs::remove_file(folder.path().join("lock")).unwrap();
    if Path::new(FIXTURE).exists() {
        fs::remove_dir_all(FIXTURE).unwrap();
    }
    copy(folder.path(), Path::new(FIXTURE));
}

#[test]
fn a_notebook_of_the_first_version_opens_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new(FIXTURE), folder.path());
    let clock = TestClock::new();
    let notebook = Notebook::open(folder.path(), options(&clock)).unwrap();
    assert_eq!((&notebook.opened().salvage, notebook.opened().restored), (&None, 0));
    let progress: Vec<_> =
        notebook.list(0, 10).unwrap().into_iter().map(|item| item.progress).collect();
    use RecordProgress::{Acked, Held, Queued};
    assert_eq!(progress, [Queued, Held, Acked, Acked]);
    let summary = notebook.outbox_summary().unwrap();
    assert_eq!((summary.photos_verified, summary.originals.count), (1, 1));
    assert_eq!(notebook.enrolment().unwrap().unwrap().pack_version, 1);
    for item in notebook.list(0, 10).unwrap() {
        let text = notebook.signed_text(item.id).unwrap();
        assert_eq!(RecordId::of(text.as_bytes()), item.id);
        let receipt = notebook.record_receipt(item.id).unwrap();
        assert_eq!(receipt.is_some(), item.progress != Queued);
    }
    let next = notebook.capture_protocol(draft(5)).unwrap();
    assert_eq!(next.seq, 4);
}
