//! Destroying a notebook, after having said what is lost with it.

use std::path::Path;

use hattama_proto::id::RecordId;

use super::{Notebook, PhotoItem, RecordItem, open::hold};
use crate::{
    at_rest::wipe,
    error::NotebookError,
    random::{RandomSource as _, SystemRandom},
};

/// What exists nowhere but on this phone, as far as it knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotSafe {
    /// Records for which headquarters has given no receipt, oldest first.
    pub records: Vec<RecordItem>,
    /// Photographs and other files for which it has given none.
    pub photos: Vec<UnsafePhoto>,
}

/// A file that is not at headquarters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsafePhoto {
    /// A record that names it.
    pub record: RecordId,
    /// The file.
    pub photo: PhotoItem,
}

impl NotSafe {
    /// Whether all is at headquarters, receipted and checked.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty() && self.photos.is_empty()
    }
}

impl Notebook {
    /// What [`wipe`](Self::wipe) would destroy of which headquarters has given no receipt. A receipt
    /// says that headquarters has it, and not that nobody takes headquarters.
    pub fn what_would_be_lost(&self) -> Result<NotSafe, NotebookError> {
        self.with(|outbox| {
            Ok(NotSafe { records: outbox.unsafe_records()?, photos: outbox.unsafe_photos()? })
        })
    }

    /// Destroys this notebook: its keys at once, then all the rest. Asks nothing and cannot be undone;
    /// show [`what_would_be_lost`](Self::what_would_be_lost) first. Afterwards this object is locked
    /// for good, and the folder is empty but for its lock.
    ///
    /// If it fails or the phone dies on the way, the keys are gone, and the next opening of the folder
    /// finishes it.
    pub fn wipe(&self) -> Result<(), NotebookError> {
        let random = self.options.random.as_ref();
        self.stop.interrupt();
        // Not after the sync has ended: keys do not wait for a network.
        wipe::destroy_keys(&self.folder, random)?;
        // Whatever it could not bring to rest is destroyed next.
        drop(Self::lock(self));
        let _held = hold(&self.folder)?;
        wipe::destroy_rest(&self.folder, random)
    }

    /// Destroys the notebook in `folder` without opening it: one that is locked, or whose vault is not
    /// at hand. It must not be open. Nobody can say then what is lost.
    pub fn wipe_closed(folder: &Path) -> Result<(), NotebookError> {
        if !folder.is_dir() {
            return Err(NotebookError::invalid("folder", "there is no notebook here"));
        }
        let _held = hold(folder)?;
        let random = SystemRandom::new();
        // A device without randomness shall not find that out in the middle.
        random
            .fill(&mut [0; 1])
            .map_err(|error| NotebookError::Storage { reason: error.to_string() })?;
        wipe::destroy_keys(folder, &random)?;
        wipe::destroy_rest(folder, &random)
    }
}
