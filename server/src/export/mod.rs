//! What is taken away as files: figures, the comparison, and both in a form that others read. Pure.
//!
//! A file is made piece by piece while it leaves: what is in memory is what headquarters knows anyway,
//! and one piece. Names are of the set-up; nothing about observers is in any of them.

mod comparison;
pub(crate) mod csv;
mod figures;
#[cfg(test)]
mod laws;
mod nist;
mod piece;
mod tar;

pub use self::{
    comparison::comparison,
    csv::Flavour,
    figures::{Figures, figures},
    nist::{NistReport, Whose, nist},
    tar::{TAR_BLOCK, TarEntry, TarError, TarWriter, read_header},
};
