//! Strings that must be refused, and what refuses them.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use hattama_proto::{jws::VerifyError, kind::Kind, limits::RECORD_BYTES_MAX};
use ring::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde::{Deserialize, Serialize};

use crate::examples::{Signer, chain_of_results};

/// `invalid.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Invalids {
    about: String,
    pub(crate) strings: Vec<InvalidString>,
}

/// A string that must be refused.
#[derive(Serialize, Deserialize)]
pub(crate) struct InvalidString {
    pub(crate) name: String,
    /// What our reader calls it.
    pub(crate) refused_as: Refusal,
    /// Who can tell.
    pub(crate) refused_by: RefusedBy,
    pub(crate) compact: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    Malformed,
    TooLarge,
    Header,
    Kid,
    Forged,
}

impl From<Refusal> for VerifyError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Malformed => Self::Malformed,
            TooLarge => Self::TooLarge,
            Header => Self::Header,
            Kid => Self::Kid,
            Forged => Self::Forged,
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusedBy {
    /// Any JOSE library that is given the key of `kid` and the one algorithm.
    EveryVerifier,
    /// Only who follows the strict rules of README.md: the signature as such is genuine, or a
    /// lenient decoder makes it so.
    StrictRules,
}

use Refusal::{Forged, Header, Kid, Malformed, TooLarge};
use RefusedBy::{EveryVerifier, StrictRules};

fn pair(signer: Signer) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&signer.seed()).unwrap()
}

