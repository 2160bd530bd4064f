//! Region by region and choice by choice: the published total, the sum of the published precincts,
//! and the sum of our copies, side by side. Pure.
//!
//! **Which copy is ours**, for one contest of one precinct, in this order:
//!
//! 1. where the set-up links copies: the whole (the summary), else the sum of all its parts
//!    (electronic and paper); a part alone is not the count;
//! 2. else the first copy type in the order of the set-up that is not such a part.
//!
//! A document whose entries differ is passed over, until a transcription settles it; several documents of one copy type count in the
//! cells in which they agree. Nothing is averaged, and nothing is filled in: a precinct without a
//! usable document adds nothing and is counted as *unsettled*, *not obtained* or *nothing*.

use std::collections::HashMap;

use hattama_proto::{
    id::{ChoiceCode, ContestCode, CopyType, UnitCode},
    pack::{Choice, Contest, Pack, Unit},
};
use serde::Serialize;

use super::Aligned;
use crate::merge::{CellKey, CellReader, Cells, Document, UnitFile};

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
    pub(super) fn add(&mut self, votes: u64) {
        self.sum = self.sum.saturating_add(votes);
        self.precincts += 1;
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

/// What we have of one contest of one precinct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OurCopy {
    /// Figures that may be added up.
    Settled {
        /// The copy type they are from; several where parts were added.
        copies: Vec<CopyType>,
        /// Votes; null where the copy has no agreed figure.
        votes: Cells,
        /// Whether every document that was used was transcribed: typed off its photographs by
        /// people who saw nothing else.
        transcribed: bool,
    },
    /// There are documents, and none can be used.
    Unsettled,
    /// No copy was obtained, and we know why.
    NotObtained,
    /// Nothing is known.
    Nothing,
}

impl OurCopy {
    /// Its votes, where they may be added up.
    const fn votes(&self) -> Option<&Cells> {
        match self {
            Self::Settled { votes, .. } => Some(votes),
            Self::Unsettled | Self::NotObtained | Self::Nothing => None,
        }
    }
}

/// What we have of one contest of a precinct, by the rule above.
pub fn our_copy(file: &UnitFile, contest: &ContestCode, pack: &Pack) -> OurCopy {
    let documents: Vec<&Document> = file
        .documents
        .iter()
        .filter(|document| document.table.is_none())
        .filter(|document| document.figures().votes(contest).next().is_some())
        .collect();
    let settled = |copies: &[&CopyType], votes: Option<Cells>| {
        let votes = votes.filter(|votes| votes.iter().any(|(_, votes)| votes.is_some()))?;
        let used =
            |document: &&&Document| copies.contains(&&document.copy) && document.is_settled();
        Some(OurCopy::Settled {
            copies: copies.iter().map(|copy| (*copy).clone()).collect(),
            votes,
            transcribed: documents.iter().filter(used).all(|document| document.is_transcribed()),
        })
    };
    let linked = &pack.election.linked;
    let of_linked = linked.iter().find_map(|linked| {
        settled(&[&linked.whole], agreed(&documents, &linked.whole, contest)).or_else(|| {
            let parts: Option<Vec<_>> =
                linked.parts.iter().map(|part| agreed(&documents, part, contest)).collect();
            settled(&linked.parts.iter().collect::<Vec<_>>(), added(&parts?))
        })
    });
    let is_part = |copy: &CopyType| linked.iter().any(|linked| linked.parts.contains(copy));
    let mut in_order = pack
        .election
        .copy_types
        .iter()
        .map(|definition| &definition.code)
        .filter(|copy| !is_part(copy));
    of_linked
        .or_else(|| in_order.find_map(|copy| settled(&[copy], agreed(&documents, copy, contest))))
        .unwrap_or({
            if !documents.is_empty() {
                OurCopy::Unsettled
            } else if !file.not_obtained.is_empty() {
                OurCopy::NotObtained
            } else {
                OurCopy::Nothing
            }
        })
}

