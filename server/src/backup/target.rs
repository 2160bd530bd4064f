//! The folder that backups go into. Files are added to it, and never written again or removed.
//!
//! ```text
//! hattama-backup        says what the folder is, and its name: 32 random hex digits
//! backups/000001.age    what is in the first backup, and where; and so on
//! pieces/ab/abcd….age   content, each file sealed by itself
//! ```
//!
//! A file has its name only once it is whole and on the disk. What was being written when a backup was
//! cut ends in `.new`, is part of nothing, and the next backup writes it from the beginning.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use hattama_proto::{
    id::to_hex,
    sealing::{Recipient, Sealer},
};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{BackupError, piece::padded_len};
use crate::folder::{publish_durably, sync_folder};

/// The file that says what the folder is.
pub(super) const HEADER: &str = "hattama-backup";

/// Begins the text in it.
const FORMAT: &str = "hattama backup, format 1";

/// The folder. Blocks on the disk.
pub(super) struct Target {
    root: PathBuf,
    id: String,
    /// Folders with new names in them, which are not durable yet.
    touched: BTreeSet<PathBuf>,
}

impl Target {
    /// One that holds backups.
    pub(super) fn open(root: &Path) -> Result<Self, BackupError> {
        let path = root.join(HEADER);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let has_backups = fs::read_dir(root.join("backups"))
                    .is_ok_and(|mut found| found.next().is_some());
                return Err(match has_backups {
                    true => BackupError::Header(path),
                    false => BackupError::NoBackups(root.to_owned()),
                });
            }
            // What is no text was altered.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
            Err(source) => return Err(BackupError::Io { path, source }),
        };
        let id = text.strip_prefix(FORMAT).and_then(|rest| rest.strip_prefix('\n'));
        let id = id.and_then(|rest| rest.strip_suffix('\n'));
        let is_id =
            |id: &&str| id.len() == 32 && id.bytes().all(|b| b"0123456789abcdef".contains(&b));
        let id = id.filter(is_id).ok_or(BackupError::Header(path))?;
        Ok(Self { root: root.to_owned(), id: id.to_owned(), touched: BTreeSet::new() })
    }

    /// One that holds backups, or is going to. Refuses a folder with other things in it.
    pub(super) fn open_or_begin(root: &Path) -> Result<Self, BackupError> {
        match Self::open(root) {
            Err(BackupError::NoBackups(_)) => {}
            settled => return settled,
        }
        let io = |source| BackupError::Io { path: root.to_owned(), source };
        let found = fs::read_dir(root).map_err(io)?;
        for entry in found {
            let name = entry.map_err(io)?.file_name();
            // The last two are of a first backup that was cut at once, the first of a new disk.
            let ours = ["lost+found", "backups", "pieces", "hattama-backup.new"];
            if !ours.iter().any(|ours| name == *ours) {
                return Err(BackupError::NotEmpty(root.to_owned()));
            }
        }
        let id: [u8; 32] = crate::random::bytes()?;
        for folder in ["backups", "pieces"] {
            fs::create_dir_all(root.join(folder)).map_err(io)?;
        }
        let text = format!("{FORMAT}\n{}\n", &to_hex(&id)[..32]);
        publish_durably(&root.join(HEADER), text.as_bytes()).map_err(io)?;
        Self::open(root)
    }

    /// The folder's name.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A file by the name that people are told.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Numbers of all backups, in their order.
    pub(super) fn numbers(&self) -> Result<Vec<u64>, BackupError> {
        let mut numbers: Vec<u64> = self
            .names("backups")?
            .iter()
            .filter_map(|name| name.strip_suffix(".age")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Names of all pieces that are there.
    pub(super) fn pieces(&self) -> Result<Vec<String>, BackupError> {
        let mut found = Vec::new();
        for folder in self.names("pieces")? {
            let files = self.names(&format!("pieces/{folder}"))?;
            let whole = files.into_iter().filter(|name| name.ends_with(".age"));
            found.extend(whole.map(|name| format!("pieces/{folder}/{name}")));
        }
        Ok(found)
    }

    fn names(&self, folder: &str) -> Result<Vec<String>, BackupError> {
        let path = self.root.join(folder);
        let io = |source| BackupError::Io { path: path.clone(), source };
        let found = match fs::read_dir(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(io(source)),
        };
        found.map(|entry| Ok(entry.map_err(io)?.file_name().to_string_lossy().into())).collect()
    }

    /// Length of a file, if it is there.
    pub(super) fn len(&self, name: &str) -> Result<Option<u64>, BackupError> {
        let path = self.path(name);
        match fs::metadata(&path) {
            Ok(about) => Ok(Some(about.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(BackupError::Io { path, source }),
        }
    }

    /// Seals content, made longer with zeros, into a file that is not there yet. Its bytes are on the
    /// disk once it returns; its name is after [`sync`](Self::sync).
    pub(super) fn add(
        &mut self,
        name: &str,
        content: &[u8],
        recipients: &[Recipient],
    ) -> Result<u64, BackupError> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        let written = (|| {
            if !folder.is_dir() {
                fs::create_dir_all(&folder)?;
                sync_folder(&self.root.join("pieces"))?;
            }
            let new = path.with_extension("new");
            let mut to = sealer(BufWriter::new(File::create(&new)?), recipients)?;
            to.write_all(content)?;
            let zeros = padded_len(content.len() as u64) - content.len() as u64;
            io::copy(&mut io::Read::take(io::repeat(0), zeros), &mut to)?;
            let file = to.finish()?.into_inner()?;
            file.sync_all()?;
            let bytes = file.metadata()?.len();
            // Crash point: the file has no name yet. After this line it has, and is whole.
            fs::rename(&new, &path)?;
            Ok(bytes)
        })();
        let bytes = written.map_err(|source| BackupError::Io { path, source })?;
        self.touched.insert(folder);
        Ok(bytes)
    }

    /// Makes the names of all files that were added durable.
    pub(super) fn sync(&mut self) -> Result<(), BackupError> {
        for folder in std::mem::take(&mut self.touched) {
            sync_folder(&folder).map_err(|source| BackupError::Io { path: folder, source })?;
        }
        Ok(())
    }
}

fn sealer<W: io::Write>(to: W, recipients: &[Recipient]) -> io::Result<Sealer<W>> {
    let random = SystemRandom::new();
    Sealer::new(to, recipients, &mut |bytes| {
        random.fill(bytes).map_err(|_| io::Error::other("the system gave no random bytes"))
    })
}
