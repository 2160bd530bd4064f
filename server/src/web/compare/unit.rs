//! `GET /compare/{code}`: one unit of the comparison, and what lies directly below it.

use std::collections::HashSet;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{
    id::{ContestCode, UnitCode},
    problem::ProblemCode,
};

use super::{moved, reasons, size_of};
use crate::{
    app::Headquarters,
    compare::{Below, Node, Verdict},
    comparison::ContestComparison,
    http::HttpProblem,
    web::{
        answer,
        chip::Chip,
        figure::{figure, figure_or_dash},
        frame::{Frame, UnitLink, encoded},
        visitor::Visitor,
        words::{CompareWords, Words, fill},
    },
};

/// Units below that the page lists: all of nearly every district.
const CHILDREN_MAX: usize = 300;

#[derive(Template)]
#[template(path = "compare_unit.html")]
struct ComparedUnitPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    c: &'static CompareWords,
    above: Vec<UnitLink>,
    unit: UnitLink,
    is_precinct: bool,
    contests: Vec<ContestView>,
}

struct ContestView {
    name: String,
    chip: Chip,
    rows: Vec<RowView>,
    /// What the last column but three is called.
    left: &'static str,
    parts: String,
    copies: String,
    why: Vec<String>,
    by_itself: Vec<String>,
    children: Vec<ChildView>,
    more: bool,
}

struct RowView {
    choice: String,
    published: String,
    below: String,
    left: String,
    differs: bool,
    ours: String,
    published_there: String,
}

struct ChildView {
    unit: UnitLink,
    chip: Chip,
    size: String,
}

/// Where the comparison of a unit is.
pub(in crate::web) fn address(unit: &UnitCode) -> String {
    format!("/compare/{}", encoded(unit.as_str()))
}

/// `GET /compare/{code}`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    code: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let absent = || HttpProblem::new(ProblemCode::NotFound, frame.w.unit_not_registered);
    let code = UnitCode::new(&code).map_err(|_| absent())?;
    let scope = &visitor.operator.scope;
    let units = &frame.pack.units;
    if units.get(&code).is_none() || !scope.sees_unit(&headquarters.book.read(), &code) {
        return Err(absent());
    }
    let comparison = headquarters.comparison_within(scope).await?;
    let mut above: Vec<UnitLink> = units
        .upwards(&code)
        .skip(1)
        .filter(|unit| scope.sees_unit(&headquarters.book.read(), &unit.code))
        .map(|unit| compared(frame, &unit.code))
        .collect();
    above.reverse();
    let contests: Vec<ContestView> =
        comparison.contests.iter().filter_map(|of| contest(frame, of, &code)).collect();
    answer::html(&ComparedUnitPage {
        frame,
        w: frame.w,
        c: &frame.w.compare,
        above,
        unit: UnitLink::new(frame, &code),
        is_precinct: units.children(&code).next().is_none(),
        contests,
    })
}

/// A way to a unit's comparison.
pub(super) fn compared(frame: &Frame, unit: &UnitCode) -> UnitLink {
    UnitLink { address: address(unit), name: frame.unit(unit) }
}

fn contest(frame: &Frame, of: &ContestComparison, code: &UnitCode) -> Option<ContestView> {
    let (c, contest) = (&frame.w.compare, &of.contest);
    let children: HashSet<&UnitCode> =
        frame.pack.units.children(code).map(|unit| &unit.code).collect();
    let (mut node, mut below) = (None, Vec::new());
    for known in of.nodes() {
        if known.unit == *code {
            node = Some(known);
        } else if children.contains(&known.unit) {
            below.push(known.as_ref());
        }
    }
    let node = node?;
    let (parts, copies) = match &node.below {
        Below::Published { parts, open, ours, .. } => (
            fill(c.parts, &[("parts", &figure(*parts as u64)), ("open", &figure(*open as u64))]),
            fill(
                c.copies,
                &[
                    ("copies", &figure(ours.precincts as u64)),
                    ("published", &figure(ours.published as u64)),
                ],
            ),
        ),
        Below::OurCopy { .. } => (String::new(), String::new()),
    };
    let is_open = matches!(
        node.verdict,
        Verdict::Open { .. } | Verdict::Unlikely { .. } | Verdict::Impossible { .. }
    );
    Some(ContestView {
        name: frame.contest(contest),
        chip: verdict(c, &node.verdict),
        rows: rows(frame, contest, node),
        left: if is_open { c.remainder } else { c.difference },
        parts,
        copies,
        why: match &node.verdict {
            Verdict::Impossible { why, .. } => reasons::impossible(frame, contest, why),
            Verdict::Unlikely { why, .. } => reasons::unlikely(frame, contest, why),
            _ => Vec::new(),
        },
        by_itself: reasons::unlikely(frame, contest, &node.unlikely),
        children: below
            .iter()
            .take(CHILDREN_MAX)
            .map(|node| ChildView {
                unit: compared(frame, &node.unit),
                chip: verdict(c, &node.verdict),
                size: size_of(node).map(figure).unwrap_or_default(),
            })
            .collect(),
        more: below.len() > CHILDREN_MAX,
    })
}

fn rows(frame: &Frame, contest: &ContestCode, node: &Node) -> Vec<RowView> {
    let known = frame.pack.election.contests.iter().find(|known| known.code == *contest);
    let choices = known.map_or(&[][..], |known| &known.choices);
    let (below, ours) = match &node.below {
        Below::Published { votes, parts, ours, .. } => {
            ((*parts > 0).then_some(votes), (ours.precincts > 0).then_some(ours))
        }
        Below::OurCopy { votes, .. } => (votes.as_ref(), None),
    };
    let left = match &node.verdict {
        Verdict::Differs { by, .. } => Some(by),
        Verdict::Open { remainder }
        | Verdict::Unlikely { remainder, .. }
        | Verdict::Impossible { remainder, .. } => Some(remainder),
        Verdict::NotPublished | Verdict::NothingBelow | Verdict::Equal => None,
    };
    let differs = matches!(node.verdict, Verdict::Differs { .. });
    let row = |(at, choice): (usize, &hattama_proto::pack::Choice)| {
        let left = left.and_then(|left| left[at]);
        RowView {
            choice: frame.choice(contest, &choice.code),
            published: figure_or_dash(node.official.as_ref().and_then(|votes| votes[at])),
            below: figure_or_dash(below.and_then(|votes| votes[at])),
            left: left.map_or_else(String::new, moved),
            differs: differs && left.is_some_and(|left| left != 0),
            ours: figure_or_dash(ours.map(|ours| ours.votes[at])),
            published_there: figure_or_dash(
                ours.filter(|ours| ours.published > 0).map(|ours| ours.published_in_both[at]),
            ),
        }
    };
    choices.iter().enumerate().map(row).collect()
}

fn verdict(c: &CompareWords, verdict: &Verdict) -> Chip {
    match verdict {
        Verdict::NotPublished => Chip::plain(c.verdicts[0]),
        Verdict::NothingBelow => Chip::plain(c.verdicts[1]),
        Verdict::Equal => Chip::good(c.verdicts[2]),
        Verdict::Differs { .. } => Chip::alert(c.verdicts[3]),
        Verdict::Open { .. } => Chip::plain(c.verdicts[4]),
        Verdict::Unlikely { .. } => Chip::warn(c.verdicts[5]),
        Verdict::Impossible { .. } => Chip::alert(c.verdicts[6]),
    }
}
