//! The app's vault as the core's, and the passphrase vault for those who have none.

use std::{path::Path, sync::Arc};

use zeroize::Zeroizing;

use super::{KeyVault, NotebookError, VaultFailure, error::caught};
use crate::{
    random::SystemRandom,
    vault::{KeyVault as Core, PassphraseVault, VaultError},
};

/// A vault that a passphrase opens, for devices without hardware for keys. At least twelve characters;
/// each opening takes a quarter of a second and 64 MiB, so that guessing does too. The core writes over
/// its own copy of the passphrase when the vault is dropped; the app's text is the app's.
#[uniffi::export]
pub fn passphrase_vault(passphrase: String) -> Result<Arc<dyn KeyVault>, NotebookError> {
    let random = Arc::new(SystemRandom::new());
    Ok(Arc::new(Passphrase(PassphraseVault::new(Zeroizing::new(passphrase), random)?)))
}

/// Wraps the keys of the notebook in `folder`, which must not be open, with another vault from now on:
/// another passphrase, or a phone that has got a screen lock. `present` is none where they are not
/// wrapped yet. What was there stays until the new vault has shown that it unwraps what it wrapped.
#[uniffi::export]
pub fn change_vault(
    folder: String,
    present: Option<Arc<dyn KeyVault>>,
    becomes: Arc<dyn KeyVault>,
) -> Result<(), NotebookError> {
    let present = present.map(Vault);
    let present = present.as_ref().map(|vault| vault as &dyn Core);
    caught(|| crate::Notebook::change_vault(Path::new(&folder), present, &Vault(becomes)))
}

/// What the app brought, as the core asks it. The seeds are copied on their way through the border and
/// back, and neither the binding nor the app's language writes over its copies.
pub(super) struct Vault(pub(super) Arc<dyn KeyVault>);

impl Core for Vault {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.0.wrap(plain.to_vec()).map_err(core)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.0.unwrap(wrapped.to_vec()).map(Zeroizing::new).map_err(core)
    }
}

fn core(failure: VaultFailure) -> VaultError {
    match failure {
        VaultFailure::Locked { reason } => VaultError::Locked(reason),
        VaultFailure::Rejected { reason } => VaultError::Rejected(reason),
        VaultFailure::Failed { reason } => VaultError::Failed(reason),
    }
}

/// The core's vault, as an app hands it back.
struct Passphrase(PassphraseVault);

impl KeyVault for Passphrase {
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        self.0.wrap(&Zeroizing::new(plain)).map_err(foreign)
    }

    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultFailure> {
        self.0.unwrap(&wrapped).map(|plain| plain.to_vec()).map_err(foreign)
    }
}

pub(super) fn foreign(error: VaultError) -> VaultFailure {
    match error {
        VaultError::Locked(reason) => VaultFailure::Locked { reason },
        VaultError::Rejected(reason) => VaultFailure::Rejected { reason },
        VaultError::Failed(reason) => VaultFailure::Failed { reason },
    }
}
