//! The one error of a notebook, for the app and the person who holds the phone.
//!
//! Each variant says what to do. Network trouble during a sync is not among them: it is a field of
//! [`PumpReport`](crate::PumpReport).

use hattama_proto::problem::ProblemCode;

/// Why a call on a notebook did not do what was asked. Nothing is half done.
#[derive(Debug, thiserror::Error)]
pub enum NotebookError {
    /// What was handed over cannot become a record. Change it and call again.
    #[error("{field}: {reason}")]
    InvalidInput {
        /// Which part of the input.
        field: &'static str,
        /// What is wrong, and the way out.
        reason: String,
    },
    /// Another process has this notebook open.
    #[error("another program has this notebook open; close it there and try again")]
    InUse,
    /// A sync runs already; it takes new records along by itself.
    #[error("a sync is running already; wait for it to end")]
    Busy,
    /// The notebook was paused.
    #[error("the notebook is paused; resume it first")]
    Paused,
    /// Headquarters is not known yet.
    #[error("not enrolled yet; ask your coordinator for an invitation")]
    NotEnrolled,
    /// The device has no room left. What was being stored is not stored; all else is safe.
    #[error("the device's storage is full; free some space and try again")]
    StorageFull,
    /// The folder cannot be read or written, for another reason than room.
    #[error("the notebook's folder cannot be used: {reason}")]
    Storage {
        /// What the system said.
        reason: String,
    },
    /// A newer version of the app has written here.
    #[error(
        "a newer version wrote this notebook (format {found}, this version reads up to {known}); \
         update the app"
    )]
    NewerDatabase {
        /// The format found.
        found: i64,
        /// The newest format this version knows.
        known: i64,
    },
    /// The notebook is locked: its keys are not in memory. Unlock it with its vault.
    #[error("the notebook is locked; unlock it first")]
    Locked,
    /// The notebook is encrypted at rest, or shall be, and this build has no cipher for its database.
    /// Nothing was touched.
    #[error(
        "this build of the program has no cipher for the notebook's database; use one that was built \
         with the feature `sqlcipher`"
    )]
    NoCipher,
    /// The device's keys cannot be used. They are kept as they are.
    #[error("the keys of this notebook cannot be used: {reason}")]
    Keys {
        /// Why.
        reason: String,
    },
    /// Headquarters refused, for a reason of its own.
    #[error("headquarters refused: {detail}")]
    Refused {
        /// The stable code.
        code: ProblemCode,
        /// What to do, for people.
        detail: String,
    },
    /// What came is not signed by whom the invitation names. Nothing was taken over.
    #[error("what came is not from the headquarters of the invitation: {reason}")]
    Untrusted {
        /// What did not hold.
        reason: String,
    },
    /// Headquarters could not be reached while somebody waited for its answer.
    #[error("headquarters cannot be reached: {reason}; try again where there is a network")]
    Network {
        /// What happened.
        reason: String,
    },
}

impl NotebookError {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over errors they are done with"
    )]
    pub(crate) fn invalid(field: &'static str, reason: impl ToString) -> Self {
        Self::InvalidInput { field, reason: reason.to_string() }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over errors they are done with"
    )]
    pub(crate) fn untrusted(reason: impl ToString) -> Self {
        Self::Untrusted { reason: reason.to_string() }
    }
}

impl From<std::io::Error> for NotebookError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded => Self::StorageFull,
            _ => Self::Storage { reason: error.to_string() },
        }
    }
}
