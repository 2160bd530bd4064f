//! Photos that are whole, in a folder, each under its hash; written once, never changed.
//!
//! ```text
//! blobs/ab/abcdef…   64 hex digits, in folders by the first two
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hattama_proto::id::PhotoHash;

use crate::folder::sync_folder;

/// The folder of whole photos.
#[derive(Clone, Debug)]
pub struct BlobFolder {
    root: PathBuf,
}

impl BlobFolder {
    /// Photos under `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a photo is, or would be.
    pub fn path(&self, photo: &PhotoHash) -> PathBuf {
        let name = photo.to_hex();
        self.root.join(&name[..2]).join(name)
    }

    /// Whether the photo is there whole.
    pub fn has(&self, photo: &PhotoHash) -> bool {
        self.path(photo).is_file()
    }

    /// Takes over a file whose hash was checked and whose bytes are synced. The name is durable
    /// once it returns. A photo that is there already stays.
    pub fn adopt(&self, file: &Path, photo: &PhotoHash) -> io::Result<()> {
        let target = self.path(photo);
        let folder = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            sync_folder(&self.root)?;
        }
        fs::rename(file, &target)?;
        sync_folder(folder)
    }

    /// The bytes of a photo, as captured.
    pub fn read(&self, photo: &PhotoHash) -> io::Result<Vec<u8>> {
        fs::read(self.path(photo))
    }
}
