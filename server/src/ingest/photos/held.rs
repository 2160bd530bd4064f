//! Sealed photographs that no key at headquarters opens yet: kept aside, whole and durable, until somebody
//! brings the key (`hattama unseal`).
//!
//! ```text
//! sealed/<first two digits>/<hash of the original>-<hash of the sealed file>.age
//! ```
//!
//! The name says all that is known of a file, so nothing else keeps a list; `age --decrypt` opens one too.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hattama_proto::id::PhotoHash;

use crate::folder::sync_folder;

/// Ending of each file, as other people's programs know it.
const ENDING: &str = ".age";

/// The folder. Blocks on the disk.
#[derive(Clone, Debug)]
pub(super) struct HeldSealed {
    root: PathBuf,
}

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    /// The photo whose original is in it, as the phone said.
    pub(super) photo: PhotoHash,
    /// SHA-256 of the sealed file.
    pub(super) sealed: PhotoHash,
    /// Where it is.
    pub(super) path: PathBuf,
}

impl HeldSealed {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Whether this sealing of the photo is here.
    pub(super) fn has(&self, photo: &PhotoHash, sealed: &PhotoHash) -> bool {
        self.path(photo, sealed).is_file()
    }

    /// Takes over a file whose bytes are synced. Its name is durable once it returns.
    pub(super) fn keep(
        &self,
        file: &Path,
        photo: &PhotoHash,
        sealed: &PhotoHash,
    ) -> io::Result<()> {
        let target = self.path(photo, sealed);
        let folder = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            sync_folder(&self.root)?;
            self.root.parent().map_or(Ok(()), sync_folder)?;
        }
        fs::rename(file, &target)?;
        sync_folder(folder)
    }

    /// All files, in the order of their photos.
    pub(super) fn all(&self) -> io::Result<Vec<Held>> {
        let mut all = Vec::new();
        for folder in listed(&self.root)? {
            for path in listed(&folder)? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let hashes = name.strip_suffix(ENDING).and_then(|name| name.split_once('-'));
                if let Some((photo, sealed)) = hashes
                    && let (Ok(photo), Ok(sealed)) = (photo.parse(), sealed.parse())
                {
                    all.push(Held { photo, sealed, path });
                }
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    fn path(&self, photo: &PhotoHash, sealed: &PhotoHash) -> PathBuf {
        let name = format!("{photo}-{sealed}{ENDING}");
        self.root.join(&name[..2]).join(name)
    }
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        // A file beside the folders is not ours to look at.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
