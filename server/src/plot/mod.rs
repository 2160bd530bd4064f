//! Drawings of figures, as SVG made here. Pure.
//!
//! ```text
//! figures + words ──> scale ──> marks ──> one <svg> as text, for a page or for a file
//! ```
//!
//! What they promise: a title and a description for whoever cannot see them; nothing is told by colour
//! (there is one, that of the text around), but by place, size, shape, dash and hatching; nothing inline
//! that runs or styles, so that they stand under a strict policy; nothing is asked of another host. The
//! numbers behind a drawing stand beside it: whoever shows one links them. [`as_file`] makes a file of one.

mod convergence;
mod file;
mod fingerprint;
mod histogram;
mod map;
mod outlines;
mod scale;
mod svg;
#[cfg(test)]
mod tests;
mod waterfall;

pub use self::{
    convergence::{Course, convergence},
    file::as_file,
    fingerprint::fingerprint,
    histogram::{Series, histogram},
    map::coverage_map,
    outlines::{Area, Drawing, Shape, draw},
    svg::Caption,
    waterfall::{Cascade, waterfall},
};
