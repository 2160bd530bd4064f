//! One row for each precinct of the register: what we have of a contest, and what was published.

use std::{collections::HashMap, sync::Arc};

use hattama_proto::{
    id::UnitCode,
    pack::{Pack, Special, UnitKind},
    record::Missing,
    statement::Level,
};
use serde::Serialize;

use crate::compare::{Below, Node, OurCopy, Slip, UnitDigest, Verdict};

/// What we have of one contest of a precinct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Copy {
    /// Figures that may be added up.
    Covered,
    /// Documents, none of which can be used yet.
    Unsettled,
    /// No copy was obtained, and we know why.
    NotObtained,
    /// Nothing is known.
    Nothing,
}

/// What was published, beside our copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// The two cannot be held against each other: one of them is not there.
    No,
    /// They say the same.
    Equal,
    /// They do not.
    Differs {
        /// It looks like a clerk's slip.
        clerical: bool,
        /// Our figures were typed off the photographs by people who saw nothing else.
        transcribed: bool,
    },
}

/// One precinct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The precinct.
    pub unit: &'a UnitCode,
    /// Its region; none where it lies in none.
    pub region: Option<&'a UnitCode>,
    /// Why it is outside the ordinary frame, if it is.
    pub special: Option<Special>,
    /// Version of the register in which it appeared.
    pub since: u32,
    /// What we have.
    pub copy: Copy,
    /// Why a copy could not be had, if somebody said so.
    pub missing: &'a [Missing],
    /// What was published beside it.
    pub compared: Compared,
    /// Our votes by choice in ballot order; none unless every choice has a figure.
    pub votes: Option<Vec<u64>>,
}

/// The rows of a contest, in the order of the register: `number` is its place in the set-up, `nodes` its
/// comparison. Precincts that the comparison does not have, because they lie outside somebody's scope,
/// have no row.
pub fn join<'a>(
    pack: &'a Pack,
    number: usize,
    nodes: &[Arc<Node>],
    digests: &'a HashMap<UnitCode, UnitDigest>,
) -> Vec<Row<'a>> {
    let compared: HashMap<&UnitCode, &Node> = nodes
        .iter()
        .filter(|node| node.level == Level::Precinct)
        .map(|node| (&node.unit, node.as_ref()))
        .collect();
    pack.units
        .of_kind(UnitKind::Precinct)
        .filter_map(|unit| {
            let node = compared.get(&unit.code)?;
            let digest = digests.get(&unit.code);
            let ours = digest.and_then(|digest| digest.ours.get(number));
            Some(Row {
                unit: &unit.code,
                region: pack.units.region_of(&unit.code).map(|region| &region.code),
                special: unit.special,
                since: unit.since,
                copy: match ours {
                    Some(OurCopy::Settled { .. }) => Copy::Covered,
                    Some(OurCopy::Unsettled) => Copy::Unsettled,
                    Some(OurCopy::NotObtained) => Copy::NotObtained,
                    Some(OurCopy::Nothing) | None => Copy::Nothing,
                },
                missing: digest.map_or(&[], |digest| &digest.missing),
                compared: beside(node),
                votes: match &node.below {
                    Below::OurCopy { votes: Some(votes), .. } => votes.iter().copied().collect(),
                    Below::OurCopy { .. } | Below::Published { .. } => None,
                },
            })
        })
        .collect()
}

fn beside(node: &Node) -> Compared {
    let transcribed = matches!(node.below, Below::OurCopy { transcribed: true, .. });
    match &node.verdict {
        Verdict::Equal => Compared::Equal,
        Verdict::Differs { slip, .. } => {
            Compared::Differs { clerical: slip.is_some_and(Slip::is_clerical), transcribed }
        }
        Verdict::NotPublished
        | Verdict::NothingBelow
        | Verdict::Open { .. }
        | Verdict::Unlikely { .. }
        | Verdict::Impossible { .. } => Compared::No,
    }
}
