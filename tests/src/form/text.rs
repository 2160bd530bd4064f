//! Printed words: DejaVu Sans, which has every letter of Kazakh, Russian and English.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::canvas::{Canvas, Ink, Mask};

/// The cut of the printed letters.
#[derive(Clone, Copy)]
pub(super) enum Face {
    Regular,
    Bold,
    Condensed,
    Mono,
}

impl Face {
    /// The parsed font. Parsed once: a demonstration prints hundreds of forms.
    fn font(self) -> &'static FontRef<'static> {
        static FONTS: OnceLock<[FontRef<'static>; 4]> = OnceLock::new();
        let fonts = FONTS.get_or_init(|| {
            let files = [
                dejavu::sans::regular(),
                dejavu::sans::bold(),
                dejavu::sans_condensed::regular(),
                dejavu::sans_mono::bold(),
            ];
            files.map(|file| FontRef::try_from_slice(file).expect("the bundled fonts are fonts"))
        });
        &fonts[self as usize]
    }

    /// How many pixels wide `text` prints at `size` pixels.
    pub(super) fn width(self, text: &str, size: f32) -> f32 {
        let font = self.font().as_scaled(PxScale::from(size));
        text.chars().map(|letter| font.h_advance(font.glyph_id(letter))).sum()
    }

    /// The largest size, at most `size`, at which `text` is at most `room` pixels wide.
    pub(super) fn fitting(self, text: &str, size: f32, room: f32) -> f32 {
        let width = self.width(text, size);
        if width > room { (size * room / width).max(6.0) } else { size }
    }

    /// Prints `text` with its left end on `x` and its baseline on `y`.
    pub(super) fn print(
        self,
        canvas: &mut Canvas,
        (x, y): (f32, f32),
        size: f32,
        text: &str,
        ink: Ink,
    ) {
        self.trace(text, size, (x, y), |x, y, cover| canvas.stain(x, y, ink, cover));
    }

    /// Prints `text` with its middle on `x`.
    pub(super) fn print_centred(
        self,
        canvas: &mut Canvas,
        (x, y): (f32, f32),
        size: f32,
        text: &str,
        ink: Ink,
    ) {
        self.print(canvas, (x - self.width(text, size) / 2.0, y), size, text, ink);
    }

    /// `text` as a mask of its own, to be pressed turned.
    pub(super) fn mask(self, text: &str, size: f32) -> Mask {
        let mut mask = Mask::over(0.0, 0.0, self.width(text, size) + 4.0, size * 1.2);
        self.trace(text, size, (2.0, size * 0.95), |x, y, cover| mask.raise(x, y, cover));
        mask
    }

    fn trace(self, text: &str, size: f32, (x, y): (f32, f32), mut dab: impl FnMut(i32, i32, u8)) {
        let font = self.font();
        let scale = PxScale::from(size);
        let mut pen = x;
        for letter in text.chars() {
            let id = font.glyph_id(letter);
            let advance = font.as_scaled(scale).h_advance(id);
            let glyph = id.with_scale_and_position(scale, point(pen, y));
            if let Some(outline) = font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
                outline.draw(|column, row, cover| {
                    dab(left + column as i32, top + row as i32, (cover.min(1.0) * 255.0) as u8);
                });
            }
            pen += advance;
        }
    }
}
