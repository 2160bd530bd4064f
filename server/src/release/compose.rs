//! Draws up what a release says, from the comparison. Pure.

use std::collections::HashMap;

use hattama_proto::{
    id::{ChoiceCode, LineCode, UnitCode},
    pack::{Contest, Names, Pack},
    statement::Level,
};

use super::{
    content::{
        Archived, ContestContent, CoverageContent, Difference, Limit, LineFigures, RegionCoverage,
        Side,
    },
    gate::{Basis, Named, TypedBy},
    typed::{TypedLines, typed_by},
};
use crate::{
    compare::{
        Below, Change, Impossible, Node, PrecinctCoverage, RegionSums, Verdict, form_lines,
        our_figures,
    },
    comparison::{Comparison, ContestComparison},
    merge::{CellKey, Cells, UnitFile},
};

/// What a release is drawn up from.
pub(super) struct Known<'a> {
    pub(super) pack: &'a Pack,
    pub(super) comparison: &'a Comparison,
    /// How far copies reach, region by region.
    pub(super) regions: &'a [RegionSums],
    /// The files of precincts that may be named.
    pub(super) files: &'a HashMap<UnitCode, UnitFile>,
    /// The newest publication of each level.
    pub(super) archived: &'a [Archived],
}

impl Known<'_> {
    fn contest(&self, named: &Named) -> Option<(&Contest, &ContestComparison)> {
        let contest =
            self.pack.election.contests.iter().find(|known| known.code == named.contest)?;
        Some((contest, self.comparison.contest(&named.contest)?))
    }

    /// The official figures of a unit.
    fn official(&self, level: Level, unit: &UnitCode) -> Option<&Cells> {
        let at = Level::ALL.iter().position(|of| *of == level)?;
        self.comparison.official()[at].rows.get(unit)
    }

    fn is_archived(&self, level: Level) -> bool {
        self.archived.iter().any(|archived| archived.level == level)
    }

    /// What a difference rests on.
    pub(super) fn basis(&self, named: &Named) -> Basis {
        let Some((_, comparison)) = self.contest(named) else { return Basis::Nothing };
        let changes = &comparison.answer.changes;
        let Some(change) = changes.iter().find(|change| change.unit == named.unit) else {
            return Basis::Nothing;
        };
        if change.level == Level::Precinct {
            let file = self.files.get(&named.unit);
            let typed = file.map(|file| typed_by(file, &named.contest, self.pack));
            return Basis::Precinct {
                typed: typed.unwrap_or(TypedBy::Nobody),
                archived: self.is_archived(Level::Precinct),
            };
        }
        let archived = self.archived.iter().map(|archived| archived.level).collect();
        let on_our_copies = !change.why.is_empty() && change.why.iter().all(rests_on_copies);
        let below = self.levels_below(&named.unit);
        Basis::Total { level: change.level, below, archived, on_our_copies }
    }

    /// Levels of the published figures that lie below a unit, from the lowest.
    fn levels_below(&self, unit: &UnitCode) -> Vec<Level> {
        let mut levels = Vec::new();
        let mut open: Vec<&UnitCode> = vec![unit];
        while let Some(above) = open.pop() {
            for child in self.pack.units.children(above) {
                let level = child.kind.level();
                if self.official(level, &child.code).is_some() {
                    levels.push(level);
                } else {
                    open.push(&child.code);
                }
            }
        }
        levels.sort_unstable();
        levels.dedup();
        levels
    }

    /// What is known of one unit, whether or not anything differs there; none if it is not there.
    pub(super) fn difference(&self, named: &Named) -> Option<Difference> {
        let (contest, comparison) = self.contest(named)?;
        let node = comparison.nodes().iter().find(|node| node.unit == named.unit)?;
        let unit = self.pack.units.get(&named.unit)?;
        let changes = &comparison.answer.changes;
        let change = changes.iter().find(|change| change.unit == named.unit);
        let is_precinct = node.level == Level::Precinct;
        let shown = !is_precinct || self.is_typed(named);
        let below = self.side(node, shown);
        let by = match change {
            Some(change) if shown => by_choice(change, contest),
            _ => contest.choices.iter().map(|_| (shown && is_equal(node)).then_some(0)).collect(),
        };
        let side = |wanted: fn(i64) -> bool| -> u64 {
            by.iter().flatten().filter(|by| wanted(**by)).map(|by| by.unsigned_abs()).sum()
        };
        let size = side(|by| by > 0).max(side(|by| by < 0));
        let levels = if is_precinct { vec![] } else { self.levels_below(&named.unit) };
        let rests_on = |of: &&Archived| of.level == node.level || levels.contains(&of.level);
        Some(Difference {
            contest: named.contest.clone(),
            unit: named.unit.clone(),
            names: unit.names.clone(),
            kind: unit.kind,
            level: node.level,
            region: match self.pack.units.region_of(&named.unit) {
                Some(region) if region.code != named.unit => Some(region.names.clone()),
                _ => None,
            },
            official: node.official.clone().unwrap_or_default(),
            below,
            by,
            size,
            looks_like: change.filter(|_| shown).and_then(|change| change.slip),
            at_least: change.is_some_and(|change| !change.why.is_empty()),
            lines: if is_precinct && shown { self.lines(&named.unit) } else { Vec::new() },
            publications: self.archived.iter().filter(rests_on).map(|of| of.publication).collect(),
        })
    }

    fn is_typed(&self, named: &Named) -> bool {
        let file = self.files.get(&named.unit);
        file.is_some_and(|file| typed_by(file, &named.contest, self.pack) == TypedBy::TwoBlind)
    }

    fn side(&self, node: &Node, shown: bool) -> Side {
        match &node.below {
            Below::OurCopy { votes: Some(votes), .. } if shown => {
                Side::Copies { votes: votes.clone() }
            }
            Below::OurCopy { .. } => Side::Nothing,
            Below::Published { votes, parts, open, .. } => {
                Side::Published { votes: votes.clone(), parts: *parts, open: *open }
            }
        }
    }

    /// The lines of a precinct's form, as published and as the copies have them: a line that two people
    /// did not type blind stays inside, however its votes were typed.
    fn lines(&self, unit: &UnitCode) -> Vec<LineFigures> {
        let official = self.official(Level::Precinct, unit);
        let file = self.files.get(unit);
        let ours = file.map(|file| our_figures(file, self.pack));
        let typed = file.map(|file| TypedLines::of(file, self.pack));
        let is_typed = |line: &LineCode| typed.as_ref().is_some_and(|typed| typed.have(line));
        let forms = self.pack.forms.forms.iter().flat_map(|form| &form.lines);
        let names: HashMap<_, _> = forms.map(|line| (&line.code, &line.names)).collect();
        form_lines(self.pack)
            .into_iter()
            .map(|(number, line)| {
                let cell = CellKey::line(line.clone());
                let figure = |cells: Option<&Cells>| cells.and_then(|cells| cells.get(&cell));
                LineFigures {
                    line: line.clone(),
                    number: number.to_owned(),
                    names: names.get(line).map_or_else(Names::default, |names| (*names).clone()),
                    official: figure(official),
                    copies: figure(ours.as_ref()).filter(|_| is_typed(line)),
                }
            })
            .filter(|line| line.official.is_some() || line.copies.is_some())
            .collect()
    }

    /// One contest with those differences that are named in it.
    pub(super) fn contest_content(&self, contest: &Contest, named: &[Named]) -> ContestContent {
        let answer = self.comparison.contest(&contest.code).map(|of| &of.answer);
        let at = self.pack.election.contests.iter().position(|of| of.code == contest.code);
        let mut regions = Vec::new();
        let mut whole = CoverageContent::default();
        for sums in self.regions {
            let Some(of) = at.and_then(|at| sums.contests.get(at)) else { continue };
            let mut coverage = CoverageContent::from(of.coverage);
            coverage.published = of.published;
            whole.add(&coverage);
            if let Some(region) = sums.region.as_ref().and_then(|code| self.pack.units.get(code)) {
                let (region, names) = (region.code.clone(), region.names.clone());
                regions.push(RegionCoverage { region, names, coverage });
            }
        }
        let found = |level| {
            let changes = answer.into_iter().flat_map(|answer| &answer.changes);
            (level, changes.filter(|change| change.level == level).count())
        };
        let of_contest = named.iter().filter(|named| named.contest == contest.code);
        ContestContent {
            contest: contest.code.clone(),
            names: contest.names.clone(),
            choices: contest.choices.clone(),
            coverage: whole,
            regions,
            compared: answer.map_or_else(Vec::new, |answer| answer.compared.clone()),
            found: Level::ALL.map(found).into(),
            differences: of_contest.filter_map(|named| self.difference(named)).collect(),
        }
    }
}

