//! A JPEG read small: only as much of it is kept as a picture of the wanted size needs.
//!
//! ```text
//! file ──segments──> frame ──scans──> corner of each block ──cosines──> planes ──colours──> picture
//! ```
//!
//! A block of eight by eight is turned into eight, four, two or one pixel a side, so that a photograph
//! of a hundred megapixels becomes one of two without ever being a hundred. Of a progressive file only
//! the coefficients are kept that this needs, and one bit for each that it does not: which are not zero,
//! because later scans are read differently then. The file is read once, in pieces.
//!
//! Written here because the libraries there are keep all pixels, or all coefficients, or rows without
//! end for a thread that is slower (docs/adr/0028). What it needs is known from the file's header and
//! refused before anything is allocated. A file that ends early or breaks gives the picture so far:
//! grey below.

mod bits;
mod colours;
mod cosines;
mod frame;
mod scan;
mod segments;

use std::io::Read;

use image::{RgbImage, metadata::Orientation};

use self::{bits::Source, colours::Meaning, frame::Frame, scan::ScanHeader, segments::Tables};

/// Most scans that are read. Programs write about ten; each costs a walk over all blocks.
const SCANS_MAX: u32 = 64;

/// Why a file gives no picture.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    /// It breaks the rules of its format.
    #[error("the picture is damaged: {0}")]
    Broken(&'static str),
    /// It ended, or could not be read further.
    #[error("the picture ends too early")]
    Ended,
    /// A kind of JPEG that no camera makes.
    #[error("the picture is a JPEG of a kind that is not read here: {0}")]
    Unusual(&'static str),
    /// It would take more memory than it may.
    #[error("the picture is too large to be scaled here")]
    TooLarge,
}

/// How large a picture may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// What its longer side has to reach where the file has as much, in pixels.
    pub(super) side: u32,
    /// Longest side that the file may claim, in pixels.
    pub(super) side_max: u32,
    /// Most memory to take, in bytes.
    pub(super) bytes_max: u64,
}

/// A picture at least `limits.side` long where the file has as much and at most twice that, and how it
/// has to be turned.
pub(super) fn read(file: impl Read, limits: Limits) -> Result<(RgbImage, Orientation), Flaw> {
    let mut source = Source::new(file);
    if [source.next()?, source.next()?] != [0xff, 0xd8] {
        return Err(Flaw::Broken("it does not begin like one"));
    }
    let mut reading = Reading::default();
    let read = reading.segments(&mut source, limits);
    let Some(frame) = &mut reading.frame else {
        return Err(read.err().unwrap_or(Flaw::Broken("it has no picture")));
    };
    match read {
        Err(Flaw::Ended | Flaw::Broken(_)) | Ok(()) if frame.has_content() => {}
        Err(flaw) => return Err(flaw),
        Ok(()) => return Err(Flaw::Broken("it has no picture")),
    }
    frame.settle();
    let picture = colours::picture(frame, reading.meaning)?;
    Ok((picture, reading.orientation.unwrap_or(Orientation::NoTransforms)))
}

/// What is known of the file so far.
#[derive(Default)]
struct Reading {
    tables: Tables,
    frame: Option<Frame>,
    meaning: Meaning,
    orientation: Option<Orientation>,
}

impl Reading {
    /// Reads to the end of the picture.
    fn segments(&mut self, source: &mut Source<impl Read>, limits: Limits) -> Result<(), Flaw> {
        let mut scans = 0;
        let mut found = None;
        loop {
            let marker = match found.take() {
                Some(marker) => marker,
                None => source.marker()?,
            };
            match marker {
                0xd9 => return Ok(()),
                0x01 | 0xd0..=0xd8 => {}
                0xc4 => self.tables.huffman(&source.segment()?)?,
                0xdb => self.tables.quantization(&source.segment()?)?,
                0xdd => self.tables.restart(&source.segment()?)?,
                0xc0..=0xc2 if self.frame.is_none() => {
                    let segment = source.segment()?;
                    self.frame = Some(Frame::new(&segment, marker == 0xc2, limits)?);
                }
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    return Err(Flaw::Unusual("without loss, hierarchical or arithmetic"));
                }
                0xc0..=0xc2 | 0xdc => return Err(Flaw::Unusual("its size is said twice")),
                0xda => {
                    scans += 1;
                    if scans > SCANS_MAX {
                        return Err(Flaw::Broken("it has too many scans"));
                    }
                    let segment = source.segment()?;
                    let frame = self.frame.as_mut().ok_or(Flaw::Broken("a scan of nothing"))?;
                    let header = ScanHeader::new(&segment, frame)?;
                    found = Some(scan::read(source, frame, &self.tables, &header)?);
                }
                0xe1 if self.orientation.is_none() => {
                    let segment = source.segment()?;
                    let exif = segment.strip_prefix(b"Exif\0\0");
                    self.orientation = exif.and_then(Orientation::from_exif_chunk);
                }
                0xee => self.meaning.adobe(&source.segment()?),
                _ => source.skip_segment()?,
            }
        }
    }
}

#[cfg(test)]
mod tests;
