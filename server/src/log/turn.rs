//! Whose turn it is to sign: one row of the store, moved by compare-and-swap in the transaction of each
//! group.
//!
//! ```text
//! process A:  size 7 ──group──> size 9      the row says 7: A moves it to 9 and commits
//! process B:  size 7 ──group──> size 8      waits for A, finds 9: nothing of B's group is stored
//!             size 9 ──group──> size 10     after it has read what A logged
//! ```
//!
//! Any process may sign, and only on what was signed last. There is no time in it: whoever stood still
//! for an hour finds the row moved on, and whoever was killed leaves nothing that others have to wait
//! for.

use super::{reread::first_altered, sequencer::SequenceError};
use crate::store::{self, Db, StoreError, signer};
use hattama_proto::tlog::{Hash, Tree};

/// How often a group may find that another process was first before its senders are told to come again.
/// Each time one of the others got on, and they wait for the row in the order in which they came, so even
/// a house full of processes is through by then.
pub(super) const TURNS_MAX: u32 = 64;

/// Whether a commit failed because another tree was signed meanwhile.
pub(super) const fn is_lost(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { step: 0 })
}

/// Brings the row to what the store holds, where a process of an older release has logged without moving
/// it, or nobody has signed yet. Says whether the row is where `tree` is, or beyond.
///
/// A row that `tree` does not grow out of belongs to another history: an older backup was put under this
/// process, and it must not sign for that.
pub(super) async fn settle(db: &Db, holder: &str, tree: &Tree) -> Result<(), SequenceError> {
    let here = (tree.len(), tree.root());
    let Some(last) = signer::last(db).await? else {
        db.commit(signer::begin(holder, here)).await?;
        return Ok(());
    };
    let rollback = || SequenceError::Rollback { stored: last.size, signed: tree.len() };
    if last.size > tree.len() {
        // Leaves and row move together: if the row is ahead of us, so are the leaves.
        let there = store::log::leaves_page(db, tree.len()).await?;
        return if there.is_empty() { Err(rollback()) } else { Ok(()) };
    }
    if tree.root_at(last.size) != Ok(last.root) {
        return Err(rollback());
    }
    if last.size == tree.len() {
        return Ok(());
    }
    let beyond: Vec<Hash> = (last.size..tree.len()).filter_map(|index| tree.leaf(index)).collect();
    if first_altered(db, last.size, beyond).await?.is_some() {
        return Err(rollback());
    }
    match db.commit(signer::swap(holder, (last.size, last.root), here)).await {
        Err(StoreError::Conflict { .. }) | Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
