//! Components become colours.

use image::{Rgb, RgbImage};

use super::{
    Flaw,
    frame::{Component, Frame},
};

/// What three or four components mean, as far as the file says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meaning {
    /// What Adobe's programs write of it: 0 for colours as they are.
    adobe: Option<u8>,
}

impl Meaning {
    /// Reads what Adobe's programs write.
    pub(super) fn adobe(&mut self, segment: &[u8]) {
        if segment.starts_with(b"Adobe") {
            self.adobe = segment.get(11).copied();
        }
    }

    /// Whether the first three components are brightness and two differences of colour.
    fn is_brightness(self, components: &[Component]) -> bool {
        match (self.adobe, components) {
            (Some(0), _) => false,
            (Some(_), _) => true,
            (None, [r, g, b]) => [r.id, g.id, b.id] != *b"RGB",
            (None, _) => false,
        }
    }
}

/// The picture that the planes make.
pub(super) fn picture(frame: &Frame, meaning: Meaning) -> Result<RgbImage, Flaw> {
    let mut picture = RgbImage::new(frame.width, frame.height);
    let brightness = meaning.is_brightness(&frame.components);
    let mut columns: Vec<Vec<usize>> = Vec::new();
    for component in &frame.components {
        let at = |x| place(x, component.across, component.size.0, (frame.across_max, frame.pixels));
        columns.push((0..frame.width).map(at).collect());
    }
    let row_bytes = frame.width as usize * 3;
    for (y, row) in (0_u32..).zip(picture.chunks_exact_mut(row_bytes)) {
        let lines: Vec<(&[u8], &[usize])> = frame
            .components
            .iter()
            .zip(&columns)
            .map(|(component, columns)| {
                let width = component.blocks.0 * component.size.0;
                let line =
                    place(y, component.down, component.size.1, (frame.down_max, frame.pixels));
                (&component.plane[line * width..][..width], columns.as_slice())
            })
            .collect();
        let sample = |part: usize, x: usize| lines[part].0[lines[part].1[x]];
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let colour = match lines.len() {
                1 => [sample(0, x); 3],
                3 if !brightness => [sample(0, x), sample(1, x), sample(2, x)],
                3 => rgb(sample(0, x), sample(1, x), sample(2, x)),
                _ => {
                    let inks = [sample(0, x), sample(1, x), sample(2, x)];
                    let inks = match brightness {
                        true => rgb(inks[0], inks[1], inks[2]).map(|colour| 255 - colour),
                        false => inks,
                    };
                    printed(inks, sample(3, x), meaning.adobe.is_some())
                }
            };
            pixel.copy_from_slice(&Rgb(colour).0);
        }
    }
    Ok(picture)
}

/// Where the pixel of the picture is in a plane.
fn place(at: u32, factor: u32, size: usize, (max, pixels): (u32, u32)) -> usize {
    at as usize * factor as usize * size / (max as usize * pixels as usize)
}

/// Brightness and differences as red, green and blue; in parts of 65,536.
fn rgb(brightness: u8, blue: u8, red: u8) -> [u8; 3] {
    let y = i32::from(brightness) << 16;
    let (cb, cr) = (i32::from(blue) - 128, i32::from(red) - 128);
    let part = |value: i32| {
        u8::try_from(((value + (1 << 15)) >> 16).clamp(0, 255)).expect("it was clamped")
    };
    [part(y + 91_881 * cr), part(y - 22_554 * cb - 46_802 * cr), part(y + 116_130 * cb)]
}

/// Four inks as colours. Adobe's programs write how much of an ink is missing.
fn printed(inks: [u8; 3], black: u8, missing: bool) -> [u8; 3] {
    let paper = |ink: u8| u32::from(if missing { ink } else { 255 - ink });
    inks.map(|ink| u8::try_from(paper(ink) * paper(black) / 255).expect("at most 255"))
}
