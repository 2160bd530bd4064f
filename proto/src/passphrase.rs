//! A secret under a passphrase that only its owner knows: a phone's seeds, a key of the vault of names.
//!
//! ```text
//! salt (16) | ChaCha20-Poly1305(Argon2id(passphrase, salt), purpose; secret), with its tag (16)
//! ```
//!
//! The salt is drawn anew for every wrapping, so the nonce is zero. The purpose is authenticated: what
//! was wrapped for one thing does not open as another. How short a passphrase may be is for whoever asks
//! for one to say.
//!
//! Argon2's memory, from whose end the key can be computed, and every copy of the secret made here are
//! written over. `ring` keeps the cipher's key in a place that it offers no way to write over.
//!
//! Behind the feature `passphrase`, so that who only reads evidence needs no Argon2.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::{Zeroize as _, Zeroizing};

/// Longest passphrase, in bytes: whatever somebody pastes by mistake is not stretched.
pub const PASSPHRASE_BYTES_MAX: usize = 1024;

/// Length of the salt, in bytes.
pub const SALT_BYTES: usize = 16;

/// Memory of one try, in KiB: what the cheapest phones in use can spare for a moment, and far above what
/// a login needs, because whoever took the phone or the store has all the time there is.
const MEMORY_KIB: u32 = 64 * 1024;

/// Passes over the memory.
const PASSES: u32 = 3;

/// Length of the cipher's key, in bytes.
pub const KEY_BYTES: usize = 32;

/// Length of the cipher's tag, in bytes.
const TAG_BYTES: usize = 16;

/// Why a secret was not wrapped or unwrapped. What is stored is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    /// Another passphrase or purpose, or damage.
    #[error("this is not the passphrase")]
    Wrong,
    /// Nobody types that much.
    #[error("a passphrase has at most {PASSPHRASE_BYTES_MAX} bytes")]
    Long,
    /// The device has not enough memory free to try it.
    #[error(
        "there are no 64 MiB of memory free to try the passphrase; close something and try again"
    )]
    Memory,
}

/// Wraps `secret`. Takes a quarter of a second and 64 MiB on purpose.
pub fn wrap(
    secret: &[u8],
    passphrase: &str,
    purpose: &[u8],
    salt: &[u8; SALT_BYTES],
) -> Result<Vec<u8>, PassphraseError> {
    let key = stretched(passphrase, salt)?;
    // As long as it will be: a vector that grows leaves a copy behind.
    let mut wrapped = Vec::with_capacity(SALT_BYTES + secret.len() + TAG_BYTES);
    wrapped.extend_from_slice(salt);
    wrapped.extend_from_slice(secret);
    let tag = key
        .seal_in_place_separate_tag(nonce(), Aad::from(purpose), &mut wrapped[SALT_BYTES..])
        .expect("a secret is below the cipher's limit of 256 GiB");
    wrapped.extend_from_slice(tag.as_ref());
    Ok(wrapped)
}

/// Unwraps what [`wrap`] made. As slow as wrapping.
pub fn unwrap(
    wrapped: &[u8],
    passphrase: &str,
    purpose: &[u8],
) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
    let (salt, content) =
        wrapped.split_first_chunk::<SALT_BYTES>().ok_or(PassphraseError::Wrong)?;
    let key = stretched(passphrase, salt)?;
    let mut content = Zeroizing::new(content.to_vec());
    let opened = key
        .open_in_place(nonce(), Aad::from(purpose), &mut content)
        .map_err(|_| PassphraseError::Wrong)?
        .len();
    content.truncate(opened);
    Ok(content)
}

fn stretched(passphrase: &str, salt: &[u8; SALT_BYTES]) -> Result<LessSafeKey, PassphraseError> {
    let key = stretch(passphrase, salt)?;
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("32 bytes are a key");
    Ok(LessSafeKey::new(key))
}

/// 32 bytes of `passphrase`, for a key that is mixed with something else. Takes a quarter of a second and
/// 64 MiB on purpose.
pub fn stretch(
    passphrase: &str,
    salt: &[u8; SALT_BYTES],
) -> Result<Zeroizing<[u8; KEY_BYTES]>, PassphraseError> {
    if passphrase.len() > PASSPHRASE_BYTES_MAX {
        return Err(PassphraseError::Long);
    }
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(KEY_BYTES))
        .expect("the parameters are within Argon2's bounds");
    let mut memory = Memory::new(params.block_count())?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(passphrase.as_bytes(), salt, key.as_mut(), &mut memory.0)
        .expect("passphrase, salt, output and memory are within Argon2's bounds");
    Ok(key)
}

/// What Argon2 works in; written over when it is dropped.
struct Memory(Vec<Block>);

impl Memory {
    /// An error where the system has not that much, and not the end of the process.
    fn new(blocks: usize) -> Result<Self, PassphraseError> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).map_err(|_| PassphraseError::Memory)?;
        memory.resize(blocks, Block::new());
        Ok(Self(memory))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Block::zeroize);
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: [u8; SALT_BYTES] = *b"sixteen bytes of";

    #[test]
    fn only_the_passphrase_and_the_purpose_open_it_and_only_unaltered() {
        let wrapped = wrap(b"seeds", "three words unchosen", b"seeds v1", &SALT).unwrap();
        assert_eq!(wrapped.len(), SALT_BYTES + 5 + TAG_BYTES);
        let open = |bytes: &[u8], passphrase: &str, purpose: &[u8]| {
            unwrap(bytes, passphrase, purpose).map(|secret| secret.to_vec())
        };
        assert_eq!(open(&wrapped, "three words unchosen", b"seeds v1").unwrap(), b"seeds");
        let mut altered = wrapped.clone();
        *altered.last_mut().unwrap() ^= 1;
        for (bytes, passphrase, purpose) in [
            (&wrapped[..], "three words unchosem", &b"seeds v1"[..]),
            (&wrapped[..], "", &b"seeds v1"[..]),
            (&wrapped[..], "three words unchosen", &b"seeds v2"[..]),
            (&altered[..], "three words unchosen", &b"seeds v1"[..]),
            (&wrapped[..20], "three words unchosen", &b"seeds v1"[..]),
            (&wrapped[..10], "three words unchosen", &b"seeds v1"[..]),
        ] {
            assert_eq!(open(bytes, passphrase, purpose), Err(PassphraseError::Wrong));
        }
    }

    #[test]
    fn what_was_pasted_by_mistake_is_not_stretched() {
        let long = "x".repeat(PASSPHRASE_BYTES_MAX + 1);
        assert_eq!(wrap(b"seeds", &long, b"", &SALT), Err(PassphraseError::Long));
    }

    #[test]
    fn memory_that_is_not_there_is_an_error() {
        let most = isize::MAX as usize / Block::SIZE;
        assert_eq!(Memory::new(most).err(), Some(PassphraseError::Memory));
    }
}
