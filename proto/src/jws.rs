//! Signing and verifying: the only place where bytes become evidence.
//!
//! ```text
//! claims --sign--> compact JWS --parse--> Envelope --verify(key)--> Verified
//! ```
//!
//! A record is a JWS compact string (RFC 7515) with the header exactly
//! `{"alg":"Ed25519","kid":"<RFC 7638 thumbprint>","typ":"<kind>"}` (RFC 9864 for the name of the
//! algorithm). Its id is the SHA-256 of the whole string.
//!
//! Invariant: [`Verified`] has no other constructor than [`Envelope::verify`]. Whatever stores,
//! merges or exports asks for a `Verified`, so a skipped check does not compile.
//!
//! Decoding is strict, because a lenient one gives one signature two spellings and so two ids:
//! no padding, no white space, no stray bits in the last character, the header compared byte for
//! byte with the one expected.

use std::sync::Arc;

use base64::{
    Engine as _, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD},
    },
};
use serde::Serialize;

use crate::{
    id::Kid,
    key::{PublicKey, SigningKey},
    kind::Kind,
    limits::RECORD_BYTES_MAX,
};

/// Why a string is not evidence. Always the sender's fault, and always final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Not the signature of this key over these bytes: altered, or signed by another key.
    #[error("the signature does not match the key and the bytes")]
    Forged,
    /// The header is not the one this kind of key writes: another algorithm, extra members.
    #[error("the header is not exactly alg, kid and typ of a kind that is known")]
    Header,
    /// The key does not have the name that the header gives.
    #[error("the key's thumbprint is not the kid in the header")]
    Kid,
    /// Not three parts of strict base64url.
    #[error("not a compact JWS: three parts of base64url without padding")]
    Malformed,
    /// Longer than a record may be.
    #[error("longer than 16 KiB")]
    TooLarge,
}

/// The claims could not be signed. The caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The payload does not become JSON.
    #[error("the payload cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The signed string would be longer than a record may be: shorten the words.
    #[error(
        "the signed record would have {bytes} bytes; at most 16384 are allowed: shorten the text"
    )]
    TooLarge {
        /// Length it would have.
        bytes: usize,
    },
}

/// Signs `payload` as `kind`. The bytes that come back are kept for ever and never re-encoded.
pub fn sign(key: &SigningKey, kind: Kind, payload: &impl Serialize) -> Result<String, SignError> {
    let payload = serde_json::to_vec(payload)?;
    let mut text = URL_SAFE_NO_PAD.encode(header(key.kid(), kind));
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(&payload, &mut text);
    let signature = key.sign(text.as_bytes());
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    if text.len() > RECORD_BYTES_MAX {
        return Err(SignError::TooLarge { bytes: text.len() });
    }
    Ok(text)
}

fn header(kid: Kid, kind: Kind) -> String {
    format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"{}"}}"#, kind.typ())
}

/// A well-formed signed string whose signature nobody has checked yet.
#[derive(Clone, Debug)]
pub struct Envelope {
    text: Arc<str>,
    kind: Kind,
    kid: Kid,
    signed_len: usize,
    payload: Vec<u8>,
    signature: [u8; 64],
}

impl Envelope {
    /// Takes a compact JWS apart, strictly.
    pub fn parse(text: &str) -> Result<Self, VerifyError> {
        if text.len() > RECORD_BYTES_MAX {
            return Err(VerifyError::TooLarge);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(VerifyError::Malformed)?;
        let (head, payload) = signed.split_once('.').ok_or(VerifyError::Malformed)?;
        let head = decode(head)?;
        let payload = decode(payload)?;
        let signature = decode(signature)?.try_into().map_err(|_| VerifyError::Malformed)?;
        let (kind, kid) = read_header(&head).ok_or(VerifyError::Header)?;
        Ok(Self { text: text.into(), kind, kid, signed_len: signed.len(), payload, signature })
    }

    /// What the header says it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whose signature the header says it is.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// The payload before anybody checked the signature: only for finding the key to check it with,
    /// as an enrolment request carries its own.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks that `key` is the one named in the header and that it signed these bytes.
    pub fn verify(self, key: &PublicKey) -> Result<Verified, VerifyError> {
        if key.kid() != self.kid {
            return Err(VerifyError::Kid);
        }
        if !key.verifies(&self.text.as_bytes()[..self.signed_len], &self.signature) {
            return Err(VerifyError::Forged);
        }
        Ok(Verified(self))
    }
}

/// A signed string whose signature holds. Says nothing about who the key belongs to.
#[derive(Clone, Debug)]
pub struct Verified(Envelope);

impl Verified {
    /// What it is.
    pub const fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whose key signed it.
    pub const fn kid(&self) -> Kid {
        self.0.kid
    }

    /// The exact string that was received; keep this and nothing else.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The exact string, shared.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.0.text)
    }

    /// The payload's bytes: JSON of the kind's claims.
    pub fn payload(&self) -> &[u8] {
        &self.0.payload
    }
}

/// Reads what [`URL_SAFE_NO_PAD`] writes, and nothing else: said here and not left to what the
/// library's own engine happens to refuse.
const STRICT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Strict base64url: no padding, no white space, no stray bits.
fn decode(part: &str) -> Result<Vec<u8>, VerifyError> {
    STRICT.decode(part).map_err(|_| VerifyError::Malformed)
}

/// The key that the first part of a compact string names, before anything of it is believed: it says in
/// which queue the string waits, and never what it is.
pub fn claimed_key(header: &str) -> Option<Kid> {
    read_header(&decode(header).ok()?).map(|(_, kid)| kid)
}

fn read_header(bytes: &[u8]) -> Option<(Kind, Kid)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let rest = text.strip_prefix(r#"{"alg":"Ed25519","kid":""#)?;
    let kid = rest.get(..Kid::CHARS)?;
    let typ = rest.get(Kid::CHARS..)?.strip_prefix(r#"","typ":""#)?.strip_suffix(r#""}"#)?;
    let (kind, kid) = (Kind::from_typ(typ)?, kid.parse().ok()?);
    (header(kid, kind).as_bytes() == bytes).then_some((kind, kid))
}
