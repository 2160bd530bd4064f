//! What stands before the content: the file's key, once for each recipient, and a sum over all of it.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    hkdf, hmac,
};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{FILE_KEY_BYTES, Identity, Recipient};

/// First line of each file.
const VERSION: &str = "age-encryption.org/v1\n";

/// Begins what is for a recipient of the kind that is used here.
const X25519: &str = "-> X25519 ";

/// The file's key, encrypted, in bytes.
const WRAPPED_BYTES: usize = FILE_KEY_BYTES + 16;

/// Longest header that is read, in bytes: far more than anybody writes.
pub(super) const BYTES_MAX: usize = 16 * 1024;

/// How long our header for so many recipients is, in bytes.
pub(super) const fn len(recipients: usize) -> usize {
    // Two times 43 digits and two line ends for each; the sum has 43 digits too.
    VERSION.len() + recipients * (X25519.len() + 88) + "--- ".len() + 44
}

/// The key of one file.
pub(super) type FileKey = Zeroizing<[u8; FILE_KEY_BYTES]>;

/// Writes the header for recipients, each with an ephemeral secret of its own. None if one of the
/// recipients is a point for which there are no secrets.
pub(super) fn write(
    file_key: &FileKey,
    recipients: impl Iterator<Item = (Recipient, StaticSecret)>,
) -> Option<Vec<u8>> {
    let text = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    let mut header = VERSION.to_owned();
    for (recipient, ephemeral) in recipients {
        let share = PublicKey::from(&ephemeral);
        let shared = ephemeral.diffie_hellman(recipient.key());
        if !shared.was_contributory() {
            return None;
        }
        let mut wrapped = Zeroizing::new(file_key.to_vec());
        wrapping_key(&share, recipient.key(), shared.as_bytes())
            .seal_in_place_append_tag(zero(), Aad::empty(), &mut *wrapped)
            .expect("sixteen bytes are not too many");
        for part in [X25519, &text(share.as_bytes()), "\n", &text(&wrapped), "\n"] {
            header.push_str(part);
        }
    }
    header.push_str("---");
    let sum = hmac::sign(&mac_key(file_key), header.as_bytes());
    for part in [" ", &text(sum.as_ref()), "\n"] {
        header.push_str(part);
    }
    Some(header.into_bytes())
}

/// Why a header gives no key.
pub(super) enum NoKey {
    /// None of the identities is one it was sealed to.
    NotFor,
    /// It is none, or was altered.
    Altered,
}

/// Reads the header that `start` begins with: the file's key, and how long the header is.
pub(super) fn read(start: &[u8], identities: &[Identity]) -> Result<(FileKey, usize), NoKey> {
    let (signed, sum, len) = split(start).ok_or(NoKey::Altered)?;
    let text = std::str::from_utf8(signed).map_err(|_| NoKey::Altered)?;
    let stanzas = text.strip_prefix(VERSION).and_then(|text| text.strip_suffix("---"));
    let stanzas = stanzas.ok_or(NoKey::Altered)?;
    let key = file_key(stanzas, identities)?.ok_or(NoKey::NotFor)?;
    hmac::verify(&mac_key(&key), signed, &sum).map_err(|_| NoKey::Altered)?;
    Ok((key, len))
}

/// What the sum is over, the sum, and where the header ends.
fn split(start: &[u8]) -> Option<(&[u8], Vec<u8>, usize)> {
    let at = start.windows(5).position(|window| window == b"\n--- ")? + 4;
    let line = &start[at + 1..];
    let end = line.iter().position(|byte| *byte == b'\n')?;
    let sum = STANDARD_NO_PAD.decode(&line[..end]).ok()?;
    Some((&start[..at], sum, at + 1 + end + 1))
}

/// The file's key out of the first part that one of the identities opens. Parts of other kinds are
/// passed over.
fn file_key(stanzas: &str, identities: &[Identity]) -> Result<Option<FileKey>, NoKey> {
    let mut lines = stanzas.lines().peekable();
    while let Some(line) = lines.next() {
        let arguments = line.strip_prefix("-> ").ok_or(NoKey::Altered)?;
        let mut body = String::new();
        // A body ends with its first line that is not full.
        for line in lines.by_ref() {
            body.push_str(line);
            if line.len() < 64 {
                break;
            }
        }
        let Some(share) = arguments.strip_prefix("X25519 ") else { continue };
        let share: [u8; 32] = decoded(share)?.try_into().map_err(|_| NoKey::Altered)?;
        let wrapped = Zeroizing::new(decoded(&body)?);
        if wrapped.len() != WRAPPED_BYTES {
            return Err(NoKey::Altered);
        }
        let opened = identities.iter().find_map(|one| unwrap(&share.into(), &wrapped, one));
        if opened.is_some() {
            return Ok(opened);
        }
    }
    Ok(None)
}

fn decoded(text: &str) -> Result<Vec<u8>, NoKey> {
    STANDARD_NO_PAD.decode(text).map_err(|_| NoKey::Altered)
}

fn unwrap(share: &PublicKey, wrapped: &[u8], identity: &Identity) -> Option<FileKey> {
    let shared = identity.secret().diffie_hellman(share);
    if !shared.was_contributory() {
        return None;
    }
    let mut opened = Zeroizing::new([0; WRAPPED_BYTES]);
    opened.copy_from_slice(wrapped);
    wrapping_key(share, identity.recipient().key(), shared.as_bytes())
        .open_in_place(zero(), Aad::empty(), opened.as_mut())
        .ok()?;
    let mut key = Zeroizing::new([0; FILE_KEY_BYTES]);
    key.copy_from_slice(&opened[..FILE_KEY_BYTES]);
    Some(key)
}

fn wrapping_key(share: &PublicKey, recipient: &PublicKey, shared: &[u8; 32]) -> LessSafeKey {
    let salt = [share.as_bytes().as_slice(), recipient.as_bytes()].concat();
    cipher(&expand(&salt, shared, b"age-encryption.org/v1/X25519"))
}

/// The key of the content.
pub(super) fn payload_key(file_key: &FileKey, nonce: &[u8]) -> LessSafeKey {
    cipher(&expand(nonce, file_key.as_ref(), b"payload"))
}

fn mac_key(file_key: &FileKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, expand(&[], file_key.as_ref(), b"header").as_ref())
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("32 bytes are a key"))
}

/// HKDF with SHA-256, 32 bytes.
fn expand(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut()))
        .expect("32 bytes are what SHA-256 gives");
    key
}

/// Each wrapping key is used once.
fn zero() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}
