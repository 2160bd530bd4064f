//! The exercise election: a set-up, invented figures, a play for observers, and what the
//! commission published.
//!
//! ```text
//! setup ──> figures (what was counted) ──> story (what observers see and say)
//!                     └──────────────────> official (what was published)
//! ```
//!
//! Serves the demonstration, the tests and the benchmarks alike. Promises: everything follows from
//! one seed, in whole numbers, on every machine; candidates, figures and precinct numbers are
//! invented and the set-up says so; nothing here knows headquarters or phones.

mod chance;
mod count;
pub(crate) mod data;
mod figures;
mod official;
pub mod setup;
pub mod story;
#[cfg(test)]
mod tests;

use hattama_proto::pack::UnitRegister;

pub use self::{
    count::{Count, Line, choice_code},
    figures::{Figures, VOTERS_MAX, VOTERS_MIN},
    official::Official,
    story::Story,
};

/// The seed of the demonstration.
pub const SEED: u64 = 20_051_204;

/// One exercise, whole.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// The register of units.
    pub register: UnitRegister,
    /// What was counted.
    pub figures: Figures,
    /// Who observed and what they said.
    pub story: Story,
    /// What was published.
    pub official: Official,
}

impl Exercise {
    /// The exercise of `seed` in which `precincts` precincts are observed.
    pub fn invent(seed: u64, precincts: usize) -> Self {
        let register =
            UnitRegister::new(setup::units()).expect("the register of the exercise is a tree");
        let figures = Figures::invent(seed, &register);
        let story = Story::invent(seed, precincts, &register, &figures);
        let official = Official::publish(seed, &register, &figures, &story);
        Self { register, figures, story, official }
    }
}
