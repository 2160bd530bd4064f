//! Leaves, checkpoints and the head: the log as the store has it.

use hattama_proto::tlog::{Checkpoint, LogEntry, Tree, VerifierKey};

use super::{FsckError, Lie};
use crate::{
    log::{Head, LoggedEpoch},
    store::{self, Db},
};

/// Leaves read at once: about 2 MB.
const PAGE: u64 = 8192;

/// Checkpoints read at once: about 1 MB.
const NOTES_PAGE: u32 = 4096;

/// The log, with every entry hashed again.
pub(super) struct StoredLog {
    pub(super) entries: Vec<LogEntry>,
    tree: Tree,
}

/// Reads every leaf and hashes its entry.
pub(super) async fn read(db: &Db) -> Result<StoredLog, FsckError> {
    let mut log = StoredLog { entries: Vec::new(), tree: Tree::new() };
    loop {
        let first = log.tree.len();
        let page = store::log::entries(db, first, first + PAGE).await?;
        if page.is_empty() {
            break;
        }
        for (index, leaf) in (first..).zip(page) {
            if leaf.position != index {
                return Err(Lie::Gap(index).into());
            }
            let entry = leaf.entry().ok_or(Lie::Leaf(index))?;
            if entry.leaf_hash() != leaf.hash {
                return Err(Lie::Leaf(index).into());
            }
            log.entries.push(entry);
            log.tree.push(leaf.hash);
        }
    }
    // Leaves beyond a gap as long as a page.
    if store::log::leaf_count(db).await? != log.tree.len() {
        return Err(Lie::Gap(log.tree.len()).into());
    }
    Ok(log)
}

impl StoredLog {
    /// Every checkpoint that was signed is of this log, and the newest covers all of it.
    pub(super) async fn check_checkpoints(
        &self,
        db: &Db,
        key: &VerifierKey,
    ) -> Result<u64, FsckError> {
        let (mut count, mut newest) = (0, None);
        loop {
            let page = store::log::checkpoints_after(db, newest, NOTES_PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            newest = Some(*last);
            for (size, note) in &page {
                let checkpoint = Checkpoint::verify(note, key.name(), key)
                    .map_err(|source| Lie::Note { size: *size, source })?;
                if checkpoint.size != *size || self.tree.root_at(*size) != Ok(checkpoint.root) {
                    return Err(Lie::Checkpoint(*size).into());
                }
                count += 1;
            }
        }
        let (leaves, signed) = (self.tree.len(), newest.unwrap_or(0));
        if leaves == signed { Ok(count) } else { Err(Lie::Unsigned { leaves, signed }.into()) }
    }

    /// Every epoch stands where it says, on the log that it says was kept.
    pub(super) fn check_epochs(&self, epochs: &[LoggedEpoch]) -> Result<(), Lie> {
        match epochs.iter().find(|epoch| !epoch.is_founded(&self.tree)) {
            None => Ok(()),
            Some(epoch) => Err(Lie::Epoch(epoch.position)),
        }
    }

    /// The signer's head is a beginning of this log.
    pub(super) fn check_head(&self, head: Option<Head>) -> Result<(), Lie> {
        match head {
            Some(head) if self.tree.root_at(head.size) != Ok(head.root) => {
                Err(Lie::Head { head: head.size, leaves: self.tree.len() })
            }
            _ => Ok(()),
        }
    }
}
