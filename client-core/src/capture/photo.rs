//! Taking in a file: copied byte for byte while it is hashed, and on disk for good before any
//! record names it.
//!
//! ```text
//! tmp/<random> ──fsync──> blobs/ab/<hash> ──fsync of the folder──> may be named
//! ```

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _},
    path::Path,
};

use hattama_proto::{
    id::{PhotoHash, to_hex},
    limits::PHOTO_BYTES_MAX,
    record::{Photo, PhotoRole},
};
use ring::digest::{Context, SHA256};

use super::{
    PhotoInput,
    copy::{Copied, copy},
    picture,
};
use crate::{
    Pictures,
    at_rest::{Files, StoredFile},
    error::NotebookError,
    outbox::blob_path,
    random::RandomSource,
    steps::crash_point,
};

/// Bytes read at a time.
const READ_BYTES: usize = 128 * 1024;

/// Takes files into one notebook.
pub(crate) struct Intake<'a> {
    /// The notebook's folder.
    pub(crate) folder: &'a Path,
    /// How its files are kept.
    pub(crate) files: &'a Files,
    /// For names of temporary files.
    pub(crate) random: &'a dyn RandomSource,
    /// Whether small pictures are made.
    pub(crate) pictures: Pictures,
}

/// A file that was taken in.
#[derive(Clone, Debug)]
pub(crate) struct TakenPhoto {
    /// The original first, then its preview and thumbnail if there are any.
    pub(crate) photos: Vec<Photo>,
    /// Why there are no small pictures.
    pub(crate) no_preview: Option<String>,
}

impl Intake<'_> {
    /// Takes in one file and makes its small pictures. Only the file itself has to succeed.
    pub(crate) fn take(&self, input: &PhotoInput) -> Result<TakenPhoto, NotebookError> {
        if input.page == 0 {
            return Err(NotebookError::invalid("photos", "pages are numbered from 1"));
        }
        let mut source = open(&input.path)?;
        let original = self.store(&mut source, PhotoRole::Original, input.page)?;
        let mut taken = TakenPhoto { photos: vec![original], no_preview: None };
        if self.pictures == Pictures::Skip {
            return Ok(taken);
        }
        let path = self.folder.join(blob_path(taken.photos[0].sha256, self.files));
        match picture::small(&self.files.at(path)) {
            Ok(small) => {
                for (role, jpeg) in
                    [(PhotoRole::Preview, small.preview), (PhotoRole::Thumbnail, small.thumbnail)]
                {
                    taken.photos.push(self.store(&mut jpeg.as_slice(), role, input.page)?);
                }
            }
            Err(reason) => taken.no_preview = Some(reason),
        }
        Ok(taken)
    }

    /// Copies `source` to its place among the blobs. Durable once it returns.
    fn store(
        &self,
        source: &mut dyn std::io::Read,
        role: PhotoRole,
        page: u32,
    ) -> Result<Photo, NotebookError> {
        let mut name = [0; 16];
        self.random
            .fill(&mut name)
            .map_err(|error| NotebookError::Storage { reason: error.to_string() })?;
        let temporary = self.folder.join("tmp").join(to_hex(&name));
        let Copied { hash, bytes, media_type } = match copy(source, &temporary, self.files) {
            Ok(copied) => copied,
            Err(error) => {
                // Room is what is short most likely: leave none of it taken.
                drop(fs::remove_file(&temporary));
                return Err(error);
            }
        };
        crash_point("photo-copied");
        let place = self.folder.join(blob_path(hash, self.files));
        let folder = place.parent().expect("a blob lies in a folder");
        // The same picture again: what lies there has its hash for a name already.
        if fs::metadata(&place).is_ok_and(|there| there.len() == self.files.stored_len(bytes)) {
            fs::remove_file(&temporary)?;
        } else {
            match fs::create_dir(folder) {
                Ok(()) => File::open(self.folder.join("blobs"))?.sync_all()?,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
            fs::rename(&temporary, &place)?;
            File::open(folder)?.sync_all()?;
        }
        crash_point("photo-in-place");
        Ok(Photo { sha256: hash, bytes, media_type: media_type.to_owned(), role, page })
    }
}

fn open(path: &Path) -> Result<File, NotebookError> {
    let unreadable = |why: &dyn std::fmt::Display| {
        NotebookError::invalid("photos", format!("{} cannot be read: {why}", path.display()))
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let about = file.metadata().map_err(|error| unreadable(&error))?;
    if !about.is_file() {
        return Err(unreadable(&"it is not a file"));
    }
    // Told before anything is copied; a file that grows meanwhile is caught while copying.
    if about.len() > PHOTO_BYTES_MAX {
        return Err(too_large());
    }
    Ok(file)
}

pub(super) fn too_large() -> NotebookError {
    NotebookError::invalid(
        "photos",
        "a file may have at most 64 MiB; send a smaller copy, and keep the large one yourself",
    )
}

/// Whether the file of a photo is still what was signed: its length, and its bytes if `depth` says
/// so.
pub(crate) fn is_intact(file: &StoredFile, hash: PhotoHash, bytes: u64, depth: Depth) -> bool {
    if !file.content_len().is_ok_and(|len| len == bytes) {
        return false;
    }
    let Ok(mut file) = file.open() else { return false };
    if depth == Depth::Length {
        return true;
    }
    let (mut context, mut buffer) = (Context::new(&SHA256), vec![0; READ_BYTES]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return context.finish().as_ref() == hash.as_bytes(),
            Ok(read) => context.update(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

/// How closely a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Whether it is there and as long as it should be: before each range.
    Length,
    /// Byte by byte: when headquarters says that the hash is wrong.
    Bytes,
}
