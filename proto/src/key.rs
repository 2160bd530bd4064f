//! Ed25519 keys, their JWK thumbprints, and the only calls that sign or verify.
//!
//! `ring` is named here, in `jws.rs` and in the log's files; the rest of the system sees types.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::Kid;

/// Why bytes are not a usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes of base64url without padding. The sender's fault.
    #[error("a public key is 43 characters of base64url, which are 32 bytes")]
    Malformed,
    /// One of the points of small order, under which anybody could forge. Never enrol it.
    #[error("the public key is a point of small order and proves nothing")]
    SmallOrder,
    /// The seed is not 32 bytes.
    #[error("a seed has 32 bytes")]
    Seed,
}

/// An Ed25519 public key, 32 bytes; written as base64url without padding.
///
/// Carries its own thumbprint, so that "this key has this kid" is checked by comparing and cannot
/// be forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey {
    bytes: [u8; 32],
    kid: Kid,
}

impl PublicKey {
    /// Takes the 32 bytes of a key; refuses points of small order.
    pub fn new(bytes: [u8; 32]) -> Result<Self, KeyError> {
        if is_small_order(&bytes) {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self { bytes, kid: thumbprint(&bytes) })
    }

    /// Reads the base64url form.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Malformed)?;
        Self::new(bytes.try_into().map_err(|_| KeyError::Malformed)?)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The RFC 7638 thumbprint of this key's JWK.
    pub const fn kid(&self) -> Kid {
        self.kid
    }

    /// Whether `signature` is this key's signature of `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// A signing key. Made from a 32-byte seed that its owner keeps; never written by this crate.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// The key of `seed` (32 bytes of good randomness, RFC 8032).
    pub fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Seed)?;
        let bytes = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Seed)?;
        let public = PublicKey::new(bytes)?;
        Ok(Self { pair, public })
    }

    /// The public half.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// The public half's name.
    pub const fn kid(&self) -> Kid {
        self.public.kid
    }

    /// Signs `message`; 64 bytes, the same every time (RFC 8032).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid())
    }
}

/// RFC 7638: SHA-256 over `{"crv":"Ed25519","kty":"OKP","x":"…"}`, members in this order.
fn thumbprint(key: &[u8; 32]) -> Kid {
    let x = URL_SAFE_NO_PAD.encode(key);
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let digest = ring::digest::digest(&ring::digest::SHA256, jwk.as_bytes());
    Kid::from_bytes(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
}

/// The y coordinates of the points of small order, canonical and not, sign bit cleared
/// (C2SP CCTV ed25519 lists the fourteen encodings).
fn is_small_order(bytes: &[u8; 32]) -> bool {
    const Y: [[u8; 32]; 7] = [
        le(&[0]),
        le(&[1]),
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
        p_plus(-1),
        p_plus(0),
        p_plus(1),
    ];
    let mut y = *bytes;
    y[31] &= 0x7f;
    Y.contains(&y)
}

/// A small number as 32 little-endian bytes.
const fn le(low: &[u8; 1]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = low[0];
    bytes
}

/// 2^255 - 19 + `by` as little-endian bytes, for `by` of -1, 0, 1.
const fn p_plus(by: i8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed_u8.wrapping_add_signed(by);
    bytes[31] = 0x7f;
    bytes
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_of_rfc_8037_appendix_a3_is_reproduced() {
        let key = PublicKey::parse("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(key.kid().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn the_signature_of_rfc_8037_appendix_a4_is_reproduced() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_seed(&seed).unwrap();
        let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert_eq!(
            URL_SAFE_NO_PAD.encode(key.sign(input)),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn points_of_small_order_are_no_keys() {
        for byte in [0, 1] {
            assert_eq!(PublicKey::new(le(&[byte])), Err(KeyError::SmallOrder));
        }
        for by in [-1, 0, 1] {
            let mut bytes = p_plus(by);
            assert_eq!(PublicKey::new(bytes), Err(KeyError::SmallOrder));
            bytes[31] |= 0x80;
            assert_eq!(PublicKey::new(bytes), Err(KeyError::SmallOrder));
        }
    }

    #[test]
    fn a_seed_of_another_length_is_refused() {
        assert_eq!(SigningKey::from_seed(&[7; 31]).unwrap_err(), KeyError::Seed);
    }
}
