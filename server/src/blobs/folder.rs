//! Photos in a folder of this machine, each under its hash; written once, never changed.
//!
//! ```text
//! blobs/ab/abcdef…   64 hex digits, in folders by the first two
//! ```

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use hattama_proto::id::PhotoHash;

use crate::folder::sync_folder;

/// The folder of whole photos. Blocks on the disk.
#[derive(Clone, Debug)]
pub(super) struct BlobFolder {
    root: PathBuf,
}

impl BlobFolder {
    /// Photos under `root`, which exists.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether the photo is there whole.
    pub(super) fn has(&self, photo: &PhotoHash) -> bool {
        self.path(photo).is_file()
    }

    /// Takes over a file whose hash was checked and whose bytes are synced. The name is durable
    /// once it returns. A photo that is there already stays.
    pub(super) fn keep(&self, file: &Path, photo: &PhotoHash) -> io::Result<()> {
        let target = self.path(photo);
        let folder = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            sync_folder(&self.root)?;
        }
        match fs::rename(file, &target) {
            Ok(()) => {}
            // Photos lie on another disk than what is still arriving.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let beside = target.with_extension("new");
                bring(file, &beside, &target).inspect_err(|_| {
                    // Half a file on a disk that is full is in everybody's way.
                    drop(fs::remove_file(&beside));
                })?;
            }
            Err(error) => return Err(error),
        }
        sync_folder(folder)
    }

    /// Writes bytes whose hash was checked to `beside`, syncs them, and takes that file over.
    pub(super) fn keep_bytes(
        &self,
        bytes: &[u8],
        beside: &Path,
        photo: &PhotoHash,
    ) -> io::Result<()> {
        let written = fs::File::create(beside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_data()
        });
        written.and_then(|()| self.keep(beside, photo)).inspect_err(|_| {
            // Half a file on a disk that is full is in everybody's way.
            drop(fs::remove_file(beside));
        })
    }

    /// The bytes under the name of a photo.
    pub(super) fn read(&self, photo: &PhotoHash) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(photo)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn path(&self, photo: &PhotoHash) -> PathBuf {
        let name = photo.to_hex();
        self.root.join(&name[..2]).join(name)
    }
}

/// Copies a file, under another name until all of it is on the disk.
fn bring(file: &Path, beside: &Path, target: &Path) -> io::Result<()> {
    fs::copy(file, beside)?;
    fs::File::open(beside)?.sync_all()?;
    fs::rename(beside, target)
}
