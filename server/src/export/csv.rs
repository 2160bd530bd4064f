//! Rows of CSV (RFC 4180), in two flavours. Pure.
//!
//! A spreadsheet takes a cell for a formula by what it begins with, quoted or not. So there is one
//! flavour for programs, with every cell exactly as it is, and one for spreadsheets, in which a text that
//! might be taken for a formula begins with an apostrophe; so does one that begins with an apostrophe,
//! so that the cell can be told again. Figures are ours and stay figures.

use std::borrow::Cow;

use serde::Deserialize;

/// What a mark of three bytes says to some spreadsheets: this is UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Who the file is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// Programs: every cell exactly as it is.
    #[default]
    Exact,
    /// Spreadsheets: no cell can be taken for a formula.
    Spreadsheet,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    /// Nothing: not known, or not there.
    Empty,
    /// A figure.
    Figure(i128),
    /// A text.
    Text(Cow<'a, str>),
}

impl From<Option<u64>> for Cell<'_> {
    fn from(figure: Option<u64>) -> Self {
        figure.map_or(Self::Empty, |figure| Self::Figure(figure.into()))
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

/// Adds a row. Texts are in quotes, figures are not; a row ends as the standard says.
pub(crate) fn put_row(into: &mut Vec<u8>, flavour: Flavour, cells: &[Cell<'_>]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            into.push(b',');
        }
        match cell {
            Cell::Empty => {}
            Cell::Figure(figure) => into.extend(figure.to_string().bytes()),
            Cell::Text(text) => {
                into.push(b'"');
                if flavour == Flavour::Spreadsheet && needs_apostrophe(text) {
                    into.push(b'\'');
                }
                into.extend(text.replace('"', "\"\"").bytes());
                into.push(b'"');
            }
        }
    }
    into.extend(b"\r\n");
}

/// A row as a part of a file.
pub(super) fn row(flavour: Flavour, cells: &[Cell<'_>]) -> Vec<u8> {
    let mut into = Vec::with_capacity(128);
    put_row(&mut into, flavour, cells);
    into
}

/// The first part of a file: the mark, if it is wanted, and the names of the columns.
pub(super) fn heading(flavour: Flavour, bom: bool, columns: &[String]) -> Vec<u8> {
    let mut into = if bom { BOM.to_vec() } else { Vec::new() };
    let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.as_str().into()).collect();
    put_row(&mut into, flavour, &cells);
    into
}

/// Whether a spreadsheet may take a text for a formula, by what it begins with; or whether it begins as
/// one that was kept from that.
pub(crate) fn needs_apostrophe(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠', '\''])
}
