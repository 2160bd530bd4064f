//! Leaves, checkpoints and the head: the log as the store has it.

use hattama_proto::tlog::{Checkpoint, Hash, LogEntry, Tree, VerifierKey};
use tokio::task::spawn_blocking;

use super::{FsckError, Lie, PublicLog, joined};
use crate::{
    log::{Head, LoggedEpoch},
    store::{self, Db, log::StoredLeaf},
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

/// Reads every leaf and hashes its entry. A page is read while the one before it is hashed.
pub(super) async fn read(db: &Db) -> Result<StoredLog, FsckError> {
    let mut log = StoredLog { entries: Vec::new(), tree: Tree::new() };
    let mut page = store::log::entries(db, 0, PAGE).await?;
    while !page.is_empty() {
        let first = log.tree.len();
        let count = page.len() as u64;
        let hashing = spawn_blocking(move || hash_again(first, &page));
        page = store::log::entries(db, first + count, first + count + PAGE).await?;
        let hashed = joined(hashing).await??;
        log.entries.extend(hashed.iter().map(|(entry, _)| *entry));
        log.tree.extend(hashed.into_iter().map(|(_, hash)| hash));
    }
    // Leaves beyond a gap as long as a page.
    if store::log::leaf_count(db).await? != log.tree.len() {
        return Err(Lie::Gap(log.tree.len()).into());
    }
    Ok(log)
}

/// The entries of a page with the hashes that they have, which are those of their leaves.
fn hash_again(first: u64, page: &[StoredLeaf]) -> Result<Vec<(LogEntry, Hash)>, Lie> {
    (first..)
        .zip(page)
        .map(|(index, leaf)| {
            if leaf.position != index {
                return Err(Lie::Gap(index));
            }
            let entry = leaf.proven().ok_or(Lie::Leaf(index))?;
            Ok((entry, leaf.hash))
        })
        .collect()
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

    /// The public log is a beginning of this one.
    pub(super) fn check_public(&self, public: &PublicLog) -> Result<(), Lie> {
        if self.tree.root_at(public.head.size) == Ok(public.head.root) {
            return Ok(());
        }
        // Some entry differs, or has no leaf here: which?
        let differs = |index: &u64| {
            let place = usize::try_from(*index).ok();
            let stored = place.and_then(|place| self.entries.get(place)).map(LogEntry::to_bytes);
            stored.as_ref() != place.and_then(|place| public.entries.get(place))
        };
        let first = (0..public.head.size).find(differs);
        Err(first.map_or(Lie::PublicRoot(public.head.size), Lie::PublicEntry))
    }

    /// Every epoch stands where it says, on the log that it says was kept.
    pub(super) fn check_epochs(&self, epochs: &[LoggedEpoch]) -> Result<(), Lie> {
        match epochs.iter().find(|epoch| !epoch.is_founded(&self.tree)) {
            None => Ok(()),
            Some(epoch) => Err(Lie::Epoch(epoch.position)),
        }
    }

    /// What was signed last, as several processes agree, is a beginning of this log.
    pub(super) async fn check_signed_last(&self, db: &Db) -> Result<(), FsckError> {
        match store::signer::last(db).await? {
            Some(last) if self.tree.root_at(last.size) != Ok(last.root) => {
                Err(Lie::SignedLast(last.size).into())
            }
            _ => Ok(()),
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
