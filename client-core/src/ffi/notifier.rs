//! The one thread that tells the app what happened, with nothing held.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use super::{Alarm, FeedItem, NotebookEvents, OutboxSummary};
use crate::{error::NotebookError as CoreError, limits::EVENTS_WAITING_MAX};

/// Something to tell.
#[derive(Debug)]
pub(super) enum Event {
    OutboxChanged(OutboxSummary),
    Feed(FeedItem),
    Alarm(Alarm),
}

/// How telling goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Telling {
    /// Events the app took.
    pub(super) told: u64,
    /// Events the app threw at.
    pub(super) failed: u64,
    /// Events that were given up because too many waited.
    pub(super) dropped: u64,
}

/// Queues events and delivers them. Ends when it is dropped.
pub(super) struct Notifier {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    telling: Telling,
    ending: bool,
}

impl Notifier {
    /// Starts the thread.
    pub(super) fn start(app: Arc<dyn NotebookEvents>) -> Result<Self, CoreError> {
        let queue = Arc::new(Queue::default());
        let served = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("hattama-events".to_owned())
            .spawn(move || served.deliver_to(app.as_ref()))
            .map_err(|error| CoreError::Storage { reason: error.to_string() })?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Queues an event and returns. Of two summaries that wait only the newer is told.
    pub(super) fn tell(&self, event: Event) {
        let mut waiting = self.queue.lock();
        if matches!(event, Event::OutboxChanged(_)) {
            waiting.events.retain(|earlier| !matches!(earlier, Event::OutboxChanged(_)));
        }
        if waiting.events.len() >= EVENTS_WAITING_MAX {
            waiting.events.pop_front();
            waiting.telling.dropped += 1;
        }
        waiting.events.push_back(event);
        self.queue.changed.notify_all();
    }

    /// Gives up what waits, as too many events would be: a locked notebook tells nothing more.
    pub(super) fn forget(&self) {
        let mut waiting = self.queue.lock();
        let given_up = std::mem::take(&mut waiting.events).len();
        waiting.telling.dropped += given_up as u64;
    }

    /// How it has gone so far.
    pub(super) fn telling(&self) -> Telling {
        self.queue.lock().telling
    }

    /// How many events wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().events.len()
    }

    /// Ends: what waits is not told any more, and no call to the app runs once this returns; except
    /// that a call of the app's own from within an event does not wait for itself.
    pub(super) fn end(&self) {
        self.queue.lock().ending = true;
        self.queue.changed.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            // It catches what the app throws, so it does not panic.
            let _ended = thread.join();
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        // Not joined: whoever drops the last reference may be a garbage collector that the app's own
        // code waits for.
        self.queue.lock().ending = true;
        self.queue.changed.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver_to(&self, app: &dyn NotebookEvents) {
        while let Some(event) = self.next() {
            let tell = || match event {
                Event::OutboxChanged(summary) => app.outbox_changed(summary),
                Event::Feed(item) => app.feed(item),
                Event::Alarm(alarm) => app.alarm(alarm),
            };
            let taken = catch_unwind(AssertUnwindSafe(tell)).is_ok_and(|told| told.is_ok());
            let telling = &mut self.lock().telling;
            if taken { telling.told += 1 } else { telling.failed += 1 }
        }
    }

    /// The next event, waited for; none at the end.
    fn next(&self) -> Option<Event> {
        let mut waiting = self.lock();
        loop {
            if waiting.ending {
                return None;
            }
            match waiting.events.pop_front() {
                Some(event) => return Some(event),
                None => {
                    waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}
