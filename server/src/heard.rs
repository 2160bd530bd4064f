//! When each device was last heard and what it said still waits on it, kept in memory and in the
//! store.
//!
//! Nothing is decided by it. A word is stored when it says something new, and at most once a minute
//! where it says the same: ten thousand phones that look in do not make ten thousand commits.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use hattama_proto::{
    id::Kid,
    time::UnixMillis,
    wire::{LANES, Waiting},
};

use crate::{
    access::Scope,
    book::SharedBook,
    store::{self, Db, StoreError, heard::Heard},
};

/// How old a stored word may be that says the same, in milliseconds.
const SAME_WORD_MS: i64 = 60_000;

/// How often to look what other processes have heard: people look at lists of minutes.
const KEEP_UP: Duration = Duration::from_secs(15);

/// The devices that were heard. Cheap to clone.
#[derive(Clone)]
pub struct HeardDevices {
    db: Db,
    known: Arc<RwLock<HashMap<Kid, Known>>>,
}

/// A device's newest word, and when the store heard of it.
#[derive(Clone, Copy)]
struct Known {
    heard: Heard,
    stored_at: UnixMillis,
}

impl HeardDevices {
    /// What was stored before.
    pub async fn open(db: Db) -> Result<Self, StoreError> {
        let known = store::heard::since(&db, UnixMillis(0)).await?.into_iter();
        let known = known.map(|(kid, heard)| (kid, Known { heard, stored_at: heard.at })).collect();
        Ok(Self { db, known: Arc::new(RwLock::new(known)) })
    }

    /// Takes over what other processes on the database have heard, as long as this is polled.
    pub(crate) async fn keep_up(self) {
        // Where the clock of another process is behind ours, its words look older.
        let mut since = UnixMillis(0);
        loop {
            tokio::time::sleep(KEEP_UP).await;
            match store::heard::since(&self.db, since).await {
                Ok(words) => {
                    let newest = words.iter().map(|(_, heard)| heard.at).max();
                    since = newest.map_or(since, |at| at.plus_ms(-SAME_WORD_MS));
                    self.take_over(words);
                }
                Err(error) => tracing::debug!(%error, "what others have heard is asked again"),
            }
        }
    }

    fn take_over(&self, words: Vec<(Kid, Heard)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (kid, heard) in words {
            if known.get(&kid).is_none_or(|known| known.heard.at < heard.at) {
                known.insert(kid, Known { heard, stored_at: heard.at });
            }
        }
    }

    /// A device is there, and says how much waits on it, how old the oldest of it is, in seconds, and up
    /// to which place it has read its feed.
    pub async fn hear(
        &self,
        kid: Kid,
        (waiting, oldest_s): (Option<Waiting>, Option<u64>),
        feed_after: Option<u64>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let age_ms =
            oldest_s.map(|age| i64::try_from(age.saturating_mul(1_000)).unwrap_or(i64::MAX));
        // A phone whose clock was wrong may say any age; no record is older than the epoch here.
        let oldest_at = age_ms.map(|age| UnixMillis(now.0.saturating_sub(age).max(0)));
        let heard = Heard { at: now, waiting, oldest_at, feed_after };
        let is_new = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            let before = known.get(&kid).copied();
            let is_new = before.is_none_or(|before| {
                before.heard.waiting != waiting
                    || before.heard.feed_after != feed_after
                    || now.0 - before.stored_at.0 >= SAME_WORD_MS
            });
            let stored_at = before.filter(|_| !is_new).map_or(now, |before| before.stored_at);
            known.insert(kid, Known { heard, stored_at });
            is_new
        };
        if is_new {
            self.db.commit(store::heard::hear(&kid, &heard)).await.map(drop)
        } else {
            Ok(())
        }
    }

    /// What this device said last; none if it was never heard.
    pub fn of(&self, kid: &Kid) -> Option<Heard> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(kid).map(|known| known.heard)
    }

    /// How many devices were ever heard.
    pub fn count(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What waits on all phones that an account may know of, by lane: those of its organisation, and
    /// where it has a region those that observe in it alone.
    pub fn waiting_on(&self, scope: &Scope, book: &SharedBook) -> [u64; LANES] {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let book = book.read();
        let mut total = [0; LANES];
        for (kid, known) in &*known {
            let Some(waiting) = known.heard.waiting else { continue };
            let enrolment = book.statements.enrolment(kid);
            if !enrolment.is_some_and(|enrolment| scope.sees_device(&book, enrolment)) {
                continue;
            }
            for (sum, count) in total.iter_mut().zip(waiting.0) {
                *sum += u64::from(count);
            }
        }
        total
    }
}
