//! Locked, wiped, and behind a PIN, as an app does it.

use std::{path::Path, sync::Arc, time::Duration};

use hattama_client_core::ffi::{
    KeyVault, Locker, Notebook, NotebookConfig, NotebookError, RecordProgress, VaultFailure,
    export_closed, pin_vault, wipe_notebook,
};

use crate::app::{config, protocol};

/// The phone's hardware: another serial number opens nothing.
struct Hardware(u8);

impl KeyVault for Hardware {
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        Ok([&[self.0], plain.as_slice()].concat())
    }

    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        match wrapped.split_first() {
            Some((serial, plain)) if *serial == self.0 => Ok(plain.to_vec()),
            _ => Err(VaultFailure::Rejected { reason: "another phone".to_owned() }),
        }
    }
}

fn hardware(serial: u8) -> Option<Arc<dyn KeyVault>> {
    Some(Arc::new(Hardware(serial)))
}

fn open(config: NotebookConfig) -> Result<Arc<Notebook>, NotebookError> {
    Notebook::open(config, hardware(1), None, None, None)
}

fn files_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "lock").collect()
}

#[test]
fn an_app_locks_and_unlocks_and_a_timer_locks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let notebook =
        open(NotebookConfig { lock_after_ms: Some(300), ..config(folder.path()) }).unwrap();
    let made = Arc::clone(&notebook).begin_capture(protocol(98)).commit().unwrap();
    notebook.lock().unwrap();
    assert!(notebook.is_locked().unwrap());
    for refused in [
        notebook.list(0, 1).map(drop),
        notebook.what_would_be_lost().map(drop),
        notebook.resume(),
        Arc::clone(&notebook).begin_capture(protocol(97)).commit().map(drop),
    ] {
        assert!(matches!(refused, Err(NotebookError::Locked { .. })), "{refused:?}");
    }
    let other = notebook.unlock(Arc::new(Hardware(2)));
    assert!(matches!(other, Err(NotebookError::Keys { .. })), "{other:?}");
    notebook.unlock(Arc::new(Hardware(1))).unwrap();
    assert_eq!(notebook.get(made.record.clone()).unwrap().id, made.record);
    std::thread::sleep(Duration::from_millis(320));
    assert!(notebook.lock_if_idle().unwrap());
    assert!(matches!(notebook.list(0, 1), Err(NotebookError::Locked { .. })));
}

#[test]
fn an_app_says_what_is_lost_before_it_wipes() {
    let folder = tempfile::tempdir().unwrap();
    let notebook = open(config(folder.path())).unwrap();
    let made = Arc::clone(&notebook).begin_capture(protocol(98)).commit().unwrap();
    let lost = notebook.what_would_be_lost().unwrap();
    assert_eq!(lost.records[0].id, made.record);
    assert_eq!(lost.records[0].progress, RecordProgress::Queued);
    assert!(lost.photos.is_empty());
    notebook.wipe().unwrap();
    assert!(matches!(notebook.list(0, 1), Err(NotebookError::Locked { .. })));
    notebook.end().unwrap();
    assert_eq!(files_in(folder.path()), Vec::<String>::new());
    assert!(open(config(folder.path())).unwrap().list(0, 1).unwrap().is_empty());
    // And one that nobody can open any more.
    let other = tempfile::tempdir().unwrap();
    open(config(other.path())).unwrap().end().unwrap();
    wipe_notebook(other.path().display().to_string()).unwrap();
    assert_eq!(files_in(other.path()), Vec::<String>::new());
    assert!(wipe_notebook("no such folder".to_owned()).is_err());
}

