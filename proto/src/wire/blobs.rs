//! `PUT` and `HEAD /v1/blobs/{sha256}`: photos in idempotent ranges onto cells.
//!
//! A photo is uploaded in ranges that begin on a cell boundary, in any order, any number of times;
//! the address is the hash, so there is nothing to lose between requests.
//!
//! A photo that a phone sealed to headquarters travels as the sealed file, to the address of the
//! original's hash; the header [`SEALED_HEADER`] says so in each request, and ranges and cells are those
//! of the sealed file.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::ReceiptPart;
use crate::{
    id::PhotoHash,
    limits::{CELL_BYTES, SEALED_BYTES_MAX},
};

/// Header of the answer to `HEAD`: the bitmap in base64, `complete`, or [`HELD_SEALED`].
pub const HAVE_HEADER: &str = "Hattama-Have";

/// Value of [`HAVE_HEADER`]: the sealed file is there and kept, and no key at headquarters opens it yet.
pub const HELD_SEALED: &str = "held-sealed";

/// Header of a request about a sealed file: its own SHA-256 and length, `HEX/BYTES`.
pub const SEALED_HEADER: &str = "Hattama-Sealed";

/// A photo as it travels when it is sealed to headquarters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SealedAs {
    /// SHA-256 of the sealed file. Each sealing of one photo has another.
    pub sha256: PhotoHash,
    /// Length of the sealed file, in bytes.
    pub bytes: u64,
}

/// The text does not say how a photo is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write Hattama-Sealed: SHA256/BYTES of the sealed file")]
pub struct SealedAsError;

impl SealedAs {
    /// The header's value.
    pub fn to_header(&self) -> String {
        format!("{}/{}", self.sha256, self.bytes)
    }
}

impl FromStr for SealedAs {
    type Err = SealedAsError;

    fn from_str(text: &str) -> Result<Self, SealedAsError> {
        let (sha256, bytes) = text.split_once('/').ok_or(SealedAsError)?;
        let sha256 = sha256.parse().map_err(|_| SealedAsError)?;
        let bytes = decimal(bytes).ok_or(SealedAsError)?;
        if bytes == 0 || bytes > SEALED_BYTES_MAX {
            return Err(SealedAsError);
        }
        Ok(Self { sha256, bytes })
    }
}

