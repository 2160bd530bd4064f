//! All figures that we hold of a unit: votes by the rule of [`our_copy`], lines off the same
//! documents. Pure.

use hattama_proto::{
    id::{CopyType, LineCode},
    pack::Pack,
    statement::Level,
};

use super::{OurCopy, our_copy};
use crate::merge::{CellKey, Cells, UnitFile};

/// The lines of the precinct form in its order, with their printed numbers.
pub fn form_lines(pack: &Pack) -> Vec<(&str, &LineCode)> {
    let forms = pack.forms.forms.iter().filter(|form| form.levels.contains(&Level::Precinct));
    forms.flat_map(|form| &form.lines).map(|line| (line.number.as_str(), &line.code)).collect()
}

/// The figures we hold of a unit: votes by the rule of [`our_copy`], lines off the same documents.
pub fn our_figures(file: &UnitFile, pack: &Pack) -> Cells {
    let mut figures = Vec::new();
    let mut lines_from = None;
    for contest in &pack.election.contests {
        if let OurCopy::Settled { copies, votes, .. } = our_copy(file, &contest.code, pack) {
            figures.extend(votes.iter().map(|(cell, votes)| (cell.clone(), votes)));
            lines_from.get_or_insert(copies);
        }
    }
    if let Some(copies) = lines_from {
        figures.extend(
            form_lines(pack)
                .into_iter()
                .map(|(_, line)| (CellKey::line(line.clone()), line_of(file, &copies, line))),
        );
    }
    Cells::from_pairs(figures)
}

/// One line, added over copies that are parts; none where documents of one copy type differ.
fn line_of(file: &UnitFile, copies: &[CopyType], line: &LineCode) -> Option<u64> {
    copies.iter().try_fold(0_u64, |sum, copy| {
        let mut readings = file
            .documents
            .iter()
            .filter(|doc| doc.copy == *copy && doc.table.is_none() && doc.is_settled())
            .filter_map(|doc| doc.figures().line(line));
        let first = readings.next()?;
        readings.all(|other| other == first).then(|| sum.saturating_add(first))
    })
}
