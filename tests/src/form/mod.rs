//! Photographs that never were: filled forms as JPEG files, for the demonstration and the tests.
//!
//! ```text
//! Sheet --page--> straight page --camera--> photograph (JPEG)
//! ```
//!
//! Promises: the same arguments give the same bytes in one build (sine and cosine differ in the last
//! bit between systems, so nothing may pin a picture's hash); every form and scene carries the word
//! SPECIMEN and the sentence that this is an exercise; nothing on it resembles an emblem, a
//! seal or a flag; a figure can be read by a person and says what the [`Sheet`] says.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels and inks: every value is bounded by the size of a picture or by 255"
)]

mod camera;
mod canvas;
mod dice;
mod hand;
mod page;
mod plain;
mod scene;
mod sheet;
mod stamp;
mod strokes;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use camera::Conditions;
pub use plain::plain_photo;
pub use scene::incident_scene;
pub use sheet::{Filling, Mark, Sheet, SheetLine, Written};

use camera::{Format, shoot};

/// One exposure: which one, and how it was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shot {
    /// Chooses turn, light, table and noise.
    pub seed: u64,
    /// The circumstances.
    pub conditions: Conditions,
}

/// The size of a form's photograph in bytes: what phones produce at this number of pixels.
pub const PHOTOGRAPH_BYTES: std::ops::RangeInclusive<usize> = 300_000..=800_000;

/// A photograph of `sheet` under ordinary conditions, as a JPEG file of [`PHOTOGRAPH_BYTES`].
///
/// The writing belongs to the sheet and the light to `seed`: two seeds are two photographs of the
/// same paper.
pub fn photograph(sheet: &Sheet, seed: u64) -> Vec<u8> {
    photograph_under(sheet, Shot { seed, conditions: Conditions::Ordinary })
}

/// A photograph of `sheet` as `shot` says. As large as [`photograph`]'s, and still readable.
pub fn photograph_under(sheet: &Sheet, shot: Shot) -> Vec<u8> {
    let format = Format { width: 1632, height: 2176, bytes: PHOTOGRAPH_BYTES };
    shoot(&page::draw(sheet), &format, shot.conditions, shot.seed)
}
