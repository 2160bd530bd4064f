//! Only the PIN on its own phone opens; wrong ones are counted and have to wait.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::*;
use crate::{clock::Moment, random::SystemRandom, vault::tries::write_whole};

/// A clock that stands where it is put.
struct Still(Mutex<Moment>);

impl Still {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Moment {
            wall: hattama_proto::time::UnixMillis(1_133_712_900_000),
            offset_s: 0,
            mono_ms: 9_000_000,
            boot: "boot-1".to_owned(),
        })))
    }

    fn pass(&self, seconds: u64) {
        self.0.lock().unwrap().mono_ms += seconds * 1000;
    }
}

impl Clock for Still {
    fn now(&self) -> Moment {
        self.0.lock().unwrap().clone()
    }
}

/// Another phone's hardware opens nothing, and one that is locked opens nothing now.
struct Hardware(u8, AtomicBool);

impl KeyVault for Hardware {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok([&[self.0], plain].concat().iter().map(|byte| byte ^ self.0).collect())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(VaultError::Locked("no finger".to_owned()));
        }
        let plain: Vec<u8> = wrapped.iter().map(|byte| byte ^ self.0).collect();
        match plain.split_first() {
            Some((serial, plain)) if *serial == self.0 => Ok(Zeroizing::new(plain.to_vec())),
            _ => Err(VaultError::Rejected("another phone".to_owned())),
        }
    }
}

fn phone(serial: u8) -> Arc<Hardware> {
    Arc::new(Hardware(serial, AtomicBool::new(false)))
}

fn vault(folder: &Path, pin: &str, phone: &Arc<Hardware>, clock: &Arc<Still>) -> PinVault {
    PinVault::new(
        folder,
        Zeroizing::new(pin.to_owned()),
        Some(Arc::clone(phone) as Arc<dyn KeyVault>),
        Arc::clone(clock) as Arc<dyn Clock>,
        Arc::new(SystemRandom::new()),
    )
    .unwrap()
}

#[test]
fn only_the_pin_on_its_own_phone_opens_and_only_unaltered() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), Still::new());
    let open = |pin: &str, serial: u8, bytes: &[u8]| {
        clock.pass(3600);
        vault(folder.path(), pin, &phone(serial), &clock).unwrap(bytes)
    };
    let wrapped = vault(folder.path(), "482913", &phone(1), &clock).wrap(b"secrets").unwrap();
    assert_eq!(open("482913", 1, &wrapped).unwrap().as_slice(), b"secrets");
    for (pin, serial) in [("482914", 1), ("482913", 2), ("4829130", 1)] {
        assert!(matches!(open(pin, serial, &wrapped), Err(VaultError::Rejected(_))), "{pin}");
    }
    for at in [0, 17, 30, wrapped.len() - 1] {
        let mut altered = wrapped.clone();
        altered[at] ^= 1;
        assert!(matches!(open("482913", 1, &altered), Err(VaultError::Rejected(_))), "{at}");
    }
    assert!(matches!(open("482913", 1, &wrapped[..20]), Err(VaultError::Rejected(_))));
    let short = PinVault::new(
        folder.path(),
        Zeroizing::new("48291".to_owned()),
        None,
        clock,
        Arc::new(SystemRandom::new()),
    );
    assert!(matches!(short, Err(NotebookError::InvalidInput { field: "pin", .. })));
}

#[test]
fn wrong_tries_have_to_wait_longer_and_longer_also_after_a_restart_and_a_reboot() {
    let (folder, clock, phone) = (tempfile::tempdir().unwrap(), Still::new(), phone(1));
    let wrapped = vault(folder.path(), "482913", &phone, &clock).wrap(b"secrets").unwrap();
    // Another object each time, as another process would have.
    let open = |pin: &str| vault(folder.path(), pin, &phone, &clock).unwrap(&wrapped);
    let waits = |result: Result<Zeroizing<Vec<u8>>, VaultError>| match result {
        Err(VaultError::Locked(reason)) => reason,
        other => panic!("{other:?}"),
    };
    for _ in 0..3 {
        assert!(matches!(open("000000"), Err(VaultError::Rejected(_))));
    }
    assert!(waits(open("482913")).contains("5 seconds"), "not even the right one");
    clock.pass(5);
    assert!(matches!(open("000000"), Err(VaultError::Rejected(_))));
    assert!(waits(open("000000")).contains("15 seconds"));
    {
        // A reboot, and a clock set to next year.
        let mut now = clock.0.lock().unwrap();
        (now.boot, now.mono_ms, now.wall.0) = ("boot-2".to_owned(), 10_000, i64::MAX / 2);
    }
    assert!(waits(open("482913")).contains("5 seconds"));
    clock.pass(5);
    assert!(open("482913").is_ok());
    // All is forgiven.
    for _ in 0..2 {
        assert!(matches!(open("000000"), Err(VaultError::Rejected(_))));
    }
    assert!(open("482913").is_ok());
    write_whole(&folder.path().join(TRIES_FILE), b"altered").unwrap();
    assert!(waits(open("482913")).contains("seconds"));
}

#[test]
fn a_phone_whose_hardware_is_locked_spends_no_try() {
    let (folder, clock, phone) = (tempfile::tempdir().unwrap(), Still::new(), phone(1));
    let vault = vault(folder.path(), "482913", &phone, &clock);
    let wrapped = vault.wrap(b"secrets").unwrap();
    phone.1.store(true, Ordering::SeqCst);
    for _ in 0..9 {
        assert_eq!(vault.unwrap(&wrapped), Err(VaultError::Locked("no finger".to_owned())));
    }
    phone.1.store(false, Ordering::SeqCst);
    assert!(vault.unwrap(&wrapped).is_ok());
}
