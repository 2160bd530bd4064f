//! Opening.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::Path,
    sync::{Arc, Mutex},
};

use hattama_proto::{id::to_hex, kind::Role};

use super::{Notebook, NotebookOptions, Opened, lock, resting};
use crate::{
    error::NotebookError,
    keys::Keys,
    outbox::{self, Outbox, sidecar},
    transport::Stop,
    vault::KeyVault,
};

/// Folders of a notebook; `tmp` is emptied whenever it is opened.
const FOLDERS: [&str; 4] = ["blobs", "packs", "tmp", sidecar::FOLDER];

impl Notebook {
    /// Opens the notebook in `folder`, making it if there is none. One process at a time.
    ///
    /// A damaged database is set aside and read as far as possible;
    /// [`opened`](Self::opened) says so. A notebook of a newer version is refused as it is.
    pub fn open(folder: &Path, options: NotebookOptions) -> Result<Self, NotebookError> {
        fs::create_dir_all(folder)?;
        let held = hold(folder)?;
        for name in FOLDERS {
            fs::create_dir_all(folder.join(name))?;
        }
        make_blob_folders(&folder.join("blobs"))?;
        empty(&folder.join("tmp"))?;
        let keys = Keys::open(folder, options.random.as_ref(), options.vault.as_deref())?;
        let (outbox, opened) = open_outbox(folder, &keys, &options, held)?;
        let notebook = Self {
            folder: folder.to_owned(),
            options,
            keys,
            opened,
            outbox: Mutex::new(Some(outbox)),
            at_work: resting::AtWork::default(),
            capturing: Mutex::new(()),
            syncing: Mutex::new(()),
            planning: Mutex::new(()),
            going_to_rest: Mutex::new(()),
            pack: Mutex::new(None),
            stop: Stop::default(),
        };
        notebook.settle_election()?;
        Ok(notebook)
    }

    /// Wraps the seeds of the notebook in `folder` with `to` from now on, instead of `from` or of
    /// nothing. The notebook must be closed. What was there stays until `to` has shown that it unwraps
    /// them; a plain file that it takes the place of may still be found on the flash by a laboratory.
    pub fn change_vault(
        folder: &Path,
        from: Option<&dyn KeyVault>,
        to: &dyn KeyVault,
    ) -> Result<(), NotebookError> {
        if !folder.is_dir() {
            return Err(NotebookError::invalid("folder", "there is no notebook here"));
        }
        let _held = hold(folder)?;
        Keys::rewrap(folder, from, to)
    }

    fn settle_election(&self) -> Result<(), NotebookError> {
        let Some(wanted) = &self.options.election else { return Ok(()) };
        self.with(|outbox| match outbox.setting(outbox::ELECTION)? {
            None => outbox.set(&[(outbox::ELECTION, Some(wanted.as_str()))]),
            Some(stored) if stored == wanted.as_str() => Ok(()),
            Some(stored) => Err(NotebookError::invalid(
                "election",
                format!("this notebook is about {stored}; open another folder for {wanted}"),
            )),
        })
    }
}

impl Drop for Notebook {
    fn drop(&mut self) {
        // Whatever this leaves undone, the next opening does: nothing depends on a clean end.
        if let Some(outbox) = lock(&self.outbox).take() {
            drop(outbox.close());
        }
    }
}

pub(super) fn open_outbox(
    folder: &Path,
    keys: &Keys,
    options: &NotebookOptions,
    held: File,
) -> Result<(Outbox, Opened), NotebookError> {
    let public = Role::ALL.map(|role| (role, keys.of(role).public()));
    outbox::open(folder, &public, Arc::clone(&options.clock).now().wall, held)
}

/// Takes the notebook for this process.
pub(super) fn hold(folder: &Path) -> Result<File, NotebookError> {
    let file = File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(NotebookError::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Makes the folders that photographs are sorted into, by the first two digits of their hash, so
/// that captures need not wait for one. On a full disk some are missing; a capture makes its own.
fn make_blob_folders(blobs: &Path) -> Result<(), NotebookError> {
    for first in 0..=u8::MAX {
        match fs::create_dir(blobs.join(to_hex(&[first]))) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => break,
            _ => {}
        }
    }
    // Each time: a crash may have come between making them and this.
    File::open(blobs)?.sync_all()?;
    Ok(())
}

/// Removes what a crash left half copied: no record names any of it.
fn empty(folder: &Path) -> Result<(), NotebookError> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
