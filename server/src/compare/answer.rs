//! One question, one answer: at which level the numbers first changed, and by how much. Pure.
//!
//! A change is said by what is higher and what is lower, never by who gave to whom: margins cannot
//! show that. The lowest level comes first, because what changed below is part of every total above.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use hattama_proto::{
    id::{ChoiceCode, PublicationId, UnitCode},
    pack::Contest,
    statement::Level,
};
use serde::Serialize;

use super::{
    slip::Slip,
    tree::{Below, Impossible, Node, Unlikely, Verdict, Votes, differences},
};
use crate::merge::{CellKey, Cells};

/// What earlier publications of a level said otherwise than the newest one, by unit, oldest first.
pub type Earlier = HashMap<UnitCode, Vec<(PublicationId, Cells)>>;

/// Where one contest's numbers changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Lowest level first; within a level what nobody transcribed yet before what was, what is not a
    /// clerk's slip before what may be one, and the larger before the smaller.
    pub changes: Vec<Arc<Change>>,
    /// Units whose figures could be held against what lies below them, by level from the lowest.
    pub compared: Vec<(Level, usize)>,
    /// Units whose remainder is open: it may be right, and nobody can tell.
    pub open: usize,
    /// Units for which other votes were published before than are published now; the larger
    /// replacement first. Whether anybody announced it is not in the figures.
    pub replaced: Vec<Arc<Replaced>>,
    /// Units of which something published is unlikely and nothing contradicts it: no difference, and
    /// to be checked. What is unlikely by more votes first.
    pub unlikely: Vec<Arc<UnlikelyUnit>>,
}

/// One unit at which the numbers changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The unit.
    pub unit: UnitCode,
    /// Its level.
    pub level: Level,
    /// Choices that are higher in what was published for the unit than in what lies below it, in
    /// votes, the largest first.
    pub higher: Vec<(ChoiceCode, u64)>,
    /// Choices that are lower.
    pub lower: Vec<(ChoiceCode, u64)>,
    /// The larger of what was won and what was lost, in votes.
    pub size: u64,
    /// What it looks like, at a precinct.
    pub slip: Option<Slip>,
    /// Why the precincts that were not published cannot explain it, if some were not.
    pub why: Vec<Impossible>,
    /// The last publication before that said of the unit what lies below it: the figures were
    /// replaced after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<PublicationId>,
    /// At a precinct: whether our figures were transcribed, typed off the photographs by people who
    /// saw nothing else. While they were not, the difference may be a slip of our own.
    pub transcribed: bool,
}

/// One unit for which other votes were published before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replaced {
    /// The unit.
    pub unit: UnitCode,
    /// Its level.
    pub level: Level,
    /// The last publication that said otherwise.
    pub before: PublicationId,
    /// Choices that are higher now, in votes, the largest first.
    pub higher: Vec<(ChoiceCode, u64)>,
    /// Choices that are lower now.
    pub lower: Vec<(ChoiceCode, u64)>,
    /// The larger of what was won and what was lost, in votes.
    pub size: u64,
    /// Whether the newest publication leaves the unit out.
    pub withdrawn: bool,
}

/// One unit of which something published is unlikely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnlikelyUnit {
    /// The unit.
    pub unit: UnitCode,
    /// Its level.
    pub level: Level,
    /// What is unlikely of its own figures, whatever lies below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Unlikely>,
    /// What is unlikely of that which is left for precincts that were not published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remainder: Vec<Unlikely>,
    /// By how many votes or ballots at least, by the largest of these.
    pub size: u64,
}

/// What each unit of a contest adds to the answer. After new figures only the units that say something
/// else are looked at again: an answer of a country is asked for every second.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The cells of the contest, in ballot order.
    cells: Vec<CellKey>,
    /// In the order of the nodes they are of.
    units: Vec<Finding>,
}

#[derive(Clone, Debug)]
struct Finding {
    /// What it was found in.
    node: Arc<Node>,
    change: Option<Arc<Change>>,
    replaced: Option<Arc<Replaced>>,
    unlikely: Option<Arc<UnlikelyUnit>>,
}

