//! Region by region and choice by choice: the published total, the sum of the published precincts,
//! and the sum of our copies, side by side. Pure.

use std::collections::HashMap;

use hattama_proto::{
    id::{ChoiceCode, ContestCode, UnitCode},
    pack::{Choice, Contest, Pack},
};
use serde::Serialize;

use super::{Aligned, OurCopy, aligned::PairReader};
use crate::merge::{CellKey, Cells};

/// What the commission published, by unit.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    /// The newest figures of precincts.
    pub precincts: &'a HashMap<UnitCode, Cells>,
    /// The newest totals of regions.
    pub regions: &'a HashMap<UnitCode, Cells>,
}

/// One region, and every contest in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegionSums {
    /// The region; none for precincts that lie in no region.
    pub region: Option<UnitCode>,
    /// Its contests, in the order of the set-up.
    pub contests: Vec<ContestSums>,
}

/// One contest in one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContestSums {
    /// The contest.
    pub contest: ContestCode,
    /// How far our copies reach.
    pub coverage: PrecinctCoverage,
    /// Precincts of which at least one figure of the contest was published.
    pub published: usize,
    /// Its choices, in ballot order.
    pub choices: Vec<ChoiceSums>,
}

/// How far our copies reach: k of n, and why not further. The last four add up to the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrecinctCoverage {
    /// Precincts in the register.
    pub precincts: usize,
    /// Precincts with a copy that gives at least one figure of the contest.
    pub covered: usize,
    /// Precincts with documents, none of which can be used: their entries differ, or the rest of
    /// the count is missing.
    pub unsettled: usize,
    /// Precincts from which no copy was obtained, and we know why.
    pub not_obtained: usize,
    /// Precincts of which we know nothing.
    pub nothing: usize,
}

impl PrecinctCoverage {
    /// One precinct more, with this copy.
    fn count(&mut self, ours: &OurCopy) {
        self.precincts += 1;
        *match ours {
            OurCopy::Settled { .. } => &mut self.covered,
            OurCopy::Unsettled => &mut self.unsettled,
            OurCopy::NotObtained => &mut self.not_obtained,
            OurCopy::Nothing => &mut self.nothing,
        } += 1;
    }
}

/// One choice in one region. Unit: votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChoiceSums {
    /// The choice.
    pub choice: ChoiceCode,
    /// The total that was published for the region.
    pub published_total: Option<u64>,
    /// The precincts that were published, added up.
    pub published_precincts: PrecinctSum,
    /// Whether the two agree.
    pub total: TotalAgreement,
    /// Our copies, added up.
    pub ours: PrecinctSum,
    /// The published figures of those precincts that we have too.
    pub published_covered: PrecinctSum,
    /// Our figures of those precincts that were published too: to be held against
    /// `published_covered`, over the very same precincts.
    pub ours_published: PrecinctSum,
}

/// A sum, and over how many precincts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PrecinctSum {
    /// Votes.
    pub sum: u64,
    /// Precincts added up.
    pub precincts: usize,
}

impl PrecinctSum {
    fn add(&mut self, votes: u64) {
        self.sum = self.sum.saturating_add(votes);
        self.precincts += 1;
    }
}

/// Adds one figure of a precinct, ours and theirs, to the sums of each, and where there are both to the
/// sums that are held against each other.
pub(super) fn add_pair(
    (ours, theirs): (Option<u64>, Option<u64>),
    (all_ours, all_theirs): (&mut PrecinctSum, &mut PrecinctSum),
    (both_ours, both_theirs): (&mut PrecinctSum, &mut PrecinctSum),
) {
    if let Some(ours) = ours {
        all_ours.add(ours);
    }
    if let Some(theirs) = theirs {
        all_theirs.add(theirs);
    }
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        both_ours.add(ours);
        both_theirs.add(theirs);
    }
}

