//! The keys for what is at rest, derived from one data key that the vault wraps.

use ring::{hkdf, hmac};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize as _, Zeroizing};

/// Length of the data key and of each key derived from it, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// Where the derivation starts, so that the data key means nothing anywhere else.
const SALT: &[u8] = b"hattama notebook at rest v1";

/// Human-readable part of an identity of age.
const IDENTITY_PREFIX: &str = "AGE-SECRET-KEY-";

/// Alphabet of Bech32.
const BECH32: &[u8; 32] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

/// What opens a notebook that is encrypted at rest: its database and its files, which it names too.
pub(crate) struct Rest {
    database: Zeroizing<[u8; KEY_BYTES]>,
    secret: StaticSecret,
    public: PublicKey,
    names: Zeroizing<[u8; KEY_BYTES]>,
}

impl Rest {
    /// The keys that follow from `data_key`.
    pub(crate) fn derive(data_key: &[u8; KEY_BYTES]) -> Self {
        let sub_key = |purpose: &[u8]| expand(SALT, data_key, purpose);
        let secret = StaticSecret::from(*sub_key(b"files"));
        let public = PublicKey::from(&secret);
        Self { database: sub_key(b"database"), secret, public, names: sub_key(b"names") }
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
        self.public.to_bytes()
    }

    /// The identity with which other programs open the files: `age -d -i FILE`.
    pub(crate) fn identity(&self) -> Zeroizing<String> {
        identity_text(&self.secret)
    }

    pub(super) const fn secret(&self) -> &StaticSecret {
        &self.secret
    }

    pub(super) const fn recipient(&self) -> &PublicKey {
        &self.public
    }

    /// What the file of this name is called, in 64 hex digits.
    pub(super) fn name(&self, plain: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.names.as_ref());
        hattama_proto::id::to_hex(hmac::sign(&key, plain.as_bytes()).as_ref())
    }
}

/// HKDF with SHA-256, 32 bytes.
pub(super) fn expand(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut()))
        .expect("32 bytes are what SHA-256 gives");
    key
}

/// Bech32 in capitals, as age writes identities.
fn identity_text(secret: &StaticSecret) -> Zeroizing<String> {
    let mut values = Zeroizing::new(Vec::with_capacity(64));
    let (mut bits, mut held) = (0_u32, 0_u32);
    let bytes = Zeroizing::new(secret.to_bytes());
    for byte in bytes.iter() {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            values.push((held >> bits & 31).to_le_bytes()[0]);
        }
        held &= (1 << bits) - 1;
    }
    values.push((held << (5 - bits) & 31).to_le_bytes()[0]);
    held.zeroize();
    let lower = IDENTITY_PREFIX.to_ascii_lowercase();
    let high = lower.bytes().map(|byte| byte >> 5);
    let low = lower.bytes().map(|byte| byte & 31);
    let mut sum = 1;
    for value in high.chain([0]).chain(low).chain(values.iter().copied()).chain([0; 6]) {
        sum = step(sum, value);
    }
    sum ^= 1;
    let mut text = Zeroizing::new(String::with_capacity(80));
    text.push_str(IDENTITY_PREFIX);
    text.push('1');
    let check = (0..6).map(|place| (sum >> (5 * (5 - place)) & 31).to_le_bytes()[0]);
    for value in values.iter().copied().chain(check) {
        text.push(char::from(BECH32[usize::from(value)]));
    }
    text
}

/// One step of Bech32's checksum.
fn step(sum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let mut next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    for (bit, part) in GENERATOR.iter().enumerate() {
        if top >> bit & 1 == 1 {
            next ^= part;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_written_as_age_writes_it() {
        // What a reference implementation of Bech32 gives for it; `age-keygen -y` takes it.
        let secret: Vec<u8> = (0..32).collect();
        let text = identity_text(&StaticSecret::from(<[u8; 32]>::try_from(secret).unwrap()));
        assert_eq!(
            text.as_str(),
            "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG"
        );
    }

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
