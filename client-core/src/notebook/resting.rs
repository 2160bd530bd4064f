//! Pausing and resuming: a suspended app may keep no file open, or the system ends it.

use std::sync::{Condvar, Mutex, PoisonError};

use super::{
    Notebook, lock,
    locking::write_over_stack,
    open::{hold, open_outbox},
};
use crate::{at_rest::Files, error::NotebookError, steps::crash_point};

impl Notebook {
    /// Ends a running sync, lets captures end, brings the database to rest and closes it: no file of
    /// the notebook stays open, and none is opened before [`resume`](Self::resume).
    /// Phones do not let a suspended app keep one.
    pub fn pause(&self) -> Result<(), NotebookError> {
        let _alone = lock(&self.going_to_rest);
        // Whoever comes from now on is refused: those who keep coming must not keep the phone awake.
        // Before the word to end, so that no sync begins between the two and does not hear it.
        lock(&self.at_work.state).resting = true;
        crash_point("about-to-rest");
        self.stop.interrupt();
        // What is being captured is on disk before the phone sleeps, and a sync has told what it did.
        self.at_work.wait_for_none();
        let closed = {
            let _captured = lock(&self.capturing);
            match lock(&self.outbox).take() {
                Some(outbox) => outbox.close(),
                None => Ok(()),
            }
        };
        // Whoever came in between finds the notebook paused and closes what it had opened.
        self.at_work.wait_for_none();
        closed
    }

    /// Keeps the notebook from rest until what comes back is dropped, for a call that has one of its files open.
    #[cfg(feature = "ffi")]
    pub(crate) fn work(&self) -> Result<Working<'_>, NotebookError> {
        self.enter()
    }

    /// Opens the database again after [`pause`](Self::pause); a notebook that was locked meanwhile is
    /// [unlocked](Self::unlock) instead.
    pub fn resume(&self) -> Result<(), NotebookError> {
        let _alone = lock(&self.turning_the_key);
        self.wake()
    }

    /// As [`resume`](Self::resume), for whoever turns the key.
    pub(super) fn wake(&self) -> Result<(), NotebookError> {
        let keys = self.keys()?;
        let _alone = lock(&self.going_to_rest);
        let mut outbox = lock(&self.outbox);
        if outbox.is_none() {
            let held = hold(&self.folder)?;
            let files = Files::of(keys.rest(), &self.options.random);
            let (opened, _) = open_outbox(&self.folder, &keys, &files, &self.options, Some(held))?;
            *outbox = Some(opened);
        }
        lock(&self.at_work.state).resting = false;
        Ok(())
    }
}

/// Counts the calls that may have a file open. Not a lock: any number at once, also one in another.
#[derive(Debug, Default)]
pub(super) struct AtWork {
    state: Mutex<State>,
    none: Condvar,
}

#[derive(Debug, Default)]
struct State {
    count: usize,
    /// The notebook is paused, or is about to be.
    resting: bool,
}

impl AtWork {
    /// One more, until what comes back is dropped; none while the notebook rests.
    pub(super) fn enter(&self) -> Result<Working<'_>, NotebookError> {
        let mut state = lock(&self.state);
        if state.resting {
            return Err(NotebookError::Paused);
        }
        state.count += 1;
        Ok(Working(self))
    }

    /// Whether no call is at work.
    pub(super) fn is_quiet(&self) -> bool {
        lock(&self.state).count == 0
    }

    /// One more within a call that has entered: it may end although the notebook is about to rest.
    pub(super) fn within(&self) -> Working<'_> {
        lock(&self.state).count += 1;
        Working(self)
    }

    /// Whether a call has entered.
    #[cfg(test)]
    pub(super) fn is_any(&self) -> bool {
        lock(&self.state).count > 0
    }

    fn wait_for_none(&self) {
        let state = lock(&self.state);
        drop(
            self.none
                .wait_while(state, |state| state.count > 0)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}

/// One call at work: the notebook does not rest before this is dropped.
#[must_use]
pub(crate) struct Working<'a>(&'a AtWork);

#[cfg(feature = "ffi")]
impl Working<'_> {
    /// Goes on, unless the notebook is about to rest. For work that may take longer than a system lets
    /// an app that it suspends.
    pub(crate) fn go_on(&self) -> Result<(), NotebookError> {
        if lock(&self.0.state).resting { Err(NotebookError::Paused) } else { Ok(()) }
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        // Before whoever locks the notebook believes that nothing is left of it: a call may have been
        // made on a thread that lives on.
        write_over_stack();
        lock(&self.0.state).count -= 1;
        self.0.none.notify_all();
    }
}
