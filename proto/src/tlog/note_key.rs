//! Keys of signed notes: their names, their four-byte ids, and their two halves.
//!
//! Signature type 0x01 (Ed25519 over the note's text) is a log's; what a witness signs is in
//! `cosignature.rs`, with type 0x04. A verifier key is written `name+id+key`, as
//! `signed-note@v1.0.0` and everybody's tools have it.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::hash::unhex;
use crate::id::to_hex;

/// Signature type of a plain Ed25519 signature over the note's text.
const ED25519_TYPE: u8 = 1;

/// Signature type of a timestamped Ed25519 cosignature.
pub(super) const COSIGNATURE_TYPE: u8 = 4;

/// Longest key name, in bytes. A name is a host and a path; the bound keeps a signature line short
/// enough to read.
const NAME_BYTES_MAX: usize = 256;

/// Why a text is not a key. The fault of whoever wrote the configuration or the pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Empty, too long, or with a space, a plus sign or a control character.
    #[error("a key name has 1 to 256 bytes without spaces, plus signs or control characters")]
    Name,
    /// Not of the form `name+id+key`.
    #[error("expected name, plus sign, eight hex digits, plus sign, base64")]
    Form,
    /// The key is of a type that is not spoken here, or of the wrong length for it.
    #[error(
        "a log's key is of type 1 and a witness's of type 4, both with 32 bytes; this is neither, \
         or the other"
    )]
    Type,
    /// The id is not the id of this name and key: one of the three was altered.
    #[error("the key id belongs to another name or key")]
    Id,
}

/// Name of a note key, by recommendation a host and path without scheme. Not empty, no spaces, no
/// plus sign, no control characters, at most 256 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(Box<str>);

impl KeyName {
    /// Reads a name.
    pub fn new(name: &str) -> Result<Self, KeyError> {
        let forbidden = |c: char| c == '+' || c.is_whitespace() || c.is_control();
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(forbidden) {
            return Err(KeyError::Name);
        }
        Ok(Self(name.into()))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyError;

    fn from_str(name: &str) -> Result<Self, KeyError> {
        Self::new(name)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Four bytes that, with the name, say which key made a signature. A label, not a commitment:
/// colliding ids are cheap to make, and then the signature does not verify.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(super) [u8; 4]);

impl KeyId {
    pub(super) fn of(name: &KeyName, signature_type: u8, public_key: &[u8; 32]) -> Self {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        context.update(name.0.as_bytes());
        context.update(&[b'\n', signature_type]);
        context.update(public_key);
        let digest = context.finish();
        Self(*digest.as_ref().first_chunk().expect("SHA-256 gives 32 bytes"))
    }

    /// The four bytes, big-endian as in a signature line.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The public half of a note key, as a pack or a policy file carries it.
///
/// ```
/// use hattama_proto::tlog::VerifierKey;
/// let text = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
/// let key: VerifierKey = text.parse()?;
/// assert_eq!(key.name().as_str(), "example.com/log/testdata");
/// assert_eq!(key.to_string(), text);
/// # Ok::<(), hattama_proto::tlog::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    public_key: [u8; 32],
}

impl VerifierKey {
    /// A verifier key from a raw Ed25519 public key.
    pub fn new(name: KeyName, public_key: [u8; 32]) -> Self {
        let id = KeyId::of(&name, ED25519_TYPE, &public_key);
        Self { name, id, public_key }
    }

    /// Reads `name+id+key`, and nothing that is not written exactly so.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, public_key) = parse_vkey(text, ED25519_TYPE)?;
        Ok(Self::new(name, public_key))
    }

    /// Whose key it is.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Its id in signature lines.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The raw Ed25519 public key.
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// Whether `signature` is this key's signature of `text`.
    pub(super) fn signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public_key).verify(text.as_bytes(), signature).is_ok()
    }
}

/// Name and key of `name+id+key`, the key being of this type and the id theirs.
pub(super) fn parse_vkey(text: &str, signature_type: u8) -> Result<(KeyName, [u8; 32]), KeyError> {
    // The base64 at the end may hold plus signs of its own; the name and the id cannot.
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Form);
    };
    let name = KeyName::new(name)?;
    let id = KeyId(unhex(id.as_bytes()).ok_or(KeyError::Form)?);
    let key = STANDARD.decode(key).map_err(|_| KeyError::Form)?;
    let public_key = match key.split_first() {
        Some((found, public_key)) if *found == signature_type => public_key,
        _ => return Err(KeyError::Type),
    };
    let public_key = public_key.try_into().map_err(|_| KeyError::Type)?;
    if KeyId::of(&name, signature_type, &public_key) != id {
        return Err(KeyError::Id);
    }
    Ok((name, public_key))
}

/// A key as `name+id+key`.
pub(super) fn vkey(name: &KeyName, id: KeyId, signature_type: u8, public_key: &[u8; 32]) -> String {
    let mut key = vec![signature_type];
    key.extend(public_key);
    format!("{name}+{id}+{}", STANDARD.encode(key))
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&vkey(&self.name, self.id, ED25519_TYPE, &self.public_key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The secret half of a note key. Prints as its public half.
pub struct NoteSigner {
    key: VerifierKey,
    pair: Ed25519KeyPair,
}

impl NoteSigner {
    /// A signer from its 32-byte Ed25519 seed (RFC 8032's private key).
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("every 32 bytes are a seed");
        let public_key =
            pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes");
        Self { key: VerifierKey::new(name, public_key), pair }
    }

    /// The public half.
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.key
    }

    /// The signature of `text` by this key. The same text gives the same signature every time.
    pub(super) fn signature(&self, text: &str) -> Vec<u8> {
        self.pair.sign(text.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    #[test]
    fn a_name_that_would_break_a_line_is_refused() {
        for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb", "a\u{7f}", &"a".repeat(257)] {
            assert_eq!(KeyName::new(name), Err(KeyError::Name), "{name:?}");
        }
        assert!(KeyName::new("hq.example.org/парламент").is_ok());
    }

    #[test]
    fn an_altered_key_is_refused_with_its_cause() {
        let refused = |from: &str, to: &str| {
            let altered = PUBLISHED.replace(from, to);
            assert_ne!(altered, PUBLISHED);
            VerifierKey::parse(&altered).unwrap_err()
        };
        assert_eq!(refused("+33d7b496+", "+33d7b497+"), KeyError::Id);
        assert_eq!(refused("+33d7b496+", "+33D7B496+"), KeyError::Form);
        assert_eq!(refused("+33d7b496+", "+33d7b4+"), KeyError::Form);
        assert_eq!(refused("testdata", "testdatb"), KeyError::Id);
        assert_eq!(refused("kkSx", "kkSy"), KeyError::Id);
        assert_eq!(refused("kkSx", "kk"), KeyError::Form);
        assert_eq!(refused("AeHT", "BOHT"), KeyError::Type, "type 4 is a cosignature");
        assert_eq!(refused("kkSx", ""), KeyError::Type);
        assert_eq!(refused("example.com/log/testdata", ""), KeyError::Name);
        assert_eq!(VerifierKey::parse("name+33d7b496"), Err(KeyError::Form));
    }

    #[test]
    fn a_signer_never_prints_its_secret() {
        let signer = NoteSigner::from_seed(KeyName::new("a").unwrap(), &[0x42; 32]);
        let shown = format!("{signer:?}");
        assert!(!shown.contains("42424242"), "{shown}");
        assert_eq!(shown, format!("NoteSigner({})", signer.verifier_key()));
    }
}
