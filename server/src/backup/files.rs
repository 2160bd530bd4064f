//! Files of the data folder that a backup holds.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::{BackupError, Progress, Tell, make::Keys, manifest::NamedFile, piece::Piece};
use crate::folder::DataFolder;

/// The settings, which make a folder a headquarters.
pub(super) const SETTINGS: &str = "hattama.toml";

/// The signer's head.
pub(super) const HEAD: &str = "keys/log.head";

/// The published head of the log.
const CHECKPOINT: &str = "log/checkpoint";

/// How often the public log is read again because it moved meanwhile: it moves once a second at most.
const ATTEMPTS: u32 = 20;

/// Takes the content of a file, and says which piece it is.
type Take<'a> = &'a mut dyn FnMut(&[u8]) -> Result<Piece, BackupError>;

/// The settings, the keys, the signer's head and what earlier epochs left of it, the public log with its
/// earlier histories, and photographs that no key here opens. To be read before the store: its log then
/// has grown out of all of them.
pub(super) fn read(
    folder: &DataFolder,
    keys: Keys,
    tell: Tell<'_>,
    take: Take<'_>,
) -> Result<Vec<NamedFile>, BackupError> {
    for _ in 0..ATTEMPTS {
        if let Some(found) = read_once(folder, keys, tell, take)? {
            return Ok(found);
        }
    }
    Err(BackupError::Restless)
}

/// None if a file went away meanwhile: a partial tile gives way to the full one.
fn read_once(
    folder: &DataFolder,
    keys: Keys,
    tell: Tell<'_>,
    take: Take<'_>,
) -> Result<Option<Vec<NamedFile>>, BackupError> {
    let root = folder.root();
    // First of all: what it covers is there, whole, from now on.
    let checkpoint = content(&root.join(CHECKPOINT))?;
    let mut paths = vec![PathBuf::from(SETTINGS)];
    for room in rooms(root)? {
        if !walk(root, Path::new(&room), &mut paths)? {
            return Ok(None);
        }
    }
    tell(Progress::Files(paths.len() as u64));
    let mut found = Vec::with_capacity(paths.len());
    for path in paths {
        let name = path.to_string_lossy().replace('\\', "/");
        // What is being written has no name yet; what is published moves on.
        let passing = name.ends_with(".new") || name == CHECKPOINT;
        let held_back = keys == Keys::Leave && is_key(&name);
        if !passing && !held_back {
            let Some(content) = content(&root.join(&path))? else { return Ok(None) };
            found.push(NamedFile(name, take(&content)?));
        }
        tell(Progress::Done(1));
    }
    if let Some(note) = checkpoint {
        found.push(NamedFile(CHECKPOINT.to_owned(), take(&note)?));
    }
    Ok(Some(found))
}

/// What is in a file; none if it is not there.
fn content(path: &Path) -> Result<Option<Vec<u8>>, BackupError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BackupError::Io { path: path.to_owned(), source }),
    }
}

/// Folders of the data folder that are read as a whole. Photographs are read by their hash, and what is
/// still arriving was acknowledged to nobody.
fn rooms(root: &Path) -> Result<Vec<String>, BackupError> {
    let io = |source| BackupError::Io { path: root.to_owned(), source };
    let mut rooms = Vec::new();
    for entry in fs::read_dir(root).map_err(io)? {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        let ours = ["keys", "log", "sealed"].contains(&name.as_str());
        if ours || name.starts_with("log.lost-") {
            rooms.push(name);
        }
    }
    Ok(rooms)
}

/// Every file below a folder; whether the folders stayed while they were read.
fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<bool, BackupError> {
    let path = root.join(folder);
    let io = |source| BackupError::Io { path: path.clone(), source };
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(io(source)),
    };
    for entry in entries {
        let entry = entry.map_err(io)?;
        let inside = folder.join(entry.file_name());
        if !entry.file_type().map_err(io)?.is_dir() {
            found.push(inside);
        } else if !walk(root, &inside, found)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a file of the data folder holds a key, and not how far the log was signed.
pub(super) fn is_key(name: &str) -> bool {
    name.starts_with("keys/") && !name.starts_with(HEAD)
}

/// Where a file of a backup belongs within a folder; none for a path that leads out of it.
pub(super) fn place(root: &Path, name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && !name.is_empty()).then(|| root.join(path))
}