impl Findings {
    /// What [`Tree`](super::tree::Tree) found of a contest. `earlier` is what was published before, in
    /// the order of [`Level::ALL`].
    pub fn of(nodes: &[Arc<Node>], contest: &Contest, earlier: [&Earlier; 4]) -> Self {
        let key = |code: &ChoiceCode| CellKey::vote(contest.code.clone(), code.clone());
        let cells: Vec<CellKey> = contest.choices.iter().map(|choice| key(&choice.code)).collect();
        let find = |node| Finding::in_node(node, contest, &cells, earlier);
        let units = nodes.iter().map(find).collect();
        Self { cells, units }
    }

    /// Looks again at the nodes that are others than before. `nodes` are those of the same units, and the
    /// rest is what it was.
    pub fn update(&mut self, nodes: &[Arc<Node>], contest: &Contest, earlier: [&Earlier; 4]) {
        for (known, node) in self.units.iter_mut().zip(nodes) {
            if !Arc::ptr_eq(&known.node, node) {
                *known = Finding::in_node(node, contest, &self.cells, earlier);
            }
        }
    }

    /// The answer.
    pub fn answer(&self) -> Answer {
        let mut answer = Answer::default();
        let mut compared = [0; 4];
        for Finding { node, change, replaced, unlikely } in &self.units {
            match node.verdict {
                Verdict::Equal | Verdict::Differs { .. } | Verdict::Impossible { .. } => {
                    compared[node.level as usize] += 1;
                }
                Verdict::Open { .. } | Verdict::Unlikely { .. } => answer.open += 1,
                Verdict::NotPublished | Verdict::NothingBelow => {}
            }
            answer.changes.extend(change.clone());
            answer.replaced.extend(replaced.clone());
            answer.unlikely.extend(unlikely.clone());
        }
        answer.compared = Level::ALL.into_iter().zip(compared).collect();
        answer.changes.sort_by_key(|change| {
            let clerical = change.slip.is_some_and(Slip::is_clerical);
            (change.level as usize, change.transcribed, clerical, Reverse(change.size))
        });
        answer.replaced.sort_by_key(|replaced| (replaced.level, Reverse(replaced.size)));
        answer.unlikely.sort_by_key(|unlikely| Reverse(unlikely.size));
        answer
    }
}

/// The answer to what [`Tree`](super::tree::Tree) found of a contest, all of it looked at once.
pub fn answer(nodes: &[Arc<Node>], contest: &Contest, earlier: [&Earlier; 4]) -> Answer {
    Findings::of(nodes, contest, earlier).answer()
}

impl Finding {
    fn in_node(
        node: &Arc<Node>,
        contest: &Contest,
        cells: &[CellKey],
        earlier: [&Earlier; 4],
    ) -> Self {
        let editions = earlier[node.level as usize].get(&node.unit);
        let editions = editions.map_or(&[][..], Vec::as_slice);
        Self {
            node: Arc::clone(node),
            change: change(node, contest, editions, cells).map(Arc::new),
            replaced: replaced(node, editions, contest, cells).map(Arc::new),
            unlikely: unlikely(node).map(Arc::new),
        }
    }
}

fn change(
    node: &Node,
    contest: &Contest,
    editions: &[(PublicationId, Cells)],
    keys: &[CellKey],
) -> Option<Change> {
    let (by, slip) = match &node.verdict {
        Verdict::Differs { by, slip } => (by.clone(), *slip),
        Verdict::Impossible { why, .. } => (impossible(why, contest), None),
        Verdict::NotPublished
        | Verdict::NothingBelow
        | Verdict::Equal
        | Verdict::Open { .. }
        | Verdict::Unlikely { .. } => return None,
    };
    let why = match &node.verdict {
        Verdict::Impossible { why, .. } => why.clone(),
        _ => Vec::new(),
    };
    let (higher, lower) = sides(&by, contest);
    let size = size(&higher, &lower);
    let below = match &node.below {
        Below::OurCopy { votes, .. } => votes.as_ref(),
        Below::Published { votes, open: 0, .. } => Some(votes),
        Below::Published { .. } => None,
    };
    let says_so = |(_, cells): &&(PublicationId, Cells)| {
        below.is_some_and(|below| {
            let by = differences(&votes(cells, keys), below);
            by.iter().any(Option::is_some) && by.iter().all(|by| by.unwrap_or(0) == 0)
        })
    };
    let replaced = editions.iter().rev().find(says_so).map(|(publication, _)| *publication);
    let transcribed = matches!(node.below, Below::OurCopy { transcribed: true, .. });
    let (unit, level) = (node.unit.clone(), node.level);
    Some(Change { unit, level, higher, lower, size, slip, why, replaced, transcribed })
}

