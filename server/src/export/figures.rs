//! Figures of units, a row for each, in the form in which publications are imported. Pure.

use std::sync::Arc;

use bytes::Bytes;
use hattama_proto::{
    id::UnitCode,
    pack::{FormKind, Pack},
};

use super::{
    csv::{Cell, Flavour, heading, row},
    piece::pieces,
};
use crate::merge::{CellKey, Cells};

/// Units and their figures, in the order of the register.
pub type Figures = Vec<(UnitCode, Cells)>;

/// Every line of a results protocol and every choice, each once.
pub(super) fn cells_of(pack: &Pack) -> Vec<CellKey> {
    let forms = pack.forms.forms.iter().filter(|form| form.kind == FormKind::Results);
    let lines = forms.flat_map(|form| &form.lines).map(|line| CellKey::line(line.code.clone()));
    let choices = pack.election.contests.iter().flat_map(|contest| {
        let of = |choice: &hattama_proto::pack::Choice| {
            CellKey::vote(contest.code.clone(), choice.code.clone())
        };
        contest.choices.iter().map(of)
    });
    let mut seen = std::collections::HashSet::new();
    lines.chain(choices).filter(|key| seen.insert(key.clone())).collect()
}

/// Figures as CSV, piece by piece. Columns are named as `hattama official import` reads them; a figure
/// that is not known is an empty cell.
pub fn figures(
    of: Figures,
    pack: &Pack,
    flavour: Flavour,
    bom: bool,
) -> impl Iterator<Item = Bytes> + Send + use<> {
    let keys: Arc<[CellKey]> = cells_of(pack).into();
    let mut columns = vec!["unit".to_owned()];
    columns.extend(keys.iter().map(CellKey::name));
    let rows = of.into_iter().map(move |(unit, figures)| {
        let mut cells = vec![Cell::from(unit.as_str())];
        cells.extend(keys.iter().map(|key| Cell::from(figures.get(key))));
        row(flavour, &cells)
    });
    pieces(std::iter::once(heading(flavour, bom, &columns)).chain(rows))
}
