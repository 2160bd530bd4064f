//! Passwords: Argon2id, a few at a time.
//!
//! 19 MiB, two passes, one lane: what OWASP asks for at least, so that a stolen database yields a few
//! guesses per second and core instead of millions. A guess costs headquarters as much as its owner, so
//! only [`AT_ONCE`] are computed at once and [`WAITING_MAX`] may wait; others are told to come again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use tokio::sync::Semaphore;

use super::{PeopleError, totp::same};
use crate::random;

/// Memory of one computation, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Computed at once: half of a small machine, so that evidence keeps coming in.
const AT_ONCE: usize = 2;
/// How many may wait for their turn: about a second's worth.
const WAITING_MAX: usize = 16;

/// Fewest characters of a password. Length is what counts; nothing else is asked for.
pub const CHARS_MIN: usize = 12;
/// Most bytes of a password that are read: nobody types more.
pub const BYTES_MAX: usize = 1024;

/// Verified in the place of accounts that are not there, so that they cost as much.
const NOBODY: &str = "argon2id$19456$2$1$c2l4dGVlbi1ieXRlcy0h$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Computes hashes, a few at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::default() }
    }
}

impl Passwords {
    /// What is stored of a password: `argon2id$KIB$PASSES$LANES$SALT$HASH`.
    pub(super) async fn hash(&self, password: &str) -> Result<String, PeopleError> {
        let (salt, password) = (random::bytes::<16>()?, password.to_owned());
        let hash = self.in_turn(move || compute(&password, &salt, MEMORY_KIB, PASSES, 1)).await?;
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        Ok(format!("argon2id${MEMORY_KIB}${PASSES}$1${salt}${hash}"))
    }

    /// Whether it is the password that `stored` was made of. Costs the same where there is none.
    pub(super) async fn is_right(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<bool, PeopleError> {
        let (memory, passes, lanes, salt, expected) =
            stored.and_then(parts).or_else(|| parts(NOBODY)).ok_or(PeopleError::Password)?;
        let password = password.to_owned();
        let hash = self.in_turn(move || compute(&password, &salt, memory, passes, lanes)).await?;
        Ok(same(&hash, &expected) && stored.is_some())
    }

    async fn in_turn(
        &self,
        work: impl FnOnce() -> Result<[u8; 32], PeopleError> + Send + 'static,
    ) -> Result<[u8; 32], PeopleError> {
        let _waits = Waits::new(&self.waiting).ok_or(PeopleError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| PeopleError::Busy)?;
        // The turn ends with the work, also where nobody waits for it any more.
        let work = move || {
            let hash = work();
            drop(turn);
            hash
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| PeopleError::Busy)?
    }
}

/// One of those who wait.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn new(waiting: &'a AtomicUsize) -> Option<Self> {
        let waits = Self(waiting);
        (waiting.fetch_add(1, Ordering::AcqRel) < WAITING_MAX + AT_ONCE).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

type Parts = (u32, u32, u32, Vec<u8>, Vec<u8>);

fn parts(stored: &str) -> Option<Parts> {
    let mut parts = stored.split('$');
    if parts.next()? != "argon2id" {
        return None;
    }
    let mut number = || parts.next()?.parse::<u32>().ok();
    let (memory, passes, lanes) = (number()?, number()?, number()?);
    let mut bytes = || STANDARD_NO_PAD.decode(parts.next()?).ok();
    Some((memory, passes, lanes, bytes()?, bytes()?))
}

fn compute(
    password: &str,
    salt: &[u8],
    memory: u32,
    passes: u32,
    lanes: u32,
) -> Result<[u8; 32], PeopleError> {
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| PeopleError::Password)?;
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .map_err(|_| PeopleError::Password)?;
    Ok(hash)
}

/// Whether it can be a password.
///
/// # Errors
/// [`PeopleError::Weak`] with what to do.
pub(super) fn check(password: &str, name: &str) -> Result<(), PeopleError> {
    if password.len() > BYTES_MAX || password.chars().count() < CHARS_MIN {
        return Err(PeopleError::Weak);
    }
    let mut chars = password.chars();
    let first = chars.next();
    let is_one_letter = chars.all(|one| Some(one) == first);
    if is_one_letter || password.to_lowercase().contains(name) && password.len() < name.len() + 8 {
        return Err(PeopleError::Weak);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_nothing_else_is() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse battery").await.unwrap();
        assert!(!stored.contains("horse"), "{stored}");
        assert!(passwords.is_right("correct horse battery", Some(&stored)).await.unwrap());
        assert!(!passwords.is_right("correct horse batterY", Some(&stored)).await.unwrap());
        assert!(!passwords.is_right("", None).await.unwrap());
        assert_ne!(stored, passwords.hash("correct horse battery").await.unwrap());
    }

    #[tokio::test]
    async fn beyond_a_few_the_others_are_told_to_come_again() {
        let passwords = Passwords::default();
        let many = (0..60).map(|_| passwords.is_right("guess", None));
        let answers = futures_util::future::join_all(many).await;
        let busy = answers.iter().filter(|one| matches!(one, Err(PeopleError::Busy))).count();
        assert_eq!(busy, 60 - WAITING_MAX - AT_ONCE);
        assert!(matches!(passwords.is_right("guess", None).await, Ok(false)));
    }

    #[test]
    fn what_anybody_guesses_first_is_refused() {
        for weak in ["", "elevenchars", "aaaaaaaaaaaaaaaa", "operator-2026"] {
            assert!(matches!(check(weak, "operator"), Err(PeopleError::Weak)), "{weak}");
        }
        assert!(check("дванадцать букв", "operator").is_ok());
    }
}
