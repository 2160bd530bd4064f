//! A key in the phone's hardware vouches at enrolment: kept, shown, and of no use for anything else.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use hattama_client_core::{
    Notebook, NotebookOptions, Pictures,
    hardware::{HardwareFailure, HardwareSigner, MadeKey},
};
use hattama_proto::{
    hardware::HardwareVouch,
    invitation::Invitation,
    kind::{Kind, Role},
    record::RequestClaims,
};
use hattama_tests::world::{Ending, World};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use super::{invite, on_both_engines};

on_both_engines![
    hardware_vouches_for_each_key_by_a_key_of_its_own_and_its_attestation_is_kept,
    a_phone_whose_hardware_fails_is_enrolled_without_it,
    what_hardware_signed_for_another_key_enrols_nobody,
];

/// P-256 keys in memory, that sign as Android's keystore does: in DER.
#[derive(Default)]
struct Keystore {
    keys: Mutex<HashMap<&'static str, EcdsaKeyPair>>,
    challenges: Mutex<Vec<[u8; 32]>>,
    /// Whether it makes keys and then does not sign.
    fails: bool,
}

impl HardwareSigner for Keystore {
    fn make(&self, role: Role, challenge: &[u8; 32]) -> Result<MadeKey, HardwareFailure> {
        let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let public_key = pair.public_key().as_ref().to_vec();
        self.keys.lock().unwrap().insert(role.name(), pair);
        self.challenges.lock().unwrap().push(*challenge);
        let attestation = vec![[b"certificate over ", &challenge[..]].concat(), b"root".to_vec()];
        Ok(MadeKey { public_key, attestation })
    }

    fn sign(&self, role: Role, message: &[u8]) -> Result<Vec<u8>, HardwareFailure> {
        if self.fails {
            return Err(HardwareFailure("the strongbox does not answer".to_owned()));
        }
        let keys = self.keys.lock().unwrap();
        Ok(keys[role.name()].sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec())
    }
}

fn phone(world: &World, name: &str, hardware: &Arc<Keystore>) -> Notebook {
    let options = NotebookOptions {
        pictures: Pictures::Skip,
        hardware: Some(Arc::clone(hardware) as Arc<dyn HardwareSigner>),
        ..NotebookOptions::default()
    };
    Notebook::open(&world.scratch().join(name), options).unwrap()
}

fn invited(world: &World) -> Invitation {
    let (_, invitation) = invite(&world.wire(), "17", world.country().precinct(0).as_str());
    invitation.parse().unwrap()
}

/// What headquarters lists of a key.
fn listed(world: &World, kid: &str) -> Value {
    let devices = world.wire().get_json("/v1/devices");
    let found = devices.as_array().unwrap().iter().find(|device| device["kid"] == kid);
    found.cloned().unwrap_or(Value::Null)
}

fn hardware_vouches_for_each_key_by_a_key_of_its_own_and_its_attestation_is_kept(
    world: &mut World,
) {
    let keystore = Arc::new(Keystore::default());
    let notebook = phone(world, "phone", &keystore);
    let invitation = invited(world);
    let enrolment = notebook.enrol(&invitation).unwrap();
    assert_eq!(enrolment.hardware.len(), 2, "{enrolment:?}");
    assert_ne!(enrolment.hardware[0].1, enrolment.hardware[1].1, "one key would tie two names");
    assert_eq!(notebook.enrol(&invitation).unwrap(), enrolment, "asked again, answered as before");
    let challenges = keystore.challenges.lock().unwrap().clone();
    for ((role, kid), (of, hardware)) in enrolment.kids.iter().zip(&enrolment.hardware) {
        assert_eq!(role, of);
        assert_eq!(listed(world, &kid.to_string())["hardware"], json!(hardware));
        let said = world.wire().get_json(&format!("/v1/devices/{kid}/hardware"));
        assert_eq!(said["kid"], json!(kid));
        let challenge = said["challenge"].as_str().unwrap();
        assert!(challenges.iter().any(|known| hattama_proto::id::to_hex(known) == challenge));
        assert_eq!(said["attestation"].as_array().unwrap().len(), 2, "as the phone gave it");
        assert_eq!(said["hardware"]["crv"], "P-256");
        // A stranger checks it with the request alone.
        let request = said["request"].as_str().unwrap();
        let envelope = hattama_proto::jws::Envelope::parse(request).unwrap();
        let claims: RequestClaims = serde_json::from_slice(envelope.unverified_payload()).unwrap();
        let verified = envelope.verify(&claims.body.public_key).unwrap();
        let claims = RequestClaims::read(&verified).unwrap();
        let vouch: HardwareVouch = claims.body.hardware.clone().unwrap();
        let held = vouch.verify(&claims.body.challenge(&claims.election)).unwrap();
        assert_eq!(held.hardware().kid(), *hardware);
    }
    assert_eq!(keystore.challenges.lock().unwrap().len(), 2, "hardware is asked once for each");
    let nobody = "A".repeat(43);
    let answer = world.wire().get(&format!("/v1/devices/{nobody}/hardware"));
    assert_eq!(answer.status, 404, "{}", answer.text());
}

