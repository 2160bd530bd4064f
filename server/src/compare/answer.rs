//! One question, one answer: at which level the numbers first changed, and by how much. Pure.
//!
//! A change is said by what is higher and what is lower, never by who gave to whom: margins cannot
//! show that. The lowest level comes first, because what changed below is part of every total above.

use std::{collections::HashMap, sync::Arc};

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
    pub changes: Vec<Change>,
    /// Units whose figures could be held against what lies below them, by level from the lowest.
    pub compared: Vec<(Level, usize)>,
    /// Units whose remainder is open: it may be right, and nobody can tell.
    pub open: usize,
    /// Units for which other votes were published before than are published now; the larger
    /// replacement first. Whether anybody announced it is not in the figures.
    pub replaced: Vec<Replaced>,
    /// Units of which something published is unlikely and nothing contradicts it: no difference, and
    /// to be checked. What is unlikely by more votes first.
    pub unlikely: Vec<UnlikelyUnit>,
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

/// The answer to what [`Tree`](super::tree::Tree) found of a contest. `earlier` is what was published
/// before, in the order of [`Level::ALL`].
pub fn answer(nodes: &[Arc<Node>], contest: &Contest, earlier: [&Earlier; 4]) -> Answer {
    let mut answer = Answer::default();
    let mut by_level: [Vec<Change>; 4] = Default::default();
    let mut compared = [0; 4];
    let keys: Vec<CellKey> = contest
        .choices
        .iter()
        .map(|choice| CellKey::vote(contest.code.clone(), choice.code.clone()))
        .collect();
    for node in nodes {
        let level = node.level as usize;
        let editions = earlier[level].get(&node.unit);
        compared[level] += usize::from(matches!(
            node.verdict,
            Verdict::Equal | Verdict::Differs { .. } | Verdict::Impossible { .. }
        ));
        answer.open +=
            usize::from(matches!(node.verdict, Verdict::Open { .. } | Verdict::Unlikely { .. }));
        answer.unlikely.extend(unlikely(node));
        answer
            .replaced
            .extend(editions.and_then(|editions| replaced(node, editions, contest, &keys)));
        by_level[level].extend(change(
            node,
            contest,
            editions.map_or(&[][..], Vec::as_slice),
            &keys,
        ));
    }
    answer.compared = Level::ALL.into_iter().zip(compared).collect();
    for mut changes in by_level {
        changes.sort_by_key(|change| {
            let clerical = change.slip.is_some_and(Slip::is_clerical);
            (change.transcribed, clerical, std::cmp::Reverse(change.size))
        });
        answer.changes.extend(changes);
    }
    answer.replaced.sort_by_key(|replaced| (replaced.level, std::cmp::Reverse(replaced.size)));
    answer.unlikely.sort_by_key(|unlikely| std::cmp::Reverse(unlikely.size));
    answer
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
    moved.sort_by_key(|(_, by)| std::cmp::Reverse(by.unsigned_abs()));
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
