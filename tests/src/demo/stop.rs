//! The word to stop, from Ctrl-C to everybody who works.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Whether the demonstration was told to stop. Cheap to clone and to ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<Word>);

#[derive(Debug, Default)]
struct Word {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Whether the word was given.
    pub(super) fn is_set(&self) -> bool {
        *self.given()
    }

    /// Gives the word.
    pub(super) fn set(&self) {
        *self.given() = true;
        self.0.changed.notify_all();
    }

    /// Blocks until the word is given.
    pub(super) fn wait(&self) {
        let mut given = self.given();
        while !*given {
            given = self.0.changed.wait(given).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn given(&self) -> MutexGuard<'_, bool> {
        self.0.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_is_woken() {
        let stop = Stop::default();
        let waiting = std::thread::spawn({
            let stop = stop.clone();
            move || stop.wait()
        });
        assert!(!stop.is_set());
        stop.set();
        waiting.join().unwrap();
        assert!(stop.is_set());
    }
}