/// The votes on which all settled documents of a copy type agree; none if there is none.
fn agreed(documents: &[&Document], copy: &CopyType, contest: &ContestCode) -> Option<Cells> {
    let mut readings = documents
        .iter()
        .filter(|document| document.copy == *copy && document.is_settled())
        .map(|document| document.figures());
    let first = readings.next()?;
    let others: Vec<&Cells> = readings.collect();
    Some(Cells::from_pairs(
        first.iter().chain(others.iter().flat_map(|cells| cells.iter())).filter_map(|(key, _)| {
            if !matches!(key, CellKey::Vote { contest: of, .. } if of == contest) {
                return None;
            }
            let mut figures =
                std::iter::once(&first).chain(&others).filter_map(|cells| cells.get(key));
            let figure = figures.next();
            Some((key.clone(), figure.filter(|figure| figures.all(|other| other == *figure))))
        }),
    ))
}

/// The parts added up, in the cells that all of them have.
fn added(parts: &[Cells]) -> Option<Cells> {
    let (first, others) = parts.split_first()?;
    Some(Cells::from_pairs(first.iter().map(|(key, figure)| {
        let sum = others
            .iter()
            .try_fold(figure, |sum, part| Some(Some(sum?.saturating_add(part.get(key)?))));
        (key.clone(), sum.flatten())
    })))
}

/// Every region in the order of the register, then precincts that lie in none.
pub fn region_sums(
    aligned: &Aligned<'_>,
    totals: &HashMap<UnitCode, Cells>,
    pack: &Pack,
) -> Vec<RegionSums> {
    let contests = pack.election.contests.iter().enumerate();
    let mut contests: Vec<_> = contests
        .map(|(number, contest)| contest_sums((number, contest), aligned, totals).into_iter())
        .collect();
    let mut next = |region: Option<&Unit>| RegionSums {
        region: region.map(|region| region.code.clone()),
        contests: contests.iter_mut().filter_map(Iterator::next).collect(),
    };
    let mut sums: Vec<_> = aligned.regions.iter().map(|region| next(Some(region))).collect();
    if aligned.precincts.iter().any(|precinct| precinct.region.is_none()) {
        sums.push(next(None));
    }
    sums
}

