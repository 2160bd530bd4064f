//! A row of a table as the protocol it was taken from. Pure.

use std::collections::BTreeMap;

use hattama_proto::{
    id::CopyType,
    pack::{FormDefinition, Pack},
    record::{Figure, ResultsProtocol, SheetFlags},
};

use super::rows::{OfficialRow, OfficialRows};

/// The row as a protocol of `form`: every line and choice of the form, null where the table has no
/// figure. Nothing is added up.
pub fn sheet(
    rows: &OfficialRows,
    row: &OfficialRow,
    form: &FormDefinition,
    copy: CopyType,
    pack: &Pack,
) -> ResultsProtocol {
    let printed = |cell: String| -> Option<Figure> {
        let place = rows.cells.binary_search(&cell).ok()?;
        Figure::new(row.figures[place].figure()?).ok()
    };
    let lines = form
        .lines
        .iter()
        .map(|line| (line.code.clone(), printed(format!("line:{}", line.code))))
        .collect();
    let contests = pack.election.contests.iter().filter(|of| form.contests.contains(&of.code));
    let contests = contests.map(|contest| {
        let votes = contest.choices.iter().map(|choice| {
            let cell = format!("contest:{}:{}", contest.code, choice.code);
            (choice.code.clone(), printed(cell))
        });
        (contest.code.clone(), votes.collect())
    });
    let number = row.entry.as_ref().map_or("", |entry| entry.number.as_str());
    ResultsProtocol {
        unit: row.unit.clone(),
        table: None,
        form: form.code.clone(),
        copy,
        document_number: (!number.is_empty()).then(|| number.to_owned()),
        document_time: None,
        lines,
        contests: contests.collect(),
        marks: BTreeMap::new(),
        photos: Vec::new(),
        flags: SheetFlags::default(),
    }
}
