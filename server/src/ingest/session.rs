//! Device tokens by challenge. A challenge is not stored: it is its own proof, under a secret that
//! every process of a headquarters has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::{
    id::Kid,
    key::PublicKey,
    limits::DEVICE_TOKEN_MS,
    time::UnixMillis,
    wire::{SessionReply, SessionRequest},
};
use ring::hmac;

use super::owners::Owners;
use crate::{
    book::SharedBook,
    log::{SequenceError, Sequencer},
    random::{self, RandomError},
    store::{self, Db, StoreError},
};

/// How long a challenge can be answered, in milliseconds: a slow link and a few retries.
const CHALLENGE_MS: i64 = 5 * 60 * 1000;

/// Gives tokens. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    db: Db,
    book: SharedBook,
    sequencer: Sequencer,
    secret: Arc<hmac::Key>,
    owners: Arc<Mutex<Owners>>,
}

/// Why no token was given.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The key is not enrolled.
    #[error("this key is not enrolled here; enrol with an invitation first")]
    NotEnrolled,
    /// The challenge is not ours, too old, or not signed by this key.
    #[error("the challenge was not answered by this key in time; ask for a new one")]
    Refused,
    /// What other processes have logged cannot be taken over now.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Sessions {
    /// Gives tokens to the keys in this book.
    pub fn new(db: Db, book: SharedBook, sequencer: Sequencer, secret: &[u8; 32]) -> Self {
        let secret = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret));
        Self { db, book, sequencer, secret, owners: Arc::default() }
    }

    /// A challenge, or a token for an answered one.
    pub async fn answer(
        &self,
        asked: &SessionRequest,
        now: UnixMillis,
    ) -> Result<SessionReply, SessionError> {
        let key = match self.key(&asked.kid) {
            Some(key) => key,
            None => {
                // Another process may have enrolled it a moment ago.
                self.sequencer.follow().await?;
                self.key(&asked.kid).ok_or(SessionError::NotEnrolled)?
            }
        };
        let Some(answer) = &asked.answer else {
            return Ok(SessionReply::Challenge(self.challenge(&asked.kid, now)));
        };
        if !self.is_ours(&answer.challenge, &asked.kid, now) || !answer.is_by(&key) {
            return Err(SessionError::Refused);
        }
        let device_token = random::text::<32>()?;
        let token_expires_at = now.plus_ms(DEVICE_TOKEN_MS);
        let hash = super::token_hash(&device_token);
        self.db
            .commit(store::devices::give_token(&hash, &asked.kid, now, token_expires_at))
            .await?;
        Ok(SessionReply::Token { device_token, token_expires_at })
    }

    /// Whose token this is, if it was given here and has not run out.
    pub async fn owner(&self, token: &str, now: UnixMillis) -> Result<Option<Kid>, StoreError> {
        let hash = super::token_hash(token);
        if let Some(known) = self.owners().of(&hash, now) {
            return Ok(known);
        }
        let Some((kid, until)) = store::devices::token_owner(&self.db, &hash, now).await? else {
            return Ok(None);
        };
        self.owners().remember(hash, kid, until);
        Ok(Some(kid))
    }

    fn owners(&self) -> MutexGuard<'_, Owners> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, kid: &Kid) -> Option<PublicKey> {
        self.book.read().statements.enrolment(kid).map(|enrolment| enrolment.public_key)
    }

    fn challenge(&self, kid: &Kid, now: UnixMillis) -> String {
        let tag = hmac::sign(&self.secret, tagged(kid, now.0).as_bytes());
        format!("{}.{}", now.0, URL_SAFE_NO_PAD.encode(tag))
    }

    fn is_ours(&self, challenge: &str, kid: &Kid, now: UnixMillis) -> bool {
        let read = || {
            let (at, tag) = challenge.split_once('.')?;
            Some((at.parse::<i64>().ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?))
        };
        let Some((at, tag)) = read() else { return false };
        let young = at <= now.0 && now.0.saturating_sub(at) <= CHALLENGE_MS;
        young && hmac::verify(&self.secret, tagged(kid, at).as_bytes(), &tag).is_ok()
    }
}

fn tagged(kid: &Kid, at_ms: i64) -> String {
    format!("hattama-challenge/v1 {kid} {at_ms}")
}