#[test]
fn a_pin_stands_before_the_hardware_and_a_closed_notebook_gives_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let vault = |pin: &str| pin_vault(place.clone(), pin.to_owned(), hardware(1)).unwrap();
    let opened =
        |pin: &str| Notebook::open(config(folder.path()), Some(vault(pin)), None, None, None);
    assert!(matches!(
        pin_vault(place.clone(), "12345".to_owned(), None).map(drop),
        Err(NotebookError::InvalidInput { .. })
    ));
    let notebook = opened("482913").unwrap();
    let made = Arc::clone(&notebook).begin_capture(protocol(98)).commit().unwrap();
    let text = notebook.signed_text(made.record.clone()).unwrap();
    notebook.end().unwrap();
    assert!(matches!(opened("482914"), Err(NotebookError::Keys { .. })));
    opened("482913").unwrap().end().unwrap();
    let to = tempfile::tempdir().unwrap();
    let to = to.path().join("out");
    let exported =
        export_closed(place.clone(), Some(vault("482913")), to.display().to_string()).unwrap();
    assert_eq!((exported.records, exported.receipts, exported.photos), (1, 0, 0));
    let written = std::fs::read_to_string(to.join(format!("{}.jws", made.record))).unwrap();
    assert_eq!(written, text);
}

#[cfg(not(feature = "sqlcipher"))]
#[test]
fn a_library_without_the_cipher_says_so_and_makes_nothing_plain() {
    let folder = tempfile::tempdir().unwrap();
    let refused = open(NotebookConfig { encrypt_at_rest: true, ..config(folder.path()) });
    let Err(NotebookError::Keys { reason }) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("sqlcipher"), "{reason}");
    assert_eq!(files_in(folder.path()), Vec::<String>::new());
    let locker = Locker::at(config(folder.path()), hardware(1), None).unwrap();
    assert!(matches!(
        locker.make("482913".to_owned(), None, false),
        Err(NotebookError::Keys { .. })
    ));
    assert!(!locker.is_made());
}

#[cfg(feature = "sqlcipher")]
#[test]
fn two_pins_open_two_encrypted_notebooks() {
    let folder = tempfile::tempdir().unwrap();
    let locker = || Locker::at(config(folder.path()), hardware(1), None).unwrap();
    locker().make("482913".to_owned(), Some("770077".to_owned()), true).unwrap();
    let open = |pin: &str| locker().open(pin.to_owned(), None, None);
    let notebook = open("482913").unwrap();
    Arc::clone(&notebook).begin_capture(protocol(98)).commit().unwrap();
    assert!(notebook.age_identity().unwrap().unwrap().starts_with("AGE-SECRET-KEY-1"));
    notebook.end().unwrap();
    assert!(matches!(open("000000"), Err(NotebookError::Keys { .. })));
    locker().change_pin("482913".to_owned(), "246802".to_owned()).unwrap();
    let notebook = open("246802").unwrap();
    assert_eq!(notebook.list(0, 10).unwrap().len(), 1);
    notebook.end().unwrap();
    let shown = open("770077").unwrap();
    assert!(shown.list(0, 10).unwrap().is_empty());
    shown.end().unwrap();
    assert!(matches!(open("246802"), Err(NotebookError::Keys { .. })));
    locker().wipe().unwrap();
    assert!(!locker().is_made());
}

#[cfg(feature = "sqlcipher")]
#[test]
fn an_app_encrypts_a_notebook_and_shows_its_photographs() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let photo = outside.path().join("page.bin");
    std::fs::write(&photo, crate::hq::noise(70_000)).unwrap();
    open(config(folder.path())).unwrap().end().unwrap();
    let encrypted = || open(NotebookConfig { encrypt_at_rest: true, ..config(folder.path()) });
    let notebook = encrypted().unwrap();
    let capture = Arc::clone(&notebook).begin_capture(protocol(98));
    capture.add_photo(photo.display().to_string(), 1).unwrap();
    let made = capture.commit().unwrap();
    let hash = notebook.get(made.record).unwrap().photos[0].hash.clone();
    assert_eq!(notebook.read_photo(hash.clone()).unwrap(), crate::hq::noise(70_000));
    assert_ne!(
        std::fs::read(notebook.photo_path(hash).unwrap()).unwrap(),
        crate::hq::noise(70_000)
    );
    notebook.end().unwrap();
    // Opened as before, it stays so.
    let notebook = open(config(folder.path())).unwrap();
    assert!(notebook.age_identity().unwrap().is_some());
}
