//! Checking a whole log against itself and against the store, offline: nothing is believed but the
//! public keys.
//!
//! ```text
//! public   checkpoint, entries ──> every tile made anew, the root, the signature
//! log      leaves ──> entries, every checkpoint that was signed, the signer's head
//! records  every string ──> its leaf, its signature      (all cores)
//! said     every statement ──> its leaf, its signature
//! photos   every file ──> its leaf
//! ```
//!
//! It stops at the first lie and says where. It repairs nothing.

mod accounting;
mod log;
mod photos;
mod public;
mod records;
mod said;

use std::path::PathBuf;

pub use self::{
    accounting::{check_accounting, read_accounting},
    public::{PublicLog, check_public},
};

use crate::{
    accounting::LedgerError,
    blobs::{BlobError, Blobs},
    book::{self, Authority, BookError},
    config::Config,
    folder::{DataFolder, FolderError},
    keys::{self, KeyFileError},
    log::{HeadError, HeadFile, PublicFolder},
    store::{Db, StoreError},
};
use hattama_proto::{
    statement::AccountingError,
    tlog::{CheckpointError, KeyName},
};

/// What is not as the log says. Somebody or something altered a file or a row.
#[derive(Debug, thiserror::Error)]
pub enum Lie {
    /// A leaf is missing.
    #[error("index {0}: the store has no entry there")]
    Gap(u64),
    /// A leaf is not the hash of its entry.
    #[error("index {0}: the entry does not hash to its leaf")]
    Leaf(u64),
    /// A row is missing.
    #[error("index {0}: the log has an entry there, and the store not what it is about")]
    Lost(u64),
    /// A row has no leaf of its own.
    #[error("index {0}: the store has something there that the log does not")]
    Stranger(u64),
    /// The string is not the one that was logged.
    #[error("index {0}: the bytes are not those that were logged")]
    Bytes(u64),
    /// The signature does not hold, or nobody's key is known for it.
    #[error("index {0}: the signature does not hold under any key that headquarters knows")]
    Signature(u64),
    /// The photo is not there, or is another.
    #[error("index {0}: the photograph is not there or is not the one that was logged")]
    Photo(u64),
    /// A checkpoint is not of this tree.
    #[error("the checkpoint of {0} entries is not of this log")]
    Checkpoint(u64),
    /// A checkpoint is not signed as it should be.
    #[error("the checkpoint of {size} entries: {source}")]
    Note {
        /// Its size as the store has it.
        size: u64,
        /// What is wrong with it.
        #[source]
        source: CheckpointError,
    },
    /// The log ends after its newest checkpoint.
    #[error("the log has {leaves} entries, and the newest checkpoint covers {signed}")]
    Unsigned {
        /// Leaves in the store.
        leaves: u64,
        /// Leaves that a checkpoint covers.
        signed: u64,
    },
    /// The signer's head is of another tree, or of a longer one.
    #[error("the signer's head has {head} entries, and the store {leaves} or another history")]
    Head {
        /// Leaves of the head.
        head: u64,
        /// Leaves in the store.
        leaves: u64,
    },
    /// A file of the public log.
    #[error("{0}: not what the log's entries make of it")]
    Tile(PathBuf),
    /// A file of the public log is missing.
    #[error("{0}: missing")]
    NoTile(PathBuf),
    /// The public checkpoint.
    #[error("the public checkpoint: {0}")]
    PublicNote(#[source] CheckpointError),
    /// The public checkpoint is not over these entries.
    #[error("the public checkpoint of {0} entries is not over the entries that were published")]
    PublicRoot(u64),
    /// The public log is another one than the store's.
    #[error("index {0}: the public log has another entry there than the store")]
    PublicEntry(u64),
    /// An account that is not signed by headquarters, or is none.
    #[error("the account of the records does not verify under headquarters' key")]
    AccountNotSigned,
    /// An account that cannot be true.
    #[error("the account of the records does not add up: {0}")]
    Account(#[from] AccountingError),
    /// An account of another log.
    #[error("the account speaks of {0} entries with another root than this log has")]
    AccountRoot(u64),
    /// An account of more or fewer records than there are.
    #[error(
        "the account is of {said} records, and among the first {size} entries of the log are {logged}"
    )]
    AccountReceived {
        /// Records in the account.
        said: u64,
        /// Records in the log.
        logged: u64,
        /// Entries that the account speaks of.
        size: u64,
    },
    /// An account of other fates than records and decisions make.
    #[error("the account of {0} is not what the records and decisions in the log make of it")]
    AccountFates(String),
    /// A record that somebody holds is not in the log.
    #[error("{0}: this record is not in the log")]
    NotLogged(PathBuf),
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// A lie was found.
    #[error(transparent)]
    Lie(#[from] Lie),
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where photographs are kept.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// What headquarters knows.
    #[error(transparent)]
    Book(BookError),
    /// An account speaks of more of the log than is at hand.
    #[error(
        "the account speaks of {size} entries, and here are {known}: use a newer copy of the log"
    )]
    AccountNewer {
        /// Entries that the account speaks of.
        size: u64,
        /// Entries at hand.
        known: u64,
    },
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The signer's head.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The log's name.
    #[error("the log's name {0:?} cannot be used")]
    Origin(String),
}

