//! One range of a photo, as it comes: gathered in memory, kept cell by cell, or taken whole.

use std::{sync::Arc, time::Duration};

use hattama_proto::{
    id::PhotoHash,
    wire::{ContentRange, PhotoReply, PhotoState},
};

use super::{
    PhotoError, Photos,
    arrival::{Arrival, Progress},
    blocking,
    partial::CELL,
};

/// Bytes of a body that are written together: a write on its own costs as much as a cell.
const GATHER_BYTES: usize = 8 * CELL;

/// For how long a small picture on its way may be in memory only, while nothing of it comes.
const IN_MEMORY: Duration = Duration::from_millis(250);

/// One range that is being received.
pub struct PhotoUpload {
    pub(super) photos: Photos,
    pub(super) photo: PhotoHash,
    /// Length of the photo itself, in bytes.
    pub(super) original: u64,
    pub(super) range: ContentRange,
    pub(super) arrival: Arc<Arrival>,
    /// Bytes that were not kept yet.
    pub(super) pending: Vec<u8>,
    /// Where `pending` begins in the photo.
    pub(super) at: u64,
    /// Up to where other processes have what came.
    pub(super) lent: u64,
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

    /// For how long the line may be silent before what came is on the disk. What is small and comes in one
    /// may stay in memory for a moment: its cells on the disk would cost more than the picture.
    pub fn patience(&self) -> Duration {
        let ContentRange { first, end, size } = self.range;
        let comes_in_one = (first, end) == (0, size) && size < GATHER_BYTES as u64;
        let may = comes_in_one && self.arrival.may_come_in_one();
        if may { IN_MEMORY } else { Duration::ZERO }
    }

    /// The body is over, whole or cut: answers where the photo stands now.
    pub async fn finish(mut self) -> Result<PhotoReply, PhotoError> {
        let is_whole = self.at == 0 && self.pending.len() as u64 == self.range.size;
        if is_whole && self.arrival.may_come_in_one() {
            let bytes = std::mem::take(&mut self.pending);
            self.photos.meter.took(bytes.len());
            let arrival = Arc::clone(&self.arrival);
            return self.photos.finish(self.photo, self.original, arrival, Some(bytes)).await;
        }
        self.keep().await?;
        let arrival = Arc::clone(&self.arrival);
        match blocking(move || Ok(arrival.progress()?)).await? {
            Progress::Full => {
                // Nobody needs a piece of what is whole.
                self.lent = self.at;
                let arrival = Arc::clone(&self.arrival);
                self.photos.finish(self.photo, self.original, arrival, None).await
            }
            Progress::Cells(have) => {
                // Before the answer: the next range may come to another process at once.
                self.photos.pieces.lend(&self.arrival, self.lent, self.at).await;
                self.lent = self.at;
                Ok(PhotoReply {
                    state: PhotoState { have, complete: false },
                    receipt: None,
                    checkpoint: None,
                    held_sealed: false,
                })
            }
        }
    }
}

impl Drop for PhotoUpload {
    /// A connection that broke: the phone may come back to another process.
    fn drop(&mut self) {
        if self.lent == self.at {
            return;
        }
        let (pieces, arrival) = (self.photos.pieces.clone(), Arc::clone(&self.arrival));
        let (first, end) = (self.lent, self.at);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { pieces.lend(&arrival, first, end).await });
        }
    }
}