/// Whether a region's published total is what its published precincts add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "agreement", rename_all = "snake_case")]
pub enum TotalAgreement {
    /// No total was published.
    NoTotal,
    /// Every precinct was published, and they add up to the total.
    Equal,
    /// They do not: an unexplained difference.
    Differs,
    /// Some precincts were not published and the rest leaves room for them.
    Incomplete {
        /// How many.
        unpublished: usize,
    },
}

/// Every region in the order of the register, then precincts that lie in none.
pub fn region_sums(aligned: &Aligned<'_>, pack: &Pack) -> Vec<RegionSums> {
    let contests = pack.election.contests.iter().enumerate();
    let mut contests: Vec<_> =
        contests.map(|contest| contest_sums(contest, aligned).into_iter()).collect();
    let mut next = |region: Option<&UnitCode>| RegionSums {
        region: region.cloned(),
        contests: contests.iter_mut().filter_map(Iterator::next).collect(),
    };
    let mut sums: Vec<_> = aligned.regions.iter().map(|region| next(Some(region.unit))).collect();
    if aligned.precincts.iter().any(|precinct| precinct.region.is_none()) {
        sums.push(next(None));
    }
    sums
}

/// One contest, region by region, and last in the precincts that lie in none.
fn contest_sums((number, contest): (usize, &Contest), aligned: &Aligned<'_>) -> Vec<ContestSums> {
    let key = |choice: &Choice| CellKey::vote(contest.code.clone(), choice.code.clone());
    let mut pairs = PairReader::new(contest.choices.iter().map(key).collect());
    let of_region = |total: Option<&Cells>| ContestSums {
        contest: contest.code.clone(),
        coverage: PrecinctCoverage::default(),
        published: 0,
        choices: contest
            .choices
            .iter()
            .map(|choice| ChoiceSums {
                choice: choice.code.clone(),
                published_total: total.and_then(|total| total.get(&key(choice))),
                published_precincts: PrecinctSum::default(),
                total: TotalAgreement::NoTotal,
                ours: PrecinctSum::default(),
                published_covered: PrecinctSum::default(),
                ours_published: PrecinctSum::default(),
            })
            .collect(),
    };
    let totals = aligned.regions.iter().map(|region| region.totals);
    let mut all: Vec<ContestSums> = totals.chain([None]).map(of_region).collect();
    let outside = aligned.regions.len();
    for precinct in &aligned.precincts {
        let sums = &mut all[precinct.region.unwrap_or(outside)];
        let ours = precinct.ours.map_or(&OurCopy::Nothing, |digest| &digest.ours[number]);
        sums.coverage.count(ours);
        let mut is_published = false;
        for (sums, pair) in sums.choices.iter_mut().zip(pairs.read(ours.votes(), precinct.theirs)) {
            is_published |= pair.1.is_some();
            add_pair(
                pair,
                (&mut sums.ours, &mut sums.published_precincts),
                (&mut sums.ours_published, &mut sums.published_covered),
            );
        }
        sums.published += usize::from(is_published);
    }
    for sums in &mut all {
        for choice in &mut sums.choices {
            choice.total = agreement(choice, sums.coverage.precincts);
        }
    }
    all
}

fn agreement(sums: &ChoiceSums, precincts: usize) -> TotalAgreement {
    let Some(total) = sums.published_total else { return TotalAgreement::NoTotal };
    let published = sums.published_precincts;
    let unpublished = precincts - published.precincts;
    if published.sum > total {
        // More than the total already: whatever is not published cannot explain that.
        TotalAgreement::Differs
    } else if unpublished > 0 {
        TotalAgreement::Incomplete { unpublished }
    } else if published.sum == total {
        TotalAgreement::Equal
    } else {
        TotalAgreement::Differs
    }
}

#[cfg(test)]
mod tests {
    use hattama_proto::record::Missing;

    use super::{
        super::{
            UnitDigest,
            our_copy::tests::{brought, file, votes},
        },
        *,
    };
    use crate::merge::{
        Entry,
        world::{cell, choice, entry, not_obtained, pack, unit},
    };

    fn digest(at: &str, entries: &[Entry]) -> UnitDigest {
        UnitDigest::of(&file(at, entries), &pack())
    }

