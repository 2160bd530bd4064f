//! Where did the numbers change? Every unit of the tree: what was published for it, against what was
//! published below it, and at the bottom against our copies. Pure.
//!
//! For one contest. **Below** a unit lie its *parts*: of each child the published figures, or, where the
//! child was not published, the parts of the child; a precinct that was not published is *open*. What
//! the unit's own figures leave over after all its parts is the **remainder**: if nothing is open it
//! must be zero, else it is what the open precincts must hold, and can be tested for whether they
//! can ([`Impossible`]) and whether anything like it was seen ([`Unlikely`]).
//!
//! Nothing is estimated and nothing filled in. A cell that one part lacks is unknown in the sum.
//!
//! After a new record only the precinct and what lies above it is added up again
//! ([`Tree::update`]); the result is what computing everything anew gives.

mod node;
mod observed;
mod published;
mod sum;
#[cfg(test)]
mod tests;
mod verdict;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use hattama_proto::{
    id::{ChoiceCode, UnitCode},
    pack::{Contest, Pack, Unit},
    statement::Level,
};

pub(in crate::compare) use self::verdict::differences;
pub use self::{
    node::{Below, Impossible, Node, OurSum, Unlikely, Verdict, Votes},
    observed::{PRECINCTS_MIN as OBSERVED_PRECINCTS_MIN, VOTES_MIN as OBSERVED_VOTES_MIN},
};
use self::{observed::Observed, published::PublishedUnits, sum::Sum};
use super::{OurCopy, UnitDigest};
use crate::merge::{CellKey, Cells};

/// What the commission published last, by level and unit.
#[derive(Clone, Copy, Debug)]
pub struct Official<'a> {
    /// In the order of [`Level::ALL`].
    pub levels: [&'a HashMap<UnitCode, Cells>; 4],
}

/// All that a comparison of one contest is made of.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// The contest.
    pub contest: &'a Contest,
    /// What was published.
    pub official: Official<'a>,
    /// What we have, by unit.
    pub digests: &'a HashMap<UnitCode, UnitDigest>,
    /// The set-up, with the register.
    pub pack: &'a Pack,
}

/// Every unit of the register, above before below, and the sums that lead from one to the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<Arc<Node>>,
    /// By unit, what its children add up to; none of a unit without children.
    sums: Vec<Option<Sum>>,
    /// Shared by all trees that follow from one another: new figures of ours leave it as it is.
    published: Arc<PublishedUnits>,
}

/// What is looked up again and again.
struct Keys<'a> {
    of: Compared<'a>,
    cells: Vec<CellKey>,
    choices: Vec<&'a ChoiceCode>,
    number: Option<usize>,
}

/// Our copy of a precinct.
struct Ours {
    votes: Votes,
    transcribed: bool,
}

impl Tree {
    /// Compares everything.
    pub fn new(of: Compared<'_>) -> Self {
        let keys = Keys::new(of);
        let units = of.pack.units.all();
        let mut tree = Self {
            nodes: Vec::with_capacity(units.len()),
            sums: vec![None; units.len()],
            published: Arc::new(PublishedUnits::of(of, &keys.cells)),
        };
        // Parents stand before their children, so from the end every child is there before its parent.
        for (at, unit) in units.iter().enumerate().rev() {
            let node = tree.node(at, unit, &keys);
            if let Some(above) = of.pack.units.parent_of(at) {
                let mut sum = tree.sums[above].take().unwrap_or_else(|| keys.nothing());
                tree.add(at, &node, &mut sum);
                tree.sums[above] = Some(sum);
            }
            tree.nodes.push(Arc::new(node));
        }
        tree.nodes.reverse();
        tree.judge(&keys);
        tree
    }

