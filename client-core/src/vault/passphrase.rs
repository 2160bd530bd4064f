//! The vault of a device that has no hardware for keys: a passphrase that only its owner knows. How it
//! is stretched and what is encrypted how is [`hattama_proto::passphrase`].

use std::sync::Arc;

use hattama_proto::passphrase::{self, PassphraseError, SALT_BYTES};
use zeroize::Zeroizing;

use super::{KeyVault, VaultError};
use crate::{error::NotebookError, random::RandomSource};

pub use hattama_proto::passphrase::PASSPHRASE_BYTES_MAX;

/// Fewest characters of a passphrase. It is typed on a phone's keyboard, and tried offline by
/// whoever took the phone: three words that were not chosen together.
pub const PASSPHRASE_CHARS_MIN: usize = 12;

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
        passphrase::wrap(plain, &self.passphrase, PURPOSE, &salt).map_err(refused)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        passphrase::unwrap(wrapped, &self.passphrase, PURPOSE).map_err(refused)
    }
}

fn refused(error: PassphraseError) -> VaultError {
    match error {
        PassphraseError::Wrong => VaultError::Rejected(error.to_string()),
        PassphraseError::Long | PassphraseError::Memory => VaultError::Failed(error.to_string()),
    }
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