    fn sums(published: Published<'_>, digests: &[UnitDigest]) -> Vec<RegionSums> {
        let pack = pack();
        region_sums(&Aligned::of(published, digests, &pack), &pack)
    }

    #[test]
    fn a_region_shows_the_three_sums_side_by_side() {
        let digests = [
            digest("11-1", &[brought(0, 0, "11-1", "certified", 10, 5)]),
            digest("11-2", &[entry(1, 0, "11-2", not_obtained(Missing::CopyRefused))]),
        ];
        let precincts = HashMap::from([(unit("11-1"), votes(10, 5)), (unit("11-2"), votes(7, 1))]);
        let regions = HashMap::from([(unit("11"), votes(117, 6))]);
        let published = Published { precincts: &precincts, regions: &regions };
        let sums = sums(published, &digests);
        assert_eq!(sums.len(), 2, "region 15 is there too");
        let president = &sums[0].contests[0];
        let coverage =
            PrecinctCoverage { precincts: 2, covered: 1, not_obtained: 1, ..Default::default() };
        assert_eq!(president.coverage, coverage);
        let (a, b) = (&president.choices[0], &president.choices[1]);
        assert_eq!(a.published_total, Some(117));
        assert_eq!(a.published_precincts, PrecinctSum { sum: 17, precincts: 2 });
        assert_eq!(a.total, TotalAgreement::Differs);
        assert_eq!(a.ours, PrecinctSum { sum: 10, precincts: 1 });
        assert_eq!(a.published_covered, PrecinctSum { sum: 10, precincts: 1 });
        assert_eq!(b.total, TotalAgreement::Equal);
        assert_eq!(b.choice, choice("b"));
        let elsewhere = &sums[1].contests[0];
        assert_eq!(elsewhere.coverage.nothing, 1);
        assert_eq!(elsewhere.choices[0].total, TotalAgreement::NoTotal);
    }

    #[test]
    fn a_precinct_is_published_in_a_contest_of_which_any_figure_was() {
        let lines_only = Cells::from_pairs([(cell(0), Some(9)), (cell(3), None)]);
        let one_choice = Cells::from_pairs([(cell(4), Some(0))]);
        let precincts = HashMap::from([(unit("11-1"), lines_only), (unit("11-2"), one_choice)]);
        let published = Published { precincts: &precincts, regions: &HashMap::new() };
        let sums = sums(published, &[]);
        assert_eq!([sums[0].contests[0].published, sums[1].contests[0].published], [1, 0]);
    }

    #[test]
    fn an_unpublished_precinct_leaves_the_total_open_unless_it_is_passed_already() {
        let precincts = HashMap::from([(unit("11-1"), votes(10, 5))]);
        let regions = HashMap::from([(unit("11"), votes(12, 4))]);
        let published = Published { precincts: &precincts, regions: &regions };
        let sums = sums(published, &[]);
        let choices = &sums[0].contests[0].choices;
        assert_eq!(choices[0].total, TotalAgreement::Incomplete { unpublished: 1 });
        assert_eq!(choices[1].total, TotalAgreement::Differs);
    }

    #[test]
    fn only_precincts_that_both_have_are_held_against_each_other() {
        let digests = [
            digest("11-1", &[brought(0, 0, "11-1", "certified", 10, 5)]),
            digest("11-2", &[brought(1, 0, "11-2", "certified", 100, 50)]),
        ];
        let precincts = HashMap::from([(unit("11-1"), votes(9, 5))]);
        let published = Published { precincts: &precincts, regions: &HashMap::new() };
        let sums = sums(published, &digests);
        let a = &sums[0].contests[0].choices[0];
        assert_eq!(a.ours, PrecinctSum { sum: 110, precincts: 2 });
        assert_eq!(a.ours_published, PrecinctSum { sum: 10, precincts: 1 });
        assert_eq!(a.published_covered, PrecinctSum { sum: 9, precincts: 1 });
    }
}
