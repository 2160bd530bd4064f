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
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hattama_proto::{id::PhotoHash, wire::CellBitmap};

use super::{PhotoError, partial::Partial};
use crate::blobs::Blobs;

/// What requests for one photo share.
pub(super) struct Arrival {
    photo: PhotoHash,
    bytes: u64,
    path: PathBuf,
    blobs: Blobs,
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

/// What became of a check.
enum Checked {
    /// The bytes are those of another hash.
    Wrong,
    /// They are the photo's, and durable in the partial file.
    Right,
    /// The store has it.
    Stored,
}

/// How far a photo has come.
pub(super) enum Progress {
    /// These cells are there.
    Cells(CellBitmap),
    /// All are there; the photo may be finished.
    Full,
}

impl Arrival {
    pub(super) fn new(photo: PhotoHash, bytes: u64, path: PathBuf, blobs: Blobs) -> Self {
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
    /// second waits, and finds it done. After an error the next one tries again; what was checked
    /// is not checked again.
    pub(super) async fn settle(self: Arc<Self>) -> Result<(), PhotoError> {
        let _finishing = self.finishing.lock().await;
        let this = Arc::clone(&self);
        let stored = match super::blocking(move || this.check()).await? {
            Checked::Wrong => return Err(PhotoError::Digest),
            Checked::Stored => true,
            Checked::Right => false,
        };
        if !stored {
            self.blobs.keep(self.path.clone(), &self.photo).await?;
            *self.lock() = Stage::Whole;
        }
        Ok(())
    }

    /// The log has the photo: what is left of its arrival is worth nothing.
    pub(super) fn forget(&self) {
        Partial::forget(&self.path);
    }

    fn check(&self) -> Result<Checked, PhotoError> {
        Ok(self.with(|stage| match stage {
            Stage::Receiving(partial) => {
                if !partial.check(&self.photo)? {
                    return Ok(Checked::Wrong);
                }
                // Closes the file: nobody writes to what was checked.
                *stage = Stage::Checked;
                Ok(Checked::Right)
            }
            Stage::Unopened | Stage::Checked => Ok(Checked::Right),
            Stage::Whole => Ok(Checked::Stored),
        })?)
    }

    /// The stage, after a look at the disk if nobody has looked yet.
    fn with<T>(&self, work: impl FnOnce(&mut Stage) -> io::Result<T>) -> io::Result<T> {
        let mut stage = self.lock();
        if matches!(*stage, Stage::Unopened) {
            *stage = Stage::Receiving(Partial::open(self.path.clone(), self.bytes)?);
        }
        work(&mut stage)
    }

    /// Finds what a crash between the photo's name and the log has left: in a folder the file is
    /// there, for a bucket all cells still are, so nothing is asked of it.
    pub(super) async fn look(&self) -> Result<(), PhotoError> {
        let unopened = matches!(*self.lock(), Stage::Unopened);
        if unopened && self.blobs.folder().is_some() && self.blobs.has(&self.photo).await? {
            let mut stage = self.lock();
            if matches!(*stage, Stage::Unopened) {
                *stage = Stage::Whole;
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
