//! What would be understood of a table, for whoever writes its mapping. Pure.

use std::collections::BTreeMap;

use hattama_proto::{id::UnitCode, pack::Pack, statement::Level};
use serde::Serialize;

use super::{
    balance::{BrokenRelation, broken_relations},
    rows::{Column, OfficialRow, OfficialRows},
};

/// How many rows are shown as they would be understood.
const FIRST_ROWS: usize = 3;

/// How many units are named that the table lacks.
const NAMED_MAX: usize = 200;

/// What was understood of a table, and what was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadingReport {
    /// Units that were understood.
    pub units: usize,
    /// Units of this level in the register.
    pub register: usize,
    /// Units of this level that the table does not have.
    pub absent: usize,
    /// The first of them.
    pub absent_units: Vec<UnitCode>,
    /// Rows that the mapping says are not meant.
    pub ignored: u64,
    /// Columns of the file, and what is taken from each.
    pub columns: Vec<Column>,
    /// The first rows, as they were understood.
    pub first: Vec<FirstRow>,
    /// Why rows were left out, and how many.
    pub reasons: BTreeMap<&'static str, usize>,
    /// Control relations that rows break.
    pub broken: Vec<BrokenRelation>,
}

/// A row as it was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FirstRow {
    /// The unit.
    pub unit: UnitCode,
    /// Its line in the file.
    pub line: u64,
    /// Its figures by cell; null where a cell is empty.
    pub cells: BTreeMap<String, Option<u64>>,
}

/// Says what was understood.
pub fn report(rows: &OfficialRows, level: Level, pack: &Pack) -> ReadingReport {
    let there: std::collections::HashSet<&UnitCode> =
        rows.rows.iter().map(|row| &row.unit).collect();
    let of_level = pack.units.all().iter().filter(|unit| unit.kind.level() == level);
    let mut absent: Vec<&UnitCode> = Vec::new();
    let mut register = 0;
    for unit in of_level {
        register += 1;
        if !there.contains(&unit.code) {
            absent.push(&unit.code);
        }
    }
    let mut reasons = BTreeMap::new();
    for row in &rows.left_out {
        *reasons.entry(row.why.kind()).or_insert(0) += 1;
    }
    let first = |row: &OfficialRow| FirstRow {
        unit: row.unit.clone(),
        line: row.line,
        cells: rows.cells_of(row).map(|(cell, figure)| (cell.to_owned(), figure)).collect(),
    };
    ReadingReport {
        units: there.len(),
        register,
        absent: absent.len(),
        absent_units: absent.into_iter().take(NAMED_MAX).cloned().collect(),
        ignored: rows.ignored,
        columns: rows.columns.clone(),
        first: rows.rows.iter().take(FIRST_ROWS).map(first).collect(),
        reasons,
        broken: broken_relations(rows, level, pack),
    }
}
