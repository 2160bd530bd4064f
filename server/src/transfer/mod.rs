//! Transfer: an organisation moves from one store to another, of either engine.
//!
//! ```text
//! source ──check everything──> page by page, in the order of the keys ──> target
//!                              hashed and compared as it is read back
//! ```
//!
//! Promises:
//!
//! * The source is opened for reading only, and the folder is held, so that no headquarters runs on
//!   it meanwhile.
//! * Nothing is written before the whole source was found to be what was signed: every hash, every
//!   signature, the tree under its head, every checkpoint. What is not is told by its log index.
//! * A target that holds another organisation's data, or anything that the source does not have, is
//!   refused before a byte of it is changed.
//! * It can be stopped at any point, by any means. The target then holds a part of the source and
//!   not yet all leaves of the log, so that no headquarters opens on it; the same call goes on from
//!   there. A source that has grown since is fine.
//! * Photographs that the log calls whole go first, if they go at all: each is hashed as it leaves
//!   and as it is read back.
//! * It is done only when every table has as many rows as the source's and the state roots agree.

mod carry;
mod evidence;
mod photographs;

use hattama_proto::{time::UnixMillis, tlog::KeyName};

use self::evidence::Evidence;
pub use self::photographs::{MovedPhotographs, photographs};
use crate::{
    blobs::BlobError,
    book::{self, Authority, BookError, SharedBook},
    config::Config,
    folder::{DataFolder, FolderLock},
    keys::{self, KeyFileError},
    log::{HeadError, HeadFile},
    merge::StateRoot,
    picture::{PictureError, state_root},
    store::{
        Cause, DatabaseUrl, Db, StoreError,
        tables::{self, TABLES},
    },
};

/// What to do about a target that went away, and that it costs nothing.
fn taken_up(error: &StoreError) -> &'static str {
    if !error.is_transient() {
        return "";
    }
    "; what has arrived there stays, and the source is untouched: once it answers again, the same \
     command goes on"
}

/// How far a transfer has come, told as it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The source is being checked; so many rows in all.
    Checking(u64),
    /// What the target holds already is being compared; so many rows in all.
    Comparing(u64),
    /// Photographs are being carried over; so many in all.
    Photographs(u64),
    /// Rows are being carried over; so many in all.
    Carrying(u64),
    /// So many more rows are done.
    Rows(u64),
    /// The target's records are being verified and merged once more.
    Proving,
}

/// What was moved, once it was.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The state root of both stores.
    pub state_root: StateRoot,
    /// Rows in all tables.
    pub rows: u64,
    /// Those of them that were written now; the rest was there from an earlier try.
    pub written: u64,
    /// Leaves of the log.
    pub leaves: u64,
    /// The target's engine.
    pub engine: &'static str,
}

/// Why nothing was called done.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// Source and target are one store.
    #[error("the folder's store and the target are the same store: there is nothing to move")]
    Same,
    /// Source and target of the photographs are one store.
    #[error("the photographs are there already: source and target are the same store")]
    SamePhotographs,
    /// The source of photographs did not answer or was refused.
    #[error("the photographs' present store: {0}")]
    BlobSource(#[source] BlobError),
    /// The target of photographs did not answer or was refused.
    #[error("the photographs' new store: {0}")]
    BlobTarget(#[source] BlobError),
    /// A photograph that was acknowledged is not where it should be.
    #[error(
        "the photograph {0} was acknowledged and is not in its store: restore it from a backup, then \
         give the same command again"
    )]
    NoPhotograph(String),
    /// There is no store at the source.
    #[error("there is no store at the source {0}: nothing was ever kept there")]
    NoSource(DatabaseUrl),
    /// Something signed is not in the source as it was signed.
    #[error(
        "the source was altered: what stands at log index {index} is not what was signed ({what}). \
         Nothing was called done; keep the source as it is and restore a backup beside it"
    )]
    Altered {
        /// The log index.
        index: u64,
        /// Which hash or signature does not hold.
        what: &'static str,
    },
    /// Something that has a hash or signature but no log index of its own is not what it was.
    #[error(
        "the source was altered: {what} {subject} is not what its hash or signature says. Nothing \
         was called done; keep the source as it is and restore a backup beside it"
    )]
    AlteredPart {
        /// What kind of thing.
        what: &'static str,
        /// Its hash or size.
        subject: String,
    },
    /// The source is an older state than the signer's head.
    #[error(
        "the source holds {stored} leaves and does not grow out of the {signed} that were signed: it \
         looks like an older backup. Move the newest store"
    )]
    Rollback {
        /// Leaves in the source.
        stored: u64,
        /// Leaves that were signed for.
        signed: u64,
    },
    /// The target belongs to somebody else.
    #[error("the target holds another organisation's data; it was left alone. Choose an empty one")]
    Other,
    /// The target has a row that the source does not have.
    #[error(
        "the target holds more than the source, in {table}; it was left alone. If it was served \
         since an earlier move, it is the newer store"
    )]
    More {
        /// The table.
        table: &'static str,
    },
    /// A row of the target contradicts the source.
    #[error("a row of {table} in the target is not that of the source; choose an empty target")]
    Contradicts {
        /// The table.
        table: &'static str,
    },
    /// What was read back is not what was sent.
    #[error(
        "rows of {table} did not arrive at the target as they were sent; nothing was called done"
    )]
    Arrival {
        /// The table.
        table: &'static str,
    },
    /// The source changed meanwhile.
    #[error(
        "source and target differ in {table} after the move: somebody works on the source. Stop \
         every headquarters that uses it, then give the same command again"
    )]
    Changed {
        /// The table.
        table: &'static str,
    },
    /// The state roots differ.
    #[error("the state root of the target is {target}, that of the source {origin}: a bug of ours")]
    Roots {
        /// The source's.
        origin: StateRoot,
        /// The target's.
        target: StateRoot,
    },
    /// The configured name of the log.
    #[error("the log's name {0:?} cannot be used: no spaces, no plus sign")]
    Origin(String),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The signer's head.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The source did not answer or was refused.
    #[error("the source: {0}")]
    Source(#[source] StoreError),
    /// The target did not answer or was refused.
    #[error("the target: {0}{next}", next = taken_up(.0))]
    Target(#[source] StoreError),
    /// What is known cannot be read.
    #[error(transparent)]
    Picture(PictureError),
    /// What headquarters said cannot be read.
    #[error(transparent)]
    Book(BookError),
}

impl From<PictureError> for TransferError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Altered(index) => Self::Altered { index, what: "the signature" },
            PictureError::Sample(index) => Self::Altered { index, what: "the list of a sample" },
            other => Self::Picture(other),
        }
    }
}

