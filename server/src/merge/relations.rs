//! Control relations over flat cells.
//!
//! Says exactly what [`hattama_proto::pack::check_relations`] says of the same protocol; a test
//! holds the two together. Here too nothing is blocked and nothing is repaired.

use hattama_proto::{
    id::CopyType,
    pack::{Finding, FindingVerdict, Operator, Relation, Term},
};

use super::cells::Cells;

/// Checks the relations that apply to `copy`; what holds is not mentioned.
pub fn check(relations: &[Relation], copy: &CopyType, cells: &Cells) -> Vec<Finding> {
    relations
        .iter()
        .filter(|relation| relation.copies.is_empty() || relation.copies.contains(copy))
        .filter_map(|relation| {
            let verdict = match (sum(&relation.left, cells), sum(&relation.right, cells)) {
                (Some(left), Some(right)) if holds(left, relation.op, right) => return None,
                (Some(left), Some(right)) => FindingVerdict::Broken { left, right },
                _ => FindingVerdict::Incomplete,
            };
            Some(Finding { relation: relation.id.clone(), verdict, severity: relation.severity })
        })
        .collect()
}

const fn holds(left: u64, op: Operator, right: u64) -> bool {
    match op {
        Operator::Eq => left == right,
        Operator::Le => left <= right,
        Operator::Ge => left >= right,
    }
}

/// The sum of a side; none when a figure is missing.
fn sum(terms: &[Term], cells: &Cells) -> Option<u64> {
    terms.iter().try_fold(0_u64, |sum, term| {
        let value = match term {
            Term::Line(line) => cells.line(line)?,
            Term::Times(times, line) => cells.line(line)?.saturating_mul(u64::from(*times)),
            Term::Votes(contest) => {
                let mut votes = cells.votes(contest).peekable();
                votes.peek()?;
                votes.try_fold(0_u64, |sum, (_, votes)| Some(sum.saturating_add(votes?)))?
            }
        };
        Some(sum.saturating_add(value))
    })
}
