//! A P-256 public key of a phone's hardware.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::der::SIGNATURE_BYTES;
use crate::id::Kid;

/// Length of a coordinate, in bytes.
const COORDINATE_BYTES: usize = 32;

/// Length of an uncompressed point (SEC 1, section 2.3.3): a four and both coordinates.
const POINT_BYTES: usize = 1 + 2 * COORDINATE_BYTES;

/// What stands before the point in the form in which Android and Java give public keys (RFC 5480,
/// section 2): the same 26 bytes for every uncompressed P-256 key.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Why bytes are not a usable hardware key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HardwareKeyError {
    /// Neither an uncompressed point nor a `SubjectPublicKeyInfo` of P-256.
    #[error(
        "a hardware key is a P-256 key: 65 bytes that begin with 4, or a SubjectPublicKeyInfo of 91"
    )]
    Malformed,
}

/// A P-256 public key, written as a JWK (RFC 7518, section 6.2). Whether it is a point of the curve is
/// found out when something is verified with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Jwk", into = "Jwk")]
pub struct HardwareKey([u8; POINT_BYTES]);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

impl HardwareKey {
    /// Takes an uncompressed point, as Apple gives it, or a `SubjectPublicKeyInfo`, as Java's
    /// `getEncoded` does.
    pub fn new(bytes: &[u8]) -> Result<Self, HardwareKeyError> {
        let point = bytes.strip_prefix(&SPKI_PREFIX).unwrap_or(bytes);
        match <[u8; POINT_BYTES]>::try_from(point) {
            Ok(point) if point[0] == 4 => Ok(Self(point)),
            _ => Err(HardwareKeyError::Malformed),
        }
    }

    /// The uncompressed point.
    pub const fn as_bytes(&self) -> &[u8; POINT_BYTES] {
        &self.0
    }

    /// The RFC 7638 thumbprint of the key's JWK.
    pub fn kid(&self) -> Kid {
        let (x, y) = self.coordinates();
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let digest = ring::digest::digest(&ring::digest::SHA256, jwk.as_bytes());
        Kid::from_bytes(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }

    /// Whether `signature` is this key's ECDSA signature with SHA-256 of `message`, in the fixed form.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0).verify(message, signature).is_ok()
    }

    fn coordinates(&self) -> (String, String) {
        let (x, y) = self.0[1..].split_at(COORDINATE_BYTES);
        (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
    }
}

impl From<HardwareKey> for Jwk {
    fn from(key: HardwareKey) -> Self {
        let (x, y) = key.coordinates();
        Self { crv: "P-256".to_owned(), kty: "EC".to_owned(), x, y }
    }
}

impl TryFrom<Jwk> for HardwareKey {
    type Error = HardwareKeyError;

    fn try_from(jwk: Jwk) -> Result<Self, HardwareKeyError> {
        if jwk.crv != "P-256" || jwk.kty != "EC" {
            return Err(HardwareKeyError::Malformed);
        }
        let coordinate = |text: &str| -> Result<[u8; COORDINATE_BYTES], HardwareKeyError> {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| HardwareKeyError::Malformed)?;
            bytes.try_into().map_err(|_| HardwareKeyError::Malformed)
        };
        let mut point = [4; POINT_BYTES];
        point[1..=COORDINATE_BYTES].copy_from_slice(&coordinate(&jwk.x)?);
        point[1 + COORDINATE_BYTES..].copy_from_slice(&coordinate(&jwk.y)?);
        Ok(Self(point))
    }
}

impl fmt::Debug for HardwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HardwareKey({})", self.kid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7515, appendix A.3.
    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    #[test]
    fn a_key_is_read_from_each_form_that_phones_give_and_written_as_a_jwk() {
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{X}","y":"{Y}"}}"#);
        let key: HardwareKey = serde_json::from_str(&jwk).unwrap();
        assert_eq!(serde_json::to_string(&key).unwrap(), jwk);
        assert_eq!(HardwareKey::new(key.as_bytes()), Ok(key));
        let spki = [&SPKI_PREFIX, &key.as_bytes()[..]].concat();
        assert_eq!(HardwareKey::new(&spki), Ok(key));
        let malformed = Err(HardwareKeyError::Malformed);
        assert_eq!(HardwareKey::new(&spki[1..]), malformed);
        assert_eq!(HardwareKey::new(&[2; 33]), malformed, "a compressed point");
        assert!(serde_json::from_str::<HardwareKey>(&jwk.replace("P-256", "P-384")).is_err());
    }

    #[test]
    fn the_signature_of_rfc_7515_appendix_a3_is_verified_and_another_is_not() {
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{X}","y":"{Y}"}}"#);
        let key: HardwareKey = serde_json::from_str(&jwk).unwrap();
        let signed = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\
                      leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3\
                         -Kg6NU1Q";
        let mut signature: [u8; 64] =
            URL_SAFE_NO_PAD.decode(signature).unwrap().try_into().unwrap();
        assert!(key.verifies(signed.as_bytes(), &signature));
        signature[40] ^= 1;
        assert!(!key.verifies(signed.as_bytes(), &signature));
    }
}
