//! A PIN in front of the phone's own key store, or of nothing.
//!
//! ```text
//! PIN ──Argon2id──┐
//!                 ├──HKDF──> key ──ChaCha20-Poly1305──> what was wrapped
//! secret ─────────┘
//!    └─ wrapped by the inner vault: without this phone no PIN opens anything
//! ```
//!
//! A PIN is short. On the phone its tries are counted and slowed; away from the phone the secret that
//! only its hardware unwraps is missing. Without an inner vault whoever has a copy of the files can try
//! six digits in three days (a quarter of a second and 64 MiB a try): take a passphrase there.

use std::{path::Path, sync::Arc};

use hattama_proto::passphrase::{self, KEY_BYTES, SALT_BYTES};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    hkdf,
};
use zeroize::Zeroizing;

use super::{KeyVault, VaultError, tries::Tries};
use crate::{clock::Clock, error::NotebookError, random::RandomSource};

/// Fewest characters of a PIN: with the waits between tries, out of reach for whoever types.
pub const PIN_CHARS_MIN: usize = 6;

/// Longest PIN, in bytes: whatever somebody pastes by mistake is not stretched.
pub const PIN_BYTES_MAX: usize = 256;

/// Name of the file that counts the tries, in the notebook's folder.
pub(crate) const TRIES_FILE: &str = "pin.json";

/// What is encrypted, so that it cannot be passed off as something else.
const PURPOSE: &[u8] = b"hattama pin v1";

/// Wraps with a PIN and another vault.
pub struct PinVault {
    pin: Zeroizing<String>,
    lock: PinLock,
    tries: Tries,
    clock: Arc<dyn Clock>,
}

impl PinVault {
    /// A vault for the notebook in `folder` that `pin` opens, together with `inner`: the phone's own.
    /// The tries are counted in that folder. The PIN is written over when the vault is dropped.
    pub fn new(
        folder: &Path,
        pin: Zeroizing<String>,
        inner: Option<Arc<dyn KeyVault>>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, NotebookError> {
        check(&pin)?;
        let tries = Tries::kept_in(folder.join(TRIES_FILE));
        Ok(Self { pin, lock: PinLock { inner, random }, tries, clock })
    }
}

impl std::fmt::Debug for PinVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PinVault").finish_non_exhaustive()
    }
}

impl KeyVault for PinVault {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.lock.close(&self.pin, plain)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        // A phone whose hardware says no has tried no PIN.
        let closed = self.lock.begin(wrapped)?;
        self.tries.begin(&self.clock.now())?;
        let opened = closed.open(&self.pin)?.ok_or_else(wrong)?;
        self.tries.succeeded()?;
        Ok(opened)
    }
}

/// Whether `pin` may be one.
pub(crate) fn check(pin: &str) -> Result<(), NotebookError> {
    if pin.chars().count() < PIN_CHARS_MIN {
        let least = format!("at least {PIN_CHARS_MIN} digits or other characters");
        return Err(NotebookError::invalid("pin", least));
    }
    if pin.len() > PIN_BYTES_MAX {
        return Err(NotebookError::invalid("pin", format!("at most {PIN_BYTES_MAX} bytes")));
    }
    Ok(())
}

/// Not by whose PIN, and not why.
pub(crate) fn wrong() -> VaultError {
    VaultError::Rejected("this is not the PIN".to_owned())
}

/// Closes and opens with a PIN; counts nothing.
pub(crate) struct PinLock {
    pub(crate) inner: Option<Arc<dyn KeyVault>>,
    pub(crate) random: Arc<dyn RandomSource>,
}

/// Something closed, with its half of the secret at hand: only the PIN is missing.
pub(crate) struct Closed {
    salt: [u8; SALT_BYTES],
    secret: Zeroizing<Vec<u8>>,
    content: Vec<u8>,
}

