//! One photo that is arriving in this process: what requests for it share.
//!
//! ```text
//! Unopened ─first use─> Receiving ─all cells, hash right─> Checked ─under its name─> Whole
//!                                                             └─sealed, and no key here─> Held
//! ```
//!
//! There is one [`Arrival`] per photo as long as any request holds it, and whoever finishes the
//! photo holds it until the log has it. So two requests never have the file open twice, and nobody
//! writes to a file that was checked. Each sealing of a photo arrives by itself.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hattama_proto::{id::PhotoHash, sealing::Identity, wire::CellBitmap};

use super::{
    PhotoError,
    held::HeldSealed,
    partial::Partial,
    unseal::{Unsealed, unseal},
};
use crate::{blobs::Blobs, store::pieces::Of};

/// Most sealings of one photo that are arriving, so that a device cannot fill the disk with halves of
/// one. Phones that have the same file send one each; the oldest half makes room and is sent again.
const SEALINGS_MAX: usize = 4;

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Arriving {
    /// The photo.
    pub(super) photo: PhotoHash,
    /// Length of the file that comes, in bytes.
    pub(super) bytes: u64,
    /// If that is a sealed file: its SHA-256.
    pub(super) sealed: Option<PhotoHash>,
}

/// What opens sealed files, and where those are kept that nothing opens.
#[derive(Clone)]
pub(super) struct Unsealing {
    pub(super) identities: Arc<[Identity]>,
    pub(super) held: HeldSealed,
}

/// What requests for one photo share.
pub(super) struct Arrival {
    what: Arriving,
    path: PathBuf,
    blobs: Blobs,
    unsealing: Unsealing,
    stage: Mutex<Stage>,
    /// Held by the one that checks the photo and brings it under its name.
    finishing: tokio::sync::Mutex<()>,
}

enum Stage {
    /// Nobody has looked at the disk yet.
    Unopened,
    /// Cells come.
    Receiving(Partial),
    /// The file was found to be the one that was announced, and is durable.
    Checked,
    /// It is under its name.
    Whole,
    /// It is sealed, nobody here can open it, and it is kept aside.
    Held,
}

/// What became of a check.
enum Checked {
    /// The bytes are those of another hash.
    Wrong,
    /// They are what was announced, and durable in the partial file.
    Right,
    /// The store has it.
    Stored,
    /// It is kept aside.
    Held,
}

/// How far a photo has come.
pub(super) enum Progress {
    /// These cells are there.
    Cells(CellBitmap),
    /// All are there; the photo may be finished.
    Full,
}

/// What became of a photo whose cells are all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is where photos are kept.
    Stored,
    /// It is kept sealed.
    Held,
}

