//! Why a command did not do what was asked, by who has to act.

use std::path::Path;

use hattama_client_core::NotebookError;

/// Why a command did not do what was asked. Each variant is one exit code; its text is one
/// sentence and says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// 1: none of the others.
    #[error("{0}")]
    Other(String),
    /// 2: the command or a file it names has to change.
    #[error("{0}")]
    Input(String),
    /// 3: headquarters cannot be reached, or cannot answer now.
    #[error("{0}")]
    Network(String),
    /// 4: the notebook's folder, its keys or its disk.
    #[error("{0}")]
    Device(String),
    /// 5: headquarters refused.
    #[error("{0}")]
    Refused(String),
    /// 0, silently: whoever read the output has seen enough.
    #[error("the output was closed")]
    Closed,
}

impl CliError {
    /// What the process ends with.
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Other(_) => 1,
            Self::Input(_) => 2,
            Self::Network(_) => 3,
            Self::Device(_) => 4,
            Self::Refused(_) => 5,
        }
    }

    /// A file that was asked for cannot be written.
    pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::Device(format!("{} cannot be written: {error}", path.display()))
    }
}

impl From<NotebookError> for CliError {
    fn from(error: NotebookError) -> Self {
        let text = error.to_string();
        match error {
            NotebookError::InvalidInput { .. } | NotebookError::NotEnrolled => Self::Input(text),
            NotebookError::Network { .. } | NotebookError::Untrusted { .. } => Self::Network(text),
            NotebookError::Refused { .. } => Self::Refused(text),
            NotebookError::InUse
            | NotebookError::Busy
            | NotebookError::Paused
            | NotebookError::StorageFull
            | NotebookError::Storage { .. }
            | NotebookError::NewerDatabase { .. }
            | NotebookError::Locked
            | NotebookError::NoCipher
            | NotebookError::Keys { .. } => Self::Device(text),
        }
    }
}
