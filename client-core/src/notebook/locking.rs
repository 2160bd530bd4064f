//! Locking: no key and nothing that was read stays in memory until the vault is shown again.

use std::{hint::black_box, sync::Mutex};

use super::{Notebook, lock, resting::Working};
use crate::{clock::Moment, error::NotebookError, keys::Keys, vault::KeyVault};

/// How much of the stack is written over when a notebook is locked, in bytes: more than any call of
/// ours goes down, and less than the smallest stack a phone gives a thread.
const STACK_BYTES: usize = 256 * 1024;

impl Notebook {
    /// Pauses the notebook and lets go of its keys, of the set-up and of the database with all that it
    /// had read. Until [`unlock`](Self::unlock) every call is [`NotebookError::Locked`].
    ///
    /// What the app holds itself is the app's to forget: its screens, the passphrase, the vault. Memory
    /// that is given back is written over in builds with the feature `wipe-memory`.
    pub fn lock(&self) -> Result<(), NotebookError> {
        let _alone = lock(&self.turning_the_key);
        let closed = self.pause();
        drop(lock(&self.keys).take());
        drop(lock(&self.pack).take());
        write_over_stack();
        closed
    }

    /// Opens the notebook again after [`lock`](Self::lock), with the vault it was opened with.
    pub fn unlock(&self, vault: &dyn KeyVault) -> Result<(), NotebookError> {
        let _alone = lock(&self.turning_the_key);
        {
            let mut keys = lock(&self.keys);
            if keys.is_none() {
                *keys = Some(Keys::unlock(&self.folder, vault)?);
            }
        }
        write_over_stack();
        self.idle.touch(&self.options.clock.now());
        let resumed = self.wake();
        if resumed.is_err() {
            drop(lock(&self.keys).take());
        }
        resumed
    }

    /// Whether the notebook is locked.
    pub fn is_locked(&self) -> bool {
        lock(&self.keys).is_none()
    }

    /// Locks the notebook if nobody has called it for as long as its options say. For a timer of the
    /// app's; says whether it is locked now. A sync that runs is a call.
    pub fn lock_if_idle(&self) -> Result<bool, NotebookError> {
        let now = self.options.clock.now();
        if !self.is_locked() && self.at_work.is_quiet() && self.is_idle(&now) {
            self.lock()?;
        }
        Ok(self.is_locked())
    }

    /// Locks the notebook if it has been idle for too long; else notes that it is in use.
    pub(super) fn still_unlocked(&self) -> Result<(), NotebookError> {
        if self.options.lock_after_ms.is_none() {
            return Ok(());
        }
        let now = self.options.clock.now();
        // A call that is at work has looked when it began.
        if self.at_work.is_quiet() && !self.is_locked() && self.is_idle(&now) {
            self.lock()?;
        }
        if self.is_locked() {
            return Err(NotebookError::Locked);
        }
        self.idle.touch(&now);
        Ok(())
    }

    /// Counts this call among those that may have a file open.
    pub(super) fn enter(&self) -> Result<Working<'_>, NotebookError> {
        self.still_unlocked()?;
        self.at_work.enter().map_err(|_| self.at_rest_error())
    }

    /// Why there is no database now.
    pub(super) fn at_rest_error(&self) -> NotebookError {
        if self.is_locked() { NotebookError::Locked } else { NotebookError::Paused }
    }

    fn is_idle(&self, now: &Moment) -> bool {
        self.options.lock_after_ms.is_some_and(|limit| self.idle.ms(now) >= limit)
    }
}

/// When the notebook was last called.
pub(super) struct Idle(Mutex<Moment>);

impl Idle {
    pub(super) fn since(now: &Moment) -> Self {
        Self(Mutex::new(now.clone()))
    }

    fn touch(&self, now: &Moment) {
        *lock(&self.0) = now.clone();
    }

    /// For how long nobody has called, in milliseconds. Counted by the clock that only runs; whoever
    /// could set the other one could keep the notebook open.
    fn ms(&self, now: &Moment) -> u64 {
        now.mono_ms.saturating_sub(lock(&self.0).mono_ms)
    }
}

/// Writes over what calls have left on this thread's stack: what is moved leaves a copy behind.
#[inline(never)]
pub(super) fn write_over_stack() {
    let mut bytes = [0_u8; STACK_BYTES];
    black_box(&mut bytes);
}
