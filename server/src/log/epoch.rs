//! A new epoch: the log goes on from a backup that lacks its newest entries, and says so first.
//!
//! ```text
//! 1  keys/log.head.lost-N      a copy of the head that was signed last
//! 2  log.lost-N/               the public log as it was, kept beside the new one
//! 3  the statement             the first entry after what the backup held
//! 4  keys/log.head             moves to it
//! ```
//!
//! A process that dies before 3 has changed nothing that a start without `--new-epoch` would accept;
//! after 3, the logged statement names the very head that is in the file, and any start goes on.

use std::{fs, io};

use hattama_proto::{
    id::TreeRoot,
    statement::{Epoch, TreeHead},
    tlog::{Hash, Tree},
};

use super::{
    head::{Head, HeadError},
    sequencer::SequenceError,
};

/// An epoch that stands in the log.
#[derive(Clone, Debug)]
pub struct LoggedEpoch {
    /// Where.
    pub position: u64,
    /// What it says.
    pub epoch: Epoch,
    /// The signed statement.
    pub jws: String,
}

impl LoggedEpoch {
    /// Whether it stands where it says, on what it says.
    pub fn is_founded(&self, tree: &Tree) -> bool {
        let kept = &self.epoch.kept;
        self.position == kept.size && tree.root_at(kept.size) == Ok(hash(&kept.root))
    }

    /// Whether it explains that this head is of another history.
    pub fn explains(&self, lost: Head) -> bool {
        self.epoch.lost.size == lost.size && hash(&self.epoch.lost.root) == lost.root
    }
}

/// Refuses a tree that is smaller than what was signed, or has another history; says how much of it
/// was signed for. A head that a logged epoch left behind has not been moved yet: that process died.
pub(super) fn check_growth(
    tree: &Tree,
    head: Option<Head>,
    epochs: &[LoggedEpoch],
) -> Result<u64, SequenceError> {
    let Some(head) = head else { return Ok(0) };
    if tree.root_at(head.size) == Ok(head.root) {
        return Ok(head.size);
    }
    if let Some(epoch) = explaining(tree, head, epochs) {
        return Ok(epoch.position);
    }
    Err(SequenceError::Rollback { stored: tree.len(), signed: head.size })
}

/// What has to be said if the log goes on from `tree` after `lost` was signed. Only a backup can be
/// gone on from: a store with as many entries and another history was altered, not restored.
pub(crate) fn epoch_of(
    tree: &Tree,
    lost: Head,
    epochs: &[LoggedEpoch],
    reason: &str,
) -> Result<Epoch, SequenceError> {
    if tree.root_at(lost.size) == Ok(lost.root) || explaining(tree, lost, epochs).is_some() {
        return Err(SequenceError::NothingLost);
    }
    if tree.len() >= lost.size {
        return Err(SequenceError::Rollback { stored: tree.len(), signed: lost.size });
    }
    let head = |size, root: Hash| TreeHead { size, root: TreeRoot::from_bytes(*root.as_bytes()) };
    Ok(Epoch {
        lost: head(lost.size, lost.root),
        kept: head(tree.len(), tree.root()),
        reason: reason.to_owned(),
    })
}

/// The logged epoch that left this head behind.
fn explaining<'a>(tree: &Tree, head: Head, epochs: &'a [LoggedEpoch]) -> Option<&'a LoggedEpoch> {
    epochs.iter().find(|epoch| epoch.explains(head) && epoch.is_founded(tree))
}

fn hash(root: &TreeRoot) -> Hash {
    Hash::from_bytes(*root.as_bytes())
}

/// Keeps a copy of the head that is going to be left behind; one that is there already says the
/// same and stays.
pub(super) fn keep_lost(path: &std::path::Path, head: Head) -> Result<(), HeadError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".lost-{}", head.size));
    let kept = path.with_file_name(name);
    let io = |source| HeadError::Io { path: kept.clone(), source };
    let text = head.to_text();
    match fs::read_to_string(&kept) {
        Ok(there) if there == text => Ok(()),
        Ok(_) => Err(HeadError::Damaged { path: kept }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            crate::folder::write_durably(&kept, text.as_bytes()).map_err(io)
        }
        Err(source) => Err(io(source)),
    }
}
