//! Photographs sealed to headquarters in a notebook that is encrypted: also who has the phone unlocked,
//! and every key of it, gets none of them.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::Command,
    rc::Rc,
    sync::Arc,
};

use hattama_client_core::{
    Conditions, Notebook, NotebookError, NotebookOptions, PhotoProgress, Pictures, PumpBudget,
    capture::{PhotoInput, ProtocolDraft},
    steps,
    transport::{Method, Request, RequestBody, Stop, Transport as _},
    vault::KeyVault,
};
use hattama_proto::{id::PhotoHash, record::PhotoRole, sealing::Identity};

use crate::{
    hq::{Hq, TestClock, World, draft, noise, options},
    needles::{Needles, files_below},
    phone::{Hardware, open, photograph},
};

fn headquarters() -> Identity {
    Identity::from_secret([1; 32])
}

/// A new headquarters to which photographs are sealed, small ones too.
fn sealing_hq() -> Arc<Hq> {
    let hq = Hq::new();
    hq.seal_photographs(&[headquarters()], &[Identity::from_secret([2; 32])], true);
    hq
}

fn world(vault: &Arc<Hardware>) -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let notebook = open(&folder.path().join("notebook"), &clock, vault).unwrap();
    let hq = sealing_hq();
    notebook.enrol_through(&hq.invitation(), hq.as_ref()).unwrap();
    World { folder, clock, hq, notebook }
}

/// A photograph that is taken, handed over and deleted, as an app does it.
fn take(notebook: &Notebook, outside: &Path, jpeg: &[u8]) -> Vec<PhotoHash> {
    let path = outside.join("page.jpg");
    fs::write(&path, jpeg).unwrap();
    let photos = vec![PhotoInput { path: path.clone(), page: 1 }];
    let record = notebook.capture_protocol(ProtocolDraft { photos, ..draft(1) }).unwrap().record;
    fs::remove_file(path).unwrap();
    notebook.get(record).unwrap().photos.iter().map(|photo| photo.hash).collect()
}

/// Whatever of a notebook opens with all of its keys, in a folder of its own.
fn everything(folder: &Path, vault: Option<&dyn KeyVault>, to: &Path) {
    Notebook::export_closed(folder, vault, to).unwrap();
}

#[test]
fn whoever_has_every_key_of_the_phone_gets_no_photograph_out_of_it() {
    let (vault, outside) = (Hardware::new(1), tempfile::tempdir().unwrap());
    let jpeg = photograph(31, "a remark in the metadata");
    let mut needles = Needles::new();
    needles.plant_file("photograph", &jpeg);
    needles.plant("remark", b"a remark in the metadata");

    let world = world(&vault);
    let notebook = &world.notebook;
    let photos = take(notebook, outside.path(), &jpeg);
    let roles: Vec<_> = {
        let item = notebook.list(0, 1).unwrap().remove(0);
        item.photos.iter().map(|photo| photo.role).collect()
    };
    assert_eq!(roles, [PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail]);
    // The notebook is open and asked.
    for photo in &photos {
        let refused = notebook.read_photo(*photo);
        assert!(matches!(refused, Err(NotebookError::InvalidInput { .. })), "{refused:?}");
    }
    let identity = outside.path().join("identity");
    fs::write(&identity, notebook.age_identity().unwrap().unwrap().as_bytes()).unwrap();
    let paths: Vec<_> = photos.iter().map(|photo| notebook.photo_path(*photo)).collect();
    for path in &paths {
        let mut run = Command::new("age");
        run.arg("--decrypt").arg("--identity").arg(&identity).arg(path);
        let run = run.output().expect("tests/setup.sh installs age");
        assert!(!run.status.success(), "{}", path.display());
    }
    // Headquarters' key opens the same file.
    let theirs = outside.path().join("theirs");
    fs::write(&theirs, headquarters().to_text().as_bytes()).unwrap();
    let mut run = Command::new("age");
    run.arg("--decrypt").arg("--identity").arg(&theirs).arg(&paths[0]);
    assert_eq!(run.output().unwrap().stdout, jpeg);
    let World { folder, clock, hq, notebook } = world;
    drop(notebook);
    let (place, opened) = (folder.path().join("notebook"), outside.path().join("opened"));
    everything(&place, Some(vault.as_ref()), &opened);
    assert_eq!(needles.found_below(&opened), BTreeSet::new());
    assert_eq!(needles.found_below(&place), BTreeSet::new());
    // What came out is the sealed files, by the names of what is in them.
    for photo in &photos {
        assert!(opened.join(format!("photos/{photo}.age")).exists());
    }
    // And headquarters gets all of it.
    let notebook = open(&place, &clock, &vault).unwrap();
    let world = World { folder, clock, hq, notebook };
    world.settle(4);
    assert_eq!(world.hq.state.lock().unwrap().photos[&photos[0]], jpeg);

    // The same search where photographs are not sealed.
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (place, hq) = (folder.path().join("notebook"), Hq::new());
    let notebook = open(&place, &clock, &vault).unwrap();
    notebook.enrol_through(&hq.invitation(), hq.as_ref()).unwrap();
    take(&notebook, outside.path(), &jpeg);
    drop(notebook);
    let opened = outside.path().join("control");
    everything(&place, Some(vault.as_ref()), &opened);
    let found = needles.found_below(&opened);
    for kind in ["photograph", "remark"] {
        assert!(found.iter().any(|name| name.starts_with(kind)), "{kind}: {found:?}");
    }
}

