//! Opening.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::Path,
    sync::{Mutex, RwLock},
};

use hattama_proto::{id::to_hex, kind::Role};

use super::{Notebook, NotebookOptions, Opened, lock, locking, resting};
use crate::{
    at_rest::{self, AtRest, Files, wipe},
    error::NotebookError,
    keys::{Keys, Standing},
    outbox::{self, Held, Outbox, cipher, sidecar},
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
    ///
    /// A folder in which a wipe was not finished is wiped first, and a new notebook made in it.
    ///
    /// With [`AtRest::Encrypted`] a plain notebook is encrypted first, file by file; what a crash
    /// leaves undone the next opening does.
    pub fn open(folder: &Path, mut options: NotebookOptions) -> Result<Self, NotebookError> {
        fs::create_dir_all(folder)?;
        let held = hold(folder)?;
        if wipe::is_begun(folder) {
            wipe::destroy_keys(folder, options.random.as_ref())?;
            wipe::destroy_rest(folder, options.random.as_ref())?;
        }
        let standing = Keys::standing(folder)?;
        if standing.is_some() || options.at_rest == AtRest::Encrypted {
            // Before anything is touched.
            cipher::check_build()?;
        }
        for name in FOLDERS {
            fs::create_dir_all(folder.join(name))?;
        }
        make_blob_folders(&folder.join("blobs"))?;
        empty(&folder.join("tmp"))?;
        // Let go of: whoever unlocks the notebook again shows it again.
        let vault = options.vault.take();
        let random = options.random.as_ref();
        let keys = Keys::open(folder, random, vault.as_deref(), options.at_rest)?;
        drop(vault);
        if keys.rest().is_some() && standing != Some(Standing::Encrypted) {
            convert(folder, &keys, &options)?;
        }
        let files = Files::of(keys.rest(), &options.random);
        let (outbox, opened) = open_outbox(folder, &keys, &files, &options, Some(held))?;
        let notebook = Self {
            folder: folder.to_owned(),
            public: Role::ALL.map(|role| keys.of_role(role).public()),
            idle: locking::Idle::since(&options.clock.now()),
            keys: Mutex::new(Some(keys)),
            turning_the_key: Mutex::new(()),
            options,
            opened,
            outbox: Mutex::new(Some(outbox)),
            at_work: resting::AtWork::default(),
            capturing: Mutex::new(()),
            files_in_use: RwLock::new(()),
            sealing: Mutex::new(()),
            syncing: Mutex::new(()),
            planning: Mutex::new(()),
            going_to_rest: Mutex::new(()),
            pack: Mutex::new(None),
            fed: super::fed::Fed::default(),
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
    files: &Files,
    options: &NotebookOptions,
    held: Option<Held>,
) -> Result<(Outbox, Opened), NotebookError> {
    let public = Role::ALL.map(|role| (role, keys.of_role(role).public()));
    let (mut outbox, opened) =
        outbox::open(folder, &public, files, options.clock.now().wall, held)?;
    outbox.keep_receipts(options.receipts)?;
    Ok((outbox, opened))
}

/// Encrypts a plain notebook. Its database is opened as it is first, so that it is whole and of this
/// version: a damaged one is set aside here and not in the middle.
fn convert(folder: &Path, keys: &Keys, options: &NotebookOptions) -> Result<(), NotebookError> {
    if cipher::is_clear(&folder.join(outbox::FILE))? {
        // Held already, by whoever converts it.
        let (outbox, _) = open_outbox(folder, keys, &Files::Plain, options, None)?;
        outbox.close()?;
    }
    let files = Files::of(keys.rest(), &options.random);
    at_rest::convert(folder, &files, options.random.as_ref())
}

/// Takes the notebook for this process.
pub(super) fn hold(folder: &Path) -> Result<Held, NotebookError> {
    Held::take(folder)?.ok_or(NotebookError::InUse)
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
