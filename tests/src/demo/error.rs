//! Why the demonstration ended before its end.

use std::{fmt, io, path::PathBuf};

use hattama_client_core::NotebookError;
use hattama_server::{app::OpenError, setup::InitError};

/// Why the demonstration ended. What it made so far stays where it is.
#[derive(Debug)]
pub enum DemoError {
    /// The folder holds something already.
    FolderTaken(PathBuf),
    /// A file or folder cannot be read or written.
    Io(PathBuf, io::Error),
    /// No port of loopback can be had.
    Port(io::Error),
    /// No headquarters could be made.
    Init(Box<InitError>),
    /// Headquarters does not open.
    Open(Box<OpenError>),
    /// Headquarters did not do what its operator asked.
    Operator {
        /// What was asked.
        asked: String,
        /// What it said.
        answer: String,
    },
    /// A notebook did not do what its observer asked.
    Notebook {
        /// The observer's place in the story.
        observer: String,
        /// What it said.
        source: NotebookError,
    },
    /// Something of an observer's does not arrive.
    Stuck {
        /// The observer's place in the story.
        observer: String,
        /// What stands in the way.
        why: String,
    },
    /// Headquarters cannot tell what it knows.
    Summary(String),
}

impl DemoError {
    /// What the process says about it: 2 for the user's input, 4 for this machine, else 1.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::FolderTaken(_) => 2,
            Self::Io(..) | Self::Port(_) | Self::Init(_) | Self::Open(_) => 4,
            Self::Operator { .. }
            | Self::Notebook { .. }
            | Self::Stuck { .. }
            | Self::Summary(_) => 1,
        }
    }
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FolderTaken(path) => write!(
                f,
                "{} holds something already; choose another with --folder, or serve what is there \
                 with `hattama serve --folder {}`",
                path.display(),
                path.join("headquarters").display()
            ),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Port(error) => write!(f, "no port of this machine can be listened on: {error}"),
            Self::Init(error) => write!(f, "no headquarters could be made: {error}"),
            Self::Open(error) => write!(f, "headquarters does not open: {error}"),
            Self::Operator { asked, answer } => {
                write!(f, "headquarters, asked to {asked}: {answer}")
            }
            Self::Notebook { observer, source } => write!(f, "{observer}: {source}"),
            Self::Stuck { observer, why } => {
                write!(f, "what {observer} recorded does not arrive: {why}")
            }
            Self::Summary(why) => write!(f, "headquarters cannot tell what it knows: {why}"),
        }
    }
}

impl std::error::Error for DemoError {}
