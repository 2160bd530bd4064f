//! What a witness keeps, and the lock that makes a check and a store one step.
//!
//! ```text
//! witness.name   its name
//! witness.seed   its key (0600)
//! logs           verifier keys of the logs it watches, one a line
//! heads/HEX      the checkpoint of one log that was cosigned last; HEX is the SHA-256 of its name
//! lock           held for the moment of each request
//! ```

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use hattama_proto::{
    id::to_hex,
    tlog::{Cosigner, KeyName, VerifierKey},
};

use crate::{folder::write_durably, random};

/// Why a witness's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WitnessFolderError {
    /// A witness is there already.
    #[error("{0} already holds a witness; a witness never changes its key")]
    Exists(PathBuf),
    /// There is none.
    #[error("{0} holds no witness; make one with `hattama witness init`")]
    Missing(PathBuf),
    /// A file does not say what the witness wrote.
    #[error(
        "{0} is damaged; do not delete it and do not put an older one in its place: make a new \
             witness with a new key"
    )]
    Damaged(PathBuf),
    /// No random bytes for a new key.
    #[error(transparent)]
    Random(#[from] random::RandomError),
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

/// The folder of one witness.
#[derive(Debug)]
pub(super) struct WitnessFolder {
    root: PathBuf,
}

impl WitnessFolder {
    /// Makes the folder, with a name and a new key.
    pub(super) fn create(root: &Path, name: &KeyName) -> Result<Self, WitnessFolderError> {
        let folder = Self { root: root.to_owned() };
        let io = |path: &Path, source| WitnessFolderError::Io { path: path.to_owned(), source };
        let heads = folder.heads();
        fs::create_dir_all(&heads).map_err(|source| io(&heads, source))?;
        let _lock = folder.lock()?;
        if folder.seed().exists() {
            return Err(WitnessFolderError::Exists(root.to_owned()));
        }
        folder.write(&folder.name(), format!("{name}\n").as_bytes())?;
        folder.keep_logs(&[])?;
        // Last, because it is what makes the folder a witness's.
        folder.write(&folder.seed(), &random::bytes::<32>()?)?;
        Ok(folder)
    }

    /// A folder made before.
    pub(super) fn open(root: &Path) -> Result<Self, WitnessFolderError> {
        let folder = Self { root: root.to_owned() };
        if !folder.seed().exists() {
            return Err(WitnessFolderError::Missing(root.to_owned()));
        }
        Ok(folder)
    }

    /// The witness's key.
    pub(super) fn cosigner(&self) -> Result<Cosigner, WitnessFolderError> {
        let name = self.read(&self.name())?.unwrap_or_default();
        let name = String::from_utf8(name).ok();
        let name = name.as_deref().and_then(|name| KeyName::new(name.strip_suffix('\n')?).ok());
        let name = name.ok_or_else(|| WitnessFolderError::Damaged(self.name()))?;
        let seed = self.read(&self.seed())?.unwrap_or_default();
        let seed = seed.try_into().map_err(|_| WitnessFolderError::Damaged(self.seed()))?;
        Ok(Cosigner::from_seed(name, &seed))
    }

    /// Keeps everybody else out, threads and processes, until it is dropped.
    pub(super) fn lock(&self) -> Result<File, WitnessFolderError> {
        let path = self.root.join("lock");
        let locked = || {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        locked().map_err(|source| WitnessFolderError::Io { path: path.clone(), source })
    }

    /// Keys of the logs that are watched.
    pub(super) fn logs(&self) -> Result<Vec<VerifierKey>, WitnessFolderError> {
        let path = self.root.join("logs");
        let damaged = || WitnessFolderError::Damaged(path.clone());
        let text =
            String::from_utf8(self.read(&path)?.unwrap_or_default()).map_err(|_| damaged())?;
        text.lines().map(|line| VerifierKey::parse(line).map_err(|_| damaged())).collect()
    }

    /// Keeps the keys of the logs.
    pub(super) fn keep_logs(&self, keys: &[VerifierKey]) -> Result<(), WitnessFolderError> {
        let text: String = keys.iter().map(|key| format!("{key}\n")).collect();
        self.write(&self.root.join("logs"), text.as_bytes())
    }

    /// The checkpoint of this log that was cosigned last.
    pub(super) fn head(&self, origin: &str) -> Result<Option<String>, WitnessFolderError> {
        let path = self.head_path(origin);
        let Some(bytes) = self.read(&path)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| WitnessFolderError::Damaged(path))
    }

    /// Keeps a checkpoint that was cosigned. Durable once it returns.
    pub(super) fn keep_head(&self, origin: &str, note: &str) -> Result<(), WitnessFolderError> {
        self.write(&self.head_path(origin), note.as_bytes())
    }

    /// The error of a head that does not read back.
    pub(super) fn damaged_head(&self, origin: &str) -> WitnessFolderError {
        WitnessFolderError::Damaged(self.head_path(origin))
    }

    fn head_path(&self, origin: &str) -> PathBuf {
        let digest = ring::digest::digest(&ring::digest::SHA256, origin.as_bytes());
        self.heads().join(to_hex(digest.as_ref()))
    }

    fn name(&self) -> PathBuf {
        self.root.join("witness.name")
    }

    fn seed(&self) -> PathBuf {
        self.root.join("witness.seed")
    }

    fn heads(&self) -> PathBuf {
        self.root.join("heads")
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, WitnessFolderError> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(WitnessFolderError::Io { path: path.to_owned(), source }),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), WitnessFolderError> {
        write_durably(path, bytes)
            .map_err(|source| WitnessFolderError::Io { path: path.to_owned(), source })
    }
}
