//! Photos arrive in ranges onto cells of 32 KiB, in any order, any number of times.
//!
//! ```text
//! PUT range ─> partial/<hash> (+ .cells) ─all cells─> hash ─> fsync ─> blobs/ ─> log ─> receipt
//! ```
//!
//! A connection that is reset drops the handler without a word, so progress is kept cell by cell
//! and nothing is left to a clean-up. Partial files are worth nothing after a power cut: the hash
//! decides, and until the receipt the phone keeps the original. So they are not synced.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read as _},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use hattama_proto::{
    id::PhotoHash,
    limits::{CELL_BYTES, PREVIEW_BYTES_MAX},
    record::PhotoRole,
    wire::{CellBitmap, ContentRange, PhotoReply, PhotoState},
};

use crate::{
    blobs::BlobFolder,
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
    blobs: BlobFolder,
    partial: PathBuf,
    sequencer: Sequencer,
    clock: Clock,
    open: Arc<Mutex<OpenPartials>>,
}

/// Partial files that some request is writing to right now, by hash and announced length. Weak, so
/// that an abandoned upload holds no open file: what it reached stands on the disk.
type OpenPartials = HashMap<(PhotoHash, u64), Weak<Mutex<Partial>>>;

/// Dead entries are swept out beyond this many.
const OPEN_SWEEP: usize = 1024;

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

/// A photo on its way: its file and the cells that have come.
#[derive(Debug)]
struct Partial {
    file: File,
    path: PathBuf,
    have: CellBitmap,
    bytes: u64,
}

/// One range that is being received.
pub struct PhotoUpload {
    photos: Photos,
    photo: PhotoHash,
    range: ContentRange,
    partial: Arc<Mutex<Partial>>,
    /// Bytes that do not fill a cell yet.
    pending: Vec<u8>,
    /// Where `pending` begins in the photo.
    at: u64,
}

/// What to do with a request for a photo.
pub enum PhotoBegin {
    /// It is whole already: this is the answer.
    Whole(PhotoReply),
    /// Take the body.
    Take(PhotoUpload),
}

impl Photos {
    /// Takes photos into these folders and this log.
    pub fn new(
        db: Db,
        blobs: BlobFolder,
        partial: PathBuf,
        sequencer: Sequencer,
        clock: Clock,
    ) -> Self {
        Self { db, blobs, partial, sequencer, clock, open: Arc::default() }
    }

    /// Where an upload stands; without a receipt.
    pub async fn state(&self, photo: PhotoHash) -> Result<PhotoState, PhotoError> {
        if self.position(photo).await?.is_some() {
            return Ok(PhotoState { have: CellBitmap::default(), complete: true });
        }
        let announced = store::photos::announced(&self.db, &photo).await?;
        let bytes = admitted(&announced, None)?;
        let partial = self.partial(photo, bytes).await?;
        let have = partial.lock().unwrap_or_else(PoisonError::into_inner).have.clone();
        Ok(PhotoState { have, complete: false })
    }

    /// Begins to receive a range.
    pub async fn begin(
        &self,
        photo: PhotoHash,
        range: ContentRange,
    ) -> Result<PhotoBegin, PhotoError> {
        if let Some(position) = self.position(photo).await? {
            return Ok(PhotoBegin::Whole(self.whole(position)?));
        }
        let announced = store::photos::announced(&self.db, &photo).await?;
        admitted(&announced, Some(range.size))?;
        let partial = self.partial(photo, range.size).await?;
        let upload = PhotoUpload {
            photos: self.clone(),
            photo,
            range,
            partial,
            pending: Vec::new(),
            at: range.first,
        };
        Ok(PhotoBegin::Take(upload))
    }

    async fn position(&self, photo: PhotoHash) -> Result<Option<u64>, PhotoError> {
        Ok(store::photos::positions(&self.db, &[photo]).await?.pop().flatten())
    }

    fn whole(&self, position: u64) -> Result<PhotoReply, PhotoError> {
        let (mut receipts, checkpoint) =
            self.sequencer.receipts(&[position]).ok_or(SequenceError::Overloaded)?;
        Ok(PhotoReply {
            state: PhotoState { have: CellBitmap::default(), complete: true },
            receipt: receipts.pop(),
            checkpoint: Some(checkpoint.to_string()),
        })
    }

    /// The partial file of a photo, opened once and shared by all requests for it.
    async fn partial(
        &self,
        photo: PhotoHash,
        bytes: u64,
    ) -> Result<Arc<Mutex<Partial>>, PhotoError> {
        let key = (photo, bytes);
        let live = |open: &OpenPartials| open.get(&key).and_then(Weak::upgrade);
        if let Some(partial) = live(&self.open.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(partial);
        }
        let path = self.partial.join(format!("{}-{bytes}", photo.to_hex()));
        let opened = Arc::new(Mutex::new(blocking(move || Partial::open(path, bytes)).await?));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(partial) = live(&open) {
            return Ok(partial);
        }
        if open.len() >= OPEN_SWEEP {
            open.retain(|_, partial| partial.strong_count() > 0);
        }
        open.insert(key, Arc::downgrade(&opened));
        Ok(opened)
    }

