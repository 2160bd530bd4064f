//! A secret key under a passphrase that only its owner knows. How it is stretched and what is encrypted
//! how is [`hattama_proto::passphrase`]; the purpose is the account it belongs to.

use hattama_proto::passphrase::{self, SALT_BYTES};

use super::seal::{KEY_BYTES, SecretKey};
use crate::random::{self, RandomError};

pub use hattama_proto::passphrase::PASSPHRASE_BYTES_MAX;

/// Fewest characters of a passphrase: four or five words that were not chosen together.
pub const PASSPHRASE_CHARS_MIN: usize = 16;

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
    /// Not enough memory is free.
    #[error("headquarters has no 64 MiB of memory free to try the passphrase; try again")]
    Memory,
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
        Ok(Self(passphrase::wrap(&secret.to_bytes(), passphrase, owner.as_bytes(), &salt)?))
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
        let secret = passphrase::unwrap(&self.0, passphrase, owner.as_bytes())?;
        let secret: [u8; KEY_BYTES] =
            secret.as_slice().try_into().map_err(|_| PassphraseError::Wrong)?;
        Ok(SecretKey::from_bytes(secret))
    }
}

impl From<passphrase::PassphraseError> for PassphraseError {
    fn from(error: passphrase::PassphraseError) -> Self {
        match error {
            passphrase::PassphraseError::Wrong => Self::Wrong,
            passphrase::PassphraseError::Long => Self::Long,
            passphrase::PassphraseError::Memory => Self::Memory,
        }
    }
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
