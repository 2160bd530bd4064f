//! Why a command did not do what was asked, by who has to act.

use std::path::Path;

use crate::{
    app::OpenError, blobs::BlobError, config::ConfigError, folder::FolderError, keys::KeyFileError,
    setup::InitError, store::StoreError, transfer::TransferError, witness::WitnessFolderError,
};

/// Why a command did not do what was asked. Each variant is one exit code; its text is one
/// sentence and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// 1: none of the others.
    #[error("{0}")]
    Other(String),
    /// 1: a file is not what it claims to be.
    #[error("{0}")]
    CheckFailed(String),
    /// 2: the command or a file it names has to change.
    #[error("{0}")]
    Input(String),
    /// 3: headquarters cannot be reached, or cannot answer now.
    #[error("{0}")]
    Network(String),
    /// 4: the folder, its database, a key or the port of this machine.
    #[error("{0}")]
    Machine(String),
    /// 5: headquarters refused.
    #[error("{0}")]
    Refused(String),
    /// 0, silently: whoever read the output has seen enough.
    #[error("the output was closed")]
    Closed,
}

impl CliError {
    /// What the process ends with.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Other(_) | Self::CheckFailed(_) => 1,
            Self::Input(_) => 2,
            Self::Network(_) => 3,
            Self::Machine(_) => 4,
            Self::Refused(_) => 5,
        }
    }

    /// A file that was named cannot be read.
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::Input(format!("{} cannot be read: {error}", path.display()))
    }

    /// A file that was asked for cannot be written.
    pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::Machine(format!("{} cannot be written: {error}", path.display()))
    }
}

impl From<InitError> for CliError {
    fn from(error: InitError) -> Self {
        let text = whole(&error);
        match error {
            InitError::Read { .. }
            | InitError::Election(_)
            | InitError::Pack(_)
            | InitError::Origin(_)
            | InitError::Operator(_)
            | InitError::Witnesses(_)
            | InitError::Sealing(_)
            | InitError::Blobs(_)
            | InitError::Store(StoreError::Url(_)) => Self::Input(text),
            InitError::Folder(error) => error.into(),
            InitError::Config(_)
            | InitError::Key(_)
            | InitError::Store(_)
            | InitError::Head(_)
            | InitError::Log(_) => Self::Machine(text),
            InitError::Sign(_) | InitError::Random(_) => Self::Other(text),
        }
    }
}

impl From<FolderError> for CliError {
    fn from(error: FolderError) -> Self {
        Self::Machine(whole(&error))
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Machine(whole(&error))
    }
}

impl From<KeyFileError> for CliError {
    fn from(error: KeyFileError) -> Self {
        Self::Machine(whole(&error))
    }
}

impl From<WitnessFolderError> for CliError {
    fn from(error: WitnessFolderError) -> Self {
        Self::Machine(whole(&error))
    }
}

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        let text = whole(&error);
        match error {
            OpenError::Blobs(BlobError::Url(_)) | OpenError::Store(StoreError::Url(_)) => {
                Self::Input(text)
            }
            _ => Self::Machine(text),
        }
    }
}

impl From<TransferError> for CliError {
    fn from(error: TransferError) -> Self {
        let text = whole(&error);
        match error {
            TransferError::Same
            | TransferError::SamePhotographs
            | TransferError::BlobSource(BlobError::Url(_))
            | TransferError::BlobTarget(BlobError::Url(_))
            | TransferError::Other
            | TransferError::More { .. }
            | TransferError::Contradicts { .. }
            | TransferError::Source(StoreError::Url(_))
            | TransferError::Target(StoreError::Url(_)) => Self::Input(text),
            TransferError::Altered { .. }
            | TransferError::AlteredPart { .. }
            | TransferError::NoPhotograph(_)
            | TransferError::Rollback { .. }
            | TransferError::Arrival { .. }
            | TransferError::Changed { .. }
            | TransferError::Roots { .. } => Self::CheckFailed(text),
            TransferError::NoSource(_)
            | TransferError::BlobSource(_)
            | TransferError::BlobTarget(_)
            | TransferError::Origin(_)
            | TransferError::Key(_)
            | TransferError::Head(_)
            | TransferError::Source(_)
            | TransferError::Target(_)
            | TransferError::Picture(_)
            | TransferError::Book(_) => Self::Machine(text),
        }
    }
}

/// An error and its causes in one sentence, each said once.
pub(super) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}