impl Arrival {
    pub(super) fn new(what: Arriving, partial: &Path, blobs: Blobs, unsealing: Unsealing) -> Self {
        let path = match what.sealed {
            None => partial.join(format!("{}-{}", what.photo, what.bytes)),
            Some(sealed) => {
                let folder = partial.join(format!("{}.sealed", what.photo));
                folder.join(format!("{sealed}-{}", what.bytes))
            }
        };
        let finishing = tokio::sync::Mutex::default();
        Self { what, path, blobs, unsealing, stage: Mutex::new(Stage::Unopened), finishing }
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

    /// What has come from `first` on, up to `end`, without a gap; nothing once all has come. Blocks on the
    /// disk.
    pub(super) fn read(&self, first: u64, end: u64) -> io::Result<Vec<u8>> {
        self.with(|stage| match stage {
            Stage::Receiving(partial) => partial.read(first, end),
            _ => Ok(Vec::new()),
        })
    }

    /// What arrives, as processes call it among each other.
    pub(super) const fn of(&self) -> Of {
        Of { photo: self.what.photo, size: self.what.bytes, sealed: self.what.sealed }
    }

    /// All cells are there: checks the hash, unseals what is sealed, and brings the photo under its name.
    /// Whoever comes second waits, and finds it done. After an error the next one tries again; what was
    /// checked is not checked again.
    pub(super) async fn settle(self: Arc<Self>) -> Result<Settled, PhotoError> {
        let _finishing = self.finishing.lock().await;
        let this = Arc::clone(&self);
        match super::blocking(move || this.check()).await? {
            Checked::Wrong => return Err(PhotoError::Digest),
            Checked::Stored => return Ok(Settled::Stored),
            Checked::Held => return Ok(Settled::Held),
            Checked::Right => {}
        }
        let file = match self.what.sealed {
            None => self.path.clone(),
            Some(sealed) => {
                let this = Arc::clone(&self);
                match super::blocking(move || Ok(this.unseal(&sealed)?)).await? {
                    Unsealed::Right => self.opened(),
                    Unsealed::NotFor => return Ok(Settled::Held),
                    Unsealed::Wrong => return Err(PhotoError::Sealing),
                }
            }
        };
        self.blobs.keep(file, &self.what.photo).await?;
        *self.lock() = Stage::Whole;
        Ok(Settled::Stored)
    }

    /// Whether what comes in one request may stay in memory until it is whole.
    pub(super) fn may_come_in_one(&self) -> bool {
        self.what.sealed.is_none() && self.blobs.folder().is_some()
    }

    /// All of it came in one request, and is in memory: checks the hash and brings it under its name without
    /// the file of cells. Where somebody else is further already, that counts.
    pub(super) async fn settle_in_one(
        self: Arc<Self>,
        bytes: Vec<u8>,
    ) -> Result<Settled, PhotoError> {
        let _finishing = self.finishing.lock().await;
        if matches!(*self.lock(), Stage::Whole) {
            return Ok(Settled::Stored);
        }
        let beside = self.path.with_extension("whole");
        if !self.blobs.keep_right(bytes, beside, &self.what.photo).await? {
            let this = Arc::clone(&self);
            super::blocking(move || Ok(this.begin_again()?)).await?;
            return Err(PhotoError::Digest);
        }
        *self.lock() = Stage::Whole;
        Ok(Settled::Stored)
    }

    /// Whoever sends wrong bytes may have sent wrong cells before: all of them have to come again.
    fn begin_again(&self) -> io::Result<()> {
        match &mut *self.lock() {
            Stage::Receiving(partial) => partial.begin_again()?,
            Stage::Unopened => Partial::forget(&self.path),
            Stage::Checked | Stage::Whole | Stage::Held => {}
        }
        Ok(())
    }

    /// Whether cells of it are on the disk: one look at a name.
    pub(super) fn has_cells(&self) -> bool {
        self.path.exists()
    }

    /// The log has the photo: what is left of its arrival is worth nothing.
    pub(super) fn forget(&self) {
        Partial::forget(&self.path);
        if self.what.sealed.is_some() {
            let _moved = fs::remove_file(self.opened());
            // Unless another sealing of the same photo is there.
            let _empty = self.path.parent().map(fs::remove_dir);
        }
    }

    fn check(&self) -> Result<Checked, PhotoError> {
        Ok(self.with(|stage| match stage {
            Stage::Receiving(partial) => {
                if !partial.check(&self.what.sealed.unwrap_or(self.what.photo))? {
                    return Ok(Checked::Wrong);
                }
                // Closes the file: nobody writes to what was checked.
                *stage = Stage::Checked;
                Ok(Checked::Right)
            }
            Stage::Unopened | Stage::Checked => Ok(Checked::Right),
            Stage::Whole => Ok(Checked::Stored),
            Stage::Held => Ok(Checked::Held),
        })?)
    }

    /// Opens the sealed file, or keeps it aside. One that is wrong is given up: the phone has it.
    fn unseal(&self, sealed: &PhotoHash) -> io::Result<Unsealed> {
        let Unsealing { identities, held } = &self.unsealing;
        let unsealed = unseal(&self.path, identities, &self.what.photo, &self.opened())?;
        match unsealed {
            Unsealed::Right => {}
            Unsealed::NotFor => {
                held.keep(&self.path, &self.what.photo, sealed)?;
                *self.lock() = Stage::Held;
                self.forget();
            }
            Unsealed::Wrong => {
                *self.lock() = Stage::Unopened;
                self.forget();
            }
        }
        Ok(unsealed)
    }

    /// Where what was in a sealed file is written.
    fn opened(&self) -> PathBuf {
        self.path.with_extension("opened")
    }

    /// The stage, after a look at the disk if nobody has looked yet.
    fn with<T>(&self, work: impl FnOnce(&mut Stage) -> io::Result<T>) -> io::Result<T> {
        let mut stage = self.lock();
        if matches!(*stage, Stage::Unopened) {
            if let (Some(_), Some(folder)) = (self.what.sealed, self.path.parent()) {
                fs::create_dir_all(folder)?;
                make_room(folder, &self.path)?;
            }
            *stage = Stage::Receiving(Partial::open(self.path.clone(), self.what.bytes)?);
        }
        work(&mut stage)
    }

    /// Finds what a crash between the photo's name and the log has left: in a folder the file is
    /// there, for a bucket all cells still are, so nothing is asked of it.
    pub(super) async fn look(&self) -> Result<(), PhotoError> {
        let unopened = matches!(*self.lock(), Stage::Unopened);
        if unopened && self.blobs.folder().is_some() && self.blobs.has(&self.what.photo).await? {
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

/// Before another sealing of a photo arrives, the oldest halves of others go if there are too many.
fn make_room(folder: &Path, new: &Path) -> io::Result<()> {
    let mut halves = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Notes of cells and what is being opened have an ending.
        if entry.path() != new && entry.path().extension().is_none() {
            halves.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    halves.sort_unstable();
    let over = (halves.len() + 1).saturating_sub(SEALINGS_MAX);
    for (_, path) in halves.into_iter().take(over) {
        Partial::forget(&path);
    }
    Ok(())
}
