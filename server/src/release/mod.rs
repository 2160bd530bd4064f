//! Releases: what is made public, and nothing before it may be.
//!
//! ```text
//! comparison ──compose──> content ──gate──> draft ──another person──> gate ──> statement in the log
//!                                                                              │
//!                          pages for anybody, frozen sites, corrections <──────┘
//! ```
//!
//! What it promises:
//!
//! 1. Nothing is public before the last polls close, and nothing that one person alone wanted.
//! 2. A precinct is named only where two people typed our figures blind off the photographs and the
//!    official figures they differ from are archived; a total only where the publications of both
//!    levels are. [`gate()`] says what is missing, and what to do.
//! 3. What was confirmed is what was proposed, byte for byte; its hash and number are in the log.
//! 4. It says how much was not observed, and what it cannot show. It holds nothing about observers
//!    and no indicators.
//! 5. A correction is another release; the page of the earlier one shows it.

mod compose;
mod content;
mod corrections;
mod draw;
mod error;
mod frozen;
mod gate;
#[cfg(test)]
mod laws;
mod proof;
mod shelf;
mod two_people;
mod typed;

pub(crate) use self::frozen::FrozenReleases;
pub use self::{
    content::{
        Archived, Content, ContestContent, Correction, CoverageContent, Difference, FORMAT, Limit,
        LineFigures, RegionCoverage, Side,
    },
    corrections::corrections_of,
    draw::{Proposal, WORDS_BYTES_MAX},
    error::ReleaseError,
    gate::{Asked, Basis, Corrects, Named, TypedBy, Unmet, gate},
    proof::Proof,
    shelf::{Later, Released},
};
