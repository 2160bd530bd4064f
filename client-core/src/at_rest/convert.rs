//! A plain notebook becomes an encrypted one.
//!
//! ```text
//! keys.json (converting) ──> outbox.db ──> set-aside databases ──> packs, records, blobs ──> (encrypted)
//! ```
//!
//! Every file is written anew beside, brought to the disk, renamed, and only then is the plain one
//! written over and removed. So a crash leaves plain files, encrypted ones and some of both; the next
//! opening does what is left. Photographs that are sealed to headquarters get the names of an encrypted
//! notebook and no second layer. What flash keeps of what was written over, a laboratory may still find.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::{Files, wipe};
use crate::{
    error::NotebookError,
    keys::Keys,
    outbox::{self, cipher, sidecar},
    random::RandomSource,
    steps::crash_point,
};

/// Folders whose files are named by what they hold. Those of `blobs` lie one level deeper.
const FOLDERS: [&str; 2] = ["packs", sidecar::FOLDER];

/// Folder of what the system uploads in clear; nothing is uploaded so any more.
const TRANSFERS: &str = "transfers";

/// What a set-aside file is called once it is encrypted.
const SUFFIX: &str = ".age";

/// Encrypts what is still plain of the notebook in `folder`, whose database is closed.
pub(crate) fn convert(
    folder: &Path,
    files: &Files,
    random: &dyn RandomSource,
) -> Result<(), NotebookError> {
    let rest = files.rest().expect("only a notebook with a data key is converted");
    crash_point("data-key-kept");
    let database = folder.join(outbox::FILE);
    if cipher::is_clear(&database)? {
        let beside = folder.join("tmp").join(outbox::FILE);
        remove(&beside)?;
        cipher::encrypt(&database, &beside, rest)?;
        let mut before = OpenOptions::new().read(true).write(true).open(&database)?;
        fs::rename(&beside, &database)?;
        File::open(folder)?.sync_all()?;
        wipe::write_over(&mut before, random)?;
        crash_point("database-switched");
    }
    for path in listed(folder)? {
        let name = name_of(&path);
        if name.starts_with(&format!("{}.", outbox::FILE)) && !name.ends_with(SUFFIX) {
            // One that was damaged once. Evidence of what happened, and full of it.
            seal(folder, &path, &cipher::companion(&path, SUFFIX), (files, random))?;
        }
    }
    for name in FOLDERS {
        seal_all(folder, &folder.join(name), &folder.join(name), (files, random))?;
    }
    for sub_folder in listed(&folder.join("blobs"))? {
        seal_all(folder, &sub_folder, &folder.join("blobs"), (files, random))?;
    }
    for path in listed(&folder.join(TRANSFERS))? {
        wipe::destroy(&path, random)?;
    }
    crash_point("files-sealed");
    Keys::settle(folder, random)?;
    crash_point("conversion-settled");
    Ok(())
}

/// Encrypts every file of `from`; those of blobs move to the sub-folder of their new name.
fn seal_all(
    folder: &Path,
    from: &Path,
    target: &Path,
    (files, random): (&Files, &dyn RandomSource),
) -> Result<(), NotebookError> {
    for path in listed(from)? {
        let name = name_of(&path);
        if name.starts_with('.') {
            // Half a copy that a crash left behind.
            wipe::destroy(&path, random)?;
            continue;
        }
        if let Some(photo) = Files::sealed_photo(&name) {
            let sealed = files.sealed_name(photo);
            let place = target.join(&sealed[..2]).join(&sealed);
            fs::rename(&path, &place)?;
            sync_parent(&place)?;
            sync_parent(&path)?;
            crash_point("sealed-photo-renamed");
            continue;
        }
        if Files::is_for_headquarters(&name) || files.have_sealed(&path)? {
            continue;
        }
        let sealed = files.name(&name);
        let place = match from == target {
            true => target.join(sealed),
            false => target.join(&sealed[..2]).join(sealed),
        };
        seal(folder, &path, &place, (files, random))?;
    }
    Ok(())
}

fn seal(
    folder: &Path,
    path: &Path,
    place: &Path,
    (files, random): (&Files, &dyn RandomSource),
) -> Result<(), NotebookError> {
    let beside = folder.join("tmp").join("sealing");
    let mut to = files.create(&beside)?;
    io::copy(&mut File::open(path)?, &mut to)?;
    to.finish()?;
    fs::rename(&beside, place)?;
    sync_parent(place)?;
    crash_point("file-sealed");
    wipe::destroy(path, random)?;
    sync_parent(path)
}

/// What lies in a folder, in a fixed order; nothing if there is no such folder.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, NotebookError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort_unstable();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn sync_parent(path: &Path) -> Result<(), NotebookError> {
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), NotebookError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
