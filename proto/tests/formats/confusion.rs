//! Nothing signed as one kind is read as another.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::{
    jws::{Envelope, VerifyError, sign},
    kind::Kind,
    pack::PackManifest,
    statement::{
        Accounting, Decision, Enrolment, Epoch, PublicationStatement, Release, Revocation,
        Statement, StatementBody, StatementError, Transcription,
    },
};
use serde_json::Value;

use crate::{
    examples::{self, Signer},
    golden,
    vectors::read_as_its_kind,
};

/// A payload of every kind, with the key that signed it, from the known answers.
fn payloads() -> BTreeMap<Kind, (Signer, String)> {
    let known: Value = serde_json::from_str(&golden::read("records.json")).unwrap();
    known["strings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|string| {
            let kind = Kind::from_typ(string["typ"].as_str().unwrap()).unwrap();
            let named = |signer: &Signer| string["key"] == signer.name();
            let signer = Signer::ALL.into_iter().find(named).unwrap();
            (kind, (signer, string["compact"].as_str().unwrap().to_owned()))
        })
        .collect()
}

#[test]
fn there_is_an_example_of_every_kind() {
    assert!(payloads().keys().copied().eq(Kind::ALL), "{:?}", payloads().keys());
}

#[test]
fn a_header_that_says_another_kind_breaks_the_signature() {
    for (kind, (signer, text)) in payloads() {
        for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
            let (head, rest) = text.split_once('.').unwrap();
            let head = String::from_utf8(URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
            let head = URL_SAFE_NO_PAD.encode(head.replace(kind.typ(), other.typ()));
            let envelope = Envelope::parse(&format!("{head}.{rest}")).unwrap();
            assert_eq!(envelope.kind(), other);
            let refusal = envelope.verify(&signer.key().public()).unwrap_err();
            assert_eq!(refusal, VerifyError::Forged, "{kind} presented as {other}");
        }
    }
}

#[test]
fn a_payload_signed_again_as_another_kind_is_unreadable() {
    for (kind, (signer, text)) in payloads() {
        let verified = examples::verified(&text, signer);
        let payload: Value = serde_json::from_slice(verified.payload()).unwrap();
        for other in Kind::ALL {
            let text = sign(&signer.key(), other, &payload).unwrap();
            let readable = read_as_its_kind(examples::verified(&text, signer)).is_some();
            assert_eq!(readable, other == kind, "a {kind} signed as {other}");
        }
    }
}

#[test]
fn a_statement_of_one_kind_is_not_read_as_another_and_a_record_as_none() {
    fn read<B: StatementBody>() {
        for (kind, (signer, text)) in payloads() {
            let read = Statement::<B>::read(examples::verified(&text, signer));
            if kind == B::KIND {
                assert!(read.is_ok());
            } else {
                let right_reason = matches!(
                    read,
                    Err(StatementError::Kind { expected, found })
                        if expected == B::KIND && found == kind
                );
                assert!(right_reason, "a {kind} read as {}", B::KIND);
            }
        }
    }
    read::<Enrolment>();
    read::<Revocation>();
    read::<Decision>();
    read::<PublicationStatement>();
    read::<PackManifest>();
    read::<Accounting>();
    read::<Epoch>();
    read::<Transcription>();
    read::<Release>();
}
