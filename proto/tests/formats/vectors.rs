//! Known answers: `records.json`, `unreadable.json` and `invalid.json`.
//!
//! Everything is made again from fixed inputs and compared with the committed files; then the
//! files alone are read as a stranger would read them.

mod altered;
mod unreadable;

use std::collections::BTreeMap;

use hattama_proto::{
    chain::{self, Link},
    id::{Kid, RecordId, to_hex},
    jws::{Envelope, Verified, VerifyError, sign},
    key::PublicKey,
    kind::{Kind, Role},
    pack::{Pack, PackManifest},
    record::{Record, RequestClaims, VouchClaims},
    statement::{
        Accounting, Decision, Enrolment, Epoch, IncidentReview, Message, PublicationStatement,
        Release, Revocation, Statement, StatementBody, Succession, Transcription, sign_statement,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    examples::{self, Signer},
    golden,
};

/// `records.json`.
#[derive(Serialize, Deserialize)]
struct Known {
    about: String,
    keys: Vec<KnownKey>,
    strings: Vec<KnownString>,
}

/// A key, whose seed is given away.
#[derive(Serialize, Deserialize)]
pub(crate) struct KnownKey {
    name: String,
    /// RFC 8032 private key, hex.
    seed: String,
    jwk: Jwk,
    kid: Kid,
}

#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

/// A signed string and what it says.
#[derive(Serialize, Deserialize)]
pub(crate) struct KnownString {
    name: String,
    key: String,
    typ: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<RecordId>,
    compact: String,
    payload: Value,
}

pub(crate) fn known_keys() -> Vec<KnownKey> {
    Signer::ALL
        .map(|signer| {
            let public = signer.key().public();
            KnownKey {
                name: signer.name().into(),
                seed: to_hex(&signer.seed()),
                jwk: Jwk { kty: "OKP".into(), crv: "Ed25519".into(), x: public.to_string() },
                kid: public.kid(),
            }
        })
        .into()
}

pub(crate) fn public_keys() -> BTreeMap<Kid, PublicKey> {
    Signer::ALL.map(|signer| signer.key().public()).map(|key| (key.kid(), key)).into()
}

fn known_string(name: &str, signer: Signer, compact: String) -> KnownString {
    let verified = examples::verified(&compact, signer);
    let payload: Value = serde_json::from_slice(verified.payload()).unwrap();
    KnownString {
        name: name.into(),
        key: signer.name().into(),
        typ: verified.kind().typ().into(),
        id: RecordId::of(compact.as_bytes()).to_hex(),
        seq: payload.get("seq").and_then(Value::as_u64),
        prev: payload.get("prev").and_then(|prev| Some(prev.as_str()?.parse().unwrap())),
        compact,
        payload,
    }
}

/// One of every kind, signed anew.
fn known_strings() -> Vec<KnownString> {
    let mut strings = Vec::new();
    let results = ["protocol", "form", "not-obtained", "correction", "summary-protocol"];
    for (name, compact) in results.iter().zip(examples::chain_of_results()) {
        strings.push(known_string(name, Signer::Results, compact));
    }
    let incidents = ["incident", "incident-campaign", "incident-correction"];
    for (name, compact) in incidents.iter().zip(examples::chain_of_incidents()) {
        strings.push(known_string(name, Signer::Incidents, compact));
    }
    for (role, signer) in [(Role::Results, Signer::Results), (Role::Incidents, Signer::Incidents)] {
        let claims = examples::request(role);
        let compact = sign(&signer.key(), Kind::EnrolmentRequest, &claims).unwrap();
        let name = format!("enrolment-request-{}", role.name());
        let request = known_string(&name, signer, compact);
        let enrolment = examples::enrolment(role, &request.compact);
        strings.push(request);
        strings.push(said(&format!("enrolment-{}", role.name()), Signer::Hq, enrolment));
    }
    strings.push(said("revocation", Signer::Hq, examples::revocation()));
    strings.push(said("decision", Signer::Hq, examples::decision()));
    strings.push(said("publication", Signer::Hq, examples::publication()));
    strings.push(said("pack", Signer::Root, examples::manifest()));
    strings.push(said("accounting", Signer::Hq, examples::accounting()));
    strings.push(said("epoch", Signer::Hq, examples::epoch()));
    strings.push(said("transcription", Signer::Hq, examples::transcription()));
    strings.push(said("transcription-wrong-unit", Signer::Hq, examples::wrong_unit()));
    for (name, change) in examples::incident_changes() {
        let review = examples::incident_review(change);
        strings.push(said(&format!("incident-review-{name}"), Signer::Hq, review));
    }
    strings.push(known_string("protocol-told", Signer::Desk, examples::told()));
    strings.push(said("enrolment-desk", Signer::Hq, examples::desk()));
    strings.push(said("message", Signer::Hq, examples::message()));
    strings.push(said("succession", Signer::Root, examples::succession()));
    strings.push(said("release", Signer::Hq, examples::release()));
    strings.push(known_string("vouch", Signer::Results, examples::vouch()));
    strings
}

fn said<B: StatementBody>(name: &str, signer: Signer, body: B) -> KnownString {
    let number = u8::try_from(name.len()).unwrap();
    let claims = examples::statement(number, body);
    known_string(name, signer, sign_statement(&signer.key(), &claims).unwrap())
}

/// Reads a verified string as what its header says; the id it got, or none if it is unreadable.
pub(crate) fn read_as_its_kind(verified: Verified) -> Option<String> {
    fn statement<B: StatementBody>(verified: Verified) -> Option<String> {
        Statement::<B>::read(verified).ok().map(|statement| statement.id.to_hex())
    }
    match verified.kind() {
        Kind::EnrolmentRequest => RequestClaims::read(&verified)
            .ok()
            .map(|_| RecordId::of(verified.text().as_bytes()).to_hex()),
        Kind::Enrolment => statement::<Enrolment>(verified),
        Kind::Revocation => statement::<Revocation>(verified),
        Kind::Decision => statement::<Decision>(verified),
        Kind::Publication => statement::<PublicationStatement>(verified),
        Kind::Pack => statement::<PackManifest>(verified),
        Kind::Accounting => statement::<Accounting>(verified),
        Kind::Epoch => statement::<Epoch>(verified),
        Kind::Transcription => statement::<Transcription>(verified),
        Kind::IncidentReview => statement::<IncidentReview>(verified),
        Kind::Message => statement::<Message>(verified),
        Kind::Succession => statement::<Succession>(verified),
        Kind::Release => statement::<Release>(verified),
        Kind::Vouch => VouchClaims::read(&verified)
            .ok()
            .map(|_| RecordId::of(verified.text().as_bytes()).to_hex()),
        _ => Record::read(verified).ok().map(|record| record.id.to_hex()),
    }
}

#[test]
fn the_same_inputs_give_the_same_strings() {
    golden::compare(
        "records.json",
        &Known {
            about: "Valid strings of every kind; see README.md in this folder.".into(),
            keys: known_keys(),
            strings: known_strings(),
        },
    );
}

#[test]
fn every_known_string_verifies_and_reads_as_its_kind() {
    let known: Known = serde_json::from_str(&golden::read("records.json")).unwrap();
    let keys: BTreeMap<_, _> = known
        .keys
        .iter()
        .map(|key| (key.name.as_str(), PublicKey::parse(&key.jwk.x).unwrap()))
        .collect();
    let mut kinds = Vec::new();
    for string in known.strings {
        let envelope = Envelope::parse(&string.compact).unwrap();
        let verified = envelope.verify(&keys[string.key.as_str()]).unwrap();
        assert_eq!(verified.kind().typ(), string.typ);
        let payload: Value = serde_json::from_slice(verified.payload()).unwrap();
        assert_eq!(payload, string.payload, "{}", string.name);
        kinds.push(verified.kind());
        assert_eq!(read_as_its_kind(verified).unwrap(), string.id, "{}", string.name);
    }
    assert!(Kind::ALL.iter().all(|kind| kinds.contains(kind)), "a string of every kind");
}

#[test]
fn the_records_of_each_key_are_a_chain_without_findings() {
    let known: Known = serde_json::from_str(&golden::read("records.json")).unwrap();
    for key in ["observer-results", "observer-incidents"] {
        let links: Vec<_> = known
            .strings
            .iter()
            .filter(|string| string.key == key)
            .filter_map(|string| {
                Some(Link { id: string.id.parse().unwrap(), seq: string.seq?, prev: string.prev })
            })
            .collect();
        assert!(links.len() >= 3, "{key}");
        assert_eq!(chain::inspect(links), [], "{key}");
    }
}

#[test]
fn the_set_up_assembles_from_the_known_manifest_and_the_parts() {
    let known: Known = serde_json::from_str(&golden::read("records.json")).unwrap();
    let pack = known.strings.iter().find(|string| string.name == "pack").unwrap();
    let verified = examples::verified(&pack.compact, Signer::Root);
    let manifest = Statement::<PackManifest>::read(verified).unwrap().claims.body;
    let parts: BTreeMap<_, _> = examples::PACK_PARTS
        .into_iter()
        .map(|(part, file)| (part, golden::read(file).into_bytes()))
        .collect();
    let pack = Pack::assemble(&manifest, |part| parts.get(&part).map(Vec::as_slice)).unwrap();
    assert_eq!(pack.version, 3);
    assert_eq!(pack.units.all().len(), 6);
    assert_eq!(pack.election, examples::election_part());
}

#[test]
fn validly_signed_strings_that_cannot_be_read_are_unreadable_and_not_forged() {
    golden::compare("unreadable.json", &unreadable::all());
    let known: unreadable::Unreadables =
        serde_json::from_str(&golden::read("unreadable.json")).unwrap();
    let keys = public_keys();
    for string in known.strings {
        let envelope = Envelope::parse(&string.compact).unwrap();
        let key = keys[&envelope.kid()];
        let verified = envelope.verify(&key).unwrap();
        assert_eq!(read_as_its_kind(verified), None, "{}", string.name);
    }
}

#[test]
fn every_altered_string_is_refused_with_its_reason() {
    golden::compare("invalid.json", &altered::all());
    let known: altered::Invalids = serde_json::from_str(&golden::read("invalid.json")).unwrap();
    let keys = public_keys();
    for string in known.strings {
        let refusal = Envelope::parse(&string.compact).and_then(|envelope| {
            let key = keys.get(&envelope.kid()).ok_or(VerifyError::Kid)?;
            envelope.verify(key).map(drop)
        });
        assert_eq!(refusal, Err(string.refused_as.into()), "{}", string.name);
    }
}
