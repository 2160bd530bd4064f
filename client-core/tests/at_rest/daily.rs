//! Encrypted, a notebook does what any other does.

use std::{fs, process::Command, sync::Arc};

use hattama_client_core::{Conditions, Notebook, NotebookError, PhotoProgress, PumpBudget};
use hattama_proto::{kind::Role, record::PhotoRole};

use crate::{
    hq::{Hq, TestClock, World, draft, noise, options},
    needles::files_below,
    phone::{Hardware, Secrets, election_day, encrypted, open, photograph},
};

fn world(vault: &Arc<Hardware>) -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let notebook = open(folder.path(), &clock, vault).unwrap();
    let hq = Hq::new();
    notebook.enrol_through(&hq.invitation(), hq.as_ref()).unwrap();
    World { folder, clock, hq, notebook }
}

fn reopened(world: World, vault: &Arc<Hardware>) -> World {
    let World { folder, clock, hq, notebook } = world;
    drop(notebook);
    let notebook = open(folder.path(), &clock, vault).unwrap();
    World { folder, clock, hq, notebook }
}

#[test]
fn what_is_captured_arrives_byte_for_byte_and_is_there_after_a_restart() {
    let vault = Hardware::new(1);
    let world = world(&vault);
    let bytes = noise(1_000_000);
    let (record, photo) = world.capture_with_photo(&bytes);
    let world = reopened(world, &vault);
    world.settle(5);
    assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
    let item = world.notebook.get(record).unwrap();
    assert!(item.photos.iter().all(|photo| photo.progress == PhotoProgress::Verified));
    assert_eq!(world.notebook.read_photo(photo).unwrap().as_slice(), bytes);
    let world = reopened(world, &vault);
    assert_eq!(world.notebook.list(0, 10).unwrap().len(), 1);
    assert!(world.notebook.pack().unwrap().is_some());
    assert_eq!(world.capture(5), world.notebook.list(0, 1).unwrap()[0].id);
}

