//! The tree and its newest durable checkpoint, to be read by whoever may not add to it.

use std::sync::{Arc, PoisonError, RwLock};

use hattama_proto::tlog::{Hash, Tree, TreeAt, VerifierKey};

/// The tree, and the newest checkpoint over it that is durable.
pub(super) struct Signed {
    pub(super) tree: Tree,
    pub(super) size: u64,
    pub(super) note: Option<Arc<str>>,
}

/// The log, to be read. Does not keep the sequencer going.
#[derive(Clone)]
pub struct LogView {
    signed: Arc<RwLock<Signed>>,
    key: VerifierKey,
}

impl LogView {
    pub(super) fn new(signed: Arc<RwLock<Signed>>, key: VerifierKey) -> Self {
        Self { signed, key }
    }

    /// The log as the store has it, for a folder that nobody serves. `note` is the checkpoint over
    /// the whole of `tree`.
    pub fn of_store(tree: Tree, note: Arc<str>, key: VerifierKey) -> Self {
        let signed = Signed { size: tree.len(), tree, note: Some(note) };
        Self::new(Arc::new(RwLock::new(signed)), key)
    }

    /// The log's public key; its name is the log's origin.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The newest durable checkpoint and the leaves that it covers.
    pub fn newest(&self) -> Option<(u64, Arc<str>)> {
        self.read(|signed| Some((signed.size, signed.note.clone()?)))
    }

    /// The hash of a leaf that is covered by a durable checkpoint.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.read(|signed| signed.tree.leaf(index).filter(|_| index < signed.size))
    }

    /// Looks at the tree as it was at `size`, if a durable checkpoint covers that.
    pub fn at<T>(&self, size: u64, look: impl FnOnce(TreeAt<'_>) -> T) -> Option<T> {
        self.read(|signed| {
            if size > signed.size {
                return None;
            }
            signed.tree.at(size).ok().map(look)
        })
    }

    fn read<T>(&self, read: impl FnOnce(&Signed) -> T) -> T {
        read(&self.signed.read().unwrap_or_else(PoisonError::into_inner))
    }
}
