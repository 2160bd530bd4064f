//! Photos arrive in ranges onto cells of 32 KiB, in any order, any number of times.
//!
//! ```text
//! PUT range ─> partial/<hash> (+ .cells) ─all cells─> hash ─> fsync ─> blobs/ ─> log ─> receipt
//! PUT whole small picture ─────────────────────────> hash ─> fsync ─> blobs/ ─> log ─> receipt
//! ```
//!
//! A connection that is reset drops the handler without a word, so progress is kept cell by cell
//! and nothing is left to a clean-up. Partial files are worth nothing after a power cut: the hash
//! decides, and until the receipt the phone keeps the original. So they are not synced.
//!
//! A phone may send a photo sealed to headquarters: then the cells are those of the sealed file, which is
//! opened once it is whole, and from then on everything is as with any photo. What no key here opens is
//! kept aside, `sealed/`, and never refused.

mod arrival;
mod held;
mod later;
mod partial;
mod pieces;
mod unseal;
mod upload;

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use hattama_proto::{
    id::PhotoHash,
    limits::PREVIEW_BYTES_MAX,
    record::PhotoRole,
    sealing::Identity,
    wire::{CellBitmap, ContentRange, PhotoReply, PhotoState, SealedAs},
};

use self::{
    arrival::{Arrival, Arriving, Progress, Settled, Unsealing},
    held::HeldSealed,
    pieces::Pieces,
};
pub use self::{
    later::{Brought, TakenIn},
    upload::PhotoUpload,
};
use super::meter::PhotoMeter;
use crate::{
    blobs::{BlobError, Blobs},
    clock::Clock,
    folder::DataFolder,
    log::{Item, PhotoItem, SequenceError, Sequencer},
    store::{
        self, Db, StoreError,
        photos::{Announced, Known, Naming},
    },
};

/// Takes photos. Cheap to clone.
#[derive(Clone)]
pub struct Photos {
    db: Db,
    blobs: Blobs,
    partial: PathBuf,
    sequencer: Sequencer,
    clock: Clock,
    arrivals: Arc<Mutex<Arrivals>>,
    meter: PhotoMeter,
    identities: Arc<[Identity]>,
    held: HeldSealed,
    pieces: Pieces,
}

/// Photos that some request is about right now. Weak, so that an abandoned upload holds no open file:
/// what it reached stands on the disk.
type Arrivals = HashMap<Arriving, Weak<Arrival>>;

/// Dead entries are swept out beyond this many.
const ARRIVALS_SWEEP: usize = 1024;

/// How long a request waits for the store of photos. Phones give up on an answer after half a minute.
const STORE_WAIT: Duration = Duration::from_secs(20);

