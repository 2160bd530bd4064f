//! One question, one answer: at which level the numbers first changed, and by how much. Pure.
//!
//! A change is said by what is higher and what is lower, never by who gave to whom: margins cannot
//! show that. The lowest level comes first, because what changed below is part of every total above.

use hattama_proto::{
    id::{ChoiceCode, UnitCode},
    pack::Contest,
    statement::Level,
};
use serde::Serialize;

use super::{
    slip::Slip,
    tree::{Below, Impossible, Node, Verdict},
};

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
    /// At a precinct: whether our figures were transcribed, typed off the photographs by people who
    /// saw nothing else. While they were not, the difference may be a slip of our own.
    pub transcribed: bool,
}

/// The answer to what [`tree`](super::tree::tree) found of a contest.
pub fn answer(nodes: &[Node], contest: &Contest) -> Answer {
    let mut answer = Answer::default();
    for level in Level::ALL {
        let of_level = || nodes.iter().filter(|node| node.level == level);
        let compared = |node: &&Node| {
            matches!(
                node.verdict,
                Verdict::Equal | Verdict::Differs { .. } | Verdict::Impossible { .. }
            )
        };
        answer.compared.push((level, of_level().filter(compared).count()));
        let mut changes: Vec<Change> =
            of_level().filter_map(|node| change(node, contest)).collect();
        changes.sort_by_key(|change| {
            let clerical = change.slip.is_some_and(Slip::is_clerical);
            (change.transcribed, clerical, std::cmp::Reverse(change.size))
        });
        answer.changes.extend(changes);
    }
    answer.open = nodes.iter().filter(|node| matches!(node.verdict, Verdict::Open { .. })).count();
    answer
}

fn change(node: &Node, contest: &Contest) -> Option<Change> {
    let (by, slip, why) = match &node.verdict {
        Verdict::Differs { by, slip } => (by.clone(), *slip, Vec::new()),
        Verdict::Impossible { why, .. } => (impossible(why, contest), None, why.clone()),
        Verdict::NotPublished | Verdict::NothingBelow | Verdict::Equal | Verdict::Open { .. } => {
            return None;
        }
    };
    let mut moved: Vec<(ChoiceCode, i64)> = contest
        .choices
        .iter()
        .zip(by)
        .filter_map(|(choice, by)| Some((choice.code.clone(), by.filter(|by| *by != 0)?)))
        .collect();
    moved.sort_by_key(|(_, by)| std::cmp::Reverse(by.unsigned_abs()));
    let side = |wanted: fn(i64) -> bool| -> Vec<(ChoiceCode, u64)> {
        let of_side = moved.iter().filter(|(_, by)| wanted(*by));
        of_side.map(|(choice, by)| (choice.clone(), by.unsigned_abs())).collect()
    };
    let (higher, lower) = (side(|by| by > 0), side(|by| by < 0));
    let sum = |side: &[(ChoiceCode, u64)]| side.iter().map(|(_, votes)| votes).sum::<u64>();
    let size = sum(&higher).max(sum(&lower));
    let transcribed = matches!(node.below, Below::OurCopy { transcribed: true, .. });
    let (unit, level) = (node.unit.clone(), node.level);
    Some(Change { unit, level, higher, lower, size, slip, why, transcribed })
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