impl From<BookError> for TransferError {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Forged(index) => Self::Altered { index, what: "the signature" },
            other => Self::Book(other),
        }
    }
}

/// Moves the store of the headquarters in a folder that is held to `to`; see the promises of this
/// module. `now` dates the target's schema.
pub async fn transfer(
    (folder, _held): (&DataFolder, &FolderLock),
    config: &Config,
    to: &DatabaseUrl,
    now: UnixMillis,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Moved, TransferError> {
    let from = config.database_url(folder).map_err(TransferError::Source)?;
    if is_same(&from, to) {
        return Err(TransferError::Same);
    }
    let source = Db::open_reading(&from).await.map_err(TransferError::Source)?;
    let source = source.ok_or(TransferError::NoSource(from))?;
    let moved = move_all(folder, config, &source, to, now, tell).await;
    source.close().await;
    moved
}

async fn move_all(
    folder: &DataFolder,
    config: &Config,
    source: &Db,
    to: &DatabaseUrl,
    now: UnixMillis,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Moved, TransferError> {
    let origin = KeyName::new(&config.log_origin)
        .map_err(|_| TransferError::Origin(config.log_origin.clone()))?;
    let authority = Authority { hq: keys::hq(&folder.keys())?.public(), root: config.root_key };
    let signer = keys::log(&folder.keys(), origin)?;
    let head = HeadFile::open(&keys::log_head(&folder.keys()))?;
    let counts = tables::counts(source).await.map_err(TransferError::Source)?;
    let rows = counts.iter().sum();
    tell(Progress::Checking(rows));
    let evidence = Evidence::gather(source, signer.verifier_key().clone(), head.last()).await?;
    evidence.check_all(source, tell).await?;
    let known = SharedBook::new(book::load(source, authority).await?);
    let root = state_root(source, &known).await?;

    // Looked at without a write first: a refused target stays as it is.
    if let Some(found) = Db::open_reading(to).await.map_err(TransferError::Target)? {
        let found_rows = tables::counts(&found).await.map_err(TransferError::Target)?;
        tell(Progress::Comparing(found_rows.iter().sum()));
        let fits = carry::fits(source, &found, &found_rows, tell).await;
        found.close().await;
        fits?;
    }
    tell(Progress::Carrying(rows));
    let target = Db::open(to, now).await.map_err(TransferError::Target)?;
    let moved = async {
        let mut written = 0;
        for table in TABLES.iter().filter(|table| !table.is_of_its_store()) {
            written += carry::carry(table, source, &target, &evidence, tell).await?;
        }
        let arrived = tables::counts(&target).await.map_err(TransferError::Target)?;
        let stayed = tables::counts(source).await.map_err(TransferError::Source)?;
        for (table, (arrived, stayed)) in TABLES.iter().zip(arrived.iter().zip(stayed)) {
            if *arrived != stayed && !table.is_of_its_store() {
                return Err(TransferError::Changed { table: table.name });
            }
        }
        tell(Progress::Proving);
        let known = SharedBook::new(book::load(&target, authority).await?);
        let proven = state_root(&target, &known).await?;
        if proven != root {
            return Err(TransferError::Roots { origin: root, target: proven });
        }
        let leaves = evidence.leaves();
        Ok(Moved { state_root: root, rows, written, leaves, engine: target.engine() })
    }
    .await;
    target.close().await;
    moved
}

/// Whether two addresses lead to one store. Two spellings of one server are not noticed; then every
/// row is found there already and nothing is written.
fn is_same(from: &DatabaseUrl, to: &DatabaseUrl) -> bool {
    match (from, to) {
        (DatabaseUrl::Sqlite(from), DatabaseUrl::Sqlite(to)) => {
            from == to
                || matches!((from.canonicalize(), to.canonicalize()), (Ok(from), Ok(to)) if from == to)
        }
        (from, to) => from == to,
    }
}

/// A value that this program wrote and cannot read back.
fn unreadable(what: &'static str) -> StoreError {
    let cause: Cause = format!("{what} cannot be read").into();
    StoreError::Unavailable(cause)
}
