//! Small pictures of a photograph: upright, without metadata, and small enough for a bad line.
//!
//! The file may be anything somebody handed to the observer. Decoders are memory-safe, have hard
//! limits on size and memory, and their panics end here: the worst outcome is that there are no
//! small pictures. A JPEG is never whole in memory, so that one of a hundred megapixels is no different
//! (docs/adr/0028); a PNG is, and may be a third as large.

use std::{
    io::{BufReader, Read as _, Seek as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

use hattama_proto::limits::{PREVIEW_BYTES_MAX, PREVIEW_PIXELS_MAX, THUMBNAIL_PIXELS_MAX};
use image::{
    DynamicImage, ImageDecoder as _, Limits,
    codecs::{jpeg::JpegEncoder, png::PngDecoder},
    metadata::Orientation,
};

use super::{jpeg, sniff};
use crate::{
    at_rest::{OpenFile, StoredFile},
    limits::{PICTURE_ALLOC_MAX, PICTURE_ASIDE_MAX, PICTURE_SIDE_MAX},
};

/// Small pictures, as JPEG.
pub(super) struct Small {
    /// Legible, at most 1280 pixels long.
    pub(super) preview: Vec<u8>,
    /// At most 320 pixels long.
    pub(super) thumbnail: Vec<u8>,
}

/// JPEG qualities tried until a picture is small enough.
const QUALITIES: [u8; 4] = [80, 65, 45, 25];

/// Makes small pictures of what `file` holds, or says why there are none.
pub(super) fn small(file: &StoredFile) -> Result<Small, String> {
    catch_unwind(AssertUnwindSafe(|| make(file)))
        .unwrap_or_else(|_| Err("the picture breaks its decoder".to_owned()))
}

fn make(file: &StoredFile) -> Result<Small, String> {
    let (image, orientation) = decode(file)?;
    // Scaled first and turned then: turning a large picture takes its memory twice.
    let mut preview = shrink(image, PREVIEW_PIXELS_MAX);
    preview.apply_orientation(orientation);
    let thumbnail = preview.thumbnail(THUMBNAIL_PIXELS_MAX, THUMBNAIL_PIXELS_MAX);
    Ok(Small { preview: encode(&preview)?, thumbnail: encode(&thumbnail)? })
}

fn decode(file: &StoredFile) -> Result<(DynamicImage, Orientation), String> {
    let unreadable = |error: std::io::Error| error.to_string();
    let mut file = file.open().map_err(unreadable)?;
    let mut head = [0; sniff::HEAD_BYTES];
    let read = file.read(&mut head).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    match sniff::media_type(&head[..read]) {
        "image/jpeg" => {
            let limits = jpeg::Limits {
                side: PREVIEW_PIXELS_MAX,
                side_max: PICTURE_SIDE_MAX,
                bytes_max: PICTURE_ALLOC_MAX,
            };
            let (image, orientation) = jpeg::read(file, limits).map_err(|flaw| flaw.to_string())?;
            Ok((image.into(), orientation))
        }
        "image/png" => png(file),
        other => Err(format!("no small pictures are made of {other}")),
    }
}

fn png(file: OpenFile) -> Result<(DynamicImage, Orientation), String> {
    let said = |error: image::ImageError| error.to_string();
    let mut limits = Limits::default();
    limits.max_image_width = Some(PICTURE_SIDE_MAX);
    limits.max_image_height = Some(PICTURE_SIDE_MAX);
    // What it may take beside the pixels: a colour profile may unpack to anything.
    limits.max_alloc = Some(PICTURE_ASIDE_MAX);
    let mut decoder = PngDecoder::with_limits(BufReader::new(file), limits).map_err(said)?;
    if decoder.total_bytes() > PICTURE_ALLOC_MAX {
        return Err("the picture is too large to be scaled here".to_owned());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(said)?, orientation))
}

fn shrink(image: DynamicImage, side: u32) -> DynamicImage {
    if image.width().max(image.height()) > side { image.thumbnail(side, side) } else { image }
}

fn encode(image: &DynamicImage) -> Result<Vec<u8>, String> {
    let pixels = image.to_rgb8();
    for quality in QUALITIES {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality)
            .encode_image(&pixels)
            .map_err(|error| error.to_string())?;
        if jpeg.len() as u64 <= PREVIEW_BYTES_MAX {
            return Ok(jpeg);
        }
    }
    Err("the picture does not become small".to_owned())
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;

    fn made(bytes: &[u8]) -> Result<Small, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        small(&StoredFile::plain(file.path().to_owned()))
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let image = RgbImage::from_fn(width, height, |x, _| {
            if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }
        });
        let mut bytes = Vec::new();
        let mut to = std::io::Cursor::new(&mut bytes);
        image.write_to(&mut to, ImageFormat::Jpeg).unwrap();
        bytes
    }

    /// A JPEG with an EXIF block that says how the camera was held.
    fn turned(orientation: u8) -> Vec<u8> {
        let plain = jpeg(400, 100);
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
    }

    #[test]
    fn a_photograph_becomes_a_preview_and_a_thumbnail_of_the_right_size() {
        let small = made(&jpeg(3000, 1500)).unwrap();
        let preview = image::load_from_memory(&small.preview).unwrap();
        let thumbnail = image::load_from_memory(&small.thumbnail).unwrap();
        assert_eq!((preview.width(), preview.height()), (1280, 640));
        assert_eq!((thumbnail.width(), thumbnail.height()), (320, 160));
    }

    #[test]
    fn a_turned_camera_gives_upright_pictures_without_metadata() {
        let small = made(&turned(6)).unwrap();
        let preview = image::load_from_memory(&small.preview).unwrap().to_rgb8();
        assert_eq!((preview.width(), preview.height()), (100, 400));
        assert!(preview.get_pixel(50, 20).0[0] > 200, "red came on top");
        assert!(!small.preview.windows(4).any(|bytes| bytes == b"Exif"));
    }

    #[test]
    fn a_truncated_or_hostile_picture_gives_a_reason() {
        let whole = jpeg(300, 300);
        assert!(made(b"not a picture").is_err());
        assert!(made(&whole[..20]).is_err());
        assert!(made(b"GIF89a").is_err());
        // A PNG that claims 60,000 by 60,000 pixels.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bomb.extend(60_000_u32.to_be_bytes());
        bomb.extend(60_000_u32.to_be_bytes());
        bomb.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert!(made(&bomb).is_err());
    }

    #[test]
    fn any_cut_of_a_picture_is_survived() {
        let whole = turned(3);
        for end in (0..whole.len()).step_by(97) {
            drop(made(&whole[..end]));
        }
    }
}
