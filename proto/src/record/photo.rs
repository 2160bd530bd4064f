//! A photograph or other attachment, named by its hash.

use serde::{Deserialize, Serialize};

use crate::id::PhotoHash;

/// One file that a record names. The file travels apart from the record and later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// SHA-256 of the bytes as captured.
    pub sha256: PhotoHash,
    /// Length in bytes.
    pub bytes: u64,
    /// Media type as the phone took it to be, for instance `image/jpeg`.
    pub media_type: String,
    /// Original, preview or thumbnail.
    pub role: PhotoRole,
    /// Which page of the document, from 1; the pictures of one page share the number.
    pub page: u32,
}

/// Which picture of a page this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoRole {
    /// The file byte for byte as captured, EXIF included. Leaves HQ only in an evidence bundle.
    Original,
    /// A legible picture without metadata, about 1,280 pixels long.
    Preview,
    /// A small picture, at most 320 pixels.
    Thumbnail,
}

impl PhotoRole {
    /// The name on the wire and in stores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Preview => "preview",
            Self::Thumbnail => "thumbnail",
        }
    }
}