impl From<LedgerError> for FsckError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Altered(index) => Lie::Signature(index).into(),
            LedgerError::Store(error) => error.into(),
            LedgerError::Book(error) => error.into(),
            LedgerError::Behind { read, asked } => Self::AccountNewer { size: read, known: asked },
        }
    }
}

impl From<BookError> for FsckError {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Forged(index) => Lie::Signature(index).into(),
            BookError::Store(error) => error.into(),
            error => Self::Book(error),
        }
    }
}

/// What was checked, all of it true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Entries of the log.
    pub entries: u64,
    /// Checkpoints that were signed.
    pub checkpoints: u64,
    /// Records with their signatures.
    pub records: u64,
    /// Statements with their signatures.
    pub statements: u64,
    /// Photos that are logged.
    pub photos: u64,
    /// Photos whose bytes were read.
    pub photo_files: u64,
    /// Entries of the public log; none if nothing was published.
    pub published: Option<u64>,
    /// Files of the public log.
    pub tiles: u64,
}

/// Whether the photographs' bytes are read too, which takes as long as the disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoFiles {
    /// They are.
    Read,
    /// Only their rows.
    Leave,
}

/// Told how many entries were checked, of how many.
pub type Progress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

/// Checks the headquarters in `folder`, which must not be served meanwhile.
pub async fn check_folder(
    folder: &DataFolder,
    config: &Config,
    photo_files: PhotoFiles,
    progress: Progress<'_>,
) -> Result<Findings, FsckError> {
    let _lock = folder.lock()?;
    let db = Db::open(&config.database_url(folder)?, crate::clock::system()).await?;
    let checked = check_all(folder, config, &db, photo_files, progress).await;
    db.close().await;
    checked
}

async fn check_all(
    folder: &DataFolder,
    config: &Config,
    db: &Db,
    photo_files: PhotoFiles,
    progress: Progress<'_>,
) -> Result<Findings, FsckError> {
    let authority = Authority { hq: keys::hq(&folder.keys())?.public(), root: config.root_key };
    let origin = KeyName::new(&config.log_origin)
        .map_err(|_| FsckError::Origin(config.log_origin.clone()))?;
    let key = keys::log(&folder.keys(), origin)?.verifier_key().clone();
    let head = HeadFile::open(&keys::log_head(&folder.keys()))?.last();

    let log = log::read(db).await?;
    let checkpoints = log.check_checkpoints(db, &key).await?;
    log.check_head(head)?;
    let book = book::load(db, authority).await?;
    let statements = said::check(db, &log.entries).await?;
    let records = records::check(db, &log.entries, &book.statements, progress).await?;
    let blobs = Blobs::open(&config.blobs_url(folder)?)?;
    let (photos, files) = photos::check(db, &log.entries, &blobs, photo_files).await?;
    let public = PublicFolder::new(&folder.log());
    let published = match check_public(&public, &key)? {
        None => None,
        Some(public) => {
            public.is_beginning_of(&log.entries)?;
            Some(public)
        }
    };
    Ok(Findings {
        entries: log.entries.len() as u64,
        checkpoints,
        records,
        statements,
        photos,
        photo_files: files,
        tiles: published.as_ref().map_or(0, |public| public.tiles),
        published: published.map(|public| public.entries.len() as u64),
    })
}

/// Which leaves of one kind have been met, so that none is lost and none comes twice.
struct Met<'a> {
    entries: &'a [hattama_proto::tlog::LogEntry],
    met: Vec<bool>,
}

impl<'a> Met<'a> {
    fn new(entries: &'a [hattama_proto::tlog::LogEntry]) -> Self {
        Self { entries, met: vec![false; entries.len()] }
    }

    /// Notes that the store has `entry` at `index`, as the log says.
    fn meet(&mut self, index: u64, entry: hattama_proto::tlog::LogEntry) -> Result<(), Lie> {
        let place = usize::try_from(index).map_err(|_| Lie::Stranger(index))?;
        if self.entries.get(place) != Some(&entry) {
            return Err(Lie::Stranger(index));
        }
        self.met[place] = true;
        Ok(())
    }

    /// That every leaf of a kind was met; says how many there are.
    fn all(self, of_kind: impl Fn(&hattama_proto::tlog::LogEntry) -> bool) -> Result<u64, Lie> {
        let mut count = 0;
        for (index, (entry, met)) in (0..).zip(self.entries.iter().zip(self.met)) {
            if of_kind(entry) {
                if !met {
                    return Err(Lie::Lost(index));
                }
                count += 1;
            }
        }
        Ok(count)
    }
}
