//! All figures that we hold of a unit: votes by the rule of [`our_copy()`], lines off the same
//! documents. Pure.

use hattama_proto::{
    id::{CopyType, LineCode},
    pack::Pack,
    statement::Level,
};

use super::{OurCopy, our_copy};
use crate::merge::{CellKey, Cells, Document, UnitFile};

/// The lines of the precinct form in its order, with their printed numbers.
pub fn form_lines(pack: &Pack) -> Vec<(&str, &LineCode)> {
    let forms = pack.forms.forms.iter().filter(|form| form.levels.contains(&Level::Precinct));
    forms.flat_map(|form| &form.lines).map(|line| (line.number.as_str(), &line.code)).collect()
}

/// The copy types whose documents the lines are taken from: those of the first contest that has
/// figures; none where no contest has any.
pub fn line_copies(file: &UnitFile, pack: &Pack) -> Option<Vec<CopyType>> {
    pack.election.contests.iter().find_map(|contest| match our_copy(file, &contest.code, pack) {
        OurCopy::Settled { copies, .. } => Some(copies),
        OurCopy::Unsettled | OurCopy::NotObtained | OurCopy::Nothing => None,
    })
}

/// The documents of one copy type whose figures of a line are used: settled, and the line is on them
/// with a figure.
pub fn documents_of_line<'a>(
    file: &'a UnitFile,
    copy: &'a CopyType,
    line: &'a LineCode,
) -> impl Iterator<Item = &'a Document> {
    file.documents.iter().filter(move |document| {
        document.copy == *copy
            && document.table.is_none()
            && document.is_settled()
            && document.figures().line(line).is_some()
    })
}

/// The figures we hold of a unit: votes by the rule of [`our_copy()`], lines off the same documents.
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
        let mut readings = documents_of_line(file, copy, line)
            .filter_map(|document| document.figures().line(line));
        let first = readings.next()?;
        readings.all(|other| other == first).then(|| sum.saturating_add(first))
    })
}

/// Whether what was published for a unit says otherwise than the figures we hold of it, in a cell
/// that both have.
pub fn differ(ours: &Cells, published: &Cells) -> bool {
    ours.in_both(published).any(|(_, ours, theirs)| ours != theirs)
}