/// A number of digits only: `u64::from_str` takes a leading plus, which no header has.
fn decimal(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Answer to a `PUT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoReply {
    /// Where the upload stands.
    #[serde(flatten)]
    pub state: PhotoState,
    /// Once complete: the photo's receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptPart>,
    /// The signed checkpoint the receipt needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// The sealed file is whole at headquarters, which keeps it and cannot open it yet: nothing has to be
    /// sent, and the receipt comes once somebody has brought the key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_sealed: bool,
}

/// Where an upload stands. What headquarters says is the truth; a phone's copy is a cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoState {
    /// Cells that have arrived; empty once complete.
    pub have: CellBitmap,
    /// Whether the whole photo is there and its hash was verified. Only then is it durable.
    pub complete: bool,
}

/// Which 32 KiB cells of a photo have arrived; bit 0 of byte 0 is cell 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CellBitmap(Vec<u8>);

/// The text is not a bitmap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cell bitmap is base64 of at most 257 bytes")]
pub struct CellBitmapError;

impl CellBitmap {
    /// Longest bitmap, in bytes: that of the largest photo, sealed.
    pub const BYTES_MAX: usize = 257;

    /// How many cells a photo of `bytes` has.
    pub const fn cells(bytes: u64) -> u64 {
        bytes.div_ceil(CELL_BYTES)
    }

    /// Takes stored bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, CellBitmapError> {
        if bytes.len() > Self::BYTES_MAX { Err(CellBitmapError) } else { Ok(Self(bytes)) }
    }

    /// That of a photo of `bytes` that is there whole.
    pub fn full(bytes: u64) -> Self {
        let mut full = Self::default();
        (0..Self::cells(bytes)).for_each(|cell| full.set(cell));
        full
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether cell `index` has arrived.
    pub fn has(&self, index: u64) -> bool {
        let byte = usize::try_from(index / 8).ok().and_then(|byte| self.0.get(byte));
        byte.is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    /// Notes that cell `index` has arrived. Cells beyond the largest photo are ignored.
    pub fn set(&mut self, index: u64) {
        let Ok(byte) = usize::try_from(index / 8) else { return };
        if byte >= Self::BYTES_MAX {
            return;
        }
        if self.0.len() <= byte {
            self.0.resize(byte + 1, 0);
        }
        self.0[byte] |= 1 << (index % 8);
    }

    /// Adds the cells of `other`.
    pub fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// Whether every cell of a photo of `bytes` has arrived.
    pub fn is_full(&self, bytes: u64) -> bool {
        (0..Self::cells(bytes)).all(|cell| self.has(cell))
    }

    /// Runs of missing cells of a photo of `bytes`: first and one past last.
    pub fn missing(&self, bytes: u64) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for cell in (0..Self::cells(bytes)).filter(|cell| !self.has(*cell)) {
            match runs.last_mut() {
                Some((_, end)) if *end == cell => *end = cell + 1,
                _ => runs.push((cell, cell + 1)),
            }
        }
        runs
    }
}

impl From<CellBitmap> for String {
    fn from(bitmap: CellBitmap) -> Self {
        STANDARD.encode(bitmap.0)
    }
}

impl TryFrom<String> for CellBitmap {
    type Error = CellBitmapError;

    fn try_from(text: String) -> Result<Self, CellBitmapError> {
        Self::from_bytes(STANDARD.decode(text).map_err(|_| CellBitmapError)?)
    }
}

/// `Content-Range: bytes FIRST-LAST/SIZE` of a `PUT`, checked: begins on a cell boundary and ends
/// on one or at the end of the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// First byte.
    pub first: u64,
    /// One past the last byte.
    pub end: u64,
    /// Length of the whole photo.
    pub size: u64,
}

/// Why a range cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentRangeError {
    /// Not of the form.
    #[error("write the range as `bytes FIRST-LAST/SIZE`")]
    Malformed,
    /// Not on cells.
    #[error("a range begins at a multiple of 32768 and ends at one or at the end of the photo")]
    NotOnCells,
    /// Longer than a photo may be.
    #[error("a photo has at most 67108864 bytes, sealed at most 67141632")]
    TooLarge,
}

impl ContentRange {
    /// Bytes in the range.
    pub const fn len(&self) -> u64 {
        self.end - self.first
    }

    /// Never: an empty range is refused.
    pub const fn is_empty(&self) -> bool {
        self.end == self.first
    }

    /// The header's value.
    pub fn to_header(&self) -> String {
        format!("bytes {}-{}/{}", self.first, self.end - 1, self.size)
    }
}

impl FromStr for ContentRange {
    type Err = ContentRangeError;

    fn from_str(text: &str) -> Result<Self, ContentRangeError> {
        let read = || {
            let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
            let (first, last) = range.split_once('-')?;
            Some((decimal(first)?, decimal(last)?, decimal(size)?))
        };
        let (first, last, size) = read().ok_or(ContentRangeError::Malformed)?;
        if size > SEALED_BYTES_MAX {
            return Err(ContentRangeError::TooLarge);
        }
        if first > last || last >= size {
            return Err(ContentRangeError::Malformed);
        }
        let end = last + 1;
        if first % CELL_BYTES != 0 || (end % CELL_BYTES != 0 && end != size) {
            return Err(ContentRangeError::NotOnCells);
        }
        Ok(Self { first, end, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_on_cells_reads_back() {
        for text in ["bytes 0-32767/100000", "bytes 98304-99999/100000", "bytes 32768-98303/100000"]
        {
            assert_eq!(text.parse::<ContentRange>().unwrap().to_header(), text);
        }
    }

    #[test]
    fn a_range_off_cells_or_off_the_photo_is_refused() {
        for (text, error) in [
            ("bytes 1-32767/100000", ContentRangeError::NotOnCells),
            ("bytes 0-32766/100000", ContentRangeError::NotOnCells),
            ("bytes 0-100000/100000", ContentRangeError::Malformed),
            ("bytes +0-32767/100000", ContentRangeError::Malformed),
            ("bytes 5-4/100000", ContentRangeError::Malformed),
            ("bytes 0-0/0", ContentRangeError::Malformed),
            ("0-1/2", ContentRangeError::Malformed),
            ("bytes 0-32767/99999999999", ContentRangeError::TooLarge),
        ] {
            assert_eq!(text.parse::<ContentRange>(), Err(error), "{text}");
        }
    }

    #[test]
    fn how_a_photo_is_sealed_reads_back_and_nothing_else_does() {
        let sealed = SealedAs { sha256: PhotoHash::of(b"sealed"), bytes: 70_000 };
        assert_eq!(sealed.to_header().parse(), Ok(sealed));
        let hex = sealed.sha256.to_hex();
        for wrong in ["", "/", "70000", &hex, &format!("{hex}/"), &format!("{hex}/+1")] {
            assert_eq!(wrong.parse::<SealedAs>(), Err(SealedAsError), "{wrong}");
        }
        for bytes in [0, SEALED_BYTES_MAX + 1] {
            assert!(format!("{hex}/{bytes}").parse::<SealedAs>().is_err());
        }
        let largest = CellBitmap::full(SEALED_BYTES_MAX);
        assert!(largest.is_full(SEALED_BYTES_MAX));
        assert!(CellBitmap::from_bytes(largest.as_bytes().to_vec()).is_ok());
    }

    #[test]
    fn missing_cells_are_the_runs_that_were_not_set() {
        let mut have = CellBitmap::default();
        assert_eq!(have.missing(100_000), [(0, 4)]);
        have.set(1);
        assert_eq!(have.missing(100_000), [(0, 1), (2, 4)]);
        for cell in [0, 2, 3] {
            have.set(cell);
        }
        assert!(have.is_full(100_000));
        assert_eq!(String::from(have), "Dw==");
    }
}
