//! Sealed boxes: anybody may put something in, only the holder of the secret key takes it out.
//!
//! ```text
//! 1 | public key of the moment (32) | ChaCha20-Poly1305 over the content, with its tag (16)
//! key = HKDF-SHA256(X25519(moment, recipient); salt: both public keys; info: a fixed word)
//! ```
//!
//! The key of the moment is used once, so the nonce is zero. What the box is for (a person, a
//! region, an account) is authenticated besides: a box that was put into another row does not open.

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    hkdf,
};
use x25519_dalek::StaticSecret;

use crate::random::{self, RandomError};

/// Version of the box's layout.
const VERSION: u8 = 1;

/// Stands in every derived key, so that no other use of the same keys can meet this one.
const INFO: &[u8] = b"hattama-vault/v1";

/// Length of an X25519 key, in bytes.
pub const KEY_BYTES: usize = 32;

/// What takes things out. Never stored as it is: see `passphrase` and `share`.
#[derive(Clone)]
pub struct SecretKey(StaticSecret);

/// What things are sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

/// The box does not open: another key, another purpose, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed entry does not open with this key")]
pub struct NotOpened;

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// A new one.
    pub fn generate() -> Result<Self, RandomError> {
        Ok(Self::from_bytes(random::bytes()?))
    }

    /// From its bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(StaticSecret::from(bytes))
    }

    /// Its bytes, to be wrapped or split at once.
    pub fn to_bytes(&self) -> [u8; KEY_BYTES] {
        self.0.to_bytes()
    }

    /// What is sealed to it.
    pub fn public(&self) -> PublicKey {
        PublicKey(x25519_dalek::PublicKey::from(&self.0).to_bytes())
    }

    /// Takes out what was sealed to this key for `purpose`.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let [VERSION, rest @ ..] = sealed else { return Err(NotOpened) };
        let (moment, content) = rest.split_first_chunk::<KEY_BYTES>().ok_or(NotOpened)?;
        let key = box_key(&self.0, *moment, *moment, self.public().0)?;
        let mut content = content.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let opened = key.open_in_place(nonce(), aad, &mut content).map_err(|_| NotOpened)?;
        Ok(opened.to_vec())
    }
}

impl PublicKey {
    /// From its bytes, as stored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotOpened> {
        Ok(Self(bytes.try_into().map_err(|_| NotOpened)?))
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Seals `content` for `purpose`.
    pub fn seal(&self, purpose: &str, content: &[u8]) -> Result<Vec<u8>, RandomError> {
        let secret = SecretKey::generate()?;
        let moment = secret.public().0;
        let key = box_key(&secret.0, self.0, moment, self.0)
            .expect("a stored public key of ours is a point of full order");
        let mut sealed = content.to_vec();
        key.seal_in_place_append_tag(nonce(), Aad::from(purpose.as_bytes()), &mut sealed)
            .expect("a contact is far below the cipher's limit");
        let mut out = Vec::with_capacity(1 + KEY_BYTES + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(&moment);
        out.append(&mut sealed);
        Ok(out)
    }
}

/// The key of one box. A point of low order gives a shared secret that everybody knows: refused.
fn box_key(
    mine: &StaticSecret,
    theirs: [u8; KEY_BYTES],
    moment: [u8; KEY_BYTES],
    recipient: [u8; KEY_BYTES],
) -> Result<LessSafeKey, NotOpened> {
    let shared = mine.diffie_hellman(&x25519_dalek::PublicKey::from(theirs));
    if !shared.was_contributory() {
        return Err(NotOpened);
    }
    let salt = [moment, recipient].concat();
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(shared.as_bytes());
    let key = derived
        .expand(&[INFO], &CHACHA20_POLY1305)
        .map(UnboundKey::from)
        .expect("HKDF gives 32 bytes");
    Ok(LessSafeKey::new(key))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_its_key_and_its_purpose_only() {
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let sealed = key.public().seal("person p-1", b"a name").unwrap();
        assert_eq!(key.open("person p-1", &sealed).unwrap(), b"a name");
        assert_eq!(key.open("person p-2", &sealed), Err(NotOpened));
        assert_eq!(other.open("person p-1", &sealed), Err(NotOpened));
    }

    #[test]
    fn every_changed_byte_is_noticed_and_two_boxes_of_one_content_differ() {
        let key = SecretKey::generate().unwrap();
        let sealed = key.public().seal("x", b"a name").unwrap();
        assert_ne!(sealed, key.public().seal("x", b"a name").unwrap());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            // Also the top bit of the point, which the curve ignores: it is in the key's salt.
            assert_eq!(key.open("x", &changed), Err(NotOpened), "byte {at}");
        }
        for cut in 0..sealed.len() {
            assert_eq!(key.open("x", &sealed[..cut]), Err(NotOpened));
        }
    }

    #[test]
    fn a_point_that_everybody_can_compute_is_refused() {
        let key = SecretKey::generate().unwrap();
        let mut sealed = key.public().seal("x", b"a name").unwrap();
        sealed[1..=KEY_BYTES].fill(0);
        assert_eq!(key.open("x", &sealed), Err(NotOpened));
    }

    /// Two implementations of the curve agree.
    #[test]
    fn the_curve_is_the_one_that_ring_has() {
        use ring::{agreement, rand::SystemRandom};

        let ours = SecretKey::generate().unwrap();
        let theirs =
            agreement::EphemeralPrivateKey::generate(&agreement::X25519, &SystemRandom::new())
                .unwrap();
        let public = theirs.compute_public_key().unwrap();
        let peer = agreement::UnparsedPublicKey::new(&agreement::X25519, ours.public().0);
        let by_ring = agreement::agree_ephemeral(theirs, &peer, <[u8]>::to_vec).unwrap();
        let public: [u8; 32] = public.as_ref().try_into().unwrap();
        let by_us = ours.0.diffie_hellman(&x25519_dalek::PublicKey::from(public));
        assert_eq!(by_ring, by_us.as_bytes());
    }
}