#[test]
fn small_pictures_are_made_and_shown_as_of_a_plain_notebook() {
    let jpeg = photograph(7, "remark");
    let mut made = Vec::new();
    for plain in [true, false] {
        let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
        let mut options = encrypted(&clock, &Hardware::new(1));
        if plain {
            (options.vault, options.at_rest) = (None, hattama_client_core::AtRest::AsItIs);
        }
        let notebook = Notebook::open(folder.path(), options).unwrap();
        let path = folder.path().join("page.jpg");
        fs::write(&path, &jpeg).unwrap();
        let page = hattama_client_core::capture::PhotoInput { path, page: 1 };
        let record = notebook
            .capture_protocol(hattama_client_core::capture::ProtocolDraft {
                photos: vec![page],
                ..draft(1)
            })
            .unwrap()
            .record;
        let photos = notebook.get(record).unwrap().photos;
        let roles: Vec<PhotoRole> = photos.iter().map(|photo| photo.role).collect();
        assert_eq!(roles, [PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail]);
        made.push(
            photos
                .iter()
                .map(|photo| notebook.read_photo(photo.hash).unwrap().to_vec())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(made[0], made[1]);
    assert_eq!(made[0][0], jpeg);
}

#[test]
fn nothing_is_uploaded_by_the_system_from_a_clear_file() {
    let world = world(&Hardware::new(1));
    world.capture_with_photo(&noise(400_000));
    // The record alone, so that the photograph waits.
    world.pump_with(&PumpBudget { bytes_max: 1, ..PumpBudget::default() });
    assert!(world.notebook.plan_transfers(10, Conditions::default()).unwrap().is_empty());
    assert!(!world.path().join("transfers").exists());
}

#[test]
fn it_opens_with_its_own_vault_only_and_is_left_as_it_was() {
    let vault = Hardware::new(1);
    let World { folder, clock, notebook, .. } = world(&vault);
    drop(notebook);
    let state = || -> Vec<_> {
        let files = files_below(folder.path());
        files.into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect()
    };
    let before = state();
    for wrong in [
        open(folder.path(), &clock, &Hardware::new(2)),
        Notebook::open(folder.path(), options(&clock)),
    ] {
        assert!(matches!(wrong, Err(NotebookError::Keys { .. })), "{wrong:?}");
    }
    assert_eq!(state(), before, "a wrong key is no damage");
    // Opened as it is, it stays encrypted.
    let as_it_is = hattama_client_core::NotebookOptions {
        at_rest: hattama_client_core::AtRest::AsItIs,
        ..encrypted(&clock, &vault)
    };
    Notebook::open(folder.path(), as_it_is).unwrap().capture_protocol(draft(1)).unwrap();
    let database = fs::read(folder.path().join("outbox.db")).unwrap();
    assert!(!database.starts_with(b"SQLite format 3"));
    assert!(
        rusqlite::Connection::open(folder.path().join("outbox.db"))
            .unwrap()
            .query_row("select count(*) from record", [], |row| row.get::<_, i64>(0))
            .is_err()
    );
}

#[test]
fn a_damaged_encrypted_database_is_kept_and_everything_is_restored_from_the_copies() {
    for (name, from) in [("its beginning", 0), ("its middle", 40_000)] {
        let vault = Hardware::new(1);
        let world = world(&vault);
        for n in 0..30 {
            world.capture(n);
        }
        world.capture_with_photo(&noise(70_000));
        let ids = |notebook: &Notebook| {
            let items = notebook.list(0, 100).unwrap();
            let mut ids: Vec<_> = items.into_iter().map(|item| item.id).collect();
            ids.sort_unstable();
            ids
        };
        let before = ids(&world.notebook);
        let World { folder, clock, hq, notebook } = world;
        let kid = notebook.kid(Role::Results);
        drop(notebook);
        let path = folder.path().join("outbox.db");
        let mut damaged = fs::read(&path).unwrap();
        damaged[from..from + 9_000].fill(0xaa);
        fs::write(&path, &damaged).unwrap();
        let notebook = open(folder.path(), &clock, &vault).unwrap();
        assert_eq!(ids(&notebook), before, "{name}");
        assert_eq!(notebook.kid(Role::Results), kid);
        let salvage = notebook.opened().salvage.clone().unwrap();
        assert_eq!(salvage.records, 31, "{name}");
        assert_eq!(fs::read(folder.path().join(&salvage.kept_as)).unwrap(), damaged);
        assert_eq!(notebook.capture_protocol(draft(1)).unwrap().seq, 31);
        let world = World { folder, clock, hq, notebook };
        world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        world.settle(3);
        assert_eq!(world.hq.state.lock().unwrap().records.len(), 32);
    }
}

#[test]
fn a_photograph_opens_with_another_peoples_program() {
    let (vault, clock) = (Hardware::new(1), TestClock::new());
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let notebook = open(folder.path(), &clock, &vault).unwrap();
    let photo = outside.path().join("page.jpg");
    let jpeg = photograph(9, "a remark");
    fs::write(&photo, &jpeg).unwrap();
    let secrets = Secrets {
        unit: "77-482913".to_owned(),
        number: "1".to_owned(),
        office: "2".to_owned(),
        words: "3".to_owned(),
        place: "4".to_owned(),
        reason: "5".to_owned(),
        photo,
    };
    election_day(&notebook, &Hq::new(), &secrets);
    let identity = outside.path().join("identity");
    fs::write(&identity, notebook.age_identity().unwrap().unwrap().as_bytes()).unwrap();
    let opened = |file: &std::path::Path, identity: &std::path::Path| {
        let mut run = Command::new("age");
        run.arg("--decrypt").arg("--identity").arg(identity).arg(file);
        run.output().expect("tests/setup.sh installs age")
    };
    let item = notebook.list(0, 10).unwrap().pop().unwrap();
    let original = notebook.photo_path(item.photos[0].hash);
    let run = opened(&original, &identity);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(run.stdout, jpeg);
    let copies = files_below(&folder.path().join("records"));
    assert_eq!(copies.len(), 3);
    let texts: Vec<String> = copies
        .iter()
        .map(|copy| String::from_utf8(opened(copy, &identity).stdout).unwrap())
        .collect();
    assert!(texts.contains(&notebook.signed_text(item.id).unwrap()));
    // And with no other identity.
    let other = Command::new("age-keygen").output().unwrap().stdout;
    fs::write(&identity, other).unwrap();
    assert!(!opened(&original, &identity).status.success());
}
