//! Taking in a file: copied byte for byte while it is hashed, and on disk for good before any
//! record names it.
//!
//! ```text
//! tmp/<random> ──fsync──> blobs/ab/<hash> ──fsync of the folder──> may be named
//! ```
//!
//! Where the set-up asks for it, what is copied is sealed to headquarters in the same pass, and nothing
//! else of it ever lies in the notebook. The hash is that of the clear bytes all the same.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _},
    path::Path,
};

use hattama_proto::{
    id::{PhotoHash, to_hex},
    limits::PHOTO_BYTES_MAX,
    record::{Photo, PhotoRole},
    wire::SealedAs,
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
    outbox::{blob_path, sealed_path},
    random::RandomSource,
    sealing::SealTo,
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
    /// To whom photographs are sealed, if they are.
    pub(crate) seal_to: Option<&'a SealTo>,
    /// How a photograph is sealed that the notebook has already.
    pub(crate) known: &'a dyn Fn(PhotoHash) -> Result<Option<SealedAs>, NotebookError>,
}

/// A photograph that was sealed, and how.
pub(crate) type SealedPhoto = (PhotoHash, SealedAs);

/// A file that was taken in.
#[derive(Clone, Debug)]
pub(crate) struct TakenPhoto {
    /// The original first, then its preview and thumbnail if there are any.
    pub(crate) photos: Vec<Photo>,
    /// Those of them that were sealed just now.
    pub(crate) sealed: Vec<SealedPhoto>,
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
        let mut taken = TakenPhoto { photos: Vec::new(), sealed: Vec::new(), no_preview: None };
        self.store(&mut source, PhotoRole::Original, input.page, &mut taken)?;
        if self.pictures == Pictures::Skip {
            return Ok(taken);
        }
        match self.small(input, &taken.photos[0]) {
            Ok(small) => {
                for (role, jpeg) in
                    [(PhotoRole::Preview, small.preview), (PhotoRole::Thumbnail, small.thumbnail)]
                {
                    self.store(&mut jpeg.as_slice(), role, input.page, &mut taken)?;
                }
            }
            Err(reason) => taken.no_preview = Some(reason),
        }
        Ok(taken)
    }

    /// The small pictures of an original that was just stored.
    fn small(&self, input: &PhotoInput, original: &Photo) -> Result<picture::Small, String> {
        let kept = self.files.at(self.folder.join(blob_path(original.sha256, self.files)));
        if self.seal_to.is_none() || is_whole(&kept, original) {
            return picture::small(&kept);
        }
        // Nobody here can read what was sealed, so they are made of what was handed over; and only if that
        // is still what was sealed.
        let source = StoredFile::plain(input.path.clone());
        let small = picture::small(&source)?;
        match is_intact(&source, original.sha256, original.bytes, Depth::Bytes) {
            true => Ok(small),
            false => Err("the file was changed while it was taken in".to_owned()),
        }
    }

    /// To whom a picture of this role is sealed, if it is.
    fn seal_to(&self, role: PhotoRole) -> Option<&SealTo> {
        self.seal_to.filter(|to| role == PhotoRole::Original || to.previews)
    }

    /// Copies `source` to its place among the blobs. Durable once it returns.
    fn store(
        &self,
        source: &mut dyn std::io::Read,
        role: PhotoRole,
        page: u32,
        taken: &mut TakenPhoto,
    ) -> Result<(), NotebookError> {
        let mut name = [0; 16];
        self.random
            .fill(&mut name)
            .map_err(|error| NotebookError::Storage { reason: error.to_string() })?;
        let temporary = self.folder.join("tmp").join(to_hex(&name));
        let file = match self.seal_to(role) {
            None => self.files.create_new(&temporary),
            Some(to) => Files::create_sealed(&temporary, to, self.random),
        };
        let copied = file.map_err(NotebookError::from).and_then(|file| copy(source, file));
        let Copied { hash, bytes, media_type, sealed } = match copied {
            Ok(copied) => copied,
            Err(error) => {
                // Room is what is short most likely: leave none of it taken.
                drop(fs::remove_file(&temporary));
                return Err(error);
            }
        };
        crash_point("photo-copied");
        taken.photos.push(Photo {
            sha256: hash,
            bytes,
            media_type: media_type.to_owned(),
            role,
            page,
        });
        let clear = self.folder.join(blob_path(hash, self.files));
        let place = match sealed {
            None => clear.clone(),
            Some(_) => self.folder.join(sealed_path(hash, self.files)),
        };
        let folder = place.parent().expect("a blob lies in a folder");
        let lies = |place: &Path, len: u64| fs::metadata(place).is_ok_and(|it| it.len() == len);
        // The same picture again: what lies there has its hash for a name already. What was taken in
        // before the set-up asked for sealing stays as it is.
        let known = (self.known)(hash)?;
        let there = match known {
            Some(known) => lies(&self.folder.join(sealed_path(hash, self.files)), known.bytes),
            None => lies(&clear, self.files.stored_len(bytes)),
        };
        if there {
            fs::remove_file(&temporary)?;
        } else {
            match fs::create_dir(folder) {
                Ok(()) => File::open(self.folder.join("blobs"))?.sync_all()?,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
            fs::rename(&temporary, &place)?;
            File::open(folder)?.sync_all()?;
            taken.sealed.extend(sealed.map(|sealed| (hash, sealed)));
        }
        crash_point("photo-in-place");
        Ok(())
    }
}

/// Whether an original can be read here, because it was taken in before photographs were sealed.
fn is_whole(file: &StoredFile, original: &Photo) -> bool {
    file.content_len().is_ok_and(|len| len == original.bytes)
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
