//! A bundle that is ready to be written: what stands in it, in order, and its length to the byte.
//!
//! Small pieces are held; photographs are fetched one after the other while the bundle leaves, so
//! that one photograph is in memory at a time, however many there are.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{Stream, stream};
use hattama_proto::id::{PhotoHash, RecordId};

use super::{
    EvidenceError, TEXT_BYTES_MAX, TEXTS_BYTES_MAX,
    container::{Container, ContainerError},
    names,
};
use crate::blobs::{BlobError, Blobs};

/// A photograph that the record names and that is not in the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub photo: PhotoHash,
    /// Original, preview or thumbnail, as the record says.
    pub role: String,
    /// Which page, as the record says.
    pub page: Option<u64>,
    /// Why it is not there.
    pub why: Why,
}

/// Why a photograph is not in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has not arrived whole.
    NotArrived,
    /// It had arrived: the log has it at this index. It cannot be found now, or is another.
    Lost(u64),
}

impl Why {
    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::NotArrived => "it has not arrived at headquarters".to_owned(),
            Self::Lost(index) => format!(
                "it arrived (the log has it at index {index}), and headquarters cannot find its \
                 bytes now"
            ),
        }
    }
}

/// One piece.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) sha256: String,
    crc: u32,
    bytes: u64,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Here(Bytes),
    Photo(PhotoHash),
}

/// The pieces by name, as they are gathered.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    pub(super) by_name: BTreeMap<String, Piece>,
    held: u64,
}

impl Pieces {
    /// Adds a piece that is held.
    pub(super) fn add(
        &mut self,
        name: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Result<(), EvidenceError> {
        let bytes: Bytes = bytes.into();
        self.held += bytes.len() as u64;
        if bytes.len() as u64 > TEXT_BYTES_MAX || self.held > TEXTS_BYTES_MAX {
            return Err(EvidenceError::TooLarge);
        }
        let piece = Piece {
            // Any hash of the exact bytes; the type only spells it.
            sha256: RecordId::of(&bytes).to_hex(),
            crc: crc32fast::hash(&bytes),
            bytes: bytes.len() as u64,
            content: Content::Here(bytes),
        };
        self.by_name.insert(name.into(), piece);
        Ok(())
    }

    /// Adds a photograph, whose bytes were seen just now.
    pub(super) fn add_photo(&mut self, name: String, photo: PhotoHash, bytes: &[u8]) {
        let piece = Piece {
            sha256: photo.to_hex(),
            crc: crc32fast::hash(bytes),
            bytes: bytes.len() as u64,
            content: Content::Photo(photo),
        };
        self.by_name.insert(name, piece);
    }

    /// `SHA256SUMS`, of everything that is there by now.
    pub(super) fn sums(&self) -> String {
        self.by_name.iter().map(|(name, piece)| format!("{}  {name}\n", piece.sha256)).collect()
    }
}

/// A bundle that is ready to leave.
#[derive(Debug)]
pub struct Bundle {
    record: RecordId,
    missing: Vec<Missing>,
    blobs: Blobs,
    /// Headers and what follows each, in order.
    parts: Vec<(Vec<u8>, Option<Content>)>,
    bytes: u64,
    pieces: usize,
}

impl Bundle {
    pub(super) fn new(
        record: RecordId,
        mut pieces: Pieces,
        missing: Vec<Missing>,
        blobs: Blobs,
    ) -> Result<Self, EvidenceError> {
        let sums = pieces.sums();
        pieces.add(names::SUMS, sums)?;
        let mut container = Container::default();
        let (mut parts, mut bytes) = (Vec::new(), 0);
        let count = pieces.by_name.len();
        for (name, piece) in pieces.by_name {
            let header = container.entry(&name, piece.crc, piece.bytes)?;
            bytes += header.len() as u64 + piece.bytes;
            parts.push((header, Some(piece.content)));
        }
        let end = container.end();
        bytes += end.len() as u64;
        parts.push((end, None));
        Ok(Self { record, missing, blobs, parts, bytes, pieces: count })
    }

    /// The record that it is about.
    pub const fn record(&self) -> RecordId {
        self.record
    }

    /// Photographs that the record names and that are not in it.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// How many files it holds.
    pub const fn pieces(&self) -> usize {
        self.pieces
    }

    /// Its length.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, piece by piece. A photograph that changes while the bundle leaves breaks it off.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, BlobError>> {
        let parts = self.parts.into_iter().flat_map(|(header, content)| {
            [Some(Content::Here(header.into())), content].into_iter().flatten()
        });
        stream::try_unfold((parts, self.blobs), |(mut parts, blobs)| async move {
            let Some(content) = parts.next() else { return Ok(None) };
            let bytes = match content {
                Content::Here(bytes) => bytes,
                Content::Photo(photo) => blobs.read(&photo).await?.ok_or(BlobError::Lost(photo))?,
            };
            Ok(Some((bytes, (parts, blobs))))
        })
    }
}

impl From<ContainerError> for EvidenceError {
    /// The names are ours and in order: only size is left.
    fn from(_: ContainerError) -> Self {
        Self::TooLarge
    }
}
