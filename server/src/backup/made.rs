//! What headquarters remembers of the backups it made, so that it notices when the newest are gone.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use hattama_proto::id::FileHash;
use serde::{Deserialize, Serialize};

use super::BackupError;
use crate::folder::{DataFolder, write_durably};

/// When the newest backup was made, by this machine's clock, since 1970; none if none was made from this
/// folder. It is the moment at which that was written down.
pub fn last_made(folder: &DataFolder) -> Option<Duration> {
    let written = fs::metadata(folder.backups_made()).ok()?.modified().ok()?;
    written.duration_since(UNIX_EPOCH).ok()
}

/// The newest backup in each folder for backups, by the folder's name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct MadeBefore(BTreeMap<String, Newest>);

#[derive(Debug, Serialize, Deserialize)]
struct Newest {
    number: u64,
    sha256: FileHash,
}

impl MadeBefore {
    /// What the file says. One that says nothing we understand is taken for none: it only warns.
    pub(super) fn read(path: &Path) -> Result<Self, BackupError> {
        match fs::read(path) {
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(BackupError::Io { path: path.to_owned(), source }),
        }
    }

    /// The newest backup in the folder called `id`, if one was made.
    pub(super) fn newest(&self, id: &str) -> Option<(u64, FileHash)> {
        self.0.get(id).map(|newest| (newest.number, newest.sha256))
    }

    /// Remembers one. Durable once it returns.
    pub(super) fn note(
        mut self,
        path: &Path,
        id: &str,
        (number, sha256): (u64, FileHash),
    ) -> Result<(), BackupError> {
        self.0.insert(id.to_owned(), Newest { number, sha256 });
        let text = serde_json::to_vec_pretty(&self).expect("numbers and hashes are JSON");
        write_durably(path, &text)
            .map_err(|source| BackupError::Io { path: path.to_owned(), source })
    }
}