/// One contest, region by region, and last in the precincts that lie in none.
fn contest_sums(
    (number, contest): (usize, &Contest),
    aligned: &Aligned<'_>,
    totals: &HashMap<UnitCode, Cells>,
) -> Vec<ContestSums> {
    let key = |choice: &Choice| CellKey::vote(contest.code.clone(), choice.code.clone());
    let cells = || contest.choices.iter().map(key).collect();
    let (mut ours_of, mut theirs_of) = (CellReader::new(cells()), CellReader::new(cells()));
    let totals = aligned.regions.iter().map(|region| totals.get(&region.code));
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
    let mut all: Vec<ContestSums> = totals.chain([None]).map(of_region).collect();
    let outside = aligned.regions.len();
    for precinct in &aligned.precincts {
        let sums = &mut all[precinct.region.unwrap_or(outside)];
        let ours = precinct.ours.map_or(&OurCopy::Nothing, |digest| &digest.ours[number]);
        sums.coverage.count(ours);
        let ours = ours.votes().map(|votes| ours_of.read(votes));
        let theirs = precinct.theirs.map(|cells| theirs_of.read(cells));
        let mut ours = ours.into_iter().flatten();
        let mut theirs = theirs.into_iter().flatten();
        let mut is_published = false;
        for sums in &mut sums.choices {
            let (ours, theirs) = (ours.next().flatten(), theirs.next().flatten());
            is_published |= theirs.is_some();
            theirs.into_iter().for_each(|theirs| sums.published_precincts.add(theirs));
            ours.into_iter().for_each(|ours| sums.ours.add(ours));
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                sums.ours_published.add(ours);
                sums.published_covered.add(theirs);
            }
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
    use std::sync::Arc;

    use hattama_proto::record::Missing;

    use super::{super::UnitDigest, *};
    use crate::merge::{
        Entry, merge,
        world::{
            cell, choice, contest, copy, entry, everybody, full, not_obtained, pack, sheet, unit,
        },
    };

    fn votes(a: u64, b: u64) -> Cells {
        Cells::from_pairs([(cell(3), Some(a)), (cell(4), Some(b))])
    }

    fn brought(number: usize, by: u8, at: &str, copy: &str, a: u64, b: u64) -> Entry {
        let photo = u8::try_from(number).unwrap();
        entry(number, by, at, sheet(copy, None, full([9, 9, 9, a, b]), photo))
    }

    fn file(at: &str, entries: &[Entry]) -> UnitFile {
        let entries: Vec<_> = entries.iter().cloned().map(Arc::new).collect();
        merge(&unit(at), &entries, &everybody(), &pack())
    }

    fn digest(at: &str, entries: &[Entry]) -> UnitDigest {
        UnitDigest::of(&file(at, entries), &pack())
    }

    fn sums(published: Published<'_>, digests: &[UnitDigest]) -> Vec<RegionSums> {
        let pack = pack();
        region_sums(&Aligned::of(published, digests, &pack), published.regions, &pack)
    }

    fn ours(entries: &[Entry]) -> OurCopy {
        our_copy(&file("11-1", entries), &contest("president"), &pack())
    }

    fn from(copies: &[&str], a: u64, b: u64) -> OurCopy {
        let copies = copies.iter().map(|code| copy(code)).collect();
        OurCopy::Settled { copies, votes: votes(a, b), transcribed: false }
    }

    #[test]
    fn the_summary_is_ours_before_its_parts_and_before_any_other_copy() {
        let mut entries = vec![
            brought(0, 0, "11-1", "certified", 1, 1),
            brought(1, 0, "11-1", "electronic", 2, 3),
            brought(2, 0, "11-1", "paper", 10, 20),
        ];
        assert_eq!(ours(&entries), from(&["electronic", "paper"], 12, 23));
        entries.push(brought(3, 0, "11-1", "summary", 12, 24));
        assert_eq!(ours(&entries), from(&["summary"], 12, 24));
        assert_eq!(ours(&entries[..2]), from(&["certified"], 1, 1));
    }

    #[test]
    fn a_part_alone_is_not_the_count() {
        assert_eq!(ours(&[brought(0, 0, "11-1", "paper", 1, 1)]), OurCopy::Unsettled);
    }

    #[test]
    fn the_order_of_the_set_up_decides_between_other_copies() {
        let entries =
            [brought(0, 0, "11-1", "posted", 3, 3), brought(1, 1, "11-1", "certified", 4, 4)];
        assert_eq!(ours(&entries), from(&["certified"], 4, 4));
    }

    #[test]
    fn a_document_whose_entries_differ_is_passed_over() {
        let mut entries = vec![
            brought(0, 0, "11-1", "certified", 4, 4),
            brought(1, 1, "11-1", "certified", 4, 5),
        ];
        assert_eq!(ours(&entries), OurCopy::Unsettled);
        entries.push(brought(2, 2, "11-1", "posted", 3, 3));
        assert_eq!(ours(&entries), from(&["posted"], 3, 3));
    }

    #[test]
    fn numbered_copies_count_in_the_cells_in_which_they_agree() {
        let numbered = |number: usize, text, b| {
            let photo = u8::try_from(number).unwrap();
            entry(number, 0, "11-1", sheet("certified", Some(text), full([9, 9, 9, 4, b]), photo))
        };
        let expected = Cells::from_pairs([(cell(3), Some(4)), (cell(4), None)]);
        let found = ours(&[numbered(0, "1", 4), numbered(1, "2", 5)]);
        let copies = vec![copy("certified")];
        assert_eq!(found, OurCopy::Settled { copies, votes: expected, transcribed: false });
    }

    #[test]
    fn a_copy_not_obtained_is_told_from_nothing() {
        let refused = entry(0, 0, "11-1", not_obtained(Missing::CopyRefused));
        assert_eq!(ours(&[refused]), OurCopy::NotObtained);
        assert_eq!(ours(&[]), OurCopy::Nothing);
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
