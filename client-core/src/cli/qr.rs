//! Receipts as QR codes: on the terminal, as SVG, as PNG.

use std::path::{Path, PathBuf};

use hattama_proto::tlog::{LogEntry, split_receipt};
use image::{GrayImage, ImageFormat, Luma};
use qrcode::{
    Color, EcLevel, QrCode,
    render::{svg, unicode::Dense1x2},
};

use super::CliError;

/// Longest text of one code, in bytes. A terminal of a hundred columns shows it, and an old phone
/// reads it off a cracked screen; a receipt takes two to four of them.
const CODE_BYTES_MAX: usize = 512;

/// Smallest side of an SVG, in pixels.
const SVG_SIDE_MIN: u32 = 640;

/// Side of one square of a PNG, in pixels.
const MODULE_PIXELS: u32 = 8;

/// White around a PNG's code, in squares, as the standard demands.
const QUIET_MODULES: u32 = 4;

/// The receipt of this entry as codes, in order.
pub(super) fn codes(entry: &LogEntry, receipt: &str) -> Result<Vec<QrCode>, CliError> {
    let too_long = |error: &dyn std::error::Error| {
        CliError::Other(format!("the receipt does not fit QR codes ({error}); hand over its text"))
    };
    let pieces = split_receipt(entry, receipt, CODE_BYTES_MAX).map_err(|error| too_long(&error))?;
    pieces
        .iter()
        .map(|piece| QrCode::with_error_correction_level(piece, EcLevel::L))
        .collect::<Result<_, _>>()
        .map_err(|error| too_long(&error))
}

/// Block characters for a terminal, light on dark as most are.
pub(super) fn blocks(code: &QrCode) -> String {
    let (dark, light) = (Dense1x2::Light, Dense1x2::Dark);
    code.render::<Dense1x2>().dark_color(dark).light_color(light).build()
}

/// One file per code; of several, each has its number before the ending. Returns their names.
pub(super) fn write(
    codes: &[QrCode],
    path: &Path,
    write_one: impl Fn(&QrCode, &Path) -> Result<(), CliError>,
) -> Result<Vec<PathBuf>, CliError> {
    let mut written = Vec::new();
    for (number, code) in (1..).zip(codes) {
        let path = if codes.len() == 1 { path.to_owned() } else { numbered(path, number) };
        write_one(code, &path)?;
        written.push(path);
    }
    Ok(written)
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{}", ending.unwrap_or_default()))
}

/// A drawing, for paper.
pub(super) fn write_svg(code: &QrCode, path: &Path) -> Result<(), CliError> {
    let text = code.render::<svg::Color>().min_dimensions(SVG_SIDE_MIN, SVG_SIDE_MIN).build();
    std::fs::write(path, text).map_err(|error| CliError::unwritable(path, &error))
}

/// A picture, for a message.
pub(super) fn write_png(code: &QrCode, path: &Path) -> Result<(), CliError> {
    let width = u32::try_from(code.width()).unwrap_or(u32::MAX);
    let colors = code.to_colors();
    let side = (width + 2 * QUIET_MODULES) * MODULE_PIXELS;
    let dark = |x: u32, y: u32| {
        let at = |pixel: u32| (pixel / MODULE_PIXELS).checked_sub(QUIET_MODULES);
        match (at(x), at(y)) {
            (Some(x), Some(y)) if x < width && y < width => {
                colors[(y * width + x) as usize] == Color::Dark
            }
            _ => false,
        }
    };
    let picture = GrayImage::from_fn(side, side, |x, y| Luma([if dark(x, y) { 0 } else { 255 }]));
    picture
        .save_with_format(path, ImageFormat::Png)
        .map_err(|error| CliError::Device(format!("{} cannot be written: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_of_a_large_log_fits_a_terminal_of_a_hundred_columns() {
        let receipt = "9mSN2YpIHjyGMMIhVxj+kfkP9DTXGmLu7ZbYzUbX8Rk=\n".repeat(40);
        let codes = codes(&LogEntry::Record([9; 32]), &receipt).unwrap();
        assert!((2..8).contains(&codes.len()), "{}", codes.len());
        for code in &codes {
            assert!(blocks(code).lines().all(|line| line.chars().count() <= 100));
        }
    }

    #[test]
    fn of_several_files_each_has_its_number() {
        assert_eq!(numbered(Path::new("a/b.png"), 2), Path::new("a/b-2.png"));
        assert_eq!(numbered(Path::new("b"), 1), Path::new("b-1"));
    }
}
