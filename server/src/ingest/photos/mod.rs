//! Photos arrive in ranges onto cells of 32 KiB, in any order, any number of times.
//!
//! ```text
//! PUT range ─> partial/<hash> (+ .cells) ─all cells─> hash ─> fsync ─> blobs/ ─> log ─> receipt
//! ```
//!
//! A connection that is reset drops the handler without a word, so progress is kept cell by cell
//! and nothing is left to a clean-up. Partial files are worth nothing after a power cut: the hash
//! decides, and until the receipt the phone keeps the original. So they are not synced.

mod arrival;
mod partial;

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
    wire::{CellBitmap, ContentRange, PhotoReply, PhotoState},
};

use self::{
    arrival::{Arrival, Progress},
    partial::CELL,
};
use super::meter::PhotoMeter;
use crate::{
    blobs::{BlobError, Blobs},
    clock::Clock,
    log::{Item, PhotoItem, SequenceError, Sequencer},
    store::{
        self, Db, StoreError,
        photos::{Announced, Naming},
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
}

/// Photos that some request is about right now, by hash and announced length. Weak, so that an
/// abandoned upload holds no open file: what it reached stands on the disk.
type Arrivals = HashMap<(PhotoHash, u64), Weak<Arrival>>;

/// Dead entries are swept out beyond this many.
const ARRIVALS_SWEEP: usize = 1024;

/// How long a request waits for the store of photos. Phones give up on an answer after half a minute.
const STORE_WAIT: Duration = Duration::from_secs(20);

/// Bytes of a body that are written together: a write on its own costs as much as a cell.
const GATHER_BYTES: usize = 8 * CELL;

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

/// One range that is being received.
pub struct PhotoUpload {
    photos: Photos,
    photo: PhotoHash,
    range: ContentRange,
    arrival: Arc<Arrival>,
    /// Bytes that were not kept yet.
    pending: Vec<u8>,
    /// Where `pending` begins in the photo.
    at: u64,
}

/// What to do with a request for a photo.
pub enum PhotoBegin {
    /// It is whole already: this is the answer.
    Whole(PhotoReply),
    /// Take the body.
    Take(Box<PhotoUpload>),
}

impl Photos {
    /// Takes photos into these folders and this log.
    pub fn new(db: Db, blobs: Blobs, partial: PathBuf, sequencer: Sequencer, clock: Clock) -> Self {
        Self {
            db,
            blobs,
            partial,
            sequencer,
            clock,
            arrivals: Arc::default(),
            meter: PhotoMeter::default(),
        }
    }

    /// What came.
    pub fn meter(&self) -> &PhotoMeter {
        &self.meter
    }

    /// Where an upload stands; without a receipt.
    pub async fn state(&self, photo: PhotoHash) -> Result<PhotoState, PhotoError> {
        let whole = PhotoState { have: CellBitmap::default(), complete: true };
        if self.position(photo).await?.is_some() {
            return Ok(whole);
        }
        let announced = store::photos::announced(&self.db, &photo).await?;
        let arrival = self.arrival(photo, admitted(&announced, None)?);
        // Taken while the log was asked, the arrival may be of a photo that was logged meanwhile.
        if self.position(photo).await?.is_some() {
            return Ok(whole);
        }
        arrival.look().await?;
        match blocking(move || Ok(arrival.progress()?)).await? {
            Progress::Cells(have) => Ok(PhotoState { have, complete: false }),
            // Nothing has to be sent any more; whichever range comes next is answered with the
            // receipt.
            Progress::Full => Ok(whole),
        }
    }

    /// Begins to receive a range.
    pub async fn begin(
        &self,
        photo: PhotoHash,
        range: ContentRange,
    ) -> Result<PhotoBegin, PhotoError> {
        // Taken before the log is asked: whoever is finishing this photo holds it until the log has
        // it, so either the log knows the photo by now or its arrival is shared.
        let arrival = self.arrival(photo, range.size);
        if let Some(position) = self.position(photo).await? {
            return Ok(PhotoBegin::Whole(self.whole(position).await?));
        }
        let announced = store::photos::announced(&self.db, &photo).await?;
        admitted(&announced, Some(range.size))?;
        arrival.look().await?;
        let upload = PhotoUpload {
            photos: self.clone(),
            photo,
            range,
            arrival,
            pending: Vec::new(),
            at: range.first,
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
        })
    }

    /// The arrival of a photo, shared by all requests for it. Touches no disk.
    fn arrival(&self, photo: PhotoHash, bytes: u64) -> Arc<Arrival> {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(arrival) = arrivals.get(&(photo, bytes)).and_then(Weak::upgrade) {
            return arrival;
        }
        if arrivals.len() >= ARRIVALS_SWEEP {
            arrivals.retain(|_, arrival| arrival.strong_count() > 0);
        }
        let path = self.partial.join(format!("{}-{bytes}", photo.to_hex()));
        let arrival = Arc::new(Arrival::new(photo, bytes, path, self.blobs.clone()));
        arrivals.insert((photo, bytes), Arc::downgrade(&arrival));
        arrival
    }

    /// All cells are there: checks the hash, makes the photo durable and logs it.
    async fn finish(
        &self,
        photo: PhotoHash,
        arrival: Arc<Arrival>,
    ) -> Result<PhotoReply, PhotoError> {
        // In a task of its own: a slow store is waited for as long as a phone may wait, and the work
        // goes on after that.
        let settling = tokio::spawn(Arc::clone(&arrival).settle());
        match tokio::time::timeout(STORE_WAIT, settling).await {
            Ok(settled) => {
                settled.map_err(|stopped| PhotoError::Io(io::Error::other(stopped)))??
            }
            Err(elapsed) => return Err(BlobError::Away(elapsed.into()).into()),
        }
        // Crash point: the file is whole under its name and not logged; the phone asks again, the
        // file is found and logged.
        let bytes = arrival.bytes();
        let item = PhotoItem { sha256: photo, bytes, verified_at: (self.clock)() };
        let mut appended = self.sequencer.append(vec![Item::Photo(item)]).await?;
        self.meter.finished();
        blocking(move || {
            arrival.forget();
            Ok(())
        })
        .await?;
        Ok(PhotoReply {
            state: PhotoState { have: CellBitmap::default(), complete: true },
            receipt: appended.outcomes.pop().map(|outcome| outcome.receipt),
            checkpoint: Some(appended.checkpoint.to_string()),
        })
    }
}

