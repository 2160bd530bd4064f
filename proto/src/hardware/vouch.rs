//! What a hardware key signs, and how it is checked.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::{
    der::{SIGNATURE_BYTES, fixed_of_der},
    key::HardwareKey,
};
use crate::{
    id::{ElectionId, Kid, to_hex},
    invitation::Proof,
    kind::Role,
};

/// Longest chain of certificates, in bytes of all together: it goes into an enrolment request, which has
/// the 16 KiB of every record, as base64. Android's have four or five certificates of about a kilobyte.
pub const ATTESTATION_BYTES_MAX: usize = 9 * 1024;

/// What is hashed first, so that the digest is nothing else's.
const PURPOSE: &[u8] = b"hattama hardware vouch v1\n";

/// What the hardware is given when it makes its key, and what its key signs: 32 bytes that follow from
/// the invitation, the election and the key that is vouched for. Its maker's attestation repeats it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// SHA-256 over the purpose, the election, the role, the name of the key that is vouched for and
    /// the hash of the invitation's proof, a line each.
    pub fn of(election: &ElectionId, role: Role, key: Kid, proof: &Proof) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(PURPOSE);
        let lines = format!("{election}\n{}\n{key}\n{}\n", role.name(), proof.hash());
        context.update(lines.as_bytes());
        Self(context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Challenge({})", to_hex(&self.0))
    }
}

/// What a hardware key says, as it stands in an enrolment request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardwareVouch {
    /// The hardware key.
    pub key: HardwareKey,
    /// A compact JWS (RFC 7515) with ES256 and its payload left out (appendix F): the payload is the
    /// challenge, which whoever checks it computes.
    pub jws: String,
    /// The maker's certificates, DER in base64url, the hardware key's own first: as the platform gave
    /// them. Empty where it gives none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestation: Vec<String>,
}

/// Why a hardware key's word does not hold. The sender's fault, and final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VouchError {
    /// The platform gave neither DER nor 64 bytes.
    #[error("the hardware's signature is neither DER nor r and s of 32 bytes each")]
    Signature,
    /// It does not verify: another key, another invitation, another election, or altered.
    #[error("the hardware key did not sign for this key, invitation and election")]
    Forged,
    /// The chain is too long, or no base64url.
    #[error("the attestation has more than 9216 bytes, or is not base64url")]
    Attestation,
}

/// A hardware key whose word for one of our keys was checked. Says nothing about its maker: that is what
/// the attestation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vouched {
    hardware: HardwareKey,
}

impl Vouched {
    /// The hardware key.
    pub const fn hardware(&self) -> &HardwareKey {
        &self.hardware
    }
}

impl HardwareVouch {
    /// What the hardware has to sign: the JWS's header and payload.
    pub fn to_sign(key: &HardwareKey, challenge: &Challenge) -> String {
        format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header(key)),
            URL_SAFE_NO_PAD.encode(challenge.as_bytes())
        )
    }

    /// Puts together what the hardware gave: `signature` in DER or as 64 bytes.
    ///
    /// # Errors
    /// If the signature is in no known form or does not hold, and if the chain is too long: the app
    /// enrols without it, or mends what it hands over.
    pub fn new(
        key: HardwareKey,
        challenge: &Challenge,
        signature: &[u8],
        attestation: &[Vec<u8>],
    ) -> Result<Self, VouchError> {
        let fixed = match <[u8; SIGNATURE_BYTES]>::try_from(signature) {
            // No P-256 signature in DER has 64 bytes and begins like one by chance and verifies.
            Ok(fixed) => match fixed_of_der(signature) {
                Some(der) if verifies(&key, challenge, &der) => der,
                _ => fixed,
            },
            Err(_) => fixed_of_der(signature).ok_or(VouchError::Signature)?,
        };
        let made = Self {
            key,
            jws: format!(
                "{}..{}",
                URL_SAFE_NO_PAD.encode(header(&key)),
                URL_SAFE_NO_PAD.encode(fixed)
            ),
            attestation: attestation.iter().map(|der| URL_SAFE_NO_PAD.encode(der)).collect(),
        };
        made.verify(challenge)?;
        Ok(made)
    }

    /// Checks that the hardware key signed this very challenge.
    pub fn verify(&self, challenge: &Challenge) -> Result<Vouched, VouchError> {
        let mut bytes = 0;
        for certificate in &self.attestation {
            let der = URL_SAFE_NO_PAD.decode(certificate).map_err(|_| VouchError::Attestation)?;
            bytes += der.len();
        }
        if bytes > ATTESTATION_BYTES_MAX {
            return Err(VouchError::Attestation);
        }
        let (head, signature) = self.jws.split_once("..").ok_or(VouchError::Forged)?;
        let fixed = URL_SAFE_NO_PAD.decode(signature).map_err(|_| VouchError::Forged)?;
        let fixed = fixed.try_into().map_err(|_| VouchError::Forged)?;
        let ours = head == URL_SAFE_NO_PAD.encode(header(&self.key));
        if ours && verifies(&self.key, challenge, &fixed) {
            Ok(Vouched { hardware: self.key })
        } else {
            Err(VouchError::Forged)
        }
    }
}

