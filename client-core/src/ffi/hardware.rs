//! A key in the phone's hardware that vouches at enrolment, as an app brings it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use hattama_proto::kind::Role;

use super::KeyRole;
use crate::hardware::{
    HardwareFailure as CoreFailure, HardwareSigner as Core, MadeKey as CoreMadeKey,
};

/// Keys in hardware that sign with P-256: Android's Keystore (StrongBox where there is one), Apple's
/// Secure Enclave. Asked while a notebook is enrolled (`enrol`, `follow`), and never afterwards.
///
/// Whatever it throws, the observer is enrolled without, and headquarters knows that nothing vouched: see
/// `Enrolment.hardware_vouched`. It is waited for without limit, so set one where a finger is asked for.
#[uniffi::export(rust, foreign)]
pub trait HardwareSigner: Send + Sync {
    /// Makes a key for `role`, in place of an earlier one, and has its maker attest it over `challenge`,
    /// 32 bytes (`setAttestationChallenge`, or the client data hash of App Attest). One key for each
    /// role: the same under both would tell that two authors are one person.
    fn make(&self, role: KeyRole, challenge: Vec<u8>) -> Result<MadeKey, HardwareFailure>;

    /// Signs with the key of `role`: ECDSA with SHA-256 over `message`, in DER as both platforms give it
    /// or as 64 bytes.
    fn sign(&self, role: KeyRole, message: Vec<u8>) -> Result<Vec<u8>, HardwareFailure>;
}

/// A key that the hardware made.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MadeKey {
    /// The public half: an uncompressed point (65 bytes), or a `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// Certificates of its maker in DER, the key's own first; empty where there are none. At most nine
    /// kilobytes together: they travel inside one signed request.
    #[uniffi(default = [])]
    pub attestation: Vec<Vec<u8>>,
}

/// Why the hardware did not do it. The enrolment goes on without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HardwareFailure {
    /// There is none, it is locked, or whatever else was thrown.
    #[error("{reason}")]
    Failed {
        /// Why, without personal data.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HardwareFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// What the app brought, as the core asks it.
pub(super) struct Signer(pub(super) Arc<dyn HardwareSigner>);

impl Core for Signer {
    fn make(&self, role: Role, challenge: &[u8; 32]) -> Result<CoreMadeKey, CoreFailure> {
        let made = asked(|| self.0.make(role.into(), challenge.to_vec()))?;
        Ok(CoreMadeKey { public_key: made.public_key, attestation: made.attestation })
    }

    fn sign(&self, role: Role, message: &[u8]) -> Result<Vec<u8>, CoreFailure> {
        asked(|| self.0.sign(role.into(), message.to_vec()))
    }
}

/// A signer in Rust may panic. That too leaves an observer at a door with a notebook that works.
fn asked<T>(ask: impl FnOnce() -> Result<T, HardwareFailure>) -> Result<T, CoreFailure> {
    match catch_unwind(AssertUnwindSafe(ask)) {
        Ok(Ok(given)) => Ok(given),
        Ok(Err(HardwareFailure::Failed { reason })) => Err(CoreFailure(reason)),
        Err(_) => Err(CoreFailure("the app failed".to_owned())),
    }
}
