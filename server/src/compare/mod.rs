//! Compare: where did the numbers change? Pure.

mod answer;
mod counted;
mod digest;
mod edition;
mod figures;
mod lines;
mod slip;
mod sums;
mod tree;
#[cfg(test)]
mod tree_tests;

pub use self::answer::{Answer, Change, answer};
pub use self::counted::CountedLines;
pub use self::digest::UnitDigest;
pub use self::edition::{CellChange, EditionChanges, UnitChanges, edition_changes};
pub use self::figures::{form_lines, our_figures};
pub use self::lines::{LineSums, region_lines};
pub use self::slip::{Slip, moved};
pub use self::sums::{
    ChoiceSums, ContestSums, OurCopy, PrecinctCoverage, PrecinctSum, Published, RegionSums,
    TotalAgreement, our_copy, region_sums,
};
pub use self::tree::{Below, Impossible, Node, Official, Verdict, tree};