fn verifies(key: &HardwareKey, challenge: &Challenge, fixed: &[u8; SIGNATURE_BYTES]) -> bool {
    key.verifies(HardwareVouch::to_sign(key, challenge).as_bytes(), fixed)
}

fn header(key: &HardwareKey) -> String {
    format!(r#"{{"alg":"ES256","kid":"{}","typ":"hattama-hardware-vouch+jws"}}"#, key.kid())
}

#[cfg(test)]
mod tests {
    use ring::{
        rand::SystemRandom,
        signature::{
            ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
            EcdsaSigningAlgorithm, KeyPair as _,
        },
    };

    use super::*;

    fn hardware(algorithm: &'static EcdsaSigningAlgorithm) -> (EcdsaKeyPair, HardwareKey) {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let key = HardwareKey::new(pair.public_key().as_ref()).unwrap();
        (pair, key)
    }

    fn challenge(election: &str, role: Role, key: u8, secret: &str) -> Challenge {
        let proof = Proof::derive(secret, role);
        Challenge::of(&election.parse().unwrap(), role, Kid::from_bytes([key; 32]), &proof)
    }

    #[test]
    fn a_vouch_holds_for_one_key_one_invitation_and_one_election_in_either_form() {
        let ours = challenge("kz-2005", Role::Results, 1, "secret");
        let others = [
            challenge("kz-2006", Role::Results, 1, "secret"),
            challenge("kz-2005", Role::Incidents, 1, "secret"),
            challenge("kz-2005", Role::Results, 2, "secret"),
            challenge("kz-2005", Role::Results, 1, "another"),
        ];
        for algorithm in [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_FIXED_SIGNING] {
            let (pair, key) = hardware(algorithm);
            let message = HardwareVouch::to_sign(&key, &ours);
            let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            let chain = vec![vec![0x30, 0x82], vec![1, 2, 3]];
            let vouch = HardwareVouch::new(key, &ours, signature.as_ref(), &chain).unwrap();
            let json = serde_json::to_string(&vouch).unwrap();
            let read: HardwareVouch = serde_json::from_str(&json).unwrap();
            assert_eq!(read.verify(&ours).unwrap().hardware(), &key);
            for other in &others {
                assert_eq!(read.verify(other), Err(VouchError::Forged), "{other:?}");
                let made = HardwareVouch::new(key, other, signature.as_ref(), &chain);
                assert_eq!(made, Err(VouchError::Forged));
            }
            let (_, stranger) = hardware(algorithm);
            let stolen = HardwareVouch { key: stranger, ..read };
            assert_eq!(stolen.verify(&ours), Err(VouchError::Forged));
        }
    }

    #[test]
    fn a_chain_that_would_not_fit_into_a_request_and_a_signature_in_no_form_are_refused() {
        let ours = challenge("kz-2005", Role::Results, 1, "secret");
        let (pair, key) = hardware(&ECDSA_P256_SHA256_ASN1_SIGNING);
        let message = HardwareVouch::to_sign(&key, &ours);
        let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        let long = vec![vec![0; ATTESTATION_BYTES_MAX], vec![0]];
        let made = HardwareVouch::new(key, &ours, signature.as_ref(), &long);
        assert_eq!(made, Err(VouchError::Attestation));
        let made = HardwareVouch::new(key, &ours, &signature.as_ref()[..60], &[]);
        assert_eq!(made, Err(VouchError::Signature));
    }
}
