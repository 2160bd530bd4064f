//! Control relations: what should hold between the figures of a protocol.
//!
//! They are data of the set-up. They flag and never block: a sheet that does not add up is
//! recorded as found, and a missing figure is a verdict of its own, not a wrong sum.

use serde::{Deserialize, Serialize};

use crate::{
    id::{ContestCode, CopyType, LineCode, RelationId},
    record::ResultsProtocol,
};

/// `left operator right`, each side a sum of terms.
///
/// "Ballots found = invalid + valid" is `{left: [found], op: eq, right: [invalid, valid]}`; what a
/// formula subtracts is added on the other side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Its stable code, quoted in findings.
    pub id: RelationId,
    /// Terms added on the left.
    pub left: Vec<Term>,
    /// What should hold between the two sums.
    pub op: Operator,
    /// Terms added on the right.
    pub right: Vec<Term>,
    /// What breaking it means.
    pub severity: RelationSeverity,
    /// Copy types it applies to; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<CopyType>,
}

/// One summand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// A line's figure.
    Line(LineCode),
    /// The sum of a contest's votes.
    Votes(ContestCode),
    /// A line's figure several times: "valid × mandates".
    Times(u32, LineCode),
}

/// What should hold between left and right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Equal.
    Eq,
    /// At most.
    Le,
    /// At least.
    Ge,
}

impl Operator {
    /// The sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Le => "≤",
            Self::Ge => "≥",
        }
    }
}

/// What a broken relation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationSeverity {
    /// Cannot be on a correct sheet.
    Hard,
    /// Unusual.
    Soft,
}

/// A relation that does not hold, or cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which relation.
    pub relation: RelationId,
    /// What was found.
    pub verdict: FindingVerdict,
    /// What breaking it means.
    pub severity: RelationSeverity,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingVerdict {
    /// It does not hold; these are the two sums.
    Broken {
        /// Sum of the left side.
        left: u64,
        /// Sum of the right side.
        right: u64,
    },
    /// A figure it needs is missing or illegible.
    Incomplete,
}

/// Checks `relations` on one protocol; what holds is not mentioned.
pub fn check_relations(relations: &[Relation], protocol: &ResultsProtocol) -> Vec<Finding> {
    relations
        .iter()
        .filter(|relation| relation.copies.is_empty() || relation.copies.contains(&protocol.copy))
        .filter_map(|relation| {
            let verdict = match (sum(&relation.left, protocol), sum(&relation.right, protocol)) {
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

/// The sum of a side; none when a figure is missing. Cannot overflow for any form that fits a
/// record: fifteen digits, times a number of mandates, saturating.
fn sum(terms: &[Term], protocol: &ResultsProtocol) -> Option<u64> {
    terms.iter().try_fold(0_u64, |sum, term| {
        let value = match term {
            Term::Line(line) => (*protocol.lines.get(line)?)?.value(),
            Term::Times(times, line) => {
                (*protocol.lines.get(line)?)?.value().saturating_mul(u64::from(*times))
            }
            Term::Votes(contest) => {
                let choices = protocol.contests.get(contest)?;
                choices
                    .values()
                    .try_fold(0_u64, |sum, figure| Some(sum.saturating_add((*figure)?.value())))?
            }
        };
        Some(sum.saturating_add(value))
    })
}