#[test]
fn the_system_uploads_sealed_photographs_of_an_encrypted_notebook() {
    let world = world(&Hardware::new(1));
    let outside = tempfile::tempdir().unwrap();
    let bytes = noise(3_000_000);
    let photo = take(&world.notebook, outside.path(), &bytes)[0];
    world.pump_with(&PumpBudget { bytes_max: 1, ..PumpBudget::default() });
    let plans = world.notebook.plan_transfers(10, Conditions::default()).unwrap();
    assert!(plans.len() > 1, "{plans:?}");
    let mut needles = Needles::new();
    needles.plant_file("photograph", &bytes);
    needles.plant("hash", photo.to_hex().as_bytes());
    assert_eq!(needles.found_below(&world.path().join("notebook")), BTreeSet::new());
    for plan in &plans {
        assert!(!plan.id.contains(&photo.to_hex()), "{}", plan.id);
        let request = Request {
            method: Method::Put,
            path: format!("/v1/blobs/{photo}"),
            headers: plan.headers.clone(),
            body: RequestBody::Bytes(fs::read(&plan.file).unwrap()),
            answer_bytes_max: 1 << 20,
        };
        let answer = world.hq.execute(request, &Stop::default());
        world.notebook.complete_transfer(&plan.id, answer).unwrap();
    }
    assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
    let item = world.notebook.list(0, 1).unwrap().remove(0);
    assert_eq!(item.photos[0].progress, PhotoProgress::Verified);
    let left = fs::read_dir(world.path().join("notebook/transfers")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn a_plain_notebook_with_sealed_photographs_is_encrypted_whatever_crash_comes_between() {
    let outside = tempfile::tempdir().unwrap();
    let (plain, clock, hq) = (outside.path().join("plain"), TestClock::new(), sealing_hq());
    let options = NotebookOptions { pictures: Pictures::Make, ..options(&clock) };
    let notebook = Notebook::open(&plain, options).unwrap();
    // One from before the set-up asked for it, and one of after.
    let early = take(&notebook, outside.path(), &noise(50_000))[0];
    notebook.enrol_through(&hq.invitation(), hq.as_ref()).unwrap();
    let jpeg = photograph(32, "a remark");
    let late = take(&notebook, outside.path(), &jpeg)[0];
    drop(notebook);
    let passed = Rc::new(RefCell::new(BTreeSet::new()));
    for step in 0.. {
        let folder = tempfile::tempdir().unwrap();
        for path in files_below(&plain) {
            let target = folder.path().join(path.strip_prefix(&plain).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(path, target).unwrap();
        }
        let (seen, mut left) = (Rc::clone(&passed), step);
        steps::observe(move |label| {
            if left == 0 {
                seen.borrow_mut().insert(label);
                panic!("the phone died at {label}");
            }
            left -= 1;
        });
        let died = catch_unwind(AssertUnwindSafe(|| {
            open(folder.path(), &clock, &Hardware::new(1)).map(drop)
        }))
        .is_err();
        steps::forget();
        let notebook = open(folder.path(), &clock, &Hardware::new(1)).unwrap();
        assert_eq!(notebook.read_photo(early).unwrap().as_slice(), noise(50_000), "step {step}");
        assert!(notebook.read_photo(late).is_err());
        let names = files_below(&folder.path().join("blobs"));
        let names: Vec<String> = names.iter().map(|path| path.display().to_string()).collect();
        assert!(!names.iter().any(|name| name.contains(&late.to_hex())), "{names:?}");
        // Each conversion is another phone to headquarters, which knows the photographs by now.
        let hq = sealing_hq();
        let world = World { folder, clock: Arc::clone(&clock), hq, notebook };
        world.notebook.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
        world.settle(5);
        assert_eq!(world.hq.state.lock().unwrap().photos[&late], jpeg, "step {step}");
        if !died {
            break;
        }
    }
    assert!(passed.borrow().contains("sealed-photo-renamed"), "{passed:?}");
}
