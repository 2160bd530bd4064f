//! Compare: where did the numbers change? Pure.

mod aligned;
mod answer;
mod counted;
mod digest;
mod edition;
mod figures;
mod lines;
mod our_copy;
mod slip;
mod sums;
mod tree;

pub use self::aligned::{Aligned, AlignedPrecinct, AlignedRegion};
pub use self::answer::{Answer, Change, Earlier, Findings, Replaced, UnlikelyUnit, answer};
pub use self::counted::CountedLines;
pub use self::digest::UnitDigest;
pub use self::edition::{CellChange, EditionChanges, UnitChanges, edition_changes};
pub use self::figures::{differ, documents_of_line, form_lines, line_copies, our_figures};
pub use self::lines::{LineSums, region_lines};
pub use self::our_copy::{OurCopy, our_copy};
pub use self::slip::{SMALL_MAX, Slip, moved};
pub use self::sums::{
    ChoiceSums, ContestSums, PrecinctCoverage, PrecinctSum, Published, RegionSums, TotalAgreement,
    region_sums,
};
pub use self::tree::{
    Below, Compared, Impossible, Node, OBSERVED_PRECINCTS_MIN, OBSERVED_VOTES_MIN, Official,
    OurSum, Tree, Unlikely, Verdict, Votes,
};
