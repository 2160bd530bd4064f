//! Pages for work with people in the field.

pub(super) mod checklists;
pub(super) mod contacts;
pub(super) mod messages;
mod read_back;
pub(super) mod rehearsal;
pub(super) mod roster;
pub(super) mod telephone;

use crate::web::{frame::Frame, words::FieldWords};

/// The words of these pages in the page's language.
fn words(frame: &Frame) -> &'static FieldWords {
    &frame.w.field
}