/// Why a photo, or a range of it, was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// No stored record names it, or only held ones and it is not a small picture.
    #[error("no stored record names this photo; send the record first")]
    NotExpected,
    /// The records announce another length.
    #[error("the records that name this photo announce another length")]
    SizeConflict,
    /// The bytes are not those of the hash. The cells were reset.
    #[error("the bytes that came are not those of this hash; send the photo again")]
    Digest,
    /// A key here opens the sealed file, and what is in it is not the photo that its record names.
    #[error(
        "what was sealed is not the photograph that its record names; keep the file, and tell your \
         coordinator"
    )]
    Sealing,
    /// The disk is full. What came before is kept.
    #[error("headquarters' disk is full; try again later")]
    Full,
    /// The disk failed.
    #[error("the photo could not be written")]
    Io(#[source] io::Error),
    /// The photo is here whole and could not be brought to where photos are kept. Nothing was
    /// acknowledged, and nothing has to be sent again.
    #[error("the photograph could not be stored now; try again later")]
    Blob(#[from] BlobError),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<io::Error> for PhotoError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

/// Where a photo stands that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhotoStanding {
    /// So far.
    Here(PhotoState),
    /// It is whole, sealed, and waits for a key.
    HeldSealed,
}

/// What to do with a request for a photo.
pub enum PhotoBegin {
    /// Nothing has to be sent any more: this is the answer.
    Whole(PhotoReply),
    /// Take the body.
    Take(Box<PhotoUpload>),
}

impl Photos {
    /// Takes photos into these folders and this log.
    pub fn new(
        db: Db,
        blobs: Blobs,
        folder: &DataFolder,
        sequencer: Sequencer,
        clock: Clock,
    ) -> Self {
        let pieces = Pieces::new(db.clone(), sequencer.clone(), clock);
        Self {
            db,
            blobs,
            partial: folder.partial(),
            sequencer,
            clock,
            arrivals: Arc::default(),
            meter: PhotoMeter::default(),
            identities: Arc::default(),
            held: HeldSealed::new(folder.sealed()),
            pieces,
        }
    }

    /// What came.
    pub fn meter(&self) -> &PhotoMeter {
        &self.meter
    }

    /// Unseals photos that were sealed to these.
    pub fn unsealed_by(mut self, identities: Vec<Identity>) -> Self {
        self.identities = identities.into();
        self
    }

    /// Where an upload stands, of the photo as it is or sealed so; without a receipt.
    pub async fn standing(
        &self,
        photo: PhotoHash,
        sealed: Option<SealedAs>,
    ) -> Result<PhotoStanding, PhotoError> {
        if let Some(sealed) = sealed
            && self.is_held(photo, sealed).await?
            && self.position(photo).await?.is_none()
        {
            return Ok(PhotoStanding::HeldSealed);
        }
        self.state(photo, sealed).await.map(PhotoStanding::Here)
    }

    /// Where an upload stands; without a receipt. What is held counts as not there.
    pub async fn state(
        &self,
        photo: PhotoHash,
        sealed: Option<SealedAs>,
    ) -> Result<PhotoState, PhotoError> {
        let whole = PhotoState { have: CellBitmap::default(), complete: true };
        let Known { position, announced } = store::photos::known(&self.db, &photo).await?;
        if position.is_some() {
            return Ok(whole);
        }
        let bytes = match sealed {
            None => admitted(&announced, None)?,
            Some(sealed) => admitted_sealed(&announced, sealed.bytes).map(|_| sealed.bytes)?,
        };
        let sealed = sealed.map(|sealed| sealed.sha256);
        let arrival = self.arrival(Arriving { photo, bytes, sealed });
        // Taken while the log was asked, the arrival may be of a photo that was logged meanwhile.
        if self.position(photo).await?.is_some() {
            return Ok(whole);
        }
        arrival.look().await?;
        self.pieces.borrow(&arrival).await;
        match blocking(move || Ok(arrival.progress()?)).await? {
            Progress::Cells(have) => Ok(PhotoState { have, complete: false }),
            // Nothing has to be sent any more; whichever range comes next is answered with the
            // receipt.
            Progress::Full => Ok(whole),
        }
    }

    async fn is_held(&self, photo: PhotoHash, sealed: SealedAs) -> Result<bool, PhotoError> {
        let held = self.held.clone();
        blocking(move || Ok(held.has(&photo, &sealed.sha256))).await
    }

    /// Begins to receive a range of the photo as it is, or of a sealed file with it.
    pub async fn begin(
        &self,
        photo: PhotoHash,
        range: ContentRange,
        sealed: Option<SealedAs>,
    ) -> Result<PhotoBegin, PhotoError> {
        if sealed.is_some_and(|sealed| sealed.bytes != range.size) {
            return Err(PhotoError::SizeConflict);
        }
        // Taken before the log is asked: whoever is finishing this photo holds it until the log has
        // it, so either the log knows the photo by now or its arrival is shared.
        let bytes = range.size;
        let of = sealed.map(|sealed| sealed.sha256);
        let arrival = self.arrival(Arriving { photo, bytes, sealed: of });
        let Known { position, announced } = store::photos::known(&self.db, &photo).await?;
        if let Some(position) = position {
            return Ok(PhotoBegin::Whole(self.whole(position).await?));
        }
        let original = match sealed {
            None => admitted(&announced, Some(bytes))?,
            Some(_) => admitted_sealed(&announced, bytes)?,
        };
        if let Some(sealed) = sealed
            && self.is_held(photo, sealed).await?
        {
            return Ok(PhotoBegin::Whole(held_sealed()));
        }
        arrival.look().await?;
        // What comes whole needs no piece of another process.
        if range.first > 0 || range.end < range.size {
            self.pieces.borrow(&arrival).await;
        }
        let upload = PhotoUpload {
            photos: self.clone(),
            photo,
            original,
            range,
            arrival,
            pending: Vec::new(),
            at: range.first,
            lent: range.first,
        };
        Ok(PhotoBegin::Take(Box::new(upload)))
    }

    async fn position(&self, photo: PhotoHash) -> Result<Option<u64>, PhotoError> {
        Ok(store::photos::positions(&self.db, &[photo]).await?.pop().flatten())
    }

    async fn whole(&self, position: u64) -> Result<PhotoReply, PhotoError> {
        let (mut receipts, checkpoint) = self.sequencer.receipts(&[position]).await?;
        Ok(PhotoReply {
            state: PhotoState { have: CellBitmap::default(), complete: true },
            receipt: receipts.pop(),
            checkpoint: Some(checkpoint.to_string()),
            held_sealed: false,
        })
    }

    /// The arrival of a photo, shared by all requests for it. Touches no disk.
    fn arrival(&self, what: Arriving) -> Arc<Arrival> {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(arrival) = arrivals.get(&what).and_then(Weak::upgrade) {
            return arrival;
        }
        if arrivals.len() >= ARRIVALS_SWEEP {
            arrivals.retain(|_, arrival| arrival.strong_count() > 0);
        }
        let unsealing =
            Unsealing { identities: Arc::clone(&self.identities), held: self.held.clone() };
        let arrival = Arrival::new(what, &self.partial, self.blobs.clone(), unsealing);
        let arrival = Arc::new(arrival);
        arrivals.insert(what, Arc::downgrade(&arrival));
        arrival
    }

    /// All cells are there, or all of it in memory: checks the hash, makes the photo durable and logs it.
    async fn finish(
        &self,
        photo: PhotoHash,
        bytes: u64,
        arrival: Arc<Arrival>,
        in_one: Option<Vec<u8>>,
    ) -> Result<PhotoReply, PhotoError> {
        let came_in_one = in_one.is_some();
        let here = Arc::clone(&arrival);
        // In a task of its own: a slow store is waited for as long as a phone may wait, and the work
        // goes on after that.
        let settling = tokio::spawn(async move {
            match in_one {
                Some(bytes) => here.settle_in_one(bytes).await,
                None => here.settle().await,
            }
        });
        match tokio::time::timeout(STORE_WAIT, settling).await {
            Ok(settled) => {
                let settled =
                    settled.map_err(|stopped| PhotoError::Io(io::Error::other(stopped)))?;
                if matches!(settled, Err(PhotoError::Digest)) {
                    self.pieces.give_up(&photo).await;
                }
                let settled = settled?;
                if settled == Settled::Held {
                    tracing::warn!(%photo, "a sealed photograph waits for a key");
                    return Ok(held_sealed());
                }
            }
            Err(elapsed) => return Err(BlobError::Away(elapsed.into()).into()),
        }
        // Crash point: the file is whole under its name and not logged; the phone asks again, the
        // file is found and logged.
        let item = PhotoItem { sha256: photo, bytes, verified_at: (self.clock)() };
        let mut appended = self.sequencer.append(vec![Item::Photo(item)]).await?;
        self.meter.finished();
        if !came_in_one || arrival.has_cells() {
            blocking(move || {
                arrival.forget();
                Ok(())
            })
            .await?;
            self.pieces.give_up(&photo).await;
        }
        Ok(PhotoReply {
            state: PhotoState { have: CellBitmap::default(), complete: true },
            receipt: appended.outcomes.pop().map(|outcome| outcome.receipt),
            checkpoint: Some(appended.checkpoint.to_string()),
            held_sealed: false,
        })
    }
}

/// Nothing has to be sent any more, and there is no receipt yet.
fn held_sealed() -> PhotoReply {
    PhotoReply {
        state: PhotoState { have: CellBitmap::default(), complete: false },
        receipt: None,
        checkpoint: None,
        held_sealed: true,
    }
}

/// Whether what a record announces is taken.
fn is_allowed(one: &&Announced) -> bool {
    one.naming == Naming::Stored
        || (one.role != PhotoRole::Original && one.bytes <= PREVIEW_BYTES_MAX)
}

/// The length of the photo that a sealed file of `sealed` bytes may hold, or why it is not taken.
fn admitted_sealed(announced: &[Announced], sealed: u64) -> Result<u64, PhotoError> {
    let mut named = announced.iter().filter(is_allowed).peekable();
    if named.peek().is_none() {
        return Err(PhotoError::NotExpected);
    }
    let fitting = named.find(|one| unseal::fits(sealed, one.bytes));
    fitting.map(|one| one.bytes).ok_or(PhotoError::SizeConflict)
}

/// The length that is admitted, or why the photo is not.
fn admitted(announced: &[Announced], size: Option<u64>) -> Result<u64, PhotoError> {
    let mut named = announced.iter().filter(is_allowed);
    match size {
        None => named.next().map(|one| one.bytes).ok_or(PhotoError::NotExpected),
        Some(size) if named.clone().any(|one| one.bytes == size) => Ok(size),
        Some(_) if named.next().is_some() => Err(PhotoError::SizeConflict),
        Some(_) => Err(PhotoError::NotExpected),
    }
}

/// Runs `work` off the connections' threads; it runs to its end even if nobody waits any more.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PhotoError> + Send + 'static,
) -> Result<T, PhotoError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|stopped| PhotoError::Io(io::Error::other(stopped)))?
}
