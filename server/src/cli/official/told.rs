//! What headquarters says of a file: understood, left out, archived.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde::Deserialize;

use crate::cli::{output::printable, table::Table};

/// The answer to a file.
#[derive(Deserialize)]
pub(in crate::cli) struct Told {
    /// None when nothing was archived.
    #[serde(default)]
    pub(in crate::cli) id: Option<String>,
    #[serde(default)]
    pub(in crate::cli) before: bool,
    pub(in crate::cli) units: usize,
    pub(in crate::cli) left_out: Vec<(u64, String)>,
    changes: Option<Counts>,
    pub(in crate::cli) report: Option<Report>,
}

#[derive(Deserialize)]
struct Counts {
    appeared: usize,
    changed: usize,
    withdrawn: usize,
}

/// What would be understood.
#[derive(Deserialize)]
pub(in crate::cli) struct Report {
    register: usize,
    absent: usize,
    absent_units: Vec<String>,
    ignored: u64,
    columns: Vec<Column>,
    first: Vec<FirstRow>,
    reasons: BTreeMap<String, usize>,
    broken: Vec<Broken>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    used_for: Vec<String>,
}

#[derive(Deserialize)]
struct FirstRow {
    unit: String,
    line: u64,
    cells: BTreeMap<String, Option<u64>>,
}

#[derive(Deserialize)]
struct Broken {
    form: String,
    relation: String,
    checked: usize,
    broken: usize,
    first: Vec<String>,
}

/// Units that are named in a dry run; the answer as JSON has more.
const NAMED_MAX: usize = 20;

impl Told {
    /// Rows that were left out, one a line.
    pub(in crate::cli) fn left_out(&self) -> String {
        let mut text = String::new();
        for (line, why) in &self.left_out {
            text.push_str(&printable(&format!("left out: line {line}: {why}\n")));
        }
        text
    }

    /// What became of an import.
    pub(in crate::cli) fn describe(&self, file: &Path, level: &str) -> String {
        let mut text = self.left_out();
        let (file, units, left) = (file.display(), self.units, self.left_out.len());
        let _ = writeln!(
            text,
            "{file}: level {level}, units imported: {units}, rows left out: {left}."
        );
        let Some(id) = &self.id else { return text };
        let _ = writeln!(text, "publication {id}");
        if self.before {
            text.push_str("It was archived before; nothing changed.\n");
        }
        if let Some(Counts { appeared, changed, withdrawn }) = &self.changes {
            let _ = writeln!(
                text,
                "Against the one of this level before it: units that appeared: {appeared}, \
                 changed: {changed}, withdrawn: {withdrawn}; see `hattama official changes {id}`."
            );
        }
        text
    }
}

impl Report {
    /// What would be understood.
    pub(in crate::cli) fn describe(&self, told: &Told) -> String {
        let mut columns = Table::new(["column", "is read as"]);
        for column in &self.columns {
            let used = match column.used_for.as_slice() {
                [] => "-".to_owned(),
                uses => uses.join(", "),
            };
            columns.push([column.name.clone(), used]);
        }
        let mut text = format!("{}\n", columns.render());
        if !self.first.is_empty() {
            text.push_str("The first rows, as they would be understood:\n");
        }
        for row in &self.first {
            let cell = |(name, figure): (&String, &Option<u64>)| match figure {
                Some(figure) => format!("{name}={figure}"),
                None => format!("{name}=?"),
            };
            let cells: Vec<String> = row.cells.iter().map(cell).collect();
            let _ = writeln!(text, "  line {}: {}: {}", row.line, row.unit, cells.join(" "));
        }
        let _ = writeln!(
            text,
            "\nunits understood  {}\nin the register   {}\nnot in the file   {}{}\n\
             rows not meant    {}\nrows left out     {}",
            told.units,
            self.register,
            self.absent,
            named(&self.absent_units, self.absent),
            self.ignored,
            told.left_out.len()
        );
        for (reason, rows) in &self.reasons {
            let _ = writeln!(text, "  {reason}: {rows}");
        }
        for broken in &self.broken {
            let Broken { form, relation, checked, broken: rows, first } = broken;
            let _ = writeln!(
                text,
                "{relation} ({form}) does not hold in {rows} of {checked} rows{}; many say that \
                 the mapping is wrong, few that the file is worth a look",
                named(first, *rows)
            );
        }
        text
    }
}

/// `: 101, 102, ...`
fn named(units: &[String], all: usize) -> String {
    if units.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = units.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = if all > shown.len() { ", ..." } else { "" };
    format!(": {}{more}", shown.join(", "))
}
