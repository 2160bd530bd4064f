//! Compare: where did the numbers change? Pure.

mod publication;
mod sums;

pub use self::publication::{PublicationError, PublicationRows, read_publication};
pub use self::sums::{
    ChoiceSums, ContestSums, OurCopy, PrecinctCoverage, PrecinctSum, Published, RegionSums,
    TotalAgreement, our_copy, region_sums,
};