    /// All cells are there: checks the hash, makes the photo durable and logs it.
    async fn finish(
        &self,
        photo: PhotoHash,
        partial: Arc<Mutex<Partial>>,
    ) -> Result<PhotoReply, PhotoError> {
        let blobs = self.blobs.clone();
        let bytes = blocking(move || {
            let mut partial = partial.lock().unwrap_or_else(PoisonError::into_inner);
            partial.settle(&blobs, &photo)?;
            Ok(partial.bytes)
        })
        .await?;
        // Crash point: the file is whole under its name and not logged; the phone asks again, the
        // file is found, hashed again and logged.
        let item = PhotoItem { sha256: photo, bytes, verified_at: (self.clock)() };
        let mut appended = self.sequencer.append(vec![Item::Photo(item)]).await?;
        Ok(PhotoReply {
            state: PhotoState { have: CellBitmap::default(), complete: true },
            receipt: appended.outcomes.pop().map(|outcome| outcome.receipt),
            checkpoint: Some(appended.checkpoint.to_string()),
        })
    }
}

impl PhotoUpload {
    /// Takes the next bytes of the body; whole cells are kept at once.
    pub async fn take(&mut self, mut bytes: &[u8]) -> Result<(), PhotoError> {
        while !bytes.is_empty() {
            let cell_end = (self.at / CELL_BYTES + 1) * CELL_BYTES;
            let end = cell_end.min(self.range.end);
            let room = usize::try_from(end - self.at).unwrap_or(usize::MAX) - self.pending.len();
            if room == 0 {
                // More than the range announced: the rest of the body is not ours to keep.
                return Ok(());
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.pending.extend_from_slice(now);
            bytes = later;
            if self.pending.len() as u64 == end - self.at {
                self.keep_cell(end).await?;
            }
        }
        Ok(())
    }

    /// Writes the pending cell. The write goes on even if this request is dropped meanwhile.
    async fn keep_cell(&mut self, end: u64) -> Result<(), PhotoError> {
        let cell = std::mem::take(&mut self.pending);
        let at = std::mem::replace(&mut self.at, end);
        let partial = Arc::clone(&self.partial);
        blocking(move || {
            partial.lock().unwrap_or_else(PoisonError::into_inner).write_cell(at, &cell)
        })
        .await
    }

    /// The body is over, whole or cut: answers where the photo stands now.
    pub async fn finish(self) -> Result<PhotoReply, PhotoError> {
        let (full, have) = {
            let partial = self.partial.lock().unwrap_or_else(PoisonError::into_inner);
            (partial.have.is_full(partial.bytes), partial.have.clone())
        };
        if full {
            return self.photos.finish(self.photo, self.partial).await;
        }
        Ok(PhotoReply {
            state: PhotoState { have, complete: false },
            receipt: None,
            checkpoint: None,
        })
    }
}

impl Partial {
    fn open(path: PathBuf, bytes: u64) -> Result<Self, PhotoError> {
        let file =
            File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
        let known_cells = fs::read(cells_path(&path)).ok();
        // Cells noted for a file of another length are of another announcement.
        let same = file.metadata()?.len() == bytes;
        let have = known_cells
            .filter(|_| same)
            .and_then(|cells| CellBitmap::from_bytes(cells).ok())
            .unwrap_or_default();
        if !same {
            file.set_len(bytes)?;
        }
        Ok(Self { file, path, have, bytes })
    }

    /// Writes one cell and notes it. Data first: a noted cell was written.
    fn write_cell(&mut self, at: u64, cell: &[u8]) -> Result<(), PhotoError> {
        let index = at / CELL_BYTES;
        if self.have.has(index) || at + cell.len() as u64 > self.bytes {
            return Ok(());
        }
        write_at(&self.file, cell, at)?;
        self.have.set(index);
        fs::write(cells_path(&self.path), self.have.as_bytes())?;
        Ok(())
    }

    /// Hashes the whole file; if it is right, makes it durable under its name.
    fn settle(&mut self, blobs: &BlobFolder, photo: &PhotoHash) -> Result<(), PhotoError> {
        if blobs.has(photo) {
            // Another request got here first, or a crash came between the name and the log.
            return Ok(());
        }
        if hash_file(&self.path)? != *photo {
            self.have = CellBitmap::default();
            fs::write(cells_path(&self.path), [])?;
            return Err(PhotoError::Digest);
        }
        self.file.sync_data()?;
        blobs.adopt(&self.path, photo)?;
        // What is left is a bitmap of a file that has moved; a crash here leaves it for nothing.
        let _gone = fs::remove_file(cells_path(&self.path));
        Ok(())
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

fn cells_path(path: &std::path::Path) -> PathBuf {
    path.with_extension("cells")
}

fn hash_file(path: &std::path::Path) -> io::Result<PhotoHash> {
    let mut file = File::open(path)?;
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        context.update(&buffer[..count]);
    }
    let digest = context.finish();
    Ok(PhotoHash::from_bytes(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")))
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.write_all_at(bytes, at)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    let mut rest = bytes;
    while !rest.is_empty() {
        let count = file.seek_write(rest, at)?;
        at += count as u64;
        rest = &rest[count..];
    }
    Ok(())
}

/// Runs `work` off the connections' threads; it runs to its end even if nobody waits any more.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PhotoError> + Send + 'static,
) -> Result<T, PhotoError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|stopped| PhotoError::Io(io::Error::other(stopped)))?
}