    /// Compares again what new figures of `units` change. `of` is what the tree was made of, but for
    /// the digests of these units.
    pub fn update<'a>(&mut self, units: impl IntoIterator<Item = &'a UnitCode>, of: Compared<'_>) {
        let (keys, register) = (Keys::new(of), &of.pack.units);
        let (mut above, mut is_changed) = (BTreeSet::new(), false);
        for at in units.into_iter().filter_map(|unit| register.position(unit)) {
            let node = self.node(at, &register.all()[at], &keys);
            // Another contest of the same sheet, or a second copy that says the same.
            if *self.nodes[at] == node {
                continue;
            }
            self.nodes[at] = Arc::new(node);
            is_changed = true;
            above.extend(std::iter::successors(register.parent_of(at), |up| {
                register.parent_of(*up)
            }));
        }
        if !is_changed {
            return;
        }
        // From the end, so that sums below are ready before those above.
        for at in above.into_iter().rev() {
            let mut sum = keys.nothing();
            for child in register.children_of(at) {
                self.add(*child, &self.nodes[*child], &mut sum);
            }
            self.sums[at] = Some(sum);
            let node = self.node(at, &register.all()[at], &keys);
            self.nodes[at] = Arc::new(node);
        }
        self.judge(&keys);
    }

    /// Every unit, above before below.
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// Leaves the units that `sees` allows; what lies above and below them was compared with all.
    /// Such a tree cannot be [updated](Self::update).
    pub fn limit(&mut self, mut sees: impl FnMut(&UnitCode) -> bool) {
        self.nodes.retain(|node| sees(&node.unit));
        self.sums.clear();
        self.published = Arc::default();
    }

    /// A unit's node. Of a unit above the precincts the verdict is still to come.
    fn node(&self, at: usize, unit: &Unit, keys: &Keys<'_>) -> Node {
        let level = unit.kind.level();
        let published = self.published.of_unit(at);
        let (below, verdict) = if level == Level::Precinct {
            let ours = keys.ours(&unit.code);
            let verdict = published.map_or(Verdict::NotPublished, |published| {
                verdict::at_the_bottom(&published.votes, ours.as_ref().map(|ours| &ours.votes))
            });
            let transcribed = ours.as_ref().is_some_and(|ours| ours.transcribed);
            (Below::OurCopy { votes: ours.map(|ours| ours.votes), transcribed }, verdict)
        } else {
            let sum = self.sums[at].clone().unwrap_or_else(|| keys.nothing());
            let Sum { votes, parts, open, ours, .. } = sum;
            (Below::Published { votes, parts, open, ours }, Verdict::NotPublished)
        };
        let seats = keys.of.contest.mandates;
        let unlikely = published.map_or_else(Vec::new, |of| verdict::unlikely(of, seats));
        let official = published.map(|published| published.votes.clone());
        Node { unit: unit.code.clone(), level, official, below, verdict, unlikely }
    }

    /// Adds to the sum above what the unit at `at` adds.
    fn add(&self, at: usize, node: &Node, above: &mut Sum) {
        let sum = self.sums[at].as_ref();
        match (self.published.of_unit(at), sum) {
            (Some(published), _) => above.add_part(published),
            (None, Some(sum)) => above.add_parts(sum),
            (None, None) => {
                if let Below::OurCopy { votes, .. } = &node.below {
                    above.add_open(votes.as_ref());
                }
                // An area without precincts holds no votes.
            }
        }
        match (&node.below, sum) {
            (Below::OurCopy { votes: Some(ours), .. }, _) => {
                above.add_our_copy(ours, node.official.as_ref());
            }
            (_, Some(sum)) => above.add_our_copies(&sum.ours),
            _ => {}
        }
    }

    /// The verdict of every unit above the precincts: what was seen anywhere may have changed.
    fn judge(&mut self, keys: &Keys<'_>) {
        let register = &keys.of.pack.units;
        let observed = Observed::of(&self.nodes, register, keys.choices.len());
        for (at, published) in self.published.above_the_precincts() {
            let verdict = self.sums[at].as_ref().map_or(Verdict::NothingBelow, |sum| {
                let (seats, seen) = (keys.of.contest.mandates, observed.around(at));
                verdict::above_its_parts(published, sum, &keys.choices, seats, seen)
            });
            if self.nodes[at].verdict != verdict {
                Arc::make_mut(&mut self.nodes[at]).verdict = verdict;
            }
        }
    }
}

impl<'a> Keys<'a> {
    fn new(of: Compared<'a>) -> Self {
        let key = |choice: &ChoiceCode| CellKey::vote(of.contest.code.clone(), choice.clone());
        Self {
            of,
            cells: of.contest.choices.iter().map(|choice| key(&choice.code)).collect(),
            choices: of.contest.choices.iter().map(|choice| &choice.code).collect(),
            number: of
                .pack
                .election
                .contests
                .iter()
                .position(|known| known.code == of.contest.code),
        }
    }

    fn nothing(&self) -> Sum {
        Sum::nothing(self.cells.len())
    }

    /// Our copy, where one can be used.
    fn ours(&self, unit: &UnitCode) -> Option<Ours> {
        match &self.of.digests.get(unit)?.ours[self.number?] {
            OurCopy::Settled { votes, transcribed, .. } => Some(Ours {
                votes: self.cells.iter().map(|key| votes.get(key)).collect(),
                transcribed: *transcribed,
            }),
            OurCopy::Unsettled | OurCopy::NotObtained | OurCopy::Nothing => None,
        }
    }
}
