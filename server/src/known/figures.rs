//! Precincts' figures as plain tables: voters, ballots and votes off what the set-up says that lines
//! count.

use hattama_proto::{
    id::{ChoiceCode, ContestCode, UnitCode},
    pack::Contest,
};

use crate::{
    compare::CountedLines,
    forensics::Precinct,
    merge::{CellKey, Cells},
};

/// Points of turnout: 0 to 100.
const POINTS: usize = 101;

/// The figures of every precinct that has all of them, and how many have not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures<'a> {
    /// Precincts with voters, ballots given out, ballots found and votes of the choice.
    pub rows: Vec<(&'a UnitCode, Precinct)>,
    /// Precincts of which one of these is not known.
    pub left_out: u64,
}

/// Reads the figures of one choice.
pub fn figures<'a>(
    cells: impl IntoIterator<Item = (&'a UnitCode, &'a Cells)>,
    lines: &CountedLines,
    (contest, choice): (&ContestCode, &ChoiceCode),
) -> Figures<'a> {
    let key = CellKey::vote(contest.clone(), choice.clone());
    let mut figures = Figures::default();
    for (unit, cells) in cells {
        let precinct = || {
            Some(Precinct {
                registered: lines.voters(cells)?,
                issued: lines.issued(cells)?,
                counted: lines.found(cells)?,
                votes: cells.get(&key)?,
            })
        };
        match precinct() {
            Some(precinct) => figures.rows.push((unit, precinct)),
            None => figures.left_out += 1,
        }
    }
    figures
}

/// The choice with most votes in all these cells; of two the first on the ballot. None where nobody has
/// one.
pub fn leader<'a>(
    cells: impl IntoIterator<Item = &'a Cells>,
    contest: &Contest,
) -> Option<ChoiceCode> {
    let keys: Vec<CellKey> = contest
        .choices
        .iter()
        .map(|choice| CellKey::vote(contest.code.clone(), choice.code.clone()))
        .collect();
    let mut sums = vec![0_u64; keys.len()];
    for cells in cells {
        for (sum, key) in sums.iter_mut().zip(&keys) {
            *sum = sum.saturating_add(cells.get(key).unwrap_or(0));
        }
    }
    let most = sums.iter().copied().max().filter(|most| *most > 0)?;
    let place = sums.iter().position(|sum| *sum == most)?;
    contest.choices.get(place).map(|choice| choice.code.clone())
}

/// How many precincts have which turnout, in whole points; those without voters or ballots, or with more
/// ballots than voters, are in none.
pub fn turnout_points<'a>(
    cells: impl IntoIterator<Item = &'a Cells>,
    lines: &CountedLines,
) -> Vec<u64> {
    let mut points = vec![0; POINTS];
    for cells in cells {
        let (Some(registered), Some(issued)) = (lines.voters(cells), lines.issued(cells)) else {
            continue;
        };
        let precinct = Precinct { registered, issued, ..Precinct::default() };
        if let Some(point) = precinct.turnout_point() {
            points[point] += 1;
        }
    }
    points
}
