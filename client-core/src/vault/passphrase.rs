//! The vault of a device that has no hardware for keys: a passphrase that only its owner knows.
//!
//! Argon2id stretches the passphrase; the key it gives encrypts with ChaCha20-Poly1305. The salt is
//! drawn anew for every wrapping, so the nonce is zero. Headquarters' vault of names does the same.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{KeyVault, VaultError};
use crate::{error::NotebookError, random::RandomSource};

/// Fewest characters of a passphrase. It is typed on a phone's keyboard, and tried offline by
/// whoever took the phone: three words that were not chosen together.
pub const PASSPHRASE_CHARS_MIN: usize = 12;

/// Longest passphrase, in bytes: whatever somebody pastes by mistake is not stretched.
pub const PASSPHRASE_BYTES_MAX: usize = 1024;

/// Memory of one try, in KiB: what the cheapest phones in use can spare for a moment, and as much as
/// the vault of names takes, because whoever took the phone has all the time there is.
const MEMORY_KIB: u32 = 64 * 1024;

/// Passes over the memory.
const PASSES: u32 = 3;

/// Length of the salt, in bytes.
const SALT_BYTES: usize = 16;

/// Length of the cipher's key, in bytes.
const KEY_BYTES: usize = 32;

/// What is encrypted, so that a wrapped seed cannot be passed off as something else.
const PURPOSE: &[u8] = b"hattama notebook seeds v1";

/// Wraps with a passphrase. Takes a quarter of a second and 64 MiB each time, on purpose.
pub struct PassphraseVault {
    passphrase: Zeroizing<String>,
    random: Arc<dyn RandomSource>,
}

impl PassphraseVault {
    /// A vault that `passphrase` opens. A short one is refused, because it would be guessed; the
    /// passphrase is written over when the vault is dropped.
    pub fn new(
        passphrase: Zeroizing<String>,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, NotebookError> {
        if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            let least = format!("at least {PASSPHRASE_CHARS_MIN} characters: take three words");
            return Err(NotebookError::invalid("passphrase", least));
        }
        if passphrase.len() > PASSPHRASE_BYTES_MAX {
            let most = format!("at most {PASSPHRASE_BYTES_MAX} bytes");
            return Err(NotebookError::invalid("passphrase", most));
        }
        Ok(Self { passphrase, random })
    }

    fn stretched(&self, salt: &[u8; SALT_BYTES]) -> LessSafeKey {
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(KEY_BYTES))
            .expect("the parameters are within Argon2's bounds");
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.passphrase.as_bytes(), salt, key.as_mut())
            .expect("salt and output are within Argon2's bounds");
        LessSafeKey::new(
            UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("32 bytes are a key"),
        )
    }
}

impl std::fmt::Debug for PassphraseVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PassphraseVault").finish_non_exhaustive()
    }
}

impl KeyVault for PassphraseVault {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut salt = [0; SALT_BYTES];
        self.random.fill(&mut salt).map_err(|error| VaultError::Failed(error.to_string()))?;
        let mut content = plain.to_vec();
        self.stretched(&salt)
            .seal_in_place_append_tag(nonce(), Aad::from(PURPOSE), &mut content)
            .map_err(|_| VaultError::Failed("too much to wrap".to_owned()))?;
        Ok([&salt[..], &content].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let wrong = || VaultError::Rejected("this is not the passphrase".to_owned());
        let (salt, content) = wrapped.split_first_chunk::<SALT_BYTES>().ok_or_else(wrong)?;
        let mut content = Zeroizing::new(content.to_vec());
        let opened = self
            .stretched(salt)
            .open_in_place(nonce(), Aad::from(PURPOSE), &mut content)
            .map_err(|_| wrong())?
            .len();
        content.truncate(opened);
        Ok(content)
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn vault(passphrase: &str) -> Result<PassphraseVault, NotebookError> {
        PassphraseVault::new(Zeroizing::new(passphrase.to_owned()), Arc::new(SystemRandom::new()))
    }

    #[test]
    fn only_the_passphrase_opens_it_and_only_unaltered() {
        let right = vault("three words unchosen").unwrap();
        let wrapped = right.wrap(b"seeds").unwrap();
        assert_eq!(right.unwrap(&wrapped).unwrap().as_slice(), b"seeds");
        let rejected = |vault: &PassphraseVault, bytes: &[u8]| {
            matches!(vault.unwrap(bytes), Err(VaultError::Rejected(_)))
        };
        assert!(rejected(&vault("three words unchosem").unwrap(), &wrapped));
        let mut altered = wrapped.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert!(rejected(&right, &altered));
        assert!(rejected(&right, &wrapped[..10]), "cut short");
        assert_ne!(right.wrap(b"seeds").unwrap(), wrapped, "the salt is drawn anew");
    }

    #[test]
    fn a_short_passphrase_is_refused_before_anything_is_wrapped_with_it() {
        assert!(matches!(vault("eleven char"), Err(NotebookError::InvalidInput { .. })));
        let long = "x".repeat(PASSPHRASE_BYTES_MAX + 1);
        assert!(matches!(vault(&long), Err(NotebookError::InvalidInput { .. })));
    }
}
