//! The keys for what is at rest, derived from one data key that the vault wraps.

use hattama_proto::sealing::Identity;
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

/// Length of the data key and of each key derived from it, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// Where the derivation starts, so that the data key means nothing anywhere else.
const SALT: &[u8] = b"hattama notebook at rest v1";

/// What opens a notebook that is encrypted at rest: its database and its files, which it names too.
pub(crate) struct Rest {
    database: Zeroizing<[u8; KEY_BYTES]>,
    files: Identity,
    names: Zeroizing<[u8; KEY_BYTES]>,
}

impl Rest {
    /// The keys that follow from `data_key`.
    pub(crate) fn derive(data_key: &[u8; KEY_BYTES]) -> Self {
        let sub_key = |purpose: &[u8]| expand(SALT, data_key, purpose);
        let files = Identity::from_secret(*sub_key(b"files"));
        Self { database: sub_key(b"database"), files, names: sub_key(b"names") }
    }

    /// The database's key as SQLCipher reads one that is not to be stretched.
    pub(crate) fn database_key(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 3));
        text.push_str("x'");
        for byte in self.database.iter() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).expect("four bits are a digit"));
            }
        }
        text.push('\'');
        text
    }

    /// The public half of what opens the files: it stands in `keys.json`, and tells whether what a vault
    /// gives is this notebook's.
    pub(crate) fn public(&self) -> [u8; 32] {
        self.files.recipient().to_bytes()
    }

    /// The identity with which other programs open the files: `age -d -i FILE`.
    pub(crate) fn identity(&self) -> Zeroizing<String> {
        self.files.to_text()
    }

    /// Who opens the files.
    pub(super) const fn files(&self) -> &Identity {
        &self.files
    }

    /// What the file of this name is called, in 64 hex digits.
    pub(super) fn name(&self, plain: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.names.as_ref());
        hattama_proto::id::to_hex(hmac::sign(&key, plain.as_bytes()).as_ref())
    }
}

/// HKDF with SHA-256, 32 bytes.
fn expand(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut()))
        .expect("32 bytes are what SHA-256 gives");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_from_the_data_key_alone_and_differ_by_purpose() {
        let (one, same, other) =
            (Rest::derive(&[1; 32]), Rest::derive(&[1; 32]), Rest::derive(&[2; 32]));
        assert_eq!(one.database_key(), same.database_key());
        assert_eq!(one.public(), same.public());
        assert_ne!(one.database_key(), other.database_key());
        assert_ne!(one.public(), other.public());
        assert_ne!(one.database.as_ref(), one.names.as_ref());
        assert_ne!(one.name("a"), one.name("b"));
        assert_ne!(one.name("a"), other.name("a"));
    }
}
