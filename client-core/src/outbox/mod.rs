//! What the phone holds and how far it has come. The only folder that names `rusqlite`.
//!
//! ```text
//! record:  queued ──> acked | held | rejected        queued <──> suspect
//! photo:   queued ──> verified | lost        verified ──> its file pruned
//! ```
//!
//! "On its way" is never stored: a new process owes nobody anything. Every change comes as a list
//! of [`Change`](crate::sync::Change)s and is applied in one transaction, so after a crash either
//! all of an answer counts or none of it, and then headquarters repeats it.
//!
//! Crash points, and what is found at the next opening:
//!
//! | after | left behind | then |
//! |---|---|---|
//! | a photo is copied | a file in `tmp/` | removed |
//! | it was renamed | a file nobody names | kept; taken up again if the photo comes again, or sealed anew |
//! | a record was signed | nothing | the capture had not returned |
//! | its transaction | a record without a copy in `records/` | the copy is written |
//! | a batch was sent | nothing | sent again, answered `duplicate` |
//! | an answer was read | nothing | as above |
//! | a range was sent | older `have` | asked or sent again |
//! | originals were marked as pruned | their files | removed |
//! | receipts were destroyed | some of them in free pages | written over |
//! | the database broke | the file, and copies of all records | set aside, read as far as possible |

mod apply;
mod arrived;
mod backoff;
pub(crate) mod cipher;
mod epochs;
mod held;
mod journal;
mod log;
mod messages;
mod migrate;
mod not_safe;
mod open;
mod photos;
mod pruned;
mod receipts;
mod records;
mod salvage;
mod sealed;
mod settings;
pub(crate) mod sidecar;
mod summary;
mod waiting;

use std::path::PathBuf;

use rusqlite::{Connection, ErrorCode};

pub use self::epochs::LostReceipt;
pub(crate) use self::{
    held::Held,
    log::seen_in,
    open::{FILE, open},
    photos::blob_path,
    records::NewRecord,
    salvage::{Found, find},
    sealed::sealed_path,
    settings::{
        ADDRESSES, CLOCK_ANCHOR, ELECTION, EPOCH, EnrolmentRow, HQ_KEY, LANGUAGE, LINK, MANIFEST,
        NEXT_MANIFEST, PIN, ROOT_KEY, SEALING, SUCCESSION, feed, seen,
    },
};
use crate::{KeepReceipts, at_rest::Files, error::NotebookError};

/// The open database of one notebook.
pub(crate) struct Outbox {
    db: Connection,
    folder: PathBuf,
    /// How the copies are kept, and with what the database is opened.
    files: Files,
    /// Whether receipts are kept.
    keep: KeepReceipts,
    /// Records whose copies were written; see [`sidecar`].
    copied: Vec<String>,
    /// Keeps every other process out for as long as the database is open.
    lock: Option<Held>,
}

impl Outbox {
    /// Brings everything into the one database file and closes it.
    pub(crate) fn close(self) -> Result<(), NotebookError> {
        self.db.pragma_update(None, "wal_checkpoint", "truncate").or_else(ignore_rows)?;
        let closed = self.db.close().map_err(|(_, error)| error.into());
        // Only now: nobody else may open what is not at rest.
        drop(self.lock);
        closed
    }

    /// The notebook's folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}

/// Some pragmas answer with a row, which `pragma_update` calls an error.
fn ignore_rows(error: rusqlite::Error) -> rusqlite::Result<()> {
    match error {
        rusqlite::Error::ExecuteReturnedResults => Ok(()),
        error => Err(error),
    }
}

impl From<rusqlite::Error> for NotebookError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::StorageFull,
            _ => Self::Storage { reason: error.to_string() },
        }
    }
}

/// A stored text that does not read back: the database was written by something else.
fn unreadable(what: &str) -> NotebookError {
    NotebookError::Storage { reason: format!("the database holds an unreadable {what}") }
}

/// Reads a stored text as a typed value.
fn read<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, NotebookError> {
    text.parse().map_err(|_| unreadable(what))
}
