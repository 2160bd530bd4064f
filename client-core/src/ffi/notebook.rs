//! The object an app holds, and the guard that each of its calls passes.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use super::{
    HttpTransport, NotebookError, Opened,
    error::caught,
    notifier::{Event, Notifier},
};
use crate::{Notebook as Core, error::NotebookError as CoreError};

/// One observer's notebook on one device: a folder, one person, one election, two keys.
///
/// Every call blocks: make it on a worker thread (`Dispatchers.IO`, a `Task`). Any number of threads
/// may call at once; a capture never waits for a sync. Hold one object for as long as the app runs,
/// and `end` it at the end.
#[derive(uniffi::Object)]
pub struct Notebook {
    /// None after `end`.
    core: RwLock<Option<Arc<Core>>>,
    broken: AtomicBool,
    pub(super) opened: Opened,
    pub(super) notifier: Option<Notifier>,
    pub(super) transport: Option<Arc<dyn HttpTransport>>,
}

impl Notebook {
    /// Around a notebook that is open.
    pub(super) fn around(
        core: Core,
        notifier: Option<Notifier>,
        transport: Option<Arc<dyn HttpTransport>>,
    ) -> Arc<Self> {
        let opened = core.opened().clone().into();
        let core = RwLock::new(Some(Arc::new(core)));
        Arc::new(Self { core, broken: AtomicBool::new(false), opened, notifier, transport })
    }

    /// The guard: does `work` unless the notebook is closed or has failed, and catches what panics.
    /// The lock is given back before the work begins.
    pub(super) fn call<T>(
        &self,
        work: impl FnOnce(&Core) -> Result<T, CoreError>,
    ) -> Result<T, NotebookError> {
        let core = self.usable()?;
        self.guarded(&core, work)
    }

    /// The guard for what also a notebook that has failed must do: to end, and to say how it is.
    pub(super) fn guarded<T>(
        &self,
        core: &Core,
        work: impl FnOnce(&Core) -> Result<T, CoreError>,
    ) -> Result<T, NotebookError> {
        let done = caught(|| work(core));
        if matches!(done, Err(NotebookError::Internal { .. })) {
            self.fail();
        }
        done
    }

    /// The core, unless the notebook is closed or has failed.
    pub(super) fn usable(&self) -> Result<Arc<Core>, NotebookError> {
        match self.is_broken() {
            true => Err(NotebookError::broken()),
            false => self.core().ok_or_else(NotebookError::closed),
        }
    }

    /// Refuses everything from now on.
    pub(super) fn fail(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    /// The core, also of a notebook that has failed: for stopping and closing it.
    pub(super) fn core(&self) -> Option<Arc<Core>> {
        self.core.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the core out, for good.
    pub(super) fn take(&self) -> Option<Arc<Core>> {
        self.core.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether a call has panicked.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    /// Queues an event, if anybody listens.
    pub(super) fn tell(&self, event: impl FnOnce() -> Option<Event>) {
        if let Some(notifier) = &self.notifier
            && let Some(event) = event()
        {
            notifier.tell(event);
        }
    }

    /// Tells what waits now. Within a call.
    pub(super) fn tell_outbox(&self, core: &Core) {
        self.tell(|| Some(Event::OutboxChanged(core.outbox_summary().ok()?.into())));
    }
}

impl std::fmt::Debug for Notebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notebook").field("broken", &self.broken).finish_non_exhaustive()
    }
}
