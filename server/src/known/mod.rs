//! What is known of an election, and what is not. Pure.
//!
//! ```text
//! register + digests of our copies + comparison ──join──> a row for each precinct
//!       rows ──> coverage by region; special precincts apart
//!       rows + sample ──> lower bound of what was altered, quick count, convergence
//!       rows without the sample ──> counts of what observers chose themselves, and nothing more
//! ```
//!
//! The three never mix. Only what was **drawn** says anything of precincts that nobody saw; what was
//! drawn and not obtained stays in every figure as not obtained, and there is no substitution.

mod coverage;
mod figures;
mod geo;
mod join;
mod sampled;
mod steps;
#[cfg(test)]
mod tests;

pub use self::{
    coverage::{Coverage, RegionCoverage, SpecialCoverage, Tally, coverage},
    figures::{Figures, figures, leader, turnout_points},
    geo::features,
    join::{Compared, Copy, Row, join},
    sampled::{ChoiceEstimate, Drawn, StratumKnown, Volunteers, drawn, quick_count, volunteers},
    steps::{ChoiceSteps, steps},
};
