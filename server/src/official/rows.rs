//! What was read of a table, and what was not. Pure.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use hattama_proto::{id::UnitCode, statement::Level};

/// Lines that are named of a unit that stands more than once; the others are counted.
const LINES_NAMED_MAX: usize = 10;

/// What stands in one cell of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Printed {
    /// The table has no such cell for the unit.
    #[default]
    Nothing,
    /// The cell is there and empty.
    Empty,
    /// A figure. Unit: what the cell counts.
    Figure(u64),
}

impl Printed {
    /// The figure, if one is printed.
    pub const fn figure(self) -> Option<u64> {
        match self {
            Self::Figure(figure) => Some(figure),
            Self::Nothing | Self::Empty => None,
        }
    }
}

/// What an observer's table says of one document besides its figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryTexts {
    /// Which copy.
    pub copy: String,
    /// The document's number; empty where it has none.
    pub number: String,
    /// Who observed, by pseudonym; empty where the table does not say.
    pub person: String,
}

/// A unit's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialRow {
    /// Which unit.
    pub unit: UnitCode,
    /// Its line in the file, from 1; the first of several.
    pub line: u64,
    /// In the order of [`OfficialRows::cells`].
    pub figures: Box<[Printed]>,
    /// Of which document, where the mapping has `[entry]`.
    pub entry: Option<Box<EntryTexts>>,
}

/// Why a row was left out. Each is for whoever imports, with what to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Another number of fields than the header names.
    Shifted {
        /// Fields of the row.
        fields: usize,
        /// Fields of the header.
        named: usize,
    },
    /// The columns make no code.
    NoCode(String),
    /// The register has no such unit.
    UnknownUnit(UnitCode),
    /// A unit of another level: a total among precincts, or a file for another level.
    OtherLevel(UnitCode, Level),
    /// Something else stands where a figure is expected.
    Figure {
        /// Name of the column.
        column: String,
        /// What is wrong.
        what: String,
    },
    /// A choice that the mapping does not name.
    Choice(String),
    /// The unit stands more than once, and nobody can say which row is meant. The lines are shared by
    /// all of its rows: a total that stands on every line of a file would be there as often squared.
    Repeated(UnitCode, Arc<[u64]>),
    /// The row names no document that the set-up knows.
    NoDocument(String),
    /// The file itself is damaged here.
    Unreadable(String),
}

impl Why {
    /// The kind of reason, for counting.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Shifted { .. } => "another number of columns",
            Self::NoCode(_) => "no code of a unit",
            Self::UnknownUnit(_) => "not in the register",
            Self::OtherLevel(..) => "another level",
            Self::Figure { .. } => "not a figure",
            Self::Choice(_) => "a choice that is not mapped",
            Self::Repeated(..) => "stands more than once",
            Self::NoDocument(_) => "no document",
            Self::Unreadable(_) => "cannot be read",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shifted { fields, named } => {
                write!(f, "{fields} columns where {named} are named: are they shifted?")
            }
            Self::NoCode(why) | Self::NoDocument(why) | Self::Unreadable(why) => f.write_str(why),
            Self::UnknownUnit(code) => write!(f, "the register has no unit {code}"),
            Self::OtherLevel(code, level) => {
                write!(f, "unit {code} is not of level {}", level.name())
            }
            Self::Figure { column, what } => write!(f, "{column}: {what}"),
            Self::Choice(named) => write!(f, "no choice of the mapping is called {named:?}"),
            Self::Repeated(unit, lines) => {
                let named: Vec<String> =
                    lines.iter().take(LINES_NAMED_MAX).map(u64::to_string).collect();
                write!(f, "unit {unit} stands on the lines {}", named.join(", "))?;
                if lines.len() > LINES_NAMED_MAX {
                    write!(f, " and on {} more", lines.len() - LINES_NAMED_MAX)?;
                }
                f.write_str("; none is taken")
            }
        }
    }
}

/// A row that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why.
    pub why: Why,
}

/// A column of the file, and what is taken from it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Column {
    /// As the file names it.
    pub name: String,
    /// What for: `unit`, cells, `choice`, `votes`; nothing when it is not used.
    pub used_for: Vec<String>,
}

/// What a table says, and what was not understood of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfficialRows {
    /// Names of the cells, sorted.
    pub cells: Vec<String>,
    /// Units in the order of the file.
    pub rows: Vec<OfficialRow>,
    /// Rows that were left out, by line.
    pub left_out: Vec<LeftOut>,
    /// Rows that the mapping says are not meant.
    pub ignored: u64,
    /// All columns of the file.
    pub columns: Vec<Column>,
}

impl OfficialRows {
    /// The cells of a row that are there, with their names; null is an empty one.
    pub fn cells_of<'a>(
        &'a self,
        row: &'a OfficialRow,
    ) -> impl Iterator<Item = (&'a str, Option<u64>)> {
        let named = self.cells.iter().zip(&row.figures);
        named
            .filter(|(_, printed)| **printed != Printed::Nothing)
            .map(|(name, printed)| (name.as_str(), printed.figure()))
    }

    /// A row's cells as the store keeps them: a JSON object, names in order.
    pub fn json_of(&self, row: &OfficialRow) -> String {
        let mut json = String::with_capacity(row.figures.len() * 32);
        for (name, figure) in self.cells_of(row) {
            // Names are made of codes, which hold nothing that JSON would have to escape.
            let before = if json.is_empty() { '{' } else { ',' };
            let wrote = match figure {
                Some(figure) => write!(json, "{before}\"{name}\":{figure}"),
                None => write!(json, "{before}\"{name}\":null"),
            };
            wrote.expect("a text takes everything");
        }
        if json.is_empty() {
            json.push('{');
        }
        json.push('}');
        json
    }
}
