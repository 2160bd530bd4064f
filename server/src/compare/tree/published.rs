//! What was published for the units of the register, looked up once for all comparisons with it. Pure.

use hattama_proto::{pack::UnitKind, statement::Level};

use super::{Compared, node::Votes, sum::Published};
use crate::{compare::CountedLines, merge::CellKey};

/// The published figures of one contest, by unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PublishedUnits {
    /// In the order of the register; none where nothing was published.
    units: Vec<Option<Published>>,
    /// Published units above the precincts, by their place in the register.
    above: Vec<usize>,
}

impl PublishedUnits {
    /// What `of` says of the cells of its contest, which are in ballot order.
    pub(super) fn of(of: Compared<'_>, cells: &[CellKey]) -> Self {
        let counted = Level::ALL.map(|level| CountedLines::of(of.pack, level, &of.contest.code));
        let published = |kind: UnitKind, unit| {
            let place = Level::ALL.iter().position(|level| *level == kind.level())?;
            let said = of.official.levels[place].get(unit)?;
            let votes: Votes = cells.iter().map(|key| said.get(key)).collect();
            votes.iter().any(Option::is_some).then(|| Published {
                votes,
                voters: counted[place].voters(said),
                ballots: counted[place].issued(said),
            })
        };
        let register = of.pack.units.all();
        let units: Vec<_> = register.iter().map(|unit| published(unit.kind, &unit.code)).collect();
        let is_above =
            |at: &usize| units[*at].is_some() && register[*at].kind.level() != Level::Precinct;
        let above = (0..units.len()).filter(is_above).collect();
        Self { units, above }
    }

    /// What was published for the unit that stands at `at` in the register.
    pub(super) fn of_unit(&self, at: usize) -> Option<&Published> {
        self.units.get(at)?.as_ref()
    }

    /// What was published above the precincts, with places in the register.
    pub(super) fn above_the_precincts(&self) -> impl Iterator<Item = (usize, &Published)> {
        self.above.iter().filter_map(|at| Some((*at, self.of_unit(*at)?)))
    }
}
