//! A key in the phone's hardware that vouches for ours when they are enrolled.
//!
//! Optional: who has none enrols without, and one that fails is left out, because an observer at a door
//! has to be let in. Headquarters then knows that nothing vouched.
//!
//! **One hardware key for each role.** The same key under both would tell whoever reads the two requests
//! that the author of the protocols and the author of the incidents are one person.

use hattama_proto::{
    hardware::{Challenge, HardwareKey, HardwareVouch},
    kind::Role,
};

/// Keys in hardware that sign with P-256: Android's Keystore (StrongBox where there is one), Apple's
/// Secure Enclave. Asked while a notebook is enrolled, and never afterwards.
pub trait HardwareSigner: Send + Sync {
    /// Makes a key for `role`, in place of an earlier one, and has its maker attest it over `challenge`
    /// (`setAttestationChallenge`, or the client data hash of App Attest).
    fn make(&self, role: Role, challenge: &[u8; 32]) -> Result<MadeKey, HardwareFailure>;

    /// Signs with the key of `role`: ECDSA with SHA-256 over `message`, in DER as both platforms give it
    /// or as 64 bytes.
    fn sign(&self, role: Role, message: &[u8]) -> Result<Vec<u8>, HardwareFailure>;
}

/// A key that the hardware made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeKey {
    /// The public half: an uncompressed point (65 bytes), or a `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// Certificates of its maker in DER, the key's own first; empty where there are none. At most nine
    /// kilobytes together.
    pub attestation: Vec<Vec<u8>>,
}

/// Why the hardware did not do it. The enrolment goes on without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HardwareFailure(pub String);

/// What the hardware says of the key of `role`.
pub(crate) fn vouch(
    signer: &dyn HardwareSigner,
    role: Role,
    challenge: &Challenge,
) -> Result<HardwareVouch, HardwareFailure> {
    let failed = |error: &dyn std::fmt::Display| HardwareFailure(error.to_string());
    let made = signer.make(role, challenge.as_bytes())?;
    let key = HardwareKey::new(&made.public_key).map_err(|error| failed(&error))?;
    let signature = signer.sign(role, HardwareVouch::to_sign(&key, challenge).as_bytes())?;
    HardwareVouch::new(key, challenge, &signature, &made.attestation)
        .map_err(|error| failed(&error))
}