/// Signs the two parts as they stand, whatever they are.
fn signed(signer: Signer, head: &str, payload: &str) -> String {
    let input = format!("{head}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(pair(signer).sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// A well-formed string over any bytes.
pub(crate) fn compact(signer: Signer, typ: &str, payload: &[u8]) -> String {
    let head = format!(r#"{{"alg":"Ed25519","kid":"{}","typ":"{typ}"}}"#, signer.key().kid());
    with_header(signer, &head, payload)
}

fn with_header(signer: Signer, head: &str, payload: &[u8]) -> String {
    signed(signer, &URL_SAFE_NO_PAD.encode(head), &URL_SAFE_NO_PAD.encode(payload))
}

/// The example protocol, in its three parts.
struct Parts {
    head: String,
    payload: String,
    signature: String,
}

impl Parts {
    fn of_the_example() -> Self {
        let text = chain_of_results().remove(0);
        let [head, payload, signature] =
            text.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
        Self { head, payload, signature }
    }

    fn joined(&self) -> String {
        format!("{}.{}.{}", self.head, self.payload, self.signature)
    }

    fn payload_bytes(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(&self.payload).unwrap()
    }

    fn signature_bytes(&self) -> [u8; 64] {
        URL_SAFE_NO_PAD.decode(&self.signature).unwrap().try_into().unwrap()
    }

    fn with_signature(&self, bytes: &[u8]) -> String {
        format!("{}.{}.{}", self.head, self.payload, URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Sets the lowest bit of the last character, which decoding throws away when the part does not
/// end on a whole character.
fn stray_bit(part: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(part.len() % 4, 0, "a part without unused bits");
    let last = *part.as_bytes().last().unwrap();
    let at = ALPHABET.iter().position(|byte| *byte == last).unwrap();
    format!("{}{}", &part[..part.len() - 1], char::from(ALPHABET[at | 1]))
}

/// The same signature with the group's order added to S: equal to a lenient verifier.
fn with_order_added(signature: [u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut altered = signature;
    let mut carry = 0_u16;
    for (byte, order) in altered[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    altered
}

/// A payload whose base64 has unused bits in its last character.
fn payload_with_unused_bits(parts: &Parts) -> String {
    let mut bytes = parts.payload_bytes();
    while bytes.len().is_multiple_of(3) {
        bytes.push(b' ');
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

fn encodings(parts: &Parts) -> Vec<(&'static str, Refusal, RefusedBy, String)> {
    let me = Signer::Results;
    let open = payload_with_unused_bits(parts);
    let padded = format!("{open}{}", "=".repeat(4 - open.len() % 4));
    let signature = parts.signature_bytes();
    vec![
        (
            "stray-bits-in-the-signature",
            Malformed,
            StrictRules,
            format!("{}.{}.{}", parts.head, parts.payload, stray_bit(&parts.signature)),
        ),
        (
            "stray-bits-in-the-payload",
            Malformed,
            StrictRules,
            signed(me, &parts.head, &stray_bit(&open)),
        ),
        ("padded-signature", Malformed, StrictRules, format!("{}==", parts.joined())),
        ("padded-payload", Malformed, StrictRules, signed(me, &parts.head, &padded)),
        (
            "signature-in-the-other-alphabet",
            Malformed,
            StrictRules,
            format!("{}.{}.{}", parts.head, parts.payload, STANDARD_NO_PAD.encode(signature)),
        ),
        ("newline-at-the-end", Malformed, StrictRules, format!("{}\n", parts.joined())),
        ("space-at-the-start", Malformed, StrictRules, format!(" {}", parts.joined())),
        (
            "line-break-in-the-signature",
            Malformed,
            StrictRules,
            parts
                .joined()
                .replace(&parts.signature[10..], &format!("\r\n{}", &parts.signature[10..])),
        ),
        ("byte-order-mark", Malformed, StrictRules, format!("\u{feff}{}", parts.joined())),
        ("empty", Malformed, EveryVerifier, String::new()),
        ("no-signature", Malformed, EveryVerifier, format!("{}.{}", parts.head, parts.payload)),
        ("empty-signature", Malformed, EveryVerifier, format!("{}.{}.", parts.head, parts.payload)),
        ("four-parts", Malformed, EveryVerifier, format!("{}.{}", parts.joined(), parts.signature)),
        (
            "last-character-missing",
            Malformed,
            EveryVerifier,
            parts.joined()[..parts.joined().len() - 1].to_owned(),
        ),
        ("signature-of-63-bytes", Malformed, EveryVerifier, parts.with_signature(&signature[..63])),
        (
            "signature-of-65-bytes",
            Malformed,
            EveryVerifier,
            parts.with_signature(&[&signature[..], &[0]].concat()),
        ),
        ("payload-missing", Forged, EveryVerifier, format!("{}..{}", parts.head, parts.signature)),
        (
            "json-serialisation",
            Malformed,
            EveryVerifier,
            format!(
                r#"{{"protected":"{}","payload":"{}","signature":"{}"}}"#,
                parts.head, parts.payload, parts.signature
            ),
        ),
        (
            "longer-than-16-kib",
            TooLarge,
            StrictRules,
            compact(me, Kind::Protocol.typ(), &vec![b' '; RECORD_BYTES_MAX * 3 / 4]),
        ),
    ]
}

fn headers(parts: &Parts) -> Vec<(&'static str, Refusal, RefusedBy, String)> {
    let me = Signer::Results;
    let kid = me.key().kid();
    let x = me.key().public();
    let typ = Kind::Protocol.typ();
    let payload = parts.payload_bytes();
    let odd = |head: &str| with_header(me, head, &payload);
    let none = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","kid":"{kid}","typ":"{typ}"}}"#));
    let secret = hmac::Key::new(hmac::HMAC_SHA256, pair(me).public_key().as_ref());
    let hs = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"{typ}"}}"#));
    let hs = format!("{hs}.{}", parts.payload);
    let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&secret, hs.as_bytes()));
    vec![
        (
            "the-older-algorithm-name",
            Header,
            EveryVerifier,
            odd(&format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{typ}"}}"#)),
        ),
        ("algorithm-none", Malformed, EveryVerifier, format!("{none}.{}.", parts.payload)),
        (
            "algorithm-none-with-a-signature",
            Header,
            EveryVerifier,
            format!("{none}.{}.{}", parts.payload, parts.signature),
        ),
        ("public-key-used-as-a-shared-secret", Malformed, EveryVerifier, format!("{hs}.{mac}")),
        (
            "key-in-the-header",
            Header,
            StrictRules,
            odd(&format!(
                r#"{{"alg":"Ed25519","jwk":{{"crv":"Ed25519","kty":"OKP","x":"{x}"}},"kid":"{kid}","typ":"{typ}"}}"#
            )),
        ),
        (
            "one-member-more",
            Header,
            StrictRules,
            odd(&format!(r#"{{"alg":"Ed25519","cty":"json","kid":"{kid}","typ":"{typ}"}}"#)),
        ),
        (
            "members-in-another-order",
            Header,
            StrictRules,
            odd(&format!(r#"{{"typ":"{typ}","alg":"Ed25519","kid":"{kid}"}}"#)),
        ),
        (
            "member-twice",
            Header,
            StrictRules,
            odd(&format!(
                r#"{{"alg":"Ed25519","kid":"{kid}","typ":"hattama-incident+jws","typ":"{typ}"}}"#
            )),
        ),
        (
            "space-in-the-header",
            Header,
            StrictRules,
            odd(&format!(r#"{{"alg":"Ed25519", "kid":"{kid}","typ":"{typ}"}}"#)),
        ),
        (
            "escape-in-the-header",
            Header,
            StrictRules,
            odd(&format!(r#"{{"alg":"Ed2551\u0039","kid":"{kid}","typ":"{typ}"}}"#)),
        ),
        (
            "critical-extension",
            Header,
            EveryVerifier,
            odd(&format!(
                r#"{{"alg":"Ed25519","crit":["later"],"kid":"{kid}","later":1,"typ":"{typ}"}}"#
            )),
        ),
        (
            "payload-not-encoded",
            Header,
            StrictRules,
            odd(&format!(
                r#"{{"alg":"Ed25519","b64":false,"crit":["b64"],"kid":"{kid}","typ":"{typ}"}}"#
            )),
        ),
        ("without-typ", Header, StrictRules, odd(&format!(r#"{{"alg":"Ed25519","kid":"{kid}"}}"#))),
        ("without-kid", Header, StrictRules, odd(&format!(r#"{{"alg":"Ed25519","typ":"{typ}"}}"#))),
        (
            "typ-in-upper-case",
            Header,
            StrictRules,
            odd(&format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"{}"}}"#, typ.to_uppercase())),
        ),
        (
            "typ-with-application",
            Header,
            StrictRules,
            odd(&format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"application/{typ}"}}"#)),
        ),
        (
            "typ-nobody-knows",
            Header,
            StrictRules,
            odd(&format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"hattama-ballot+jws"}}"#)),
        ),
        (
            "kid-in-hex",
            Header,
            StrictRules,
            odd(&format!(
                r#"{{"alg":"Ed25519","kid":"{}","typ":"{typ}"}}"#,
                hattama_proto::id::to_hex(kid.as_bytes())
            )),
        ),
        (
            "kid-with-stray-bits",
            Header,
            StrictRules,
            odd(&format!(
                r#"{{"alg":"Ed25519","kid":"{}","typ":"{typ}"}}"#,
                stray_bit(&kid.to_string())
            )),
        ),
        ("padded-header", Malformed, StrictRules, {
            // One space more, so that there is something to pad.
            let head = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"{typ}"}} "#);
            let head = (0..3)
                .map(|more| URL_SAFE.encode(format!("{head}{}", " ".repeat(more))))
                .find(|head| head.ends_with('='))
                .unwrap();
            signed(me, &head, &parts.payload)
        }),
    ]
}

fn forgeries(parts: &Parts) -> Vec<(&'static str, Refusal, RefusedBy, String)> {
    let kid = Signer::Results.key().kid();
    let typ = Kind::Protocol.typ();
    let head = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"{typ}"}}"#);
    let mut payload = parts.payload_bytes();
    let at = payload.windows(3).position(|w| w == b"640").unwrap();
    payload[at] = b'7';
    let other_head = URL_SAFE_NO_PAD.encode(head.replace("protocol", "incident"));
    let signature = parts.signature_bytes();
    let swapped = [&signature[32..], &signature[..32]].concat();
    vec![
        (
            "signed-by-another-key",
            Forged,
            EveryVerifier,
            with_header(Signer::Stranger, &head, &parts.payload_bytes()),
        ),
        (
            "one-digit-changed",
            Forged,
            EveryVerifier,
            format!("{}.{}.{}", parts.head, URL_SAFE_NO_PAD.encode(payload), parts.signature),
        ),
        (
            "protocol-presented-as-incident",
            Forged,
            EveryVerifier,
            format!("{other_head}.{}.{}", parts.payload, parts.signature),
        ),
        (
            "order-of-the-group-added-to-s",
            Forged,
            EveryVerifier,
            parts.with_signature(&with_order_added(signature)),
        ),
        ("signature-of-zeros", Forged, EveryVerifier, parts.with_signature(&[0; 64])),
        ("halves-of-the-signature-swapped", Forged, EveryVerifier, parts.with_signature(&swapped)),
        ("signature-over-the-decoded-parts", Forged, EveryVerifier, {
            let decoded = [head.as_bytes(), b".", &parts.payload_bytes()].concat();
            parts.with_signature(pair(Signer::Results).sign(&decoded).as_ref())
        }),
    ]
}

pub(crate) fn all() -> Invalids {
    let parts = Parts::of_the_example();
    let strings = [encodings(&parts), headers(&parts), forgeries(&parts)].concat();
    Invalids {
        about: "Strings that must be refused; see README.md in this folder.".into(),
        strings: strings
            .into_iter()
            .map(|(name, refused_as, refused_by, compact)| InvalidString {
                name: name.into(),
                refused_as,
                refused_by,
                compact,
            })
            .collect(),
    }
}
