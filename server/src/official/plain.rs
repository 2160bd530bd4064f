//! Reading what the commission published, in its first plain form: CSV with named columns.
//!
//! ```text
//! unit,line:voters,...,contest:president:saffron,...
//! ```
//!
//! A column is named like a cell of a protocol, with or without `line:`; `unit` names the unit.
//! Every row that is not understood is told with its line number; nothing is guessed.

use std::collections::BTreeMap;

use hattama_proto::{id::UnitCode, limits::FIGURE_MAX, pack::Pack, statement::Level};

/// Rows of a publication that were understood, and those that were not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicationRows {
    /// Unit, line in the file, figures by column.
    pub rows: Vec<(UnitCode, u64, BTreeMap<String, Option<u64>>)>,
    /// Line in the file, and why it was left out.
    pub left_out: Vec<(u64, String)>,
}

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
) -> Result<PublicationRows, PublicationError> {
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
        .map(|(index, name)| Ok((index, cell_name(name.trim(), pack)?)))
        .collect::<Result<Vec<_>, PublicationError>>()?;
    let mut read = PublicationRows::default();
    let mut seen = std::collections::HashSet::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                read.left_out.push((line, error.to_string()));
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        match read_row(&row, unit_column, &columns, level, pack) {
            Ok((unit, _)) if !seen.insert(unit.clone()) => {
                read.left_out.push((line, format!("unit {unit} stands a second time")));
            }
            Ok((unit, cells)) => read.rows.push((unit, line, cells)),
            Err(why) => read.left_out.push((line, why)),
        }
    }
    Ok(read)
}

/// The cell a column is about, as merge and compare name it.
fn cell_name(column: &str, pack: &Pack) -> Result<String, PublicationError> {
    let bare = column.strip_prefix("line:").unwrap_or(column);
    let is_line = pack
        .forms
        .forms
        .iter()
        .any(|form| form.lines.iter().any(|line| line.code.as_str() == bare));
    if is_line {
        return Ok(format!("line:{bare}"));
    }
    let of_contest = column.strip_prefix("contest:").unwrap_or(column);
    let is_choice = of_contest.split_once(':').is_some_and(|(contest, choice)| {
        pack.election.contests.iter().any(|known| {
            known.code.as_str() == contest
                && known.choices.iter().any(|known| known.code.as_str() == choice)
        })
    });
    if is_choice {
        return Ok(format!("contest:{of_contest}"));
    }
    Err(PublicationError::Column(column.to_owned()))
}

type Row = (UnitCode, BTreeMap<String, Option<u64>>);

fn read_row(
    row: &csv::StringRecord,
    unit_column: usize,
    columns: &[(usize, String)],
    level: Level,
    pack: &Pack,
) -> Result<Row, String> {
    let written = row.get(unit_column).unwrap_or("").trim();
    let code = UnitCode::new(written).map_err(|error| error.to_string())?;
    let unit = pack.units.get(&code).ok_or_else(|| format!("the register has no unit {code}"))?;
    if unit.kind.level() != level {
        return Err(format!("unit {code} is not of level {}", level.name()));
    }
    let mut cells = BTreeMap::new();
    for (index, cell) in columns {
        let text = row.get(*index).unwrap_or("").trim();
        let figure = match text {
            "" => None,
            text => Some(
                text.parse()
                    .ok()
                    .filter(|figure| *figure <= FIGURE_MAX)
                    .ok_or_else(|| format!("{text:?} under {cell} is not a figure"))?,
            ),
        };
        cells.insert(cell.clone(), figure);
    }
    Ok((code, cells))
}
