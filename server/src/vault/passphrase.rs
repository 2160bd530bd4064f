//! A secret key under a passphrase that only its owner knows.
//!
//! Argon2id stretches the passphrase; the key it gives encrypts the secret key with
//! ChaCha20-Poly1305. The salt is drawn anew for every wrapping, so the nonce is zero.

use argon2::{Algorithm, Argon2, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use super::seal::{KEY_BYTES, SecretKey};
use crate::random::{self, RandomError};

/// Fewest characters of a passphrase: four or five words that were not chosen together.
pub const PASSPHRASE_CHARS_MIN: usize = 16;

/// Longest passphrase, in bytes: whatever somebody pastes by mistake is not stretched.
pub const PASSPHRASE_BYTES_MAX: usize = 1024;

/// Memory of one try, in KiB. Far above what a login needs: a vault is opened a few times a day, and
/// whoever stole the store has all the time there is.
const MEMORY_KIB: u32 = 64 * 1024;

/// Passes over the memory.
const PASSES: u32 = 3;

/// Length of the salt, in bytes.
const SALT_BYTES: usize = 16;

/// A wrapped secret key: salt, then the encrypted key with its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped(Vec<u8>);

/// Why a key was not wrapped or unwrapped.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Too short.
    #[error(
        "a passphrase of the vault has at least {PASSPHRASE_CHARS_MIN} characters: take five words"
    )]
    Short,
    /// Far too long.
    #[error("a passphrase of the vault has at most {PASSPHRASE_BYTES_MAX} bytes")]
    Long,
    /// Another passphrase, or damage.
    #[error("this is not the passphrase")]
    Wrong,
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Wrapped {
    /// Wraps `secret`. Takes a quarter of a second and 64 MiB on purpose: not for a thread that serves.
    pub fn new(secret: &SecretKey, passphrase: &str, owner: &str) -> Result<Self, PassphraseError> {
        if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(PassphraseError::Short);
        }
        let salt = random::bytes::<SALT_BYTES>()?;
        let key = stretched(passphrase, &salt)?;
        let mut content = secret.to_bytes().to_vec();
        key.seal_in_place_append_tag(nonce(), Aad::from(owner.as_bytes()), &mut content)
            .expect("32 bytes are below the cipher's limit");
        Ok(Self([&salt[..], &content].concat()))
    }

    /// As stored.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// To be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Unwraps. As slow as wrapping.
    pub fn unwrap_with(&self, passphrase: &str, owner: &str) -> Result<SecretKey, PassphraseError> {
        let (salt, content) =
            self.0.split_first_chunk::<SALT_BYTES>().ok_or(PassphraseError::Wrong)?;
        let key = stretched(passphrase, salt)?;
        let mut content = content.to_vec();
        let secret: [u8; KEY_BYTES] = key
            .open_in_place(nonce(), Aad::from(owner.as_bytes()), &mut content)
            .ok()
            .and_then(|opened| (&*opened).try_into().ok())
            .ok_or(PassphraseError::Wrong)?;
        Ok(SecretKey::from_bytes(secret))
    }
}

fn stretched(passphrase: &str, salt: &[u8; SALT_BYTES]) -> Result<LessSafeKey, PassphraseError> {
    if passphrase.len() > PASSPHRASE_BYTES_MAX {
        return Err(PassphraseError::Long);
    }
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(KEY_BYTES))
        .expect("the parameters are within Argon2's bounds");
    let mut key = [0; KEY_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .expect("salt and output are within Argon2's bounds");
    Ok(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key).expect("32 bytes are a key")))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_and_the_owner_open_it() {
        let secret = SecretKey::generate().unwrap();
        let wrapped = Wrapped::new(&secret, "correct horse battery", "aigul").unwrap();
        let again = Wrapped::from_bytes(wrapped.as_bytes());
        let opened = again.unwrap_with("correct horse battery", "aigul").unwrap();
        assert_eq!(opened.public(), secret.public());
        for (passphrase, owner) in
            [("correct horse batterz", "aigul"), ("correct horse battery", "other"), ("", "aigul")]
        {
            let refused = again.unwrap_with(passphrase, owner);
            assert!(matches!(refused, Err(PassphraseError::Wrong)), "{passphrase} {owner}");
        }
        assert!(matches!(
            Wrapped::from_bytes(&again.as_bytes()[..20]).unwrap_with("x", "aigul"),
            Err(PassphraseError::Wrong)
        ));
    }

    #[test]
    fn a_short_passphrase_is_refused_before_it_is_stretched() {
        let secret = SecretKey::generate().unwrap();
        let refused = Wrapped::new(&secret, "fifteen letters", "a");
        assert!(matches!(refused, Err(PassphraseError::Short)));
    }
}
