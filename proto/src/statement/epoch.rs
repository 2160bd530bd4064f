//! A log that goes on from a backup, and what it lost.

use serde::{Deserialize, Serialize};

use crate::id::TreeRoot;

/// Says that headquarters was restored from a backup that lacks the newest entries of the log, and
/// goes on from there. It is itself the first entry that follows the backup.
///
/// The log has signed two histories then, and this is the admission, not an excuse: whoever holds a
/// receipt for a lost entry sends it again, and keeps both signed heads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    /// The last head that had been signed.
    pub lost: TreeHead,
    /// The head of what the backup held. This statement stands at index `kept.size`.
    pub kept: TreeHead,
    /// Why, in words.
    pub reason: String,
}

/// Size and root of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeHead {
    /// Entries.
    pub size: u64,
    /// Root over them.
    pub root: TreeRoot,
}

impl Epoch {
    /// Whether this accounts for a head of this size that was seen before. A head beyond the lost one
    /// was signed as well, and is not admitted.
    ///
    /// ```
    /// # use hattama_proto::{id::TreeRoot, statement::{Epoch, TreeHead}};
    /// # let head = |size| TreeHead { size, root: TreeRoot::from_bytes([0; 32]) };
    /// let epoch = Epoch { lost: head(12), kept: head(7), reason: "the disk broke".into() };
    /// assert_eq!([7, 8, 12, 13].map(|size| epoch.lost_head(size)), [false, true, true, false]);
    /// ```
    pub const fn lost_head(&self, size: u64) -> bool {
        self.kept.size < size && size <= self.lost.size
    }
}
