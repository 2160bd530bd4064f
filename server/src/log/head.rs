//! The last head that was signed, kept beside the log's key and apart from the store.
//!
//! It is what a restored backup cannot roll back: a store whose tree is smaller than this head, or
//! does not grow out of it, must not be signed for, or two receipts would contradict each other.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hattama_proto::tlog::Hash;

use crate::folder::{FolderLock, write_durably};

/// Size and root of a signed tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

impl Head {
    pub(crate) fn to_text(self) -> String {
        format!("{}\n{}\n", self.size, self.root.to_hex())
    }
}

/// Why the head cannot move.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The file says something else than this process wrote last: another process signs with this
    /// key. Stop one of them.
    #[error("{path} was changed by somebody else; two processes must not sign one log")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a head.
    #[error("{path} is damaged; restore it from its backup, never delete it")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The disk.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The file, moved by compare-and-swap.
#[derive(Debug)]
pub struct HeadFile {
    path: PathBuf,
    last: Option<Head>,
    _folder: Option<Arc<FolderLock>>,
}

impl HeadFile {
    /// Reads the head; a new log has none.
    pub fn open(path: &Path) -> Result<Self, HeadError> {
        Ok(Self { path: path.to_owned(), last: read(path)?, _folder: None })
    }

    /// Keeps the folder for as long as this head may move. Whoever opens the folder next must not
    /// meet a signer that is still finishing its last group.
    #[must_use]
    pub fn within(self, folder: Arc<FolderLock>) -> Self {
        Self { _folder: Some(folder), ..self }
    }

    /// The last head that was signed.
    pub const fn last(&self) -> Option<Head> {
        self.last
    }

    /// Keeps a copy of the head that a new epoch leaves behind, as `log.head.lost-N`.
    pub(super) fn keep_lost(&self) -> Result<(), HeadError> {
        match self.last {
            Some(head) => super::epoch::keep_lost(&self.path, head),
            None => Ok(()),
        }
    }

    /// Moves the head to `next`, if the file still says what this process knows. Durable once it
    /// returns.
    pub fn swap(&mut self, next: Head) -> Result<(), HeadError> {
        if self.last == Some(next) {
            return Ok(());
        }
        if read(&self.path)? != self.last {
            return Err(HeadError::Changed { path: self.path.clone() });
        }
        write_durably(&self.path, next.to_text().as_bytes())
            .map_err(|source| HeadError::Io { path: self.path.clone(), source })?;
        self.last = Some(next);
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<Head>, HeadError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(HeadError::Io { path: path.to_owned(), source }),
    };
    let head = || {
        let (size, rest) = text.split_once('\n')?;
        let root = Hash::from_hex(rest.strip_suffix('\n')?).ok()?;
        Some(Head { size: size.parse().ok()?, root })
    };
    head().map(Some).ok_or_else(|| HeadError::Damaged { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_somebody_else_moved_is_not_moved_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.head");
        let head = |size| Head { size, root: Hash::from_bytes([7; 32]) };
        let mut ours = HeadFile::open(&path).unwrap();
        let mut theirs = HeadFile::open(&path).unwrap();
        ours.swap(head(1)).unwrap();
        assert!(matches!(theirs.swap(head(2)), Err(HeadError::Changed { .. })));
        assert_eq!(HeadFile::open(&path).unwrap().last(), Some(head(1)));
    }

    #[test]
    fn a_damaged_head_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.head");
        fs::write(&path, "12\nnonsense\n").unwrap();
        assert!(matches!(HeadFile::open(&path), Err(HeadError::Damaged { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "12\nnonsense\n");
    }
}
