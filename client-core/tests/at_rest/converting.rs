//! A plain notebook becomes an encrypted one, whenever the phone dies on the way.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    rc::Rc,
    sync::Arc,
};

use hattama_client_core::{Conditions, Notebook, NotebookOptions, Pictures, steps};
use hattama_proto::{id::RecordId, kind::Role};

use crate::{
    hq::{Hq, TestClock, options},
    needles::{Needles, files_below},
    phone::{Hardware, Secrets, election_day, open, photograph},
};

struct Plain {
    folder: tempfile::TempDir,
    clock: Arc<TestClock>,
    needles: Needles,
    records: Vec<RecordId>,
    jpeg: Vec<u8>,
    kid: String,
}

fn records(notebook: &Notebook) -> Vec<RecordId> {
    notebook.list(0, 100).unwrap().into_iter().map(|item| item.id).collect()
}

/// A plain notebook in which everything is that one can have, with a database that was damaged once.
fn plain() -> Plain {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = TestClock::new();
    let jpeg = photograph(11, "a remark in the metadata");
    let photo = outside.path().join("page.jpg");
    fs::write(&photo, &jpeg).unwrap();
    let secrets = Secrets {
        unit: "77-482913".to_owned(),
        number: "number-5518-KZ".to_owned(),
        office: "deputy of the commission".to_owned(),
        words: "they carried the box out by the back door".to_owned(),
        place: "school behind the river".to_owned(),
        reason: "seen on the photograph of another".to_owned(),
        photo,
    };
    let plain = || NotebookOptions { pictures: Pictures::Make, ..options(&clock) };
    let notebook = Notebook::open(folder.path(), plain()).unwrap();
    election_day(&notebook, &Hq::new(), &secrets);
    notebook.plan_transfers(10, Conditions::default()).unwrap();
    drop(notebook);
    fs::write(folder.path().join("outbox.db.damaged-1"), secrets.words.as_bytes()).unwrap();
    fs::write(folder.path().join("records/.half.new"), secrets.words.as_bytes()).unwrap();
    let notebook = Notebook::open(folder.path(), plain()).unwrap();
    let (records, kid) = (records(&notebook), notebook.kid(Role::Results).to_string());
    let mut needles = Needles::new();
    for (name, text) in [
        ("unit", &secrets.unit),
        ("number", &secrets.number),
        ("office", &secrets.office),
        ("words", &secrets.words),
        ("place", &secrets.place),
        ("reason", &secrets.reason),
    ] {
        needles.plant(name, text.as_bytes());
    }
    needles.plant_file("photograph", &jpeg);
    for photo in &notebook.list(0, 100).unwrap()[0].photos {
        needles.plant("hash", photo.hash.to_hex().as_bytes());
    }
    Plain { folder, clock, needles, records, jpeg, kid }
}

fn copy(from: &Path, to: &Path) {
    for path in files_below(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(path, target).unwrap();
    }
}

fn check(plain: &Plain, folder: &Path) {
    let notebook = open(folder, &plain.clock, &Hardware::new(1)).unwrap();
    assert_eq!(records(&notebook), plain.records);
    assert_eq!(notebook.kid(Role::Results).to_string(), plain.kid);
    assert!(notebook.opened().salvage.is_none() && notebook.opened().restored == 0);
    let item = notebook.get(*plain.records.last().unwrap()).unwrap();
    assert_eq!(notebook.read_photo(item.photos[0].hash).unwrap().as_slice(), plain.jpeg);
    assert!(notebook.pack().unwrap().is_some());
    assert_eq!(notebook.capture_protocol(crate::hq::draft(3)).unwrap().seq, 2);
    assert_eq!(plain.needles.found_below(folder), BTreeSet::new());
    drop(notebook);
    assert_eq!(plain.needles.found_below(folder), BTreeSet::new());
    assert!(folder.join("outbox.db.damaged-1.age").exists(), "what was set aside is kept");
}

#[test]
fn a_plain_notebook_is_encrypted_when_it_is_opened_so_and_keeps_everything() {
    let plain = plain();
    let folder = plain.folder.path();
    let before = plain.needles.found_below(folder);
    // The search finds what it should not find afterwards.
    for name in ["unit", "number", "office", "words", "place", "reason", "photograph", "hash"] {
        assert!(before.iter().any(|found| found.starts_with(name)), "{name}: {before:?}");
    }
    check(&plain, folder);
}

#[test]
fn a_crash_at_any_step_of_the_conversion_loses_nothing_and_leaves_nothing_plain() {
    let plain = plain();
    let passed = Rc::new(RefCell::new(Vec::new()));
    let mut step = 0;
    loop {
        let folder = tempfile::tempdir().unwrap();
        copy(plain.folder.path(), folder.path());
        let (seen, mut left) = (Rc::clone(&passed), step);
        steps::observe(move |label| {
            if left == 0 {
                seen.borrow_mut().push(label);
                panic!("the phone died at {label}");
            }
            left -= 1;
        });
        let died = catch_unwind(AssertUnwindSafe(|| {
            open(folder.path(), &plain.clock, &Hardware::new(1)).map(drop)
        }))
        .is_err();
        steps::forget();
        check(&plain, folder.path());
        if !died {
            break;
        }
        step += 1;
    }
    let passed: BTreeSet<_> = passed.borrow().iter().copied().collect();
    for label in [
        "data-key-kept",
        "database-sealed",
        "database-switched",
        "file-sealed",
        "files-sealed",
        "conversion-settled",
    ] {
        assert!(passed.contains(label), "{label} was not among {passed:?}");
    }
    assert!(step > 15, "every file is a step: {step}");
}