impl PinLock {
    /// `salt, length of the wrapped secret, the wrapped secret, content`
    pub(crate) fn close(&self, pin: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (mut salt, mut secret) = ([0; SALT_BYTES], Zeroizing::new([0; KEY_BYTES]));
        self.fill(&mut salt)?;
        self.fill(secret.as_mut())?;
        let mut content = Vec::with_capacity(plain.len() + CHACHA20_POLY1305.tag_len());
        content.extend_from_slice(plain);
        key(pin, &salt, secret.as_ref())?
            .seal_in_place_append_tag(zero(), Aad::from(PURPOSE), &mut content)
            .map_err(|_| VaultError::Failed("too much to wrap".to_owned()))?;
        self.joined(&salt, secret.as_ref(), &content)
    }

    /// What looks as if it had been closed, and which no PIN opens.
    pub(crate) fn decoy(&self, plain_bytes: usize) -> Result<Vec<u8>, VaultError> {
        let (mut salt, mut secret) = ([0; SALT_BYTES], Zeroizing::new([0; KEY_BYTES]));
        let mut content = vec![0; plain_bytes + CHACHA20_POLY1305.tag_len()];
        self.fill(&mut salt)?;
        self.fill(secret.as_mut())?;
        self.fill(&mut content)?;
        self.joined(&salt, secret.as_ref(), &content)
    }

    /// Asks the inner vault for its half.
    pub(crate) fn begin(&self, wrapped: &[u8]) -> Result<Closed, VaultError> {
        let (salt, rest) = wrapped.split_first_chunk::<SALT_BYTES>().ok_or_else(wrong)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(wrong)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (secret, content) = rest.split_at_checked(length).ok_or_else(wrong)?;
        let secret = match &self.inner {
            Some(inner) => inner.unwrap(secret)?,
            None => Zeroizing::new(secret.to_vec()),
        };
        Ok(Closed { salt: *salt, secret, content: content.to_vec() })
    }

    fn joined(&self, salt: &[u8], secret: &[u8], content: &[u8]) -> Result<Vec<u8>, VaultError> {
        let secret = match &self.inner {
            Some(inner) => inner.wrap(secret)?,
            None => secret.to_vec(),
        };
        let length = u16::try_from(secret.len())
            .map_err(|_| VaultError::Failed("the inner vault made too much".to_owned()))?;
        Ok([salt, &length.to_be_bytes(), &secret, content].concat())
    }

    fn fill(&self, out: &mut [u8]) -> Result<(), VaultError> {
        self.random.fill(out).map_err(|error| VaultError::Failed(error.to_string()))
    }
}

impl Closed {
    /// What was closed, if this is the PIN. Takes as long if it is not.
    pub(crate) fn open(&self, pin: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let mut content = Zeroizing::new(self.content.clone());
        let opened = key(pin, &self.salt, &self.secret)?.open_in_place(
            zero(),
            Aad::from(PURPOSE),
            &mut content,
        );
        let Ok(len) = opened.map(|plain| plain.len()) else { return Ok(None) };
        content.truncate(len);
        Ok(Some(content))
    }
}

fn key(pin: &str, salt: &[u8; SALT_BYTES], secret: &[u8]) -> Result<LessSafeKey, VaultError> {
    let stretched =
        passphrase::stretch(pin, salt).map_err(|error| VaultError::Failed(error.to_string()))?;
    // Both halves; what is stretched comes first, so that neither alone is worth anything. As long as it
    // will be: a vector that grows leaves a copy behind.
    let mut halves = Zeroizing::new(Vec::with_capacity(KEY_BYTES + secret.len()));
    halves.extend_from_slice(stretched.as_ref());
    halves.extend_from_slice(secret);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(&halves)
        .expand(&[PURPOSE], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut()))
        .expect("32 bytes are what SHA-256 gives");
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("32 bytes are a key");
    Ok(LessSafeKey::new(key))
}

/// Each key is used once: the salt is drawn anew for every wrapping.
fn zero() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
#[path = "pin_tests.rs"]
mod tests;
