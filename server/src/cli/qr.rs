//! An invitation as a picture that a phone reads.

use qrcode::{
    EcLevel, QrCode,
    render::{svg, unicode::Dense1x2},
};

use super::CliError;

/// Smallest side of the SVG, in pixels: what a phone reads off a screen at arm's length.
const SVG_SIDE_MIN: u32 = 480;

/// The code, with the least redundancy: a screen has no scratches, and every row counts.
fn code(text: &str) -> Result<QrCode, CliError> {
    QrCode::with_error_correction_level(text, EcLevel::L).map_err(|error| {
        CliError::Other(format!(
            "the invitation does not fit a QR code ({error}); hand over its text"
        ))
    })
}

/// Block characters for a terminal, light on dark as most are.
pub(super) fn blocks(text: &str) -> Result<String, CliError> {
    Ok(code(text)?
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build())
}

/// A picture for paper or a message.
pub(super) fn svg(text: &str) -> Result<String, CliError> {
    Ok(code(text)?.render::<svg::Color>().min_dimensions(SVG_SIDE_MIN, SVG_SIDE_MIN).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_fits_an_ordinary_terminal() {
        let blocks = blocks(&"x".repeat(480)).unwrap();
        assert!(blocks.lines().all(|line| line.chars().count() <= 100));
        assert!(svg("x").unwrap().starts_with("<?xml"));
    }
}
