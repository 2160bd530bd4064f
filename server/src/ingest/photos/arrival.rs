//! One photo that is arriving in this process: what requests for it share.
//!
//! ```text
//! Unopened ─first use─> Receiving ─all cells, hash right─> Checked ─under its name─> Whole
//! ```
//!
//! There is one [`Arrival`] per photo as long as any request holds it, and whoever finishes the
//! photo holds it until the log has it. So two requests never have the file open twice, and nobody
//! writes to a file that was checked.

use std::{
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use hattama_proto::{id::PhotoHash, wire::CellBitmap};

use super::{PhotoError, partial::Partial};
use crate::blobs::BlobFolder;

/// What requests for one photo share.
pub(super) struct Arrival {
    photo: PhotoHash,
    bytes: u64,
    path: PathBuf,
    blobs: BlobFolder,
    stage: Mutex<Stage>,
    /// Held by the one that checks the photo and brings it under its name.
    finishing: tokio::sync::Mutex<()>,
}

enum Stage {
    /// Nobody has looked at the disk yet.
    Unopened,
    /// Cells come.
    Receiving(Partial),
    /// The file was found to be the photo, and is durable.
    Checked,
    /// It is under its name.
    Whole,
}

/// How far a photo has come.
pub(super) enum Progress {
    /// These cells are there.
    Cells(CellBitmap),
    /// All are there; the photo may be finished.
    Full,
}

impl Arrival {
    pub(super) fn new(photo: PhotoHash, bytes: u64, path: PathBuf, blobs: BlobFolder) -> Self {
        let finishing = tokio::sync::Mutex::default();
        Self { photo, bytes, path, blobs, stage: Mutex::new(Stage::Unopened), finishing }
    }

    /// The announced length, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How far it has come. Blocks on the disk the first time.
    pub(super) fn progress(&self) -> io::Result<Progress> {
        self.with(|stage| {
            Ok(match stage {
                Stage::Receiving(partial) if !partial.is_full() => {
                    Progress::Cells(partial.have().clone())
                }
                _ => Progress::Full,
            })
        })
    }

    /// Keeps whole cells from `first` on. Blocks on the disk. What comes after the last cell is not
    /// looked at.
    pub(super) fn write_cells(&self, first: u64, bytes: &[u8]) -> io::Result<()> {
        self.with(|stage| match stage {
            Stage::Receiving(partial) => partial.write_cells(first, bytes),
            _ => Ok(()),
        })
    }

    /// All cells are there: checks the hash and brings the photo under its name. Whoever comes
    /// second waits, and finds it done. After an error the next one tries again.
    pub(super) async fn settle(self: std::sync::Arc<Self>) -> Result<(), PhotoError> {
        let _finishing = self.finishing.lock().await;
        let this = std::sync::Arc::clone(&self);
        super::blocking(move || this.settle_now()).await
    }

    fn settle_now(&self) -> Result<(), PhotoError> {
        let right = self.with(|stage| match stage {
            Stage::Receiving(partial) => {
                let right = partial.check(&self.photo)?;
                if right {
                    // Closes the file: nobody writes to what was checked.
                    *stage = Stage::Checked;
                }
                Ok(right)
            }
            _ => Ok(true),
        })?;
        if !right {
            return Err(PhotoError::Digest);
        }
        if matches!(*self.lock(), Stage::Checked) {
            self.blobs.adopt(&self.path, &self.photo)?;
            Partial::forget(&self.path);
            *self.lock() = Stage::Whole;
        }
        Ok(())
    }

    /// The stage, after a look at the disk if nobody has looked yet.
    fn with<T>(&self, work: impl FnOnce(&mut Stage) -> io::Result<T>) -> io::Result<T> {
        let mut stage = self.lock();
        if matches!(*stage, Stage::Unopened) {
            *stage = if self.blobs.has(&self.photo) {
                // A crash came between the name and the log.
                Partial::forget(&self.path);
                Stage::Whole
            } else {
                Stage::Receiving(Partial::open(self.path.clone(), self.bytes)?)
            };
        }
        work(&mut stage)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
