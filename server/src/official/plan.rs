//! A mapping, with its columns found in a file. Pure.

use std::collections::{BTreeMap, HashMap};

use csv::StringRecord;
use hattama_proto::{id::UnitCode, pack::Pack, statement::Level};

use super::{
    code::Piece,
    decode::FileError,
    figure::figure,
    mapping::{Mapping, RowsWhere},
    rows::{Column, EntryTexts, Printed, Why},
};

/// The mapping, with columns found in the file.
pub(super) struct Plan<'a> {
    header: Vec<String>,
    unit: Vec<Part<'a>>,
    values: HashMap<usize, &'a BTreeMap<String, String>>,
    /// Names of all cells, sorted.
    pub(super) cells: Vec<String>,
    /// Cells by column: place among the cells, columns to be added.
    sums: Vec<(usize, Vec<usize>)>,
    votes: Option<VotesPlan<'a>>,
    only: Vec<(usize, &'a [String])>,
    ignore: Vec<(usize, &'a [String])>,
    entry: Option<[Vec<Part<'a>>; 3]>,
    mapping: &'a Mapping,
    level: Level,
    pack: &'a Pack,
}

struct VotesPlan<'a> {
    choice: Vec<Part<'a>>,
    figure: usize,
    /// Place among the cells by what names the choice.
    choices: HashMap<&'a str, usize>,
    skip: &'a [String],
}

enum Part<'a> {
    Text(&'a str),
    Column(usize, usize),
}

/// What a row is, before it is put to its unit.
pub(super) enum RowKind {
    /// The mapping says that it is not meant.
    Ignored,
    /// It is.
    Meant,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        header: Vec<String>,
        mapping: &'a Mapping,
        level: Level,
        pack: &'a Pack,
    ) -> Result<Self, FileError> {
        let find = Finder::new(&header);
        let mut cells: Vec<String> = mapping.cells.keys().cloned().collect();
        cells.extend(mapping.votes.iter().flat_map(|votes| votes.choices.values().cloned()));
        cells.sort_unstable();
        cells.dedup();
        let place = |cell: &str| cells.iter().position(|known| known == cell).unwrap_or(0);
        let sums = mapping
            .cells
            .iter()
            .map(|(cell, names)| {
                let columns = names.iter().map(|name| find.at(name)).collect::<Result<_, _>>()?;
                Ok((place(cell), columns))
            })
            .collect::<Result<_, FileError>>()?;
        let votes = match &mapping.votes {
            None => None,
            Some(votes) => Some(VotesPlan {
                choice: find.parts(&votes.choice)?,
                figure: find.at(&votes.figure)?,
                choices: votes
                    .choices
                    .iter()
                    .map(|(named, cell)| (named.as_str(), place(cell)))
                    .collect(),
                skip: &votes.skip,
            }),
        };
        let rows = |rows: &'a [RowsWhere]| {
            let found = rows.iter().map(|rows| Ok((find.at(&rows.column)?, rows.is.all())));
            found.collect::<Result<Vec<_>, FileError>>()
        };
        let values = mapping.values.iter().map(|(name, values)| Ok((find.at(name)?, values)));
        let entry = match &mapping.entry {
            None => None,
            Some(entry) => Some([
                find.parts(&entry.copy)?,
                find.parts(&entry.number)?,
                find.parts(&entry.person)?,
            ]),
        };
        Ok(Self {
            unit: find.parts(&mapping.unit)?,
            values: values.collect::<Result<_, FileError>>()?,
            sums,
            votes,
            only: rows(&mapping.only)?,
            ignore: rows(&mapping.ignore)?,
            entry,
            cells,
            header,
            mapping,
            level,
            pack,
        })
    }

    /// Whether one unit has several rows, one for each choice.
    pub(super) fn is_long(&self) -> bool {
        self.votes.is_some()
    }

    pub(super) fn kind(&self, row: &StringRecord) -> RowKind {
        let stands = |(column, texts): &(usize, &[String])| {
            let written = row.get(*column).unwrap_or_default().trim();
            texts.iter().any(|text| text == written)
        };
        // Totals are often shorter than the rows they add up; what is meant is judged of whole rows
        // only, because in a shifted one another column stands there.
        let is_passed_over = || self.check_width(row).is_ok() && !self.only.iter().all(stands);
        if self.ignore.iter().any(stands) || is_passed_over() {
            RowKind::Ignored
        } else {
            RowKind::Meant
        }
    }

    /// That the row has as many fields as the header.
    pub(super) fn check_width(&self, row: &StringRecord) -> Result<(), Why> {
        let (fields, named) = (row.len(), self.header.len());
        if fields == named { Ok(()) } else { Err(Why::Shifted { fields, named }) }
    }

    pub(super) fn unit(&self, row: &StringRecord) -> Result<UnitCode, Why> {
        let written = self.text(&self.unit, row);
        let code = UnitCode::new(&written)
            .map_err(|error| Why::NoCode(format!("{written:?}: {error}")))?;
        match self.pack.units.get(&code) {
            None => Err(Why::UnknownUnit(code)),
            Some(unit) if unit.kind.level() != self.level => Err(Why::OtherLevel(code, self.level)),
            Some(_) => Ok(code),
        }
    }

    /// What the row says of its document; none where the mapping does not ask.
    pub(super) fn entry(&self, row: &StringRecord) -> Option<EntryTexts> {
        let parts = self.entry.as_ref()?;
        let [copy, number, person] = parts.each_ref().map(|parts| self.text(parts, row));
        Some(EntryTexts { copy, number, person })
    }

    /// The figures of the row: place among the cells, and what is printed. Answers which of the cells
    /// is the choice that this row is of, where each choice has its own.
    pub(super) fn figures(
        &self,
        row: &StringRecord,
        into: &mut Vec<(usize, Printed)>,
    ) -> Result<Option<usize>, Why> {
        into.clear();
        for (place, columns) in &self.sums {
            // A sum with a part that nobody published is not published.
            let mut sum = Some(0_u64);
            for column in columns {
                let part = self.figure_at(row, *column)?;
                sum = sum.zip(part).map(|(sum, part)| sum.saturating_add(part));
            }
            into.push((*place, sum.map_or(Printed::Empty, Printed::Figure)));
        }
        let Some(votes) = &self.votes else { return Ok(None) };
        let named = self.text(&votes.choice, row);
        match votes.choices.get(named.as_str()) {
            Some(place) => {
                let printed = self.figure_at(row, votes.figure)?;
                into.push((*place, printed.map_or(Printed::Empty, Printed::Figure)));
                Ok(Some(*place))
            }
            None if votes.skip.contains(&named) => Ok(None),
            None => Err(Why::Choice(named)),
        }
    }

    fn figure_at(&self, row: &StringRecord, column: usize) -> Result<Option<u64>, Why> {
        let written = row.get(column).unwrap_or_default();
        if !self.mapping.empty.is_empty()
            && self.mapping.empty.iter().any(|empty| empty == written.trim())
        {
            return Ok(None);
        }
        figure(written, self.mapping.thousands)
            .map_err(|what| Why::Figure { column: self.header[column].clone(), what })
    }

    /// What stands in a column, or what the mapping reads instead.
    fn value<'r>(&'r self, row: &'r StringRecord, column: usize) -> &'r str {
        let written = row.get(column).unwrap_or_default().trim();
        let instead = self.values.get(&column).and_then(|values| values.get(written));
        instead.map_or(written, String::as_str)
    }

    fn text(&self, parts: &[Part<'_>], row: &StringRecord) -> String {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Column(column, width) => {
                    let value = self.value(row, *column);
                    let missing = width.saturating_sub(value.chars().count());
                    // Nothing is made of nothing: an empty column stays one.
                    if !value.is_empty() {
                        (0..missing).for_each(|_| text.push('0'));
                    }
                    text.push_str(value);
                }
            }
        }
        text
    }

    /// What is taken from which column.
    pub(super) fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = self
            .header
            .iter()
            .map(|name| Column { name: name.clone(), used_for: Vec::new() })
            .collect();
        let mut uses = |parts: &[Part<'_>], what: &str| {
            for part in parts {
                if let Part::Column(column, _) = part {
                    columns[*column].used_for.push(what.to_owned());
                }
            }
        };
        uses(&self.unit, "unit");
        if let Some(votes) = &self.votes {
            uses(&votes.choice, "choice");
            uses(&[Part::Column(votes.figure, 0)], "votes");
        }
        for (parts, what) in self.entry.iter().flatten().zip(["copy", "number", "person"]) {
            uses(parts, what);
        }
        for (place, names) in &self.sums {
            for column in names {
                uses(&[Part::Column(*column, 0)], &self.cells[*place]);
            }
        }
        columns
    }
}

