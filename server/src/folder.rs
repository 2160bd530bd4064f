//! The data folder: one organisation, one folder, one process at a time.
//!
//! ```text
//! hattama.toml   configuration
//! keys/          root.seed hq.seed log.seed (0600), log.head (last signed tree), log.head.lost-N;
//!                sealing.age: opens photographs that phones seal, where the set-up asks for it
//! hq.db          the store, unless it is PostgreSQL
//! blobs/         photos, whole and verified, under their hash
//! partial/       photos on their way
//! sealed/        photos that no key here opens yet, as phones sealed them
//! log/           the public log: checkpoint and tiles, as any web server may serve them
//! backup.made    what backups were made into which folders
//! damaged        why the store is checked as a whole before the next start, if it is
//! log.lost-N/    what it was before a new epoch began
//! lock           held while a process serves
//! ```

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is something already where a new folder was asked for.
    #[error("{0} already holds a headquarters; choose another folder or serve this one")]
    Exists(PathBuf),
    /// There is no headquarters there.
    #[error("{0} holds no headquarters; make one with `hattama init`")]
    Missing(PathBuf),
    /// Another process serves it.
    #[error("{0} is in use by another process; stop that one first")]
    InUse(PathBuf),
    /// The disk or its permissions.
    #[error("{path}: {source}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A data folder. Nothing is held open but, after [`DataFolder::lock`], its lock.
#[derive(Clone, Debug)]
pub struct DataFolder {
    root: PathBuf,
}

/// Held while a process works on the folder; released when dropped or when the process dies.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

impl Drop for FolderLock {
    /// Unlocks, and does not only close: a process that another thread is starting has a copy of
    /// the open file until its program runs, and with it the lock.
    fn drop(&mut self) {
        // A file that cannot be unlocked is unlocked when its last copy is closed.
        drop(self.file.unlock());
    }
}

impl DataFolder {
    /// Makes the folder and its rooms; refuses one that already holds a headquarters.
    pub fn create(root: &Path) -> Result<Self, FolderError> {
        let folder = Self { root: root.to_owned() };
        if folder.config().exists() || folder.keys().exists() {
            return Err(FolderError::Exists(root.to_owned()));
        }
        for room in
            [folder.root.clone(), folder.keys(), folder.blobs(), folder.partial(), folder.log()]
        {
            fs::create_dir_all(&room)
                .map_err(|source| FolderError::Io { path: room.clone(), source })?;
        }
        owner_only(&folder.root)?;
        owner_only(&folder.keys())?;
        Ok(folder)
    }

    /// A folder made before.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        let folder = Self { root: root.to_owned() };
        if !folder.config().exists() {
            return Err(FolderError::Missing(root.to_owned()));
        }
        Ok(folder)
    }

    /// Takes the folder for this process.
    pub fn lock(&self) -> Result<FolderLock, FolderError> {
        lock(&self.lock_file(), &self.root)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `lock`.
    pub fn lock_file(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// `hattama.toml`.
    pub fn config(&self) -> PathBuf {
        self.root.join("hattama.toml")
    }

    /// `keys/`.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// `hq.db`.
    pub fn database(&self) -> PathBuf {
        self.root.join("hq.db")
    }

    /// `damaged`: there if the store was found damaged while it was served.
    pub fn damaged(&self) -> PathBuf {
        self.root.join("damaged")
    }

    /// `backup.made`: there once a backup was made.
    pub fn backups_made(&self) -> PathBuf {
        self.root.join("backup.made")
    }

    /// Takes the right to make backups for this process; headquarters is served meanwhile.
    pub fn lock_backups(&self) -> Result<FolderLock, FolderError> {
        lock(&self.root.join("backup.lock"), &self.root)
    }

    /// `blobs/`.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// `partial/`.
    pub fn partial(&self) -> PathBuf {
        self.root.join("partial")
    }

    /// `sealed/`: there once a photo came that no key here opens.
    pub fn sealed(&self) -> PathBuf {
        self.root.join("sealed")
    }

    /// `log/`.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }
}

fn lock(path: &Path, root: &Path) -> Result<FolderLock, FolderError> {
    let io = |source| FolderError::Io { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { file }),
        Err(TryLockError::WouldBlock) => Err(FolderError::InUse(root.to_owned())),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Lets nobody but the owner look in.
#[cfg(unix)]
fn owner_only(path: &Path) -> Result<(), FolderError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .map_err(|source| FolderError::Io { path: path.to_owned(), source })
}

#[cfg(not(unix))]
fn owner_only(_path: &Path) -> Result<(), FolderError> {
    Ok(())
}

/// Makes `bytes` the content of `path`, whole or not at all, and durable once it returns. Nobody
/// but the owner can read it.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(path, bytes, 0o600)
}

/// As [`write_durably`], for everybody to read.
pub(crate) fn publish_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(path, bytes, 0o644)
}

fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    use std::io::Write as _;
    let folder = match path.parent().ok_or(io::ErrorKind::InvalidInput)? {
        // A bare name lies in the folder we are in.
        bare if bare.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let new = path.with_extension("new");
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_folder(folder)
}

/// Makes a rename within `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_lock_in_a_process_being_started_holds_up_nobody() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(&scratch.path().join("hq")).unwrap();
        let held = folder.lock().unwrap();
        assert!(matches!(folder.lock(), Err(FolderError::InUse(_))));
        let in_a_child = held.file.try_clone().unwrap();
        drop(held);
        assert!(folder.lock().is_ok());
        drop(in_a_child);
    }
}