impl PhotoUpload {
    /// Takes the next bytes of the body. Once a few cells have gathered they are kept.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), PhotoError> {
        let room = self.range.end - self.at - self.pending.len() as u64;
        // More than the range announced: the rest of the body is not ours to keep.
        let wanted = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        self.pending.extend_from_slice(&bytes[..wanted]);
        if self.pending.len() >= GATHER_BYTES { self.keep().await } else { Ok(()) }
    }

    /// Keeps the whole cells that have gathered: what comes next may never come. The write goes on
    /// even if this request is dropped meanwhile.
    pub async fn keep(&mut self) -> Result<(), PhotoError> {
        let is_last = self.at + self.pending.len() as u64 == self.range.end;
        let whole = self.pending.len() / CELL * CELL;
        let rest = self.pending.split_off(if is_last { self.pending.len() } else { whole });
        let cells = std::mem::replace(&mut self.pending, rest);
        if cells.is_empty() {
            return Ok(());
        }
        let first = self.at;
        self.at += cells.len() as u64;
        self.photos.meter.took(cells.len());
        let arrival = Arc::clone(&self.arrival);
        blocking(move || Ok(arrival.write_cells(first, &cells)?)).await
    }

    /// The body is over, whole or cut: answers where the photo stands now.
    pub async fn finish(mut self) -> Result<PhotoReply, PhotoError> {
        self.keep().await?;
        let arrival = Arc::clone(&self.arrival);
        match blocking(move || Ok(arrival.progress()?)).await? {
            Progress::Full => self.photos.finish(self.photo, self.arrival).await,
            Progress::Cells(have) => Ok(PhotoReply {
                state: PhotoState { have, complete: false },
                receipt: None,
                checkpoint: None,
            }),
        }
    }
}

/// The length that is admitted, or why the photo is not.
fn admitted(announced: &[Announced], size: Option<u64>) -> Result<u64, PhotoError> {
    let allowed = |one: &&Announced| {
        one.naming == Naming::Stored
            || (one.role != PhotoRole::Original && one.bytes <= PREVIEW_BYTES_MAX)
    };
    let mut named = announced.iter().filter(allowed);
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
