//! The comparison, a row for each unit and choice. Pure.

use std::sync::Arc;

use bytes::Bytes;
use hattama_proto::{
    id::ContestCode,
    pack::{Contest, Pack},
    statement::Level,
};

use super::{
    csv::{Cell, Flavour, heading, row},
    piece::pieces,
};
use crate::{
    compare::{Below, Node, Verdict},
    comparison::Comparison,
};

const COLUMNS: [&str; 14] = [
    "contest",
    "choice",
    "level",
    "unit",
    "name",
    "published",
    "below",
    "below_is",
    "parts",
    "open",
    "difference",
    "verdict",
    "looks_like",
    "transcribed",
];

/// The comparison as CSV, piece by piece: of one contest, or of all. Units of which nothing was
/// published and nothing is ours are left out. An exercise says so in each row.
pub fn comparison(
    of: Arc<Comparison>,
    pack: Arc<Pack>,
    only: Option<&ContestCode>,
    flavour: Flavour,
    bom: bool,
) -> impl Iterator<Item = Bytes> + Send + use<> {
    let mut columns = COLUMNS.map(str::to_owned).to_vec();
    let exercise = pack.election.exercise.as_ref().map(|names| names.get("en").to_owned());
    columns.extend(exercise.is_some().then(|| "exercise".to_owned()));
    let contests: Vec<usize> = (0..of.contests.len())
        .filter(|at| only.is_none_or(|only| of.contests[*at].contest == *only))
        .collect();
    let rows = contests.into_iter().flat_map(move |at| {
        let (of, pack, exercise) = (Arc::clone(&of), Arc::clone(&pack), exercise.clone());
        (0..of.contests[at].nodes().len()).map(move |node| {
            let known = &of.contests[at];
            let contests = &pack.election.contests;
            let contest = contests.iter().find(|one| one.code == known.contest);
            let Some(contest) = contest else { return Vec::new() };
            rows_of(&known.nodes()[node], contest, &pack, flavour, exercise.as_deref())
        })
    });
    pieces(std::iter::once(heading(flavour, bom, &columns)).chain(rows))
}

fn rows_of(
    node: &Node,
    contest: &Contest,
    pack: &Pack,
    flavour: Flavour,
    exercise: Option<&str>,
) -> Vec<u8> {
    let (below, what, parts, open, transcribed) = match &node.below {
        Below::Published { votes, parts, open, .. } => {
            (Some(votes), "published", Some(*parts), Some(*open), None)
        }
        Below::OurCopy { votes, transcribed } => {
            (votes.as_ref(), "our_copy", None, None, Some(*transcribed))
        }
    };
    if node.official.is_none() && (node.level != Level::Precinct || below.is_none()) {
        return Vec::new();
    }
    let name = pack.units.get(&node.unit).map_or("", |unit| unit.names.get("en"));
    let (verdict, by, slip) = said(&node.verdict);
    let slip = slip.and_then(|slip| serde_json::to_value(slip).ok());
    let slip = slip.as_ref().and_then(|slip| slip.as_str()).unwrap_or_default().to_owned();
    let mut rows = Vec::new();
    for (at, choice) in contest.choices.iter().enumerate() {
        let figure = |votes: Option<&Vec<Option<u64>>>| -> Cell<'_> {
            votes.and_then(|votes| votes.get(at).copied().flatten()).into()
        };
        let count = |count: Option<usize>| -> Cell<'_> { count.map(|count| count as u64).into() };
        let difference = by.and_then(|by| by.get(at).copied().flatten());
        let mut cells = vec![
            Cell::from(contest.code.as_str()),
            choice.code.as_str().into(),
            node.level.name().into(),
            node.unit.as_str().into(),
            name.into(),
            figure(node.official.as_ref()),
            figure(below),
            what.into(),
            count(parts),
            count(open),
            difference.map_or(Cell::Empty, |by| Cell::Figure(by.into())),
            verdict.into(),
            slip.as_str().into(),
            transcribed.map_or(Cell::Empty, |is| Cell::Figure(i128::from(is))),
        ];
        cells.extend(exercise.map(Cell::from));
        rows.extend(row(flavour, &cells));
    }
    rows
}

type By = Vec<Option<i64>>;

fn said(verdict: &Verdict) -> (&'static str, Option<&By>, Option<crate::compare::Slip>) {
    match verdict {
        Verdict::NotPublished => ("not_published", None, None),
        Verdict::NothingBelow => ("nothing_below", None, None),
        Verdict::Equal => ("equal", None, None),
        Verdict::Differs { by, slip } => ("differs", Some(by), *slip),
        Verdict::Open { remainder } => ("open", Some(remainder), None),
        Verdict::Unlikely { remainder, .. } => ("unlikely", Some(remainder), None),
        Verdict::Impossible { remainder, .. } => ("impossible", Some(remainder), None),
    }
}
