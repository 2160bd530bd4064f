//! Voters and ballots of a unit, by what the form's lines count. Pure.
//!
//! Forms differ in their lines; which of them hold the voters, the ballots given out and the ballots
//! found is said by the set-up ([`Counted`]). Lines that count the same are added; where one of them
//! is missing on a sheet the sum is unknown, never smaller.

use hattama_proto::{
    id::ContestCode,
    pack::{Counted, FormKind, Pack},
    statement::Level,
};

use crate::merge::{CellKey, Cells};

/// Which cells hold what, on the form of one level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedLines {
    voters: Vec<CellKey>,
    issued: Vec<CellKey>,
    found: Vec<CellKey>,
    invalid: Vec<CellKey>,
    valid: Vec<CellKey>,
}

impl CountedLines {
    /// Those of the results forms that commissions of `level` fill and on which `contest` stands: two
    /// sheets of one precinct have the same voters, who are not counted twice. Empty where the set-up
    /// says nothing of what its lines count: then no turnout is known.
    pub fn of(pack: &Pack, level: Level, contest: &ContestCode) -> Self {
        let mut counted = Self::default();
        let forms = pack.forms.forms.iter().filter(|form| {
            let shows = form.contests.is_empty() || form.contests.contains(contest);
            form.kind == FormKind::Results && form.levels.contains(&level) && shows
        });
        for line in forms.flat_map(|form| &form.lines) {
            let cells = match line.counts {
                Some(Counted::Voters) => &mut counted.voters,
                Some(Counted::Issued) => &mut counted.issued,
                Some(Counted::Found) => &mut counted.found,
                Some(Counted::Invalid) => &mut counted.invalid,
                Some(Counted::Valid) => &mut counted.valid,
                None => continue,
            };
            let cell = CellKey::line(line.code.clone());
            // Two forms of a level may share a line.
            if !cells.contains(&cell) {
                cells.push(cell);
            }
        }
        counted
    }

    /// Voters on the list.
    pub fn voters(&self, cells: &Cells) -> Option<u64> {
        sum(&self.voters, cells)
    }

    /// Ballots given out, where the form has lines for them; else the ballots found.
    pub fn issued(&self, cells: &Cells) -> Option<u64> {
        if self.issued.is_empty() { self.found(cells) } else { sum(&self.issued, cells) }
    }

    /// Ballots found in the boxes, where the form has lines for them; else valid and invalid ones
    /// together.
    pub fn found(&self, cells: &Cells) -> Option<u64> {
        if self.found.is_empty() { self.counted(cells) } else { sum(&self.found, cells) }
    }

    /// Valid and invalid ballots together.
    pub fn counted(&self, cells: &Cells) -> Option<u64> {
        self.valid(cells)?.checked_add(sum(&self.invalid, cells)?)
    }

    /// Valid ballots.
    pub fn valid(&self, cells: &Cells) -> Option<u64> {
        sum(&self.valid, cells)
    }
}

fn sum(keys: &[CellKey], cells: &Cells) -> Option<u64> {
    if keys.is_empty() {
        return None;
    }
    keys.iter().try_fold(0_u64, |sum, key| sum.checked_add(cells.get(key)?))
}

#[cfg(test)]
mod tests {
    use hattama_proto::{
        id::LineCode,
        pack::{FormLine, Names},
    };

    use super::*;
    use crate::merge::world;

    fn key(code: &str) -> CellKey {
        CellKey::line(LineCode::new(code).unwrap())
    }

    fn lines() -> CountedLines {
        CountedLines {
            voters: vec![key("1")],
            issued: vec![key("3"), key("4")],
            found: vec![],
            invalid: vec![key("9")],
            valid: vec![key("10")],
        }
    }

    #[test]
    fn lines_that_count_the_same_are_added_and_a_missing_one_leaves_the_sum_unknown() {
        let sheet = |early| {
            Cells::from_pairs([
                (key("1"), Some(900)),
                (key("3"), early),
                (key("4"), Some(500)),
                (key("9"), Some(4)),
                (key("10"), Some(490)),
            ])
        };
        assert_eq!(lines().voters(&sheet(None)), Some(900));
        assert_eq!(lines().issued(&sheet(Some(11))), Some(511));
        assert_eq!(lines().issued(&sheet(None)), None);
    }

    #[test]
    fn voters_of_two_sheets_of_one_precinct_are_those_of_the_contest_s_own() {
        let mut pack = Pack::clone(&world::pack());
        let sheet = |code: &str, contest: &str| {
            let mut form = pack.forms.forms[0].clone();
            form.contests = vec![world::contest(contest)];
            form.lines = vec![FormLine {
                code: world::line(code),
                number: "1".to_owned(),
                names: Names::default(),
                required: true,
                counts: Some(Counted::Voters),
            }];
            form
        };
        pack.forms.forms = vec![sheet("list-voters", "list"), sheet("voters", "president")];
        let cells =
            Cells::from_pairs([(key("list-voters"), Some(900)), (key("voters"), Some(901))]);
        let lines = CountedLines::of(&pack, Level::Precinct, &world::contest("president"));
        assert_eq!(lines.voters(&cells), Some(901));
    }

    #[test]
    fn a_form_without_a_line_for_what_was_found_has_what_was_counted() {
        let sheet = Cells::from_pairs([(key("9"), Some(4)), (key("10"), Some(490))]);
        assert_eq!(lines().found(&sheet), Some(494));
        assert_eq!(lines().voters(&sheet), None);
        assert_eq!(CountedLines::default().valid(&sheet), None);
    }
}
