//! One sync or enrolment at a time.

use std::sync::{MutexGuard, TryLockError};

use super::{Notebook, resting::Working};
use crate::{error::NotebookError, transport::Stop};

/// A sync or an enrolment that has its turn. Until it is dropped no other begins and the notebook does
/// not rest, so whoever holds it may still read what it brought.
#[must_use]
pub(crate) struct Turn<'a> {
    pub(super) notebook: &'a Notebook,
    /// Set by every interruption since before the turn could be seen.
    pub(super) stop: Stop,
    // Given back in this order: who waits for the notebook to rest finds no sync.
    _alone: MutexGuard<'a, ()>,
    _working: Working<'a>,
}

impl Notebook {
    /// Takes the turn. Refused as `Busy` while another runs, and while the notebook rests.
    pub(crate) fn take_turn(&self) -> Result<Turn<'_>, NotebookError> {
        // First: who can see that it has begun can end it. A pause that comes before the next line
        // refuses it there, and one that comes after it is heard.
        let stop = self.stop.armed();
        let working = self.enter()?;
        let alone = match self.syncing.try_lock() {
            Ok(alone) => alone,
            // It guards nothing that a panic could have left half done.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(NotebookError::Busy),
        };
        Ok(Turn { notebook: self, stop, _alone: alone, _working: working })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::{Duration, Instant},
    };

    use super::*;
    use crate::NotebookOptions;

    /// What an interruption or a pause may take.
    const GRACE: Duration = Duration::from_secs(2);

    fn notebook() -> (tempfile::TempDir, Arc<Notebook>) {
        let folder = tempfile::tempdir().unwrap();
        let notebook = Notebook::open(folder.path(), NotebookOptions::default()).unwrap();
        (folder, Arc::new(notebook))
    }

    /// Holds a turn until it is told to end, as a sync on a silent line does. Whether it was told.
    fn held_until_told(turn: &Turn<'_>) -> bool {
        let began = Instant::now();
        while !turn.stop.is_set() {
            if began.elapsed() > GRACE {
                return false;
            }
            std::hint::spin_loop();
        }
        true
    }

    #[test]
    fn whoever_can_see_that_a_sync_has_begun_can_end_it() {
        let (_folder, notebook) = notebook();
        for round in 0..1000 {
            let syncing = {
                let notebook = Arc::clone(&notebook);
                std::thread::spawn(move || held_until_told(&notebook.take_turn().unwrap()))
            };
            while !notebook.at_work.is_any() {
                std::hint::spin_loop();
            }
            notebook.interrupt();
            assert!(syncing.join().unwrap(), "round {round}: the interruption was lost");
        }
    }

    #[test]
    fn a_pause_ends_a_sync_whenever_it_comes() {
        let (_folder, notebook) = notebook();
        let over = Arc::new(AtomicBool::new(false));
        let syncing: Vec<_> = (0..2)
            .map(|_| {
                let (notebook, over) = (Arc::clone(&notebook), Arc::clone(&over));
                // Again and again, also while the notebook is about to rest.
                std::thread::spawn(move || {
                    while !over.load(Ordering::SeqCst) {
                        match notebook.take_turn() {
                            Ok(turn) => assert!(held_until_told(&turn), "it was never told to end"),
                            Err(NotebookError::Paused | NotebookError::Busy) => {}
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                })
            })
            .collect();
        for round in 0..30 {
            let began = Instant::now();
            notebook.pause().unwrap();
            assert!(began.elapsed() < GRACE, "round {round}");
            assert!(matches!(notebook.messages(), Err(NotebookError::Paused)), "round {round}");
            notebook.resume().unwrap();
            notebook.messages().unwrap();
        }
        over.store(true, Ordering::SeqCst);
        // Again and again: one of them may have looked just before, and take its turn only now.
        while syncing.iter().any(|thread| !thread.is_finished()) {
            notebook.interrupt();
            std::thread::yield_now();
        }
        for thread in syncing {
            thread.join().unwrap();
        }
    }

    #[test]
    fn a_sync_that_comes_in_the_middle_of_a_pause_is_refused_or_ended() {
        let (_folder, notebook) = notebook();
        let (comes, ended) = std::sync::mpsc::channel();
        let late = Arc::clone(&notebook);
        crate::steps::observe(move |step| {
            if step == "about-to-rest" {
                let sync = {
                    let late = Arc::clone(&late);
                    std::thread::spawn(move || late.take_turn().map(|turn| held_until_told(&turn)))
                };
                // Until it was refused or has begun.
                while !sync.is_finished() && !late.at_work.is_any() {
                    std::thread::yield_now();
                }
                comes.send(sync).unwrap();
            }
        });
        notebook.pause().unwrap();
        crate::steps::forget();
        let sync = ended.recv().unwrap().join().unwrap();
        assert!(matches!(sync, Err(NotebookError::Paused) | Ok(true)), "it was never told to end");
    }

    #[test]
    fn a_panic_in_one_sync_does_not_keep_the_next_from_its_turn() {
        let (_folder, notebook) = notebook();
        let panics = {
            let notebook = Arc::clone(&notebook);
            std::thread::spawn(move || {
                let _turn = notebook.take_turn().unwrap();
                panic!("on purpose");
            })
        };
        assert!(panics.join().is_err());
        assert!(notebook.take_turn().is_ok());
    }
}
