//! How far our copies reach, region by region, and why not further; special precincts apart.

use std::collections::BTreeMap;

use hattama_proto::{id::UnitCode, pack::Special, record::Missing};
use serde::Serialize;

use super::join::{Compared, Copy, Row};

/// Precincts by what is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All of them. The next four add up to it.
    pub precincts: u64,
    /// With a copy that can be used.
    pub covered: u64,
    /// With documents, none of which can be used yet.
    pub unsettled: u64,
    /// From which no copy was obtained, and we know why.
    pub not_obtained: u64,
    /// Of which nothing is known.
    pub nothing: u64,
    /// Why copies were not obtained, where they were not. A precinct may have several reasons, so they
    /// add up to no less than `not_obtained`.
    pub missing: BTreeMap<Missing, u64>,
    /// Covered, and published: what can be compared.
    pub compared: u64,
    /// Of these, what differs.
    pub differing: u64,
    /// Of these, what looks like a clerk's slip.
    pub clerical: u64,
    /// Of what differs, what was transcribed by people who saw nothing but the photographs.
    pub transcribed: u64,
}

/// One region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegionCoverage {
    /// The region; none for precincts that lie in none.
    pub region: Option<UnitCode>,
    /// Its ordinary precincts.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Special precincts of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpecialCoverage {
    /// Why they are special.
    pub special: Special,
    /// What is known of them.
    #[serde(flatten)]
    pub tally: Tally,
}

/// The coverage of one contest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Ordinary precincts of the whole country, or of the region that is looked at.
    pub all: Tally,
    /// By region, in the order of the register.
    pub regions: Vec<RegionCoverage>,
    /// Outside the ordinary frame, by kind; in none of the figures above.
    pub special: Vec<SpecialCoverage>,
}

impl Tally {
    /// Counts one precinct.
    pub fn add(&mut self, row: &Row<'_>) {
        self.precincts += 1;
        match row.copy {
            Copy::Covered => self.covered += 1,
            Copy::Unsettled => self.unsettled += 1,
            Copy::NotObtained => {
                self.not_obtained += 1;
                for reason in row.missing {
                    *self.missing.entry(*reason).or_default() += 1;
                }
            }
            Copy::Nothing => self.nothing += 1,
        }
        match row.compared {
            Compared::No => {}
            Compared::Equal => self.compared += 1,
            Compared::Differs { clerical, transcribed } => {
                self.compared += 1;
                self.differing += 1;
                self.clerical += u64::from(clerical);
                self.transcribed += u64::from(transcribed);
            }
        }
    }

    /// Covered precincts in whole per cent, rounded down but never to nothing.
    #[must_use]
    pub fn covered_percent(&self) -> u64 {
        let share = (self.covered * 100).checked_div(self.precincts).unwrap_or(0);
        if self.covered > 0 { share.max(1) } else { 0 }
    }
}

/// The coverage that rows tell.
pub fn coverage(rows: &[Row<'_>]) -> Coverage {
    let mut all = Tally::default();
    let mut regions: Vec<RegionCoverage> = Vec::new();
    let mut special: BTreeMap<Special, Tally> = BTreeMap::new();
    for row in rows {
        if let Some(kind) = row.special {
            special.entry(kind).or_default().add(row);
            continue;
        }
        all.add(row);
        // Precincts of a region stand together in the register; the search is for those that do not.
        let is_same = |of: &RegionCoverage| of.region.as_ref() == row.region;
        let place = regions.iter().rposition(is_same).unwrap_or_else(|| {
            regions.push(RegionCoverage { region: row.region.cloned(), tally: Tally::default() });
            regions.len() - 1
        });
        regions[place].tally.add(row);
    }
    let special =
        special.into_iter().map(|(special, tally)| SpecialCoverage { special, tally }).collect();
    Coverage { all, regions, special }
}
