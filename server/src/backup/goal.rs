//! Where a headquarters is to be restored, and what it needs there: an empty folder, keys, settings with
//! new places, the newest head that anybody has.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hattama_proto::{
    id::Kid,
    time::UnixMillis,
    tlog::{Checkpoint, KeyName},
};

use super::{BackupError, archive::Backup, files::is_key};
use crate::{
    blobs::{Blobs, BlobsUrl},
    config::{Config, Places},
    folder::{DataFolder, write_durably},
    keys,
    log::{Head, HeadFile},
    store::{DatabaseUrl, Db},
};

/// Where a headquarters is to be, and what it needs that may not be in the backup.
#[derive(Clone, Debug)]
pub struct Goal<'a> {
    /// Its data folder: new, or empty.
    pub into: &'a Path,
    /// Its store; `hq.db` in the folder if none.
    pub database: Option<&'a str>,
    /// Its photographs; `blobs` in the folder if none.
    pub blobs: Option<&'a str>,
    /// Which backup; the newest if none.
    pub at: Option<u64>,
    /// A folder with the keys, where the backup has none.
    pub keys: Option<&'a Path>,
    /// A newer `log.head` than the backup's, or a newer checkpoint that the log signed.
    pub log_head: Option<&'a Path>,
    /// Thumbprint of the root key that the backup has to be of.
    pub root: Option<&'a Kid>,
    /// Now; dates the store's schema.
    pub now: UnixMillis,
}

/// Found out before anything is made.
pub(super) fn refuse_unless_ours(backup: &Backup, goal: &Goal<'_>) -> Result<(), BackupError> {
    if let Some(database) = goal.database {
        database.parse::<DatabaseUrl>()?;
    }
    if let Some(blobs) = goal.blobs {
        Blobs::open(&blobs.parse::<BlobsUrl>()?)?;
    }
    let manifest = &backup.manifest;
    let (schema, ours) = (manifest.schema, Db::schema_number());
    if schema != ours {
        return Err(BackupError::Schema { program: manifest.program.clone(), schema, ours });
    }
    let found = manifest.root_key.kid();
    if let Some(expected) = goal.root
        && *expected != found
    {
        let [found, expected] = [&found, expected].map(ToString::to_string);
        return Err(BackupError::Root { found, expected });
    }
    match (manifest.keys.is_empty(), goal.keys) {
        (true, None) => Err(BackupError::NoKeys),
        (false, Some(_)) => Err(BackupError::TwoKeys),
        _ => Ok(()),
    }
}

/// The folder, with its rooms, if all places are empty.
pub(super) fn begin(goal: &Goal<'_>) -> Result<DataFolder, BackupError> {
    let io = |source| BackupError::Io { path: goal.into.to_owned(), source };
    match fs::read_dir(goal.into) {
        Ok(mut found) => {
            if found.next().is_some() {
                return Err(BackupError::Occupied(goal.into.display().to_string()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(io(source)),
    }
    Ok(DataFolder::create(goal.into)?)
}

/// Writes a file, and the folders above it.
pub(super) fn put(
    path: &Path,
    bytes: &[u8],
    write: impl Fn(&Path, &[u8]) -> io::Result<()>,
) -> Result<(), BackupError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| write(path, bytes))
        .map_err(|source| BackupError::Io { path: path.to_owned(), source })
}

/// Copies keys that are kept elsewhere.
pub(super) fn bring_keys(from: &Path, folder: &DataFolder) -> Result<(), BackupError> {
    let io = |source| BackupError::Io { path: from.to_owned(), source };
    for entry in fs::read_dir(from).map_err(io)? {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        let is_one = name.ends_with(".seed") || name == "sealing.age";
        if is_one && is_key(&format!("keys/{name}")) {
            let bytes = fs::read(from.join(&name)).map_err(io)?;
            put(&folder.keys().join(&name), &bytes, write_durably)?;
        }
    }
    Ok(())
}

/// The settings, with the new places, under a name that makes the folder no headquarters yet.
pub(super) fn config(
    folder: &DataFolder,
    settings: &[u8],
    goal: &Goal<'_>,
) -> Result<(PathBuf, Config), BackupError> {
    let waiting = folder.root().join("restoring.toml");
    put(&waiting, settings, write_durably)?;
    let told = Config::load(&waiting)?;
    let io = |source| BackupError::Io { path: goal.into.to_owned(), source };
    let root = std::path::absolute(goal.into).map_err(io)?;
    let here = |path: PathBuf| path.display().to_string();
    // Never where the lost headquarters had it, unless somebody says so: it may not be lost.
    let database = match (goal.database, told.database) {
        (Some(database), _) => Some(database.to_owned()),
        (None, Some(_)) => Some(here(root.join("hq.db"))),
        (None, None) => None,
    };
    let blobs = match (goal.blobs, told.blobs) {
        (Some(blobs), _) => Some(blobs.to_owned()),
        (None, Some(_)) => Some(here(root.join("blobs"))),
        (None, None) => None,
    };
    Config::switch(&waiting, &Places { database, blobs })?;
    let config = Config::load(&waiting)?;
    Ok((waiting, config))
}

/// A head that somebody kept: the file of the lost machine, or a signed checkpoint of the log.
pub(super) fn read_head(
    path: &Path,
    folder: &DataFolder,
    config: &Config,
) -> Result<Head, BackupError> {
    let none = || BackupError::NoHead(path.to_owned());
    let text = fs::read_to_string(path).map_err(|_| none())?;
    if let Ok(head) = HeadFile::open(path) {
        return head.last().ok_or_else(none);
    }
    let origin = KeyName::new(&config.log_origin)
        .map_err(|_| BackupError::Origin(config.log_origin.clone()))?;
    let signer = keys::log(&folder.keys(), origin)?;
    let key = signer.verifier_key();
    let checkpoint = Checkpoint::verify(&text, key.name(), key).map_err(|_| none())?;
    Ok(Head { size: checkpoint.size, root: checkpoint.root })
}
