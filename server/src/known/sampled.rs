//! What the random sample says of all precincts, and what observers' own choice does not.

use std::collections::{BTreeMap, HashMap, HashSet};

use hattama_proto::{
    id::{ChoiceCode, UnitCode},
    pack::Contest,
    statement::Sample,
};
use serde::Serialize;

use super::{
    coverage::Tally,
    join::{Compared, Copy, Row},
};
use crate::estimate::{
    altered::{AtLeast, Sampled, at_least},
    convergence::{Arrived, Moment, convergence},
    ratio::{Estimate, Stratum, share},
};

/// The drawn precincts of one contest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drawn {
    /// All that were drawn. Those that are no longer in the register are missing from it.
    #[serde(flatten)]
    pub tally: Tally,
    /// By stratum, in the order of the draw.
    pub strata: Vec<StratumKnown>,
    /// At least so many precincts of the frame have other figures published than our copies say. What
    /// was not obtained, cannot be used or was not published counts as unaltered. An observer's own
    /// slip counts as a difference, until somebody has typed the photograph.
    pub altered: AtLeast,
    /// The same by differences alone that were typed off the photographs by people who saw nothing
    /// else: what was not transcribed counts as unaltered.
    pub altered_transcribed: AtLeast,
    /// The same without what looks like a clerk's slip.
    pub altered_unexplained: AtLeast,
    /// Ordinary precincts that were added to the register after the draw, outside its frame.
    pub added_since: u64,
}

/// One stratum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StratumKnown {
    /// The region; none where the whole country is one stratum.
    pub unit: Option<UnitCode>,
    /// Precincts that could be drawn.
    pub frame: u64,
    /// Precincts that were.
    pub drawn: u64,
    /// Drawn precincts with a copy that can be used.
    pub obtained: u64,
    /// Drawn precincts that differ.
    pub differing: u64,
    /// Of these, what looks like a clerk's slip.
    pub clerical: u64,
    /// Of those that differ, what people who saw nothing else typed off the photographs.
    pub transcribed: u64,
}

/// Ordinary precincts that observers chose themselves: counts, and no conclusion on any other precinct.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Volunteers {
    /// Precincts with a copy that can be used.
    pub covered: u64,
    /// Of these, what was published too.
    pub compared: u64,
    /// Of these, what differs.
    pub differing: u64,
}

/// A choice's share, estimated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChoiceEstimate {
    /// The choice.
    pub choice: ChoiceCode,
    /// Its share; none while nothing came in.
    pub estimate: Option<Estimate<String>>,
    /// How the estimate moved while the sample's precincts came in.
    pub moments: Vec<Moment<String>>,
}

/// The stratum in which a precinct was drawn, as estimates name it: the region's code, or nothing.
fn stratum<'a>(sample: &'a Sample, row: &Row<'_>) -> Option<&'a str> {
    let mut named = sample.strata.iter().map(|stratum| stratum.unit.as_ref());
    named.clone().find(|unit| *unit == row.region).or_else(|| named.find(Option::is_none)).map(name)
}

fn name(unit: Option<&UnitCode>) -> &str {
    unit.map_or("", UnitCode::as_str)
}