fn a_phone_whose_hardware_fails_is_enrolled_without_it(world: &mut World) {
    let keystore = Arc::new(Keystore { fails: true, ..Keystore::default() });
    let notebook = phone(world, "phone", &keystore);
    let enrolment = notebook.enrol(&invited(world)).unwrap();
    assert_eq!(enrolment.hardware, []);
    for (_, kid) in &enrolment.kids {
        assert_eq!(listed(world, &kid.to_string())["hardware"], Value::Null);
        let answer = world.wire().get(&format!("/v1/devices/{kid}/hardware"));
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not-found")));
    }
    let journal = notebook.journal(20).unwrap();
    assert!(journal.iter().any(|line| line.code == "hardware-did-not-vouch"), "{journal:?}");
}

fn what_hardware_signed_for_another_key_enrols_nobody(world: &mut World) {
    let (first, second) = (world.stranger(1), world.stranger(2));
    let invitation = invited(world);
    let request = |device: &hattama_tests::world::Device| -> RequestClaims {
        let text = device.enrolment_request(&invitation, Role::Results);
        let envelope = hattama_proto::jws::Envelope::parse(&text).unwrap();
        serde_json::from_slice(envelope.unverified_payload()).unwrap()
    };
    let mut stolen = request(&second);
    let challenge = request(&first).body.challenge(&stolen.election);
    let keystore = Keystore::default();
    let made = keystore.make(Role::Results, challenge.as_bytes()).unwrap();
    let key = hattama_proto::hardware::HardwareKey::new(&made.public_key).unwrap();
    let message = HardwareVouch::to_sign(&key, &challenge);
    let signature = keystore.sign(Role::Results, message.as_bytes()).unwrap();
    stolen.body.hardware =
        Some(HardwareVouch::new(key, &challenge, &signature, &made.attestation).unwrap());
    let payload = serde_json::to_value(&stolen).unwrap();
    let text = second.say_anything(Kind::EnrolmentRequest, &payload).text;
    let answer = world.wire().post("/v1/enrolments", &json!({ "request": text }));
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("invalid")));
    assert!(answer.text().contains("enrol without it"), "{}", answer.text());
    // The invitation is not used up.
    let honest = second.enrolment_request(&invitation, Role::Results);
    let answer = world.wire().post("/v1/enrolments", &json!({ "request": honest }));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn what_was_altered_of_a_hardware_key_is_named_and_not_shown() {
    let mut world = World::new();
    let notebook = phone(&world, "phone", &Arc::new(Keystore::default()));
    let enrolment = notebook.enrol(&invited(&world)).unwrap();
    let (_, kid) = enrolment.kids[0];
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
    let mend = "update hardware_request set request = (select request from hardware_request
                 where kid <> ?1) where kid = ?1";
    let store = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    assert_eq!(store.execute(mend, [kid.to_string()]).unwrap(), 1);
    drop(store);
    let said = world.fsck().unwrap();
    assert!(said.contains("the bytes are not those that were logged"), "{said}");
    world.start();
    let answer = world.wire().get(&format!("/v1/devices/{kid}/hardware"));
    assert_eq!(answer.status, 500, "{}", answer.text());
    world.end(Ending::InOrder);
    let store = rusqlite::Connection::open(world.data().join("hq.db")).unwrap();
    assert_eq!(store.execute("delete from hardware_request", []).unwrap(), 2);
    drop(store);
    let said = world.fsck().unwrap();
    assert!(said.contains("the store not what it is about"), "{said}");
}
