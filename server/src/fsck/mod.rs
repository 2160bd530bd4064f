//! Checking a whole log against itself and against the store, offline: nothing is believed but the
//! public keys.
//!
//! ```text
//! file     every page of a SQLite file                                              (beside)
//! public   checkpoint, entries ──> every tile made anew, the root, the signature    (beside)
//! log      leaves ──> entries, every checkpoint that was signed, the signer's head
//! records  every string ──> its leaf, its signature                            (all cores)
//! said     every statement ──> its leaf, its signature; of a release also its content, of a publication
//!          its file, of a sample its list, of an enrolment the request that hardware signed for
//! photos   every file ──> its leaf
//! ```
//!
//! It stops at the first lie and says where. It repairs nothing.

mod accounting;
mod hardware;
mod lie;
mod log;
mod photos;
mod public;
mod publications;
mod records;
mod releases;
mod said;
mod samples;

use std::path::PathBuf;

pub use self::{
    accounting::{account_of_folder, check_accounting, read_accounting},
    lie::Lie,
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
use hattama_proto::{statement::Epoch, tlog::KeyName};
use tokio::task::{JoinHandle, spawn_blocking};

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
    /// No account can be made.
    #[error(transparent)]
    Accounts(#[from] crate::accounting::AccountingError),
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Where the log went on from a backup, and what it lost.
    pub epochs: Vec<(u64, Epoch)>,
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
    let url = config.database_url(folder)?;
    let (db, file) = Db::open_before_checked(&url, crate::clock::system(), 0).await?;
    let file = file.map(|file| spawn_blocking(move || file.run()));
    let checked = check_all(folder, config, &db, photo_files, progress).await;
    // Damage is told before what follows from it.
    if let Some(file) = file {
        joined(file).await??;
    }
    db.close().await;
    checked
}

/// What became of work on another thread.
async fn joined<T>(work: JoinHandle<T>) -> Result<T, StoreError> {
    work.await.map_err(|stopped| StoreError::Unavailable(stopped.into()))
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

    // Files are read while signatures are verified.
    let public = PublicFolder::new(&folder.log());
    let public = {
        let key = key.clone();
        spawn_blocking(move || check_public(&public, &key))
    };
    let log = log::read(db).await?;
    let checkpoints = log.check_checkpoints(db, &key).await?;
    log.check_signed_last(db).await?;
    log.check_head(head)?;
    let book = book::load(db, authority).await?;
    log.check_epochs(&book.epochs)?;
    let statements = said::check(db, &log.entries).await?;
    releases::check(db, &authority.hq).await?;
    publications::check(db, &authority.hq).await?;
    samples::check(db, &authority.hq).await?;
    hardware::check(db, &authority.hq).await?;
    let records = records::check(db, &log.entries, &book.statements, progress).await?;
    let blobs = Blobs::open(&config.blobs_url(folder)?)?;
    let (photos, files) = photos::check(db, &log.entries, &blobs, photo_files).await?;
    let published = joined(public).await??;
    if let Some(public) = &published {
        log.check_public(public)?;
    }
    Ok(Findings {
        epochs: book.epochs.iter().map(|one| (one.position, one.epoch.clone())).collect(),
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
