//! The folder of the public log: exactly the files of C2SP `tlog-tiles@v0.1.0`, to be served from
//! here, copied to a mirror or carried on a stick.
//!
//! A file is there whole or not at all. A full tile that exists is never written again: if what
//! should stand there differs from what does, that is an error and not an overwrite.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hattama_proto::tlog::TileName;

use crate::folder::{publish_durably, sync_folder};

/// The folder.
#[derive(Clone, Debug)]
pub struct PublicFolder {
    root: PathBuf,
}

/// Why a file of the public log cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PublicFolderError {
    /// A tile that was published says something else than it would say now.
    #[error(
        "{path} says something else than the log; what was published must not be contradicted. \
         Keep both and run `hattama fsck`"
    )]
    Differs {
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

impl PublicFolder {
    /// The public log in `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Where the folder is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The published checkpoint, if any was published yet.
    pub fn checkpoint(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(self.root.join("checkpoint")) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves everything that was published aside, as `log.lost-N` beside this folder: a new epoch
    /// publishes from the beginning, and what it contradicts is kept. A folder that is not there has
    /// been moved already.
    pub(crate) fn keep_lost(&self, size: u64) -> Result<(), PublicFolderError> {
        let mut name = self.root.file_name().unwrap_or_default().to_owned();
        name.push(format!(".lost-{size}"));
        let kept = self.root.with_file_name(name);
        let io = |source| PublicFolderError::Io { path: kept.clone(), source };
        // Renaming onto a folder with something in it fails: nothing is ever overwritten.
        match fs::rename(&self.root, &kept) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            moved => {
                moved.and_then(|()| self.root.parent().map_or(Ok(()), sync_folder)).map_err(io)
            }
        }
    }

    /// The bytes of a tile, if it is there under this very name.
    pub fn tile(&self, tile: &TileName) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(tile)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a tile. Durable once it returns.
    pub(super) fn put(&self, tile: &TileName, bytes: &[u8]) -> Result<(), PublicFolderError> {
        let path = self.path(tile);
        let io = |source| PublicFolderError::Io { path: path.clone(), source };
        match self.tile(tile).map_err(io)? {
            Some(there) if there == bytes => return Ok(()),
            Some(_) => return Err(PublicFolderError::Differs { path }),
            None => {}
        }
        path.parent().map_or(Ok(()), make_durably).map_err(io)?;
        publish_durably(&path, bytes).map_err(io)
    }

    /// Moves the published head. Durable once it returns.
    pub(super) fn put_checkpoint(&self, note: &str) -> Result<(), PublicFolderError> {
        let path = self.root.join("checkpoint");
        make_durably(&self.root)
            .and_then(|()| publish_durably(&path, note.as_bytes()))
            .map_err(|source| PublicFolderError::Io { path, source })
    }

    /// Takes away the partial tiles that a full one has taken the place of, as the specification
    /// allows: a reader who misses one asks for the full tile. They hold nothing that it does not.
    pub(super) fn drop_partial(&self, full: &TileName) -> Result<(), PublicFolderError> {
        let path = self.path(full).with_extension("p");
        match fs::remove_dir_all(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(PublicFolderError::Io { path, source })
            }
            _ => Ok(()),
        }
    }

    fn path(&self, tile: &TileName) -> PathBuf {
        self.root.join(tile.to_string())
    }
}

/// Makes a folder and those above it, each name durable.
fn make_durably(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_durably(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(above),
    }
}
