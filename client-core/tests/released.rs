//! Notebooks as they were left by every released version open, plain and encrypted; one of a newer
//! version is refused as it is, and what is in it can still be brought out.
//!
//! `fixtures/notebook-v1` was written by the first version. `fixtures/notebooks/schema-N.db` is its
//! database as later ones left it, and `encrypted-N` the notebook as versions that encrypt did.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use hattama_client_core::{
    Notebook, NotebookError, NotebookOptions, RecordProgress,
    random::SystemRandom,
    vault::{KeyVault, PassphraseVault},
};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    jws::Envelope,
    tlog::Receipt,
};
use hq::{TestClock, draft, options};
use zeroize::Zeroizing;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// The newest schema of the released versions; each has a fixture.
const NEWEST: u32 = 6;

/// The first of which there are encrypted notebooks.
#[cfg(feature = "sqlcipher")]
const ENCRYPTED: u32 = 4;

/// The schema that this program makes, which no release has yet.
const OURS: u32 = 6;

/// What the encrypted fixtures were closed with.
fn vault() -> Arc<dyn KeyVault> {
    let words = Zeroizing::new("three words unchosen".to_owned());
    Arc::new(PassphraseVault::new(words, Arc::new(SystemRandom::new())).unwrap())
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

/// The plain notebook with its database as schema `version` left it.
fn plain(version: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(FIXTURES).join("notebook-v1"), folder.path());
    if version > 1 {
        let database = Path::new(FIXTURES).join(format!("notebooks/schema-{version}.db"));
        fs::copy(database, folder.path().join("outbox.db")).unwrap();
    }
    folder
}

#[cfg(feature = "sqlcipher")]
fn encrypted(version: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(FIXTURES).join(format!("notebooks/encrypted-{version}")), folder.path());
    folder
}

fn version_of(database: &Path) -> u32 {
    let db = rusqlite::Connection::open(database).unwrap();
    db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn assert_whole(notebook: &Notebook) {
    use RecordProgress::{Acked, Held, Queued};
    assert_eq!((&notebook.opened().salvage, notebook.opened().restored), (&None, 0));
    let items = notebook.list(0, 10).unwrap();
    let progress: Vec<_> = items.iter().map(|item| item.progress).collect();
    assert_eq!(progress, [Queued, Held, Acked, Acked]);
    for item in items {
        let text = notebook.signed_text(item.id).unwrap();
        assert_eq!(RecordId::of(text.as_bytes()), item.id);
        for photo in item.photos {
            assert_eq!(PhotoHash::of(&notebook.read_photo(photo.hash).unwrap()), photo.hash);
        }
    }
    assert_eq!(notebook.enrolment().unwrap().unwrap().pack_version, 1);
    assert_eq!(notebook.capture_protocol(draft(5)).unwrap().seq, 4);
}

/// By hand, once for each released schema: in a build without the cipher the plain ones, with it the
/// encrypted one.
/// `cargo test -p hattama-client-core --test released -- --ignored`
#[test]
#[ignore = "writes files of the repository"]
fn writes_the_fixtures() {
    const MIGRATIONS: [&str; 5] = [
        include_str!("../src/outbox/migrations/0002_cosigned.sql"),
        include_str!("../src/outbox/migrations/0003_epochs.sql"),
        include_str!("../src/outbox/migrations/0004_messages.sql"),
        include_str!("../src/outbox/migrations/0005_pruned.sql"),
        include_str!("../src/outbox/migrations/0006_sealed.sql"),
    ];
    let fixtures = Path::new(FIXTURES).join("notebooks");
    fs::create_dir_all(&fixtures).unwrap();
    let folder = plain(1);
    let database = folder.path().join("outbox.db");
    for (version, migration) in (2..).zip(MIGRATIONS) {
        let db = rusqlite::Connection::open(&database).unwrap();
        db.execute_batch(migration).unwrap();
        db.pragma_update(None, "user_version", version).unwrap();
        drop(db);
        fs::copy(&database, fixtures.join(format!("schema-{version}.db"))).unwrap();
    }
    if cfg!(feature = "sqlcipher") {
        let options = NotebookOptions {
            vault: Some(vault()),
            at_rest: hattama_client_core::AtRest::Encrypted,
            ..options(&TestClock::new())
        };
        drop(Notebook::open(folder.path(), options).unwrap());
        fs::remove_file(folder.path().join("lock")).unwrap();
        let target = fixtures.join(format!("encrypted-{NEWEST}"));
        if target.exists() {
            fs::remove_dir_all(&target).unwrap();
        }
        copy(folder.path(), &target);
    }
}

#[test]
fn a_plain_notebook_of_every_released_schema_opens_and_goes_on() {
    for version in 1..=NEWEST {
        let folder = plain(version);
        assert_eq!(version_of(&folder.path().join("outbox.db")), version);
        let notebook = Notebook::open(folder.path(), options(&TestClock::new())).unwrap();
        assert_whole(&notebook);
        drop(notebook);
        assert_eq!(version_of(&folder.path().join("outbox.db")), OURS);
    }
}

#[cfg(feature = "sqlcipher")]
#[test]
fn a_plain_notebook_of_every_released_schema_is_encrypted_when_it_is_opened_so() {
    for version in 1..=NEWEST {
        let folder = plain(version);
        let options = NotebookOptions {
            vault: Some(vault()),
            at_rest: hattama_client_core::AtRest::Encrypted,
            ..options(&TestClock::new())
        };
        assert_whole(&Notebook::open(folder.path(), options).unwrap());
        let database = fs::read(folder.path().join("outbox.db")).unwrap();
        assert!(!database.starts_with(b"SQLite format 3"));
    }
}

#[cfg(feature = "sqlcipher")]
#[test]
fn an_encrypted_notebook_of_every_released_schema_opens_and_goes_on() {
    for version in ENCRYPTED..=NEWEST {
        let folder = encrypted(version);
        let options = NotebookOptions { vault: Some(vault()), ..options(&TestClock::new()) };
        assert_whole(&Notebook::open(folder.path(), options).unwrap());
    }
}

/// Every file with what is in it.
fn state(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut state = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("lock") {
                state.push((path.clone(), fs::read(path).unwrap()));
            }
        }
    }
    state.sort();
    state
}