/// What was drawn, and the bounds. `units` are the drawn precincts.
pub fn drawn(
    rows: &[Row<'_>],
    sample: &Sample,
    units: &HashSet<&UnitCode>,
    confidence: f64,
) -> Drawn {
    let mut tally = Tally::default();
    let mut by_stratum: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut added_since = 0;
    for row in rows.iter().filter(|row| row.special.is_none()) {
        added_since += u64::from(row.since > sample.register_version);
        let Some(of) = stratum(sample, row).filter(|_| units.contains(row.unit)) else { continue };
        tally.add(row);
        by_stratum.entry(of).or_default().add(row);
    }
    let strata: Vec<StratumKnown> = sample
        .strata
        .iter()
        .map(|stratum| {
            let none = Tally::default();
            let tally = by_stratum.get(name(stratum.unit.as_ref())).unwrap_or(&none);
            StratumKnown {
                unit: stratum.unit.clone(),
                frame: stratum.frame,
                drawn: stratum.drawn,
                obtained: tally.covered,
                differing: tally.differing,
                clerical: tally.clerical,
                transcribed: tally.transcribed,
            }
        })
        .collect();
    let bound = |altered: fn(&StratumKnown) -> u64| {
        let sampled: Vec<Sampled> = strata
            .iter()
            .map(|stratum| Sampled {
                frame: stratum.frame,
                drawn: stratum.drawn,
                obtained: stratum.obtained,
                altered: altered(stratum),
            })
            .collect();
        at_least(&sampled, confidence)
    };
    let altered = bound(|stratum| stratum.differing);
    let altered_unexplained = bound(|stratum| stratum.differing - stratum.clerical);
    let altered_transcribed = bound(|stratum| stratum.transcribed);
    Drawn { tally, strata, altered, altered_transcribed, altered_unexplained, added_since }
}

/// What observers chose themselves: ordinary precincts that were not drawn.
pub fn volunteers(rows: &[Row<'_>], units: &HashSet<&UnitCode>) -> Volunteers {
    let mut counts = Volunteers::default();
    let chosen = |row: &&Row<'_>| row.special.is_none() && !units.contains(row.unit);
    for row in rows.iter().filter(chosen) {
        counts.covered += u64::from(row.copy == Copy::Covered);
        counts.compared += u64::from(row.compared != Compared::No);
        counts.differing += u64::from(matches!(row.compared, Compared::Differs { .. }));
    }
    counts
}

/// Each choice's share off the drawn precincts alone, by the stratified ratio estimate, and how it
/// moved. `arrived_at` says when a precinct's document came; one without a time came last of all.
pub fn quick_count(
    rows: &[Row<'_>],
    contest: &Contest,
    sample: &Sample,
    units: &HashSet<&UnitCode>,
    arrived_at: &HashMap<UnitCode, i64>,
    confidence: f64,
) -> Vec<ChoiceEstimate> {
    let frame: BTreeMap<String, (u64, u64)> = sample
        .strata
        .iter()
        .map(|stratum| (name(stratum.unit.as_ref()).to_owned(), (stratum.frame, stratum.drawn)))
        .collect();
    let came: Vec<(&str, i64, &Vec<u64>)> = rows
        .iter()
        .filter(|row| row.special.is_none() && units.contains(row.unit))
        .filter_map(|row| {
            let at = arrived_at.get(row.unit).copied().unwrap_or(i64::MAX);
            Some((stratum(sample, row)?, at, row.votes.as_ref()?))
        })
        .collect();
    let of = |place: usize| {
        let arrived: Vec<Arrived<String>> = came
            .iter()
            .map(|(stratum, at_ms, votes)| Arrived {
                at_ms: *at_ms,
                stratum: (*stratum).to_owned(),
                votes: votes.get(place).copied().unwrap_or_default(),
                valid: votes.iter().sum(),
            })
            .collect();
        let mut strata: BTreeMap<String, Stratum> = frame
            .iter()
            .map(|(name, (frame, drawn))| {
                (name.clone(), Stratum { frame: *frame, drawn: *drawn, obtained: Vec::new() })
            })
            .collect();
        for one in &arrived {
            if let Some(stratum) = strata.get_mut(&one.stratum) {
                stratum.obtained.push((one.votes, one.valid));
            }
        }
        (share(&strata, confidence), convergence(&frame, &arrived, confidence))
    };
    let choices = contest.choices.iter().enumerate();
    choices
        .map(|(place, choice)| {
            let (estimate, moments) = of(place);
            ChoiceEstimate { choice: choice.code.clone(), estimate, moments }
        })
        .collect()
}
