//! A valid photograph of nothing, of about any size: for tests that move bytes.

use image::ExtendedColorType;

use super::camera::encode;
use super::dice::Dice;

/// A JPEG file of grey noise of about `approx_bytes` (within a tenth, from 20 kB up).
///
/// It decodes like any photograph and compresses no further. Ten megabytes take well under a
/// second.
pub fn plain_photo(seed: u64, approx_bytes: usize) -> Vec<u8> {
    // Noise of this strength at this quality costs about this much, whatever the seed.
    const QUALITY: u8 = 92;
    const BYTES_PER_PIXEL: f64 = 0.843;
    const BLOCK: f64 = 8.0;
    let side = (approx_bytes as f64 / BYTES_PER_PIXEL / 12.0).sqrt();
    let width = ((side * 4.0 / BLOCK).round().max(1.0) * BLOCK) as usize;
    let height = ((side * 3.0 / BLOCK).round().max(1.0) * BLOCK) as usize;
    let mut dice = Dice::new(seed);
    let mut pixels = vec![0_u8; width * height];
    for eight in pixels.chunks_exact_mut(8) {
        eight.copy_from_slice(&dice.next().to_le_bytes());
    }
    encode(&pixels, width, height, ExtendedColorType::L8, QUALITY)
}