impl CoverageContent {
    fn add(&mut self, other: &Self) {
        self.precincts += other.precincts;
        self.covered += other.covered;
        self.unsettled += other.unsettled;
        self.not_obtained += other.not_obtained;
        self.nothing += other.nothing;
        self.published += other.published;
    }
}

impl From<PrecinctCoverage> for CoverageContent {
    fn from(of: PrecinctCoverage) -> Self {
        Self {
            precincts: of.precincts,
            covered: of.covered,
            unsettled: of.unsettled,
            not_obtained: of.not_obtained,
            nothing: of.nothing,
            published: 0,
        }
    }
}

/// What cannot be shown, given how much was observed, published and named.
pub(super) fn limits(contests: &[ContestContent]) -> Vec<Limit> {
    let any = |holds: fn(&ContestContent) -> bool| contests.iter().any(holds);
    let found = |of: &ContestContent| of.found.iter().map(|(_, count)| count).sum::<usize>();
    let mut limits = vec![Limit::NotFromWhomToWhom, Limit::NotASample];
    let more = [
        (Limit::PrecinctsNotObserved, any(|of| of.coverage.nothing > 0)),
        (Limit::CopiesNotObtained, any(|of| of.coverage.not_obtained > 0)),
        (Limit::CopiesUnsettled, any(|of| of.coverage.unsettled > 0)),
        (Limit::PrecinctsNotPublished, any(|of| of.coverage.published < of.coverage.precincts)),
        (Limit::MoreWasFound, contests.iter().any(|of| found(of) > of.differences.len())),
    ];
    limits.extend(more.into_iter().filter_map(|(limit, holds)| holds.then_some(limit)));
    limits
}

