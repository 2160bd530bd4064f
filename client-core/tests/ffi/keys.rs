//! Keys wrapped by an app's vault or by a passphrase.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use hattama_client_core::ffi::{
    KeyVault, Notebook, NotebookError, VaultFailure, change_vault, passphrase_vault,
};

use crate::app::{config, protocol};

/// A vault of an app: counts how often it is asked, and can be locked.
#[derive(Default)]
struct Vault {
    locked: std::sync::atomic::AtomicBool,
    asked: AtomicU32,
}

impl Vault {
    fn flipped(&self, bytes: &[u8]) -> Result<Vec<u8>, VaultFailure> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.locked.load(Ordering::SeqCst) {
            true => Err(VaultFailure::Locked { reason: "no finger".to_owned() }),
            false => Ok(bytes.iter().map(|byte| byte ^ 0x5a).collect()),
        }
    }
}

impl KeyVault for Vault {
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        self.flipped(&plain)
    }

    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        self.flipped(&wrapped)
    }
}

fn open(folder: &Path, vault: Option<Arc<dyn KeyVault>>) -> Result<Arc<Notebook>, NotebookError> {
    Notebook::open(config(folder), vault, None, None, None)
}

#[test]
fn a_vault_is_asked_at_opening_and_never_while_signing() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(Vault::default());
    let notebook = open(folder.path(), Some(Arc::clone(&vault) as Arc<dyn KeyVault>)).unwrap();
    let asked = vault.asked.load(Ordering::SeqCst);
    vault.locked.store(true, Ordering::SeqCst);
    Arc::clone(&notebook).begin_capture(protocol(98)).commit().unwrap();
    notebook.pause().unwrap();
    notebook.resume().unwrap();
    Arc::clone(&notebook).begin_capture(protocol(97)).commit().unwrap();
    assert_eq!(vault.asked.load(Ordering::SeqCst), asked);
    let keys = notebook.keys().unwrap();
    notebook.end().unwrap();
    drop(notebook);
    let locked = open(folder.path(), Some(Arc::clone(&vault) as Arc<dyn KeyVault>));
    assert!(matches!(&locked, Err(NotebookError::Keys { reason }) if reason.contains("no finger")));
    vault.locked.store(false, Ordering::SeqCst);
    let again = open(folder.path(), Some(vault as Arc<dyn KeyVault>)).unwrap();
    assert_eq!(again.keys().unwrap(), keys);
    assert_eq!(again.list(0, 10).unwrap().len(), 2);
}

#[test]
fn a_passphrase_opens_what_it_closed_and_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let vault = |words: &str| passphrase_vault(words.to_owned()).unwrap();
    let notebook = open(folder.path(), Some(vault("copper lantern seven"))).unwrap();
    let keys = notebook.keys().unwrap();
    notebook.end().unwrap();
    for (wrong, vault) in [("none", None), ("another", Some(vault("copper lantern eight")))] {
        let refused = open(folder.path(), vault);
        assert!(matches!(refused, Err(NotebookError::Keys { .. })), "{wrong}");
    }
    let path = folder.path().display().to_string();
    let becomes = vault("river of nine stones");
    let present = Some(vault("copper lantern seven"));
    change_vault(path, present, Arc::clone(&becomes)).unwrap();
    assert!(open(folder.path(), Some(vault("copper lantern seven"))).is_err());
    assert_eq!(open(folder.path(), Some(becomes)).unwrap().keys().unwrap(), keys);
    assert!(matches!(
        passphrase_vault("short".to_owned()),
        Err(NotebookError::InvalidInput { .. })
    ));
}

#[test]
fn a_notebook_of_an_earlier_release_opens_with_a_vault_and_keeps_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/notebook-v1"), folder.path());
    let before = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
    let plain = Notebook::open(of_any_election(folder.path()), None, None, None, None).unwrap();
    let keys = plain.keys().unwrap();
    let records = plain.list(0, 100).unwrap();
    plain.end().unwrap();
    let vault: Arc<dyn KeyVault> = Arc::new(Vault::default());
    let wrapped =
        Notebook::open(of_any_election(folder.path()), Some(vault), None, None, None).unwrap();
    assert_eq!(wrapped.keys().unwrap(), keys);
    assert_eq!(wrapped.list(0, 100).unwrap(), records);
    let after = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
    let seeds: serde_json::Value = serde_json::from_str(&before).unwrap();
    for role in ["results", "incidents"] {
        assert!(!after.contains(seeds[role].as_str().unwrap()), "the plain seed is gone");
    }
}

/// Made by the first version that wrapped keys; read for ever.
#[test]
fn keys_that_an_earlier_release_wrapped_open_with_their_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    copy(&fixtures.join("keys-v2"), folder.path());
    let stored = std::fs::read_to_string(folder.path().join("keys.json")).unwrap();
    let vault = Some(passphrase_vault("copper lantern seven".to_owned()).unwrap());
    let notebook = open(folder.path(), vault).unwrap();
    for key in notebook.keys().unwrap() {
        assert!(stored.contains(&key.public_key), "{key:?}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("keys.json")).unwrap(), stored);
}

fn of_any_election(folder: &Path) -> hattama_client_core::ffi::NotebookConfig {
    hattama_client_core::ffi::NotebookConfig { election: None, ..config(folder) }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
