//! A photograph of a sheet that never was.

use image::{RgbImage, codecs::jpeg::JpegEncoder};

/// One in colour, so many pixels wide and high, of about so many bytes: what a phone's camera makes of a sheet
/// of paper.
pub(super) fn of(width: u32, height: u32, bytes: usize) -> Vec<u8> {
    let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let grain = u8::try_from(noise >> 60).expect("four bits");
        // Lines of print on paper that is lit from one side.
        let ink = if (y / 12) % 3 == 0 && (x / 9 * 7 + y / 12) % 5 < 3 { 120 } else { 0 };
        let paper = 235 - u8::try_from(x / 64).expect("at most 51") - grain - ink;
        image::Rgb([paper, paper.saturating_sub(4), paper.saturating_sub(12)])
    });
    let encoded = |quality| {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
        picture.write_with_encoder(encoder).expect("memory takes it");
        jpeg
    };
    (20..=95)
        .step_by(5)
        .map(encoded)
        .find(|jpeg| jpeg.len() >= bytes)
        .expect("the finest is larger")
}