#[cfg(not(feature = "sqlcipher"))]
#[test]
fn a_build_without_the_cipher_refuses_what_is_encrypted_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(FIXTURES).join(format!("notebooks/encrypted-{NEWEST}")), folder.path());
    let before = state(folder.path());
    let with_vault = NotebookOptions { vault: Some(vault()), ..options(&TestClock::new()) };
    for at_rest in [hattama_client_core::AtRest::AsItIs, hattama_client_core::AtRest::Encrypted] {
        let options = NotebookOptions { at_rest, ..with_vault.clone() };
        let refused = Notebook::open(folder.path(), options);
        assert!(matches!(refused, Err(NotebookError::NoCipher)), "{refused:?}");
        assert!(refused.unwrap_err().to_string().contains("sqlcipher"));
    }
    assert_eq!(state(folder.path()), before);
    // And makes none: what was asked to be encrypted is not written in clear.
    let fresh = tempfile::tempdir().unwrap();
    let options = NotebookOptions { at_rest: hattama_client_core::AtRest::Encrypted, ..with_vault };
    let refused = Notebook::open(fresh.path(), options);
    assert!(matches!(refused, Err(NotebookError::NoCipher)), "{refused:?}");
    assert_eq!(state(fresh.path()), []);
}

/// Whether `folder` is refused, and all evidence comes out of it without a change to it.
fn refused_and_exported(folder: &Path, vault: Option<&Arc<dyn KeyVault>>) {
    let opening = NotebookOptions { vault: vault.cloned(), ..options(&TestClock::new()) };
    let before = state(folder);
    let refused = Notebook::open(folder, opening);
    assert!(matches!(refused, Err(NotebookError::NewerDatabase { found: 99, .. })), "{refused:?}");
    let to = tempfile::tempdir().unwrap();
    let exported = Notebook::export_closed(folder, vault.map(AsRef::as_ref), to.path()).unwrap();
    assert_eq!((exported.records, exported.receipts, exported.photos), (4, 4, 2));
    assert_eq!(state(folder), before);
    for (path, bytes) in state(to.path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = String::from_utf8_lossy(&bytes);
        if let Some(id) = name.strip_suffix(".jws") {
            assert!(Envelope::parse(&text).is_ok());
            assert_eq!(RecordId::of(&bytes).to_hex(), id);
        } else if name.ends_with(".tlog-proof") {
            assert!(Receipt::parse(&text).is_ok());
        } else {
            assert_eq!(PhotoHash::of(&bytes).to_hex(), name);
        }
    }
    let again = Notebook::export_closed(folder, vault.map(AsRef::as_ref), to.path());
    assert!(matches!(again, Err(NotebookError::InvalidInput { field: "to", .. })), "{again:?}");
}

#[test]
fn a_plain_notebook_of_a_newer_version_is_refused_and_its_evidence_comes_out() {
    let folder = plain(NEWEST);
    let db = rusqlite::Connection::open(folder.path().join("outbox.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    refused_and_exported(folder.path(), None);
}

#[cfg(feature = "sqlcipher")]
#[test]
fn an_encrypted_notebook_of_a_newer_version_is_refused_and_its_evidence_comes_out() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use ring::hkdf;
    let folder = encrypted(NEWEST);
    let stored: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("keys.json")).unwrap()).unwrap();
    let wrapped = URL_SAFE_NO_PAD.decode(stored["wrapped"].as_str().unwrap()).unwrap();
    let mut key = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"hattama notebook at rest v1")
        .extract(&vault().unwrap(&wrapped).unwrap()[64..])
        .expand(&[b"database"], hkdf::HKDF_SHA256)
        .unwrap()
        .fill(&mut key)
        .unwrap();
    let db = rusqlite::Connection::open(folder.path().join("outbox.db")).unwrap();
    db.execute_batch(&format!("pragma key = \"x'{}'\"", hattama_proto::id::to_hex(&key))).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    refused_and_exported(folder.path(), Some(&vault()));
    let to = tempfile::tempdir().unwrap();
    assert!(Notebook::export_closed(folder.path(), None, &to.path().join("to")).is_err());
}
