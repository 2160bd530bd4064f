//! Open connections, idle ones included.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::open_files;

/// Counts connections. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections(Arc<AtomicUsize>);

impl Connections {
    /// One more, until what comes back is dropped.
    pub(crate) fn opened(&self) -> Connected {
        self.0.fetch_add(1, Ordering::Relaxed);
        Connected(self.clone())
    }

    /// Connections that are open.
    pub(super) fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether so many are open that none is kept for what may be asked on it later.
    pub(crate) fn are_short(&self) -> bool {
        self.open() > open_files::connections_max() / 4 * 3
    }
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct Connected(Connections);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
