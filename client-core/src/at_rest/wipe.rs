//! Destroying a notebook, its keys first.
//!
//! ```text
//! marker ──> keys.json written over, removed ──> all else written over, removed ──> marker removed
//! ```
//!
//! Without its keys an encrypted notebook is noise, so they go before anything that takes time. What
//! stays is destroyed all the same: whoever had read the keys out of memory before finds a database
//! that was written over, and files whose own keys, which stand in their first bytes, are gone.
//! The marker makes the next opening finish what a crash left.
//!
//! Flash keeps what it was told to write over for a while. It is why keys are wrapped by hardware where
//! there is some, and why a plain notebook is safe from nobody with a laboratory.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use hattama_proto::sealing::MAGIC;

use crate::{
    error::NotebookError, keys, outbox, random::RandomSource, steps::crash_point, vault::TRIES_FILE,
};

/// The file that says that the notebook is being destroyed.
const MARKER: &str = "wiping";

/// Folders with content, each with all that is in it.
const FOLDERS: [&str; 5] = ["tmp", "records", "packs", "blobs", "transfers"];

/// How much of an encrypted file is written over, in bytes: its header, without which no key opens the
/// rest, and the block of flash that it lies in.
const HEAD_BYTES: u64 = 4096;

/// Bytes written at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Destroys the keys of the notebook in `folder`. From here on the rest is noise, if it was encrypted.
pub(crate) fn destroy_keys(folder: &Path, random: &dyn RandomSource) -> Result<(), NotebookError> {
    File::create(folder.join(MARKER))?.sync_all()?;
    File::open(folder)?.sync_all()?;
    crash_point("wipe-marked");
    for name in [keys::FILE, TRIES_FILE] {
        destroy(&folder.join(name), random)?;
        destroy(&folder.join(format!("{name}.new")), random)?;
    }
    File::open(folder)?.sync_all()?;
    crash_point("keys-destroyed");
    Ok(())
}

/// Destroys all else. No file of the notebook may be open.
pub(crate) fn destroy_rest(folder: &Path, random: &dyn RandomSource) -> Result<(), NotebookError> {
    for path in listed(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The database, its companions, and those that were set aside.
        if name.starts_with(outbox::FILE) {
            destroy(&path, random)?;
            crash_point("file-destroyed");
        }
    }
    for name in FOLDERS {
        destroy_below(&folder.join(name), random)?;
    }
    File::open(folder)?.sync_all()?;
    crash_point("all-destroyed");
    fs::remove_file(folder.join(MARKER))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Whether a wipe of the notebook in `folder` began and did not end.
pub(crate) fn is_begun(folder: &Path) -> bool {
    folder.join(MARKER).exists()
}

fn destroy_below(folder: &Path, random: &dyn RandomSource) -> Result<(), NotebookError> {
    for path in listed(folder)? {
        if path.is_dir() {
            destroy_below(&path, random)?;
        } else {
            destroy(&path, random)?;
            crash_point("file-destroyed");
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes over a file and removes it; one that is not there is destroyed.
pub(crate) fn destroy(path: &Path, random: &dyn RandomSource) -> Result<(), NotebookError> {
    let mut file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    write_over(&mut file, random)?;
    fs::remove_file(path)?;
    Ok(())
}

/// Writes noise over what is in a file, in its place.
pub(crate) fn write_over(file: &mut File, random: &dyn RandomSource) -> Result<(), NotebookError> {
    use std::io::Seek as _;
    let mut len = file.metadata()?.len();
    let mut start = [0; MAGIC.len()];
    file.rewind()?;
    match file.read_exact(&mut start) {
        Ok(()) if start == *MAGIC.as_bytes() => len = len.min(HEAD_BYTES),
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error.into()),
        _ => {}
    }
    file.rewind()?;
    let mut piece = vec![0; PIECE_BYTES];
    while len > 0 {
        let wanted = usize::try_from(len).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        // Noise, because a file system may keep nothing of zeros but that there are some.
        random.fill(&mut piece[..wanted]).map_err(io::Error::other)?;
        file.write_all(&piece[..wanted])?;
        len -= wanted as u64;
    }
    file.sync_all()?;
    Ok(())
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, NotebookError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort_unstable();
    Ok(paths)
}
