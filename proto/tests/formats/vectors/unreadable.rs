//! Strings whose signature holds and whose payload is not what the kind says: kept, and held.

use hattama_proto::{
    jws::sign,
    kind::Kind,
    limits::{PHOTOS_PER_RECORD_MAX, SEQ_MAX, WORDS_BYTES_MAX},
    record::{Body, NotObtained, PhotoRole, ResultsProtocol, sign_record},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::altered::compact;
use crate::examples::{self, Signer};

/// `unreadable.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Unreadables {
    about: String,
    pub(crate) strings: Vec<UnreadableString>,
}

/// A string that is genuine and says nothing that can be used.
#[derive(Serialize, Deserialize)]
pub(crate) struct UnreadableString {
    pub(crate) name: String,
    pub(crate) compact: String,
}

fn payload() -> Value {
    let body = Body::Protocol(examples::protocol());
    let text = sign_record(&Signer::Results.key(), &examples::claims(0, None, body)).unwrap();
    serde_json::from_slice(examples::verified(&text, Signer::Results).payload()).unwrap()
}

fn signed(kind: Kind, payload: &Value) -> String {
    sign(&Signer::Results.key(), kind, payload).unwrap()
}

/// The payload of the example with one place of its text replaced, once.
fn replaced(from: &str, to: &str) -> String {
    let text = payload().to_string();
    assert!(text.contains(from), "{from} is in {text}");
    compact(Signer::Results, Kind::Protocol.typ(), text.replacen(from, to, 1).as_bytes())
}

fn without(member: &str) -> String {
    let mut payload = payload();
    payload.as_object_mut().unwrap().remove(member).unwrap();
    signed(Kind::Protocol, &payload)
}

fn body_without(member: &str) -> String {
    let mut payload = payload();
    payload["body"].as_object_mut().unwrap().remove(member).unwrap();
    signed(Kind::Protocol, &payload)
}

fn with(member: &str, value: Value) -> String {
    let mut payload = payload();
    payload[member] = value;
    signed(Kind::Protocol, &payload)
}

fn too_many_photos() -> String {
    let photo = examples::photo("one", PhotoRole::Thumbnail);
    let protocol =
        ResultsProtocol { photos: vec![photo; PHOTOS_PER_RECORD_MAX + 1], ..examples::protocol() };
    let body = Body::Protocol(protocol);
    sign_record(&Signer::Results.key(), &examples::claims(0, None, body)).unwrap()
}

fn too_many_words() -> String {
    let body = NotObtained { words: "w".repeat(WORDS_BYTES_MAX + 1), ..examples::not_obtained() };
    let claims = examples::claims(0, None, Body::NotObtained(body));
    sign_record(&Signer::Results.key(), &claims).unwrap()
}

/// Somebody asks for a key to be enrolled that they do not hold.
fn request_for_the_key_of_another() -> String {
    let request = examples::request(hattama_proto::kind::Role::Results);
    sign(&Signer::Stranger.key(), Kind::EnrolmentRequest, &request).unwrap()
}

pub(crate) fn all() -> Unreadables {
    let typ = Kind::Protocol.typ();
    let strings = [
        ("not-json", compact(Signer::Results, typ, b"hello")),
        ("empty-payload", compact(Signer::Results, typ, b"")),
        ("not-utf-8", compact(Signer::Results, typ, b"{\"uid\":\"\xff\"}")),
        ("two-values", compact(Signer::Results, typ, format!("{} {{}}", payload()).as_bytes())),
        ("an-array", signed(Kind::Protocol, &json!([payload()]))),
        ("no-seq", without("seq")),
        ("no-nonce", without("nonce")),
        ("no-body", without("body")),
        ("no-unit", body_without("unit")),
        ("no-lines", body_without("lines")),
        ("no-photos", body_without("photos")),
        ("negative-seq", with("seq", json!(-1))),
        ("seq-beyond-2-to-the-53rd", with("seq", json!(SEQ_MAX + 1))),
        ("prev-in-upper-case", with("prev", json!("AB".repeat(32)))),
        ("election-with-a-space", with("election", json!("two words"))),
        ("time-without-offset", with("claimed_at", json!("2030-12-08T22:10:05"))),
        ("figure-of-sixteen-digits", replaced("9999999999", "1000000000000000")),
        ("figure-with-a-fraction", replaced("9999999999", "981.0")),
        ("figure-with-an-exponent", replaced("9999999999", "1e3")),
        ("figure-below-zero", replaced("9999999999", "-1")),
        ("figure-as-text", replaced("9999999999", "\"981\"")),
        ("seq-twice", replaced(r#""seq":0"#, r#""seq":0,"seq":0"#)),
        ("unit-twice", replaced(r#""unit":"#, r#""unit":"11-900009","unit":"#)),
        ("line-twice", replaced(r#""invalid":0"#, r#""invalid":0,"invalid":5"#)),
        ("choice-twice", replaced(r#""dosov":301"#, r#""dosov":301,"dosov":301"#)),
        ("contest-twice", replaced(r#""contests":{"#, r#""contests":{"president":{},"#)),
        ("mark-twice", replaced(r#""marks":{"#, r#""marks":{"valid":[],"#)),
        ("photo-hash-cut", {
            let hash = examples::photo("protocol", PhotoRole::Original).sha256.to_hex();
            replaced(&hash, &hash[..62])
        }),
        ("photo-role-unknown", replaced(r#""role":"preview""#, r#""role":"poster""#)),
        ("too-many-photos", too_many_photos()),
        ("too-many-words", too_many_words()),
        ("request-for-the-key-of-another", request_for_the_key_of_another()),
    ];
    Unreadables {
        about: "Genuine signatures over payloads that are not what the header says; \
                headquarters stores and holds them. See README.md."
            .into(),
        strings: strings
            .into_iter()
            .map(|(name, compact)| UnreadableString { name: name.into(), compact })
            .collect(),
    }
}
