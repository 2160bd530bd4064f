//! Two PINs, two notebooks, and nothing that tells which is which.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use hattama_client_core::{
    Locker, Notebook, NotebookError, NotebookOptions, OnDuress,
    vault::{KeyVault, VaultError},
};
use hattama_proto::kind::Role;
use zeroize::Zeroizing;

use crate::{
    hq::{TestClock, draft},
    needles::files_below,
    phone::{Hardware, encrypted},
};

const PIN: &str = "482913";
const DURESS: &str = "770077";

/// The phone's hardware, and how often it was asked.
struct Counting(Arc<Hardware>, AtomicU32);

impl KeyVault for Counting {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.wrap(plain)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.unwrap(wrapped)
    }
}

struct Phone {
    folder: tempfile::TempDir,
    clock: Arc<TestClock>,
    hardware: Arc<Counting>,
}

impl Phone {
    fn new(duress: Option<(&str, OnDuress)>) -> Self {
        let hardware = Arc::new(Counting(Hardware::new(1), AtomicU32::new(0)));
        let phone =
            Self { folder: tempfile::tempdir().unwrap(), clock: TestClock::new(), hardware };
        assert!(!phone.locker().is_made());
        phone.locker().make(PIN, duress).unwrap();
        assert!(phone.locker().is_made());
        phone
    }

    /// Anew each time, as another process would.
    fn locker(&self) -> Locker {
        let vault = Arc::clone(&self.hardware) as Arc<dyn KeyVault>;
        let options = encrypted(&self.clock, &Hardware::new(1));
        Locker::at(self.folder.path(), NotebookOptions { vault: Some(vault), ..options })
    }

    fn open(&self, pin: &str) -> Result<Notebook, NotebookError> {
        self.locker().open(pin)
    }

    fn count(&self, pin: &str) -> usize {
        self.open(pin).unwrap().list(0, 10).unwrap().len()
    }
}

#[track_caller]
fn refused(result: Result<Notebook, NotebookError>) {
    assert!(matches!(result, Err(NotebookError::Keys { .. })), "{result:?}");
}

#[test]
fn each_pin_opens_its_own_notebook_and_the_second_one_is_empty() {
    let phone = Phone::new(Some((DURESS, OnDuress::Keep)));
    let own = phone.open(PIN).unwrap();
    own.capture_protocol(draft(1)).unwrap();
    let kid = own.kid(Role::Results);
    drop(own);
    let shown = phone.open(DURESS).unwrap();
    assert!(shown.list(0, 10).unwrap().is_empty());
    assert_ne!(shown.kid(Role::Results), kid);
    // It can be used before the eyes of whoever asked for it.
    shown.capture_protocol(draft(2)).unwrap();
    drop(shown);
    assert_eq!((phone.count(PIN), phone.count(DURESS)), (1, 1));
    refused(phone.open("482914"));
    assert!(phone.locker().make(PIN, None).is_err(), "nothing is made over a locker");
}

#[test]
fn under_duress_the_first_notebook_can_be_destroyed_and_nothing_else_is_different() {
    let (keep, destroy) =
        (Phone::new(Some((DURESS, OnDuress::Keep))), Phone::new(Some((DURESS, OnDuress::Destroy))));
    let mut asked = Vec::new();
    for phone in [&keep, &destroy] {
        phone.open(PIN).unwrap().capture_protocol(draft(1)).unwrap();
        for pin in [PIN, DURESS] {
            let before = phone.hardware.1.load(Ordering::SeqCst);
            phone.count(pin);
            asked.push(phone.hardware.1.load(Ordering::SeqCst) - before);
        }
    }
    assert!(
        asked.iter().all(|times| *times == asked[0]),
        "the hardware is asked as often: {asked:?}"
    );
    assert_eq!(keep.count(PIN), 1);
    refused(destroy.open(PIN));
    assert_eq!(destroy.count(DURESS), 0);
    let length =
        |phone: &Phone| fs::metadata(phone.folder.path().join("locker.json")).unwrap().len();
    assert_eq!(length(&keep), length(&destroy));
}

#[test]
fn whether_there_is_a_second_pin_does_not_show_in_any_file() {
    let shape = |folder: &Path| -> BTreeSet<(String, u64)> {
        files_below(folder)
            .into_iter()
            .map(|path| {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                (name, fs::metadata(&path).unwrap().len())
            })
            .collect()
    };
    let [one, two] = [None, Some((DURESS, OnDuress::Destroy))].map(Phone::new);
    assert_eq!(shape(one.folder.path()), shape(two.folder.path()));
    // Nor which of the two notebooks is the first one's.
    let names = |slot: &str| -> BTreeSet<_> { shape(&one.folder.path().join(slot)) };
    assert_eq!(names("a"), names("b"));
    assert!(!names("a").is_empty());
}

#[test]
fn wrong_pins_are_slowed_for_both_and_the_phone_itself_is_needed() {
    let phone = Phone::new(Some((DURESS, OnDuress::Keep)));
    for _ in 0..3 {
        refused(phone.open("000000"));
    }
    for pin in [PIN, DURESS] {
        let Err(NotebookError::Keys { reason }) = phone.open(pin) else { panic!("{pin}") };
        assert!(reason.contains("seconds"), "{reason}");
    }
    phone.clock.pass(6_000);
    assert_eq!(phone.count(PIN), 0);
    // A copy of the folder on another phone.
    let options = encrypted(&phone.clock, &Hardware::new(2));
    refused(Locker::at(phone.folder.path(), options).open(PIN));
}

#[test]
fn a_pin_is_changed_and_a_locker_is_wiped() {
    let phone = Phone::new(Some((DURESS, OnDuress::Keep)));
    phone.open(PIN).unwrap().capture_protocol(draft(1)).unwrap();
    assert!(phone.locker().change("000000", "246802").is_err());
    assert!(phone.locker().change(PIN, DURESS).is_err());
    phone.locker().change(PIN, "246802").unwrap();
    refused(phone.open(PIN));
    assert_eq!((phone.count("246802"), phone.count(DURESS)), (1, 0));
    phone.locker().wipe().unwrap();
    let left = files_below(phone.folder.path());
    assert!(left.iter().all(|path| path.ends_with("lock")), "{left:?}");
    assert!(!phone.locker().is_made());
    phone.locker().make(PIN, None).unwrap();
    assert_eq!(phone.count(PIN), 0);
}
