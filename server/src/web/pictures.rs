//! Photographs of a record as a page shows them: the small pictures, and how far the original has
//! come. Originals themselves carry EXIF and are never shown. Pure.

use std::collections::{BTreeMap, HashSet};

use hattama_proto::{
    id::{PhotoHash, RecordId},
    record::{Photo, PhotoRole},
};

use super::{
    figure::kilobytes,
    frame::{Frame, Id},
};
use crate::merge::EntryPhoto;

/// One photograph.
pub(super) struct Picture {
    /// The record that names it.
    pub(super) record: Id,
    /// The small picture to show, if one has arrived.
    pub(super) shown: Option<PhotoHash>,
    /// The larger one behind it.
    pub(super) opens: PhotoHash,
    /// Whether a small picture was announced at all.
    pub(super) announced: bool,
    /// What it is.
    pub(super) caption: String,
    /// Whether the original has arrived whole.
    pub(super) whole: bool,
    /// Size of the original.
    pub(super) size: String,
}

/// The pages of a record's photographs. `whole` are the pictures that have arrived.
pub(super) fn pictures(
    frame: &Frame,
    record: RecordId,
    of_what: &str,
    photos: impl IntoIterator<Item = EntryPhoto>,
    whole: &HashSet<PhotoHash>,
) -> Vec<Picture> {
    // Pictures of one page stand in the order original, preview, thumbnail; two files on one page
    // are told apart by their originals.
    let mut pages: BTreeMap<u32, Vec<EntryPhoto>> = BTreeMap::new();
    for photo in photos {
        pages.entry(photo.page).or_default().push(photo);
    }
    let mut pictures = Vec::new();
    for (page, photos) in pages {
        let of_role = |role| photos.iter().filter(move |photo| photo.role == role);
        let has_come = |photo: &&EntryPhoto| whole.contains(&photo.sha256);
        let originals: Vec<_> = of_role(PhotoRole::Original).collect();
        for (at, original) in originals.iter().enumerate() {
            let preview = of_role(PhotoRole::Preview).nth(at);
            let thumbnail = of_role(PhotoRole::Thumbnail).nth(at);
            let (small, large) = (thumbnail.filter(has_come), preview.filter(has_come));
            let shown = small.or(large).map(|photo| photo.sha256);
            pictures.push(Picture {
                record: record.into(),
                shown,
                opens: large.or(small).map_or(original.sha256, |photo| photo.sha256),
                announced: preview.or(thumbnail).is_some(),
                caption: format!("{of_what}, {} {page}", frame.w.page),
                whole: whole.contains(&original.sha256),
                size: kilobytes(original.bytes),
            });
        }
    }
    pictures
}

/// Photos of a record as the merge keeps them.
pub(super) fn entry_photos(photos: &[Photo]) -> impl Iterator<Item = EntryPhoto> {
    photos.iter().map(|photo| EntryPhoto {
        sha256: photo.sha256,
        role: photo.role,
        page: photo.page,
        bytes: photo.bytes,
    })
}