/// Finds columns by name or by place.
struct Finder<'h> {
    header: &'h [String],
    names: Vec<String>,
}

impl<'h> Finder<'h> {
    fn new(header: &'h [String]) -> Self {
        Self { header, names: header.iter().map(|name| squeezed(name)).collect() }
    }

    /// The column of this name. Blanks, line feeds and their number do not matter: they are lost
    /// when a header is copied.
    fn at(&self, name: &str) -> Result<usize, FileError> {
        let wanted = squeezed(name);
        let mut places = (0..self.names.len()).filter(|place| self.names[*place] == wanted);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(FileError::ColumnTwice(name.to_owned())),
            (None, _) => self.by_place(&wanted).ok_or_else(|| FileError::Column {
                missing: name.to_owned(),
                has: self.header.join(", "),
            }),
        }
    }

    fn by_place(&self, name: &str) -> Option<usize> {
        let number: usize = name.strip_prefix('#')?.parse().ok()?;
        number.checked_sub(1).filter(|place| *place < self.names.len())
    }

    fn parts<'a>(&self, pieces: &'a [Piece]) -> Result<Vec<Part<'a>>, FileError> {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(Part::Text(text)),
                Piece::Column { name, width } => Ok(Part::Column(self.at(name)?, *width)),
            })
            .collect()
    }
}

fn squeezed(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
