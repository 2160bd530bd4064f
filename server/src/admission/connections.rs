//! Open connections, idle ones included.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::open_files;

/// Counts connections. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    open: Arc<AtomicUsize>,
    most: usize,
}

impl Connections {
    /// As many as this process may hold now.
    pub(super) fn new() -> Self {
        Self { open: Arc::default(), most: open_files::connections_max() }
    }

    /// Most that are held at once.
    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    /// One more, until what comes back is dropped.
    pub(crate) fn opened(&self) -> Connected {
        self.open.fetch_add(1, Ordering::Relaxed);
        Connected(self.clone())
    }

    /// Connections that are open.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Whether so many are open that none is kept for what may be asked on it later.
    pub(crate) fn are_short(&self) -> bool {
        self.open() > self.most / 4 * 3
    }
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct Connected(Connections);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
