//! Work for several hands: in order, and never two pieces of one owner at once.
//!
//! Acts of one observer follow each other; acts of different observers may overlap. The first piece
//! in order whose owner is free is given out next.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::{DemoError, Stop};

/// Calls `work` for the place of each of `owners`, with `hands` threads. Returns whether all was
/// done: an error ends it early and is told, the word to stop ends it early too.
pub(super) fn work_through(
    owners: &[usize],
    hands: usize,
    stop: &Stop,
    work: impl Fn(usize) -> Result<(), DemoError> + Sync,
) -> Result<bool, DemoError> {
    let schedule = Schedule::new(owners);
    thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                while let Some((place, owner)) = schedule.take(stop) {
                    let done = work(place);
                    schedule.done(owner, done);
                }
            });
        }
    });
    let state = schedule.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match state.error {
        Some(error) => Err(error),
        None => Ok(state.waiting.is_empty()),
    }
}

struct Schedule {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Places with their owners, in order.
    waiting: VecDeque<(usize, usize)>,
    busy: HashSet<usize>,
    error: Option<DemoError>,
}

impl Schedule {
    fn new(owners: &[usize]) -> Self {
        let waiting = owners.iter().copied().enumerate().collect();
        Self { state: Mutex::new(State { waiting, ..State::default() }), changed: Condvar::new() }
    }

    /// The next piece; none when nothing is left or it shall end.
    fn take(&self, stop: &Stop) -> Option<(usize, usize)> {
        let mut state = self.lock();
        loop {
            if stop.is_set() || state.error.is_some() || state.waiting.is_empty() {
                return None;
            }
            // The first of an owner in the queue is the owner's earliest.
            let free = state.waiting.iter().position(|(_, owner)| !state.busy.contains(owner));
            if let Some(piece) = free.and_then(|at| state.waiting.remove(at)) {
                state.busy.insert(piece.1);
                return Some(piece);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, owner: usize, done: Result<(), DemoError>) {
        let mut state = self.lock();
        state.busy.remove(&owner);
        if let Err(error) = done {
            state.error.get_or_insert(error);
        }
        drop(state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn the_pieces_of_one_owner_are_done_in_order_and_one_at_a_time() {
        let owners: Vec<usize> = (0..200).map(|place| place * place % 7).collect();
        let (done, busy) = (Mutex::new(Vec::new()), Mutex::new(HashSet::new()));
        let all = work_through(&owners, 4, &Stop::default(), |place| {
            assert!(busy.lock().unwrap().insert(owners[place]), "two of one owner at once");
            thread::yield_now();
            done.lock().unwrap().push(place);
            busy.lock().unwrap().remove(&owners[place]);
            Ok(())
        });
        assert!(all.unwrap());
        let done = done.into_inner().unwrap();
        assert_eq!(done.len(), owners.len());
        for owner in 0..7 {
            assert!(done.iter().filter(|place| owners[**place] == owner).is_sorted());
        }
    }

    #[test]
    fn an_error_and_the_word_to_stop_leave_the_rest_undone() {
        let stuck = || DemoError::Summary("no".into());
        let done = Mutex::new(0);
        let failed = work_through(&[0, 0, 0], 2, &Stop::default(), |place| {
            *done.lock().unwrap() += 1;
            if place == 1 { Err(stuck()) } else { Ok(()) }
        });
        assert!(failed.is_err());
        assert_eq!(done.into_inner().unwrap(), 2);
        let stop = Stop::default();
        let told = work_through(&[0, 1, 2], 1, &stop, |_| {
            stop.set();
            Ok(())
        });
        assert!(!told.unwrap());
    }
}
