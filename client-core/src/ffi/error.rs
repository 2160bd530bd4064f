//! The one error an app sees, and the one place that makes it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::NotebookError as Core;

/// Does `work`; what panics in it ends here.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T, Core>) -> Result<T, NotebookError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(NotebookError::from),
        Err(_) => Err(NotebookError::broken()),
    }
}

/// Why a call did not do what was asked. Nothing is half done. The reason is a sentence for the person
/// who holds the phone, in English; show your own by the kind, and keep this one for the log: it holds
/// no names and no words of records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum NotebookError {
    /// What was handed over cannot be used. Change it and call again.
    #[error("{field}: {reason}")]
    InvalidInput {
        /// Which part of the input.
        field: String,
        /// What is wrong, and the way out.
        reason: String,
    },
    /// Another process has the notebook open, or a sync runs already. Try again when it has ended.
    #[error("{reason}")]
    Busy {
        /// Which of the two.
        reason: String,
    },
    /// The notebook is paused or closed. Call `resume`, or open it again.
    #[error("{reason}")]
    Paused {
        /// Which of the two.
        reason: String,
    },
    /// The notebook is locked. Call `unlock` with its vault.
    #[error("{reason}")]
    Locked {
        /// The sentence.
        reason: String,
    },
    /// Headquarters is not known yet. Ask the observer for an invitation.
    #[error("{reason}")]
    NotEnrolled {
        /// The sentence.
        reason: String,
    },
    /// The device has no room left. What was being stored is not stored, all else is safe: have the
    /// observer free some space, and try again.
    #[error("{reason}")]
    StorageFull {
        /// The sentence.
        reason: String,
    },
    /// The folder cannot be read or written. Keep it; the reason says what the system said.
    #[error("{reason}")]
    Storage {
        /// What the system said.
        reason: String,
    },
    /// A newer version of the app has written here. Update the app.
    #[error("{reason}")]
    NewerDatabase {
        /// Which formats.
        reason: String,
    },
    /// The keys cannot be used now: the device is locked, the passphrase is another, the vault failed.
    /// Unlock and open again; the keys are kept as they are.
    #[error("{reason}")]
    Keys {
        /// Why.
        reason: String,
    },
    /// Headquarters refused, or somebody who is not headquarters answered. Show the reason; do not
    /// repeat by yourself.
    #[error("{reason}")]
    Refused {
        /// A stable code; `untrusted` where it was not headquarters.
        code: String,
        /// What to do, for people.
        reason: String,
    },
    /// Headquarters could not be reached while somebody waited for its answer. Try again where there is
    /// a network.
    #[error("{reason}")]
    Network {
        /// What happened.
        reason: String,
    },
    /// The core failed badly. Drop this object and open the notebook again; what had been captured is
    /// on disk. Please report it.
    #[error("{reason}")]
    Internal {
        /// The sentence.
        reason: String,
    },
}

impl NotebookError {
    /// Input that the border itself refuses.
    pub(super) fn invalid(field: &str, reason: &dyn std::fmt::Display) -> Self {
        Self::InvalidInput { field: field.to_owned(), reason: reason.to_string() }
    }

    /// After `close`.
    pub(super) fn closed() -> Self {
        Self::Paused { reason: "the notebook is closed; open it again".to_owned() }
    }

    /// After a panic.
    pub(super) fn broken() -> Self {
        let reason = "the notebook failed; open it again - what was captured is kept".to_owned();
        Self::Internal { reason }
    }
}

impl From<Core> for NotebookError {
    fn from(error: Core) -> Self {
        let reason = error.to_string();
        match error {
            Core::InvalidInput { field, reason } => {
                Self::InvalidInput { field: field.to_owned(), reason }
            }
            Core::InUse | Core::Busy => Self::Busy { reason },
            Core::Paused => Self::Paused { reason },
            Core::NotEnrolled => Self::NotEnrolled { reason },
            Core::StorageFull => Self::StorageFull { reason },
            Core::Storage { .. } => Self::Storage { reason },
            Core::NewerDatabase { .. } => Self::NewerDatabase { reason },
            Core::Locked => Self::Locked { reason },
            Core::Keys { .. } | Core::NoCipher => Self::Keys { reason },
            Core::Refused { code, .. } => Self::Refused { code: code.name(), reason },
            Core::Untrusted { .. } => Self::Refused { code: "untrusted".to_owned(), reason },
            Core::Network { .. } => Self::Network { reason },
        }
    }
}