/// The last edition that said otherwise of this contest.
fn replaced(
    node: &Node,
    editions: &[(PublicationId, Cells)],
    contest: &Contest,
    keys: &[CellKey],
) -> Option<Replaced> {
    let nothing = vec![None; keys.len()];
    let now = node.official.as_ref().unwrap_or(&nothing);
    let mut before = editions.iter().rev().map(|(id, cells)| (*id, votes(cells, keys)));
    let (before, then) =
        before.find(|(_, then)| then.iter().any(Option::is_some) && then != now)?;
    let (higher, lower) = sides(&differences(now, &then), contest);
    let size = size(&higher, &lower);
    let withdrawn = node.official.is_none();
    let (unit, level) = (node.unit.clone(), node.level);
    Some(Replaced { unit, level, before, higher, lower, size, withdrawn })
}

fn votes(cells: &Cells, keys: &[CellKey]) -> Votes {
    keys.iter().map(|key| cells.get(key)).collect()
}

type Side = Vec<(ChoiceCode, u64)>;

/// What is higher and what is lower, the largest first.
fn sides(by: &[Option<i64>], contest: &Contest) -> (Side, Side) {
    let mut moved: Vec<(ChoiceCode, i64)> = contest
        .choices
        .iter()
        .zip(by)
        .filter_map(|(choice, by)| Some((choice.code.clone(), by.filter(|by| *by != 0)?)))
        .collect();
    moved.sort_by_key(|(_, by)| Reverse(by.unsigned_abs()));
    let side = |wanted: fn(i64) -> bool| -> Side {
        let of_side = moved.iter().filter(|(_, by)| wanted(*by));
        of_side.map(|(choice, by)| (choice.clone(), by.unsigned_abs())).collect()
    };
    (side(|by| by > 0), side(|by| by < 0))
}

fn size(higher: &Side, lower: &Side) -> u64 {
    let sum = |side: &Side| side.iter().map(|(_, votes)| votes).sum::<u64>();
    sum(higher).max(sum(lower))
}

fn unlikely(node: &Node) -> Option<UnlikelyUnit> {
    let figures = node.unlikely.clone();
    let remainder = match &node.verdict {
        Verdict::Unlikely { why, .. } => why.clone(),
        _ => Vec::new(),
    };
    let size = figures.iter().chain(&remainder).map(beyond).max()?;
    Some(UnlikelyUnit { unit: node.unit.clone(), level: node.level, figures, remainder, size })
}

/// How far beyond what is usual.
const fn beyond(why: &Unlikely) -> u64 {
    match why {
        Unlikely::MoreVotesThanVoters { by, .. }
        | Unlikely::ShareAboveObserved { by, .. }
        | Unlikely::ShareBelowObserved { by, .. } => *by,
        Unlikely::MoreBallotsThanVoters { ballots, voters } => *ballots - *voters,
    }
}

/// What can be said for certain although precincts are open: by how much, at least.
fn impossible(why: &[Impossible], contest: &Contest) -> Vec<Option<i64>> {
    let signed = |votes: u64| i64::try_from(votes).unwrap_or(i64::MAX);
    contest
        .choices
        .iter()
        .map(|choice| {
            why.iter().find_map(|why| match why {
                Impossible::LessThanItsParts { choice: of, by }
                | Impossible::LessThanOurCopies { choice: of, by } => {
                    (*of == choice.code).then(|| -signed(*by))
                }
                Impossible::MoreThanIsLeft { choice: of, by } => {
                    (*of == choice.code).then(|| signed(*by))
                }
                Impossible::NotOurCopies { choice: of, by } => (*of == choice.code).then_some(*by),
            })
        })
        .collect()
}
