//! A key in hardware that vouches at enrolment, brought by an app.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use hattama_client_core::ffi::{
    HardwareFailure, HardwareSigner, KeyRole, MadeKey, Notebook, NotebookError,
};
#[cfg(feature = "sqlcipher")]
use hattama_client_core::ffi::{Locker, passphrase_vault};
use hattama_proto::{hardware::HardwareVouch, jws::Envelope, kind::Role, record::RequestClaims};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};

use crate::{
    app::{Line, Network, config, protocol},
    hq::Hq,
};

/// What the hardware of a phone does when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Works,
    Throws,
    Panics,
    GivesNoKey,
    SignsWithAnother,
}

/// P-256 keys as a Keystore holds them, signatures in DER.
struct Keystore {
    mood: Mood,
    /// The newest last.
    keys: Mutex<Vec<(KeyRole, EcdsaKeyPair)>>,
    asked: AtomicU32,
}

impl Keystore {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self { mood, keys: Mutex::default(), asked: AtomicU32::new(0) })
    }

    fn fresh() -> EcdsaKeyPair {
        let (kind, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).unwrap()
    }
}

impl HardwareSigner for Keystore {
    fn make(&self, role: KeyRole, challenge: Vec<u8>) -> Result<MadeKey, HardwareFailure> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        assert_eq!(challenge.len(), 32);
        let pair = Self::fresh();
        let public_key = match self.mood {
            Mood::Throws => return Err(HardwareFailure::Failed { reason: "no finger".to_owned() }),
            Mood::Panics => panic!("the app fails on purpose"),
            Mood::GivesNoKey => vec![4; 65],
            Mood::Works | Mood::SignsWithAnother => pair.public_key().as_ref().to_vec(),
        };
        self.keys.lock().unwrap().push((role, pair));
        Ok(MadeKey { public_key, attestation: vec![b"leaf".to_vec(), b"maker".to_vec()] })
    }

    fn sign(&self, role: KeyRole, message: Vec<u8>) -> Result<Vec<u8>, HardwareFailure> {
        let keys = self.keys.lock().unwrap();
        let (_, pair) = keys.iter().rev().find(|(of, _)| *of == role).unwrap();
        let another = (self.mood == Mood::SignsWithAnother).then(Self::fresh);
        let pair = another.as_ref().unwrap_or(pair);
        Ok(pair.sign(&SystemRandom::new(), &message).unwrap().as_ref().to_vec())
    }
}

fn phone(folder: &Path, hq: &Arc<Hq>, keystore: &Arc<Keystore>) -> Arc<Notebook> {
    let network =
        Network { hq: Arc::clone(hq), line: Mutex::new(Line::Up), taken: AtomicU32::new(0) };
    let hardware = Arc::clone(keystore) as Arc<dyn HardwareSigner>;
    Notebook::open(config(folder), None, None, Some(Arc::new(network)), Some(hardware)).unwrap()
}

/// What the phone asked headquarters for, per role.
fn requests(hq: &Hq) -> Vec<RequestClaims> {
    let state = hq.state.lock().unwrap();
    let claims = |text: &String| {
        serde_json::from_slice(Envelope::parse(text).unwrap().unverified_payload()).unwrap()
    };
    state.enrolled.values().map(claims).collect()
}

#[test]
fn hardware_vouches_for_both_keys_with_one_of_its_own_for_each() {
    let (folder, hq, keystore) =
        (tempfile::tempdir().unwrap(), Hq::new(), Keystore::new(Mood::Works));
    let notebook = phone(folder.path(), &hq, &keystore);
    let enrolment = notebook.enrol(hq.invitation().to_text()).unwrap();
    assert_eq!(enrolment.hardware_vouched, [KeyRole::Results, KeyRole::Incidents]);
    assert_eq!(notebook.enrolment().unwrap(), Some(enrolment));
    let requests = requests(&hq);
    assert_eq!(requests.len(), Role::ALL.len());
    let mut hardware = Vec::new();
    for claims in &requests {
        let vouch: &HardwareVouch = claims.body.hardware.as_ref().unwrap();
        vouch.verify(&claims.body.challenge(&claims.election)).unwrap();
        assert_eq!(vouch.attestation.len(), 2, "as the phone gave it");
        let role = KeyRole::from(claims.body.role);
        let keys = keystore.keys.lock().unwrap();
        let (_, made) = keys.iter().find(|(of, _)| *of == role).unwrap();
        let made = hattama_proto::hardware::HardwareKey::new(made.public_key().as_ref()).unwrap();
        assert_eq!(vouch.key, made);
        hardware.push(made.kid());
    }
    assert_ne!(hardware[0], hardware[1], "one key would tie two names");
    notebook.enrol(hq.invitation().to_text()).unwrap();
    assert_eq!(keystore.asked.load(Ordering::SeqCst), 2, "asked once for each, and not again");
}

#[test]
fn hardware_that_throws_panics_or_lies_is_left_out_and_the_notebook_works() {
    for mood in [Mood::Throws, Mood::Panics, Mood::GivesNoKey, Mood::SignsWithAnother] {
        let (folder, hq, keystore) = (tempfile::tempdir().unwrap(), Hq::new(), Keystore::new(mood));
        let notebook = phone(folder.path(), &hq, &keystore);
        let enrolment = notebook.enrol(hq.invitation().to_text());
        let enrolment =
            enrolment.unwrap_or_else(|error: NotebookError| panic!("{mood:?}: {error}"));
        assert_eq!(enrolment.hardware_vouched, [], "{mood:?}");
        assert!(requests(&hq).iter().all(|claims| claims.body.hardware.is_none()), "{mood:?}");
        let journal = notebook.journal(20).unwrap();
        let noted = journal.iter().filter(|line| line.code == "hardware-did-not-vouch").count();
        assert_eq!(noted, 2, "{mood:?}: {journal:?}");
        Arc::clone(&notebook).begin_capture(protocol(98)).commit().unwrap();
        let report = notebook.pump(crate::app::budget(30_000)).unwrap();
        assert_eq!(report.stored, 1, "{mood:?}: {report:?}");
    }
}

#[cfg(feature = "sqlcipher")]
#[test]
fn hardware_vouches_for_a_notebook_behind_a_pin_too() {
    let (folder, hq, keystore) =
        (tempfile::tempdir().unwrap(), Hq::new(), Keystore::new(Mood::Works));
    let hardware = Arc::clone(&keystore) as Arc<dyn HardwareSigner>;
    let vault = passphrase_vault("seven herons over the lake".to_owned()).unwrap();
    let locker = Locker::at(config(folder.path()), Some(vault), Some(hardware)).unwrap();
    locker.make("482913".to_owned(), None, false).unwrap();
    let network =
        Network { hq: Arc::clone(&hq), line: Mutex::new(Line::Up), taken: AtomicU32::new(0) };
    let notebook = locker.open("482913".to_owned(), None, Some(Arc::new(network))).unwrap();
    let enrolment = notebook.enrol(hq.invitation().to_text()).unwrap();
    assert_eq!(enrolment.hardware_vouched, [KeyRole::Results, KeyRole::Incidents]);
}
