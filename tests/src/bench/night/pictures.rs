//! Photographs: small but real JPEG files, each of them another file, and the room they take.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use hattama_client_core::sync::Lane;
use hattama_proto::{
    id::PhotoHash,
    record::{Photo, PhotoRole},
};

use crate::form::plain_photo;

/// Lengths in bytes, about: what a phone makes of a sheet of paper, the original on the small side so
/// that a night of them fits on the disk of a test.
const THUMBNAIL_BYTES: usize = 8_000;
const PREVIEW_BYTES: usize = 60_000;
const ORIGINAL_BYTES: usize = 300_000;

/// What all pictures of a lane begin with. What comes after a JPEG's end is no part of the picture, and
/// makes each another file.
pub(super) struct Pictures {
    thumbnail: Vec<u8>,
    preview: Vec<u8>,
    original: Vec<u8>,
}

/// One picture, to be made again whenever it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture {
    pub(super) lane: Lane,
    pub(super) hash: PhotoHash,
    pub(super) bytes: u64,
    phone: u64,
    record: u64,
}

impl Pictures {
    pub(super) fn new() -> Self {
        Self {
            thumbnail: plain_photo(1, THUMBNAIL_BYTES),
            preview: plain_photo(2, PREVIEW_BYTES),
            original: plain_photo(3, ORIGINAL_BYTES),
        }
    }

    /// The picture of a lane that belongs to a record of a phone.
    pub(super) fn picture(&self, lane: Lane, phone: u64, record: u64) -> Picture {
        let bytes = self.bytes_of(lane, phone, record);
        let hash = PhotoHash::of(&bytes);
        Picture { lane, hash, bytes: bytes.len() as u64, phone, record }
    }

    /// Its bytes.
    pub(super) fn bytes(&self, picture: &Picture) -> Vec<u8> {
        self.bytes_of(picture.lane, picture.phone, picture.record)
    }

    fn bytes_of(&self, lane: Lane, phone: u64, record: u64) -> Vec<u8> {
        let base = match lane {
            Lane::Thumbnails => &self.thumbnail,
            Lane::Previews => &self.preview,
            _ => &self.original,
        };
        let mut bytes = Vec::with_capacity(base.len() + 16);
        bytes.extend_from_slice(base);
        bytes.extend_from_slice(&phone.to_le_bytes());
        bytes.extend_from_slice(&record.to_le_bytes());
        bytes
    }
}

impl Picture {
    /// As a record names it.
    pub(super) fn named(&self) -> Photo {
        let role = match self.lane {
            Lane::Thumbnails => PhotoRole::Thumbnail,
            Lane::Previews => PhotoRole::Preview,
            _ => PhotoRole::Original,
        };
        let (sha256, bytes) = (self.hash, self.bytes);
        Photo { sha256, bytes, media_type: "image/jpeg".into(), role, page: 1 }
    }
}

/// Keeps the folder of photographs small: stands for a larger disk. What is removed was receipted, and
/// its arrival measured.
pub(super) struct Room {
    folder: PathBuf,
    bytes_max: u64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    oldest_first: VecDeque<(PhotoHash, u64)>,
    bytes: u64,
    removed: u64,
}

impl Room {
    pub(super) fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, kept: Mutex::default() }
    }

    /// A photograph was receipted; the oldest go if there are too many.
    pub(super) fn takes(&self, photo: PhotoHash, bytes: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.oldest_first.push_back((photo, bytes));
        kept.bytes += bytes;
        while kept.bytes > self.bytes_max
            && let Some((oldest, bytes)) = kept.oldest_first.pop_front()
        {
            kept.bytes -= bytes;
            kept.removed += 1;
            let name = oldest.to_hex();
            std::fs::remove_file(self.folder.join(&name[..2]).join(&name))
                .expect("what was receipted is there");
        }
    }

    /// How many were removed.
    pub(super) fn removed(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).removed
    }
}
