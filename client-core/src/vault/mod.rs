//! What wraps the seeds of a notebook where they are kept.
//!
//! A phone's hardware has no Ed25519 key that every platform knows, so the seeds are made here and
//! the platform keeps a key of its own that encrypts them: Android's Keystore, Apple's Secure
//! Enclave, a desktop's keyring. Where there is none, a passphrase does it: [`PassphraseVault`]. A PIN
//! goes in front of either: [`PinVault`], or [`Locker`](crate::Locker) where a second PIN shall open another notebook.
//!
//! A vault is asked when a notebook is opened and when its keys are made; never while a record is
//! signed, so a slow one delays nothing but the opening.

mod passphrase;
pub(crate) mod pin;
pub(crate) mod tries;

use zeroize::Zeroizing;

pub(crate) use self::pin::TRIES_FILE;
pub use self::{
    passphrase::{PASSPHRASE_BYTES_MAX, PASSPHRASE_CHARS_MIN, PassphraseVault},
    pin::{PIN_BYTES_MAX, PIN_CHARS_MIN, PinVault},
};
use crate::error::NotebookError;

/// Encrypts and decrypts a few bytes with a key that never leaves it.
pub trait KeyVault: Send + Sync {
    /// Encrypts `plain`, at most [`WRAPPED_BYTES_MAX`] bytes when it is done. What comes back must be
    /// unwrapped by the same vault only, and must be refused if it was altered.
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError>;

    /// Decrypts what [`wrap`](Self::wrap) made.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError>;
}

/// Longest thing a vault may make of the seeds, in bytes: RSA-4096 around an AES key, many times over.
pub const WRAPPED_BYTES_MAX: usize = 16 * 1024;

/// Why a vault did not do what was asked. The wrapped seeds are kept as they are, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It cannot be used now: the device is locked, or the person turned the question away.
    #[error("the key vault is locked ({0}); unlock the device and open the notebook again")]
    Locked(String),
    /// It is not the one that wrapped, or the wrapped bytes were altered.
    #[error(
        "this key vault does not open the notebook ({0}); open it with the one that it was made \
         with, or enrol a new notebook in another folder"
    )]
    Rejected(String),
    /// It failed in a way of its own.
    #[error("the key vault failed ({0}); try again")]
    Failed(String),
}

impl From<VaultError> for NotebookError {
    fn from(error: VaultError) -> Self {
        Self::Keys { reason: error.to_string() }
    }
}