const fn rests_on_copies(why: &Impossible) -> bool {
    matches!(why, Impossible::LessThanOurCopies { .. } | Impossible::NotOurCopies { .. })
}

fn is_equal(node: &Node) -> bool {
    node.verdict == Verdict::Equal
}

/// By choice, in ballot order; what shows only with our copies of unpublished precincts is left out.
fn by_choice(change: &Change, contest: &Contest) -> Vec<Option<i64>> {
    let signed = |votes: u64| i64::try_from(votes).unwrap_or(i64::MAX);
    let of = |side: &[(ChoiceCode, u64)], choice: &ChoiceCode| {
        side.iter().find(|(known, _)| known == choice).map(|(_, votes)| signed(*votes))
    };
    let hidden = |choice: &ChoiceCode| {
        change.why.iter().any(|why| match why {
            Impossible::LessThanOurCopies { choice: of, .. }
            | Impossible::NotOurCopies { choice: of, .. } => of == choice,
            Impossible::LessThanItsParts { .. } | Impossible::MoreThanIsLeft { .. } => false,
        })
    };
    contest
        .choices
        .iter()
        .map(|choice| {
            if hidden(&choice.code) {
                return None;
            }
            let (higher, lower) =
                (of(&change.higher, &choice.code), of(&change.lower, &choice.code));
            match (higher, lower) {
                (Some(by), _) => Some(by),
                (None, Some(by)) => Some(-by),
                (None, None) => change.why.is_empty().then_some(0),
            }
        })
        .collect()
}
