//! Reading what the commission published, in its plain form, without a mapping: CSV with named
//! columns.
//!
//! ```text
//! unit,line:voters,...,contest:president:saffron,...
//! ```
//!
//! A column is named like a cell of a protocol, with or without `line:`; `unit` names the unit.
//! Every row that is not understood is told with its line number; nothing is guessed.

use std::collections::{BTreeMap, HashSet};

use hattama_proto::{id::UnitCode, limits::FIGURE_MAX, pack::Pack, statement::Level};

use super::{
    cell::cell_name,
    lines::Lines,
    rows::{Column, LeftOut, OfficialRow, OfficialRows, Printed, Why},
};

/// Why a file as a whole cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicationError {
    /// Not CSV.
    #[error("the file is not CSV in UTF-8 with commas: {0}")]
    Csv(String),
    /// No column for the unit.
    #[error("the file has no column `unit`; its first line names {0}")]
    NoUnit(String),
    /// A column that no form and no contest has.
    #[error(
        "no line and no choice is called {0:?}; name columns like `valid` or `president:saffron`"
    )]
    Column(String),
}

/// Reads a file for one level.
pub fn read_publication(
    file: &[u8],
    level: Level,
    pack: &Pack,
) -> Result<OfficialRows, PublicationError> {
    // A mark that some spreadsheets write before UTF-8.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let header =
        reader.headers().map_err(|error| PublicationError::Csv(error.to_string()))?.clone();
    let unit_column = header
        .iter()
        .position(|name| name.trim() == "unit")
        .ok_or_else(|| PublicationError::NoUnit(header.iter().collect::<Vec<_>>().join(", ")))?;
    let columns = header
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != unit_column)
        .map(|(index, name)| {
            let cell = cell_name(name.trim(), pack)
                .ok_or_else(|| PublicationError::Column(name.trim().to_owned()))?;
            Ok((index, cell))
        })
        .collect::<Result<Vec<_>, PublicationError>>()?;
    let (cells, places) = cells(&columns);
    let used = |index: usize, name: &str| Column {
        name: name.to_owned(),
        used_for: match columns.iter().find(|(at, _)| *at == index) {
            Some((_, cell)) => vec![cell.clone()],
            None => vec!["unit".to_owned()],
        },
    };
    let mut read = OfficialRows {
        cells,
        columns: header.iter().enumerate().map(|(index, name)| used(index, name)).collect(),
        ..OfficialRows::default()
    };
    let mut seen = HashSet::new();
    let mut lines = Lines::new(file, 1);
    let begins = |position: Option<&csv::Position>| position.map_or(0, csv::Position::byte);
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = lines.at(begins(error.position()));
                read.left_out.push(LeftOut { line, why: Why::Unreadable(error.to_string()) });
                continue;
            }
        };
        let line = lines.at(begins(row.position()));
        let unit = row.get(unit_column).unwrap_or("").trim();
        match unit_of(unit, level, pack).and_then(|unit| Ok((unit, figures(&row, &places)?))) {
            Ok((unit, _)) if !seen.insert(unit.clone()) => {
                let why = Why::Unreadable(format!("unit {unit} stands a second time"));
                read.left_out.push(LeftOut { line, why });
            }
            Ok((unit, figures)) => {
                read.rows.push(OfficialRow { unit, line, figures, entry: None });
            }
            Err(why) => read.left_out.push(LeftOut { line, why }),
        }
    }
    Ok(read)
}

/// The cells, sorted, and of each the column that it is read from: the last, where two are called
/// the same.
fn cells(columns: &[(usize, String)]) -> (Vec<String>, Vec<usize>) {
    let by_name: BTreeMap<&String, usize> =
        columns.iter().map(|(index, cell)| (cell, *index)).collect();
    by_name.into_iter().map(|(cell, index)| (cell.clone(), index)).unzip()
}

fn unit_of(written: &str, level: Level, pack: &Pack) -> Result<UnitCode, Why> {
    let code = UnitCode::new(written).map_err(|error| Why::NoCode(error.to_string()))?;
    match pack.units.get(&code) {
        None => Err(Why::UnknownUnit(code)),
        Some(unit) if unit.kind.level() != level => Err(Why::OtherLevel(code, level)),
        Some(_) => Ok(code),
    }
}

fn figures(row: &csv::StringRecord, places: &[usize]) -> Result<Box<[Printed]>, Why> {
    let figure = |index: &usize| match row.get(*index).unwrap_or("").trim() {
        "" => Ok(Printed::Empty),
        text => text
            .parse()
            .ok()
            .filter(|figure| *figure <= FIGURE_MAX)
            .map(Printed::Figure)
            .ok_or_else(|| Why::Figure {
                column: format!("column {}", index + 1),
                what: format!("{text:?} is not a figure"),
            }),
    };
    places.iter().map(figure).collect()
}
