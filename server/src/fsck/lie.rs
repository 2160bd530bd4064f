//! What can be found not to be as the log says.

use std::path::PathBuf;

use hattama_proto::{statement::AccountingError, tlog::CheckpointError};

/// What is not as the log says. Somebody or something altered a file or a row.
#[derive(Debug, thiserror::Error)]
pub enum Lie {
    /// A leaf is missing.
    #[error("index {0}: the store has no entry there")]
    Gap(u64),
    /// A leaf is not the hash of its entry.
    #[error("index {0}: the entry does not hash to its leaf")]
    Leaf(u64),
    /// A row is missing.
    #[error("index {0}: the log has an entry there, and the store not what it is about")]
    Lost(u64),
    /// A row has no leaf of its own.
    #[error("index {0}: the store has something there that the log does not")]
    Stranger(u64),
    /// The string is not the one that was logged.
    #[error("index {0}: the bytes are not those that were logged")]
    Bytes(u64),
    /// The signature does not hold, or nobody's key is known for it.
    #[error("index {0}: the signature does not hold under any key that headquarters knows")]
    Signature(u64),
    /// The store shows a release that was never said.
    #[error("release {0}: the store has it, and no statement in the log is about it")]
    Release(u32),
    /// The photo is not there, or is another.
    #[error("index {0}: the photograph is not there or is not the one that was logged")]
    Photo(u64),
    /// A checkpoint is not of this tree.
    #[error("the checkpoint of {0} entries is not of this log")]
    Checkpoint(u64),
    /// A checkpoint is not signed as it should be.
    #[error("the checkpoint of {size} entries: {source}")]
    Note {
        /// Its size as the store has it.
        size: u64,
        /// What is wrong with it.
        #[source]
        source: CheckpointError,
    },
    /// The log ends after its newest checkpoint.
    #[error("the log has {leaves} entries, and the newest checkpoint covers {signed}")]
    Unsigned {
        /// Leaves in the store.
        leaves: u64,
        /// Leaves that a checkpoint covers.
        signed: u64,
    },
    /// What the processes agree was signed last is of another tree, or of a longer one.
    #[error(
        "what was signed last, as processes on one database agree (log_signer), has {0} entries and \
         is not of this log"
    )]
    SignedLast(u64),
    /// The signer's head is of another tree, or of a longer one.
    #[error("the signer's head has {head} entries, and the store {leaves} or another history")]
    Head {
        /// Leaves of the head.
        head: u64,
        /// Leaves in the store.
        leaves: u64,
    },
    /// A file of the public log.
    #[error("{0}: not what the log's entries make of it")]
    Tile(PathBuf),
    /// A file of the public log is missing.
    #[error("{0}: missing")]
    NoTile(PathBuf),
    /// The public checkpoint.
    #[error("the public checkpoint: {0}")]
    PublicNote(#[source] CheckpointError),
    /// The public checkpoint is not over these entries.
    #[error("the public checkpoint of {0} entries is not over the entries that were published")]
    PublicRoot(u64),
    /// The public log is another one than the store's.
    #[error("index {0}: the public log has another entry there than the store")]
    PublicEntry(u64),
    /// A new epoch does not stand on the log that it says was kept.
    #[error("index {0}: the statement of a new epoch does not fit the log before it")]
    Epoch(u64),
    /// An account that is not signed by headquarters, or is none.
    #[error("the account of the records does not verify under headquarters' key")]
    AccountNotSigned,
    /// An account that cannot be true.
    #[error("the account of the records does not add up: {0}")]
    Account(#[from] AccountingError),
    /// An account of another log.
    #[error("the account speaks of {0} entries with another root than this log has")]
    AccountRoot(u64),
    /// An account of more or fewer records than there are.
    #[error(
        "the account is of {said} records, and among the first {size} entries of the log are {logged}"
    )]
    AccountReceived {
        /// Records in the account.
        said: u64,
        /// Records in the log.
        logged: u64,
        /// Entries that the account speaks of.
        size: u64,
    },
    /// An account of other fates than records and decisions make.
    #[error("the account of {0} is not what the records and decisions in the log make of it")]
    AccountFates(String),
    /// A record that somebody holds is not in the log.
    #[error("{0}: this record is not in the log")]
    NotLogged(PathBuf),
}
