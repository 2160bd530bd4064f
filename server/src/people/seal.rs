//! What is derived from the accounts' key, which lies beside the other keys and not in the database:
//! a copied database alone gives nobody a second factor.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};

use super::PeopleError;
use crate::random;

/// The accounts' key, in its three uses.
#[derive(Debug)]
pub(super) struct Seal {
    sealing: LessSafeKey,
    tagging: hmac::Key,
}

impl Seal {
    /// Of the seed in the folder of keys.
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, seed);
        let sealing = hmac::sign(&root, b"hattama-accounts/seal");
        let tagging = hmac::sign(&root, b"hattama-accounts/tag");
        let sealing = UnboundKey::new(&CHACHA20_POLY1305, sealing.as_ref());
        Self {
            sealing: LessSafeKey::new(sealing.expect("SHA-256 gives the 32 bytes of a key")),
            tagging: hmac::Key::new(hmac::HMAC_SHA256, tagging.as_ref()),
        }
    }

    /// Seals a secret for one account.
    pub(super) fn seal(&self, secret: &[u8], account: &str) -> Result<Vec<u8>, PeopleError> {
        let nonce = random::bytes::<NONCE_LEN>()?;
        let mut sealed = secret.to_vec();
        self.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(account.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| PeopleError::Sealed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what was sealed for this account.
    pub(super) fn open(&self, sealed: &[u8], account: &str) -> Result<Vec<u8>, PeopleError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(PeopleError::Sealed)?;
        let mut secret = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = Aad::from(account.as_bytes());
        let opened =
            self.sealing.open_in_place(nonce, aad, &mut secret).map_err(|_| PeopleError::Sealed)?;
        Ok(opened.to_vec())
    }

    /// A secret that follows from `what`: shown on a page and found again when its form comes back.
    pub(super) fn derived(&self, purpose: &str, what: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.tagging, format!("{purpose}\n{what}").as_bytes());
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// `text` with a proof that we wrote it for this purpose.
    pub(super) fn signed(&self, purpose: &str, text: &str) -> String {
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(self.derived(purpose, text)))
    }

    /// The text, if we wrote it for this purpose.
    pub(super) fn proved<'a>(&self, purpose: &str, signed: &'a str) -> Option<&'a str> {
        let (text, tag) = signed.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        super::totp::same(&self.derived(purpose, text), &tag).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_account_and_not_when_it_was_altered() {
        let seal = Seal::new(&[7; 32]);
        let mut sealed = seal.seal(b"secret", "a").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(seal.open(&sealed, "a").unwrap(), b"secret");
        assert!(seal.open(&sealed, "b").is_err());
        assert!(Seal::new(&[8; 32]).open(&sealed, "a").is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(seal.open(&sealed, "a").is_err());
        assert!(seal.open(&[], "a").is_err());
    }

    #[test]
    fn what_we_wrote_for_one_purpose_proves_nothing_for_another() {
        let seal = Seal::new(&[7; 32]);
        let signed = seal.signed("ticket", "name.5");
        assert_eq!(seal.proved("ticket", &signed), Some("name.5"));
        assert_eq!(seal.proved("device", &signed), None);
        assert_eq!(seal.proved("ticket", &signed.replace("name", "nome")), None);
        assert_eq!(seal.proved("ticket", "x"), None);
    }
}
