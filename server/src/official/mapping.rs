//! The mapping: a small commented file that says which column is which. Pure.

use std::collections::BTreeMap;

use hattama_proto::pack::Pack;
use serde::Deserialize;

use super::{
    cell::cell_name,
    code::{self, Piece},
};

/// Why a mapping cannot be used. All of them are for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or with unknown names.
    #[error("the mapping cannot be read: {0}")]
    Toml(String),
    /// A text that is made of columns.
    #[error("the mapping's `{0}`: {1}")]
    Template(&'static str, String),
    /// A line or choice that the set-up has not.
    #[error(
        "the mapping names {0:?}, which is no line of a form and no choice; write for instance \
         `valid` or \"president:saffron\""
    )]
    Cell(String),
    /// A cell with two sources.
    #[error("the mapping says twice where {0} comes from")]
    CellTwice(String),
    /// Neither figures by column nor figures by row.
    #[error(
        "the mapping maps no figure: add [cells], or [votes] where each choice has its own row"
    )]
    Nothing,
    /// A separator of several letters.
    #[error("the mapping's `{0}` has to be one letter, a separator one of ASCII")]
    Letter(&'static str),
}

/// What is what in a table.
///
/// ```toml
/// encoding = "windows-1251"        # without it: utf-8, or what a byte order mark says
/// separator = ";"                  # without it: found in the line that names the columns
/// skip = 2                         # lines before that one
/// columns = "numbered"             # no such line; columns are #1, #2, ... (always understood)
/// file = "protocols.csv"           # in a zip file with several
/// thousands = "."                  # 1.234 is one thousand two hundred and thirty-four
/// empty = ["-", "н/д"]             # what stands where a figure is missing
///
/// [unit]
/// code = "{region}-{УИК:04}"       # as in the register; columns in braces, here with zeros before
///
/// [values.region]                  # what stands in a column = what to read instead; a name
///                                  # in other letters stands in quotes: [values."область"]
/// "Республика Адыгея" = "01"
///
/// [cells]                          # a line or a choice = its column, or several to be added
/// registered = "Число избирателей"
/// issued = ["выдано досрочно", "выдано в помещении", "выдано вне помещения"]
/// "president:saffron" = "Иванов"
///
/// [votes]                          # where each choice has its own row
/// choice = "party"                 # a column, or several: "{contest}/{position}"
/// figure = "votes"
/// skip = ["turnout"]               # what stands there and is no choice
/// [votes.choices]
/// "1" = "president:saffron"
///
/// [[only]]                         # rows that are meant, where a table holds more
/// column = "contest"
/// is = "president"
///
/// [[ignore]]                       # rows that are not meant, such as totals
/// column = "УИК"
/// is = ["Итого", "Всего"]
///
/// [entry]                          # for `hattama entries import`: of which document it is
/// form = "protocol"
/// copy = "certified"               # or columns: "{kind}", with [values.kind]
/// number = "{document}"
/// person = "{observer}"
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    pub(super) encoding: Option<String>,
    pub(super) separator: Option<u8>,
    pub(super) skip: usize,
    pub(super) numbered: bool,
    pub(super) file: Option<String>,
    pub(super) thousands: Option<char>,
    pub(super) empty: Vec<String>,
    pub(super) unit: Vec<Piece>,
    pub(super) values: BTreeMap<String, BTreeMap<String, String>>,
    /// Columns by cell, in the order of names.
    pub(super) cells: BTreeMap<String, Vec<String>>,
    pub(super) votes: Option<Votes>,
    pub(super) only: Vec<RowsWhere>,
    pub(super) ignore: Vec<RowsWhere>,
    pub(super) entry: Option<EntryColumns>,
}

/// Where each choice has its own row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Votes {
    /// What names the choice.
    pub(super) choice: Vec<Piece>,
    /// The column with its votes.
    pub(super) figure: String,
    /// What stands there, and the cell.
    pub(super) choices: BTreeMap<String, String>,
    /// What stands there and is no choice.
    pub(super) skip: Vec<String>,
}

/// Of which document a row of an observer's table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryColumns {
    /// Code of the form.
    pub(super) form: String,
    pub(super) copy: Vec<Piece>,
    pub(super) number: Vec<Piece>,
    pub(super) person: Vec<Piece>,
}

/// Rows by what stands in a column.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct RowsWhere {
    /// The column.
    pub(super) column: String,
    /// What stands there; any of them.
    pub(super) is: OneOrMore,
}

/// One text, or several.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them.
    pub(super) fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    encoding: Option<String>,
    separator: Option<String>,
    #[serde(default)]
    skip: usize,
    #[serde(default)]
    columns: Columns,
    file: Option<String>,
    thousands: Option<String>,
    #[serde(default)]
    empty: Vec<String>,
    unit: WrittenUnit,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    cells: BTreeMap<String, OneOrMore>,
    votes: Option<WrittenVotes>,
    #[serde(default)]
    only: Vec<RowsWhere>,
    #[serde(default)]
    ignore: Vec<RowsWhere>,
    entry: Option<WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUnit {
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenVotes {
    choice: String,
    figure: String,
    choices: BTreeMap<String, String>,
    #[serde(default)]
    skip: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    form: String,
    copy: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    person: String,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Columns {
    #[default]
    Named,
    Numbered,
}

impl Mapping {
    /// Reads a mapping for an election.
    pub fn parse(text: &str, pack: &Pack) -> Result<Self, MappingError> {
        let written: Written =
            toml::from_str(text).map_err(|error| MappingError::Toml(error.to_string()))?;
        let name =
            |name: &str| cell_name(name, pack).ok_or_else(|| MappingError::Cell(name.to_owned()));
        let mut cells = BTreeMap::new();
        for (cell, columns) in written.cells {
            let cell = name(&cell)?;
            if cells.insert(cell.clone(), columns.all().to_vec()).is_some() {
                return Err(MappingError::CellTwice(cell));
            }
        }
        // A sketch has cells that nobody filled in yet.
        cells.retain(|_, columns| columns.iter().any(|column| !column.is_empty()));
        let votes = written.votes.map(|votes| votes.read(&name)).transpose()?;
        for cell in votes.iter().flat_map(|votes| votes.choices.values()) {
            if cells.contains_key(cell) {
                return Err(MappingError::CellTwice(cell.clone()));
            }
        }
        if cells.is_empty() && votes.is_none() {
            return Err(MappingError::Nothing);
        }
        let unit = template("unit.code", &written.unit.code)?;
        if !code::names_a_column(&unit) {
            let what = "it names no column; write for instance \"{УИК}\"".to_owned();
            return Err(MappingError::Template("unit.code", what));
        }
        let separator = letter("separator", written.separator)?
            .map(|letter| {
                let ascii = u8::try_from(letter).ok().filter(u8::is_ascii);
                ascii.ok_or(MappingError::Letter("separator"))
            })
            .transpose()?;
        Ok(Self {
            encoding: written.encoding,
            separator,
            skip: written.skip,
            numbered: written.columns == Columns::Numbered,
            file: written.file,
            thousands: letter("thousands", written.thousands)?,
            empty: written.empty,
            unit,
            values: written.values,
            cells,
            votes,
            only: written.only,
            ignore: written.ignore,
            entry: written.entry.map(WrittenEntry::read).transpose()?,
        })
    }

    /// The same for a table of units, each of which stands once, whatever documents it names.
    pub fn of_units(mut self) -> Self {
        self.entry = None;
        self
    }

    /// Whether it says of which document a row is, and of which form.
    pub fn entry_form(&self) -> Option<&str> {
        self.entry.as_ref().map(|entry| entry.form.as_str())
    }
}

impl WrittenVotes {
    fn read(
        self,
        name: &impl Fn(&str) -> Result<String, MappingError>,
    ) -> Result<Votes, MappingError> {
        // A name without braces is a column's.
        let choice = match self.choice.contains('{') {
            true => template("votes.choice", &self.choice)?,
            false => vec![Piece::Column { name: self.choice, width: 0 }],
        };
        let choices = self.choices.into_iter().map(|(named, cell)| Ok((named, name(&cell)?)));
        Ok(Votes {
            choice,
            figure: self.figure,
            choices: choices.collect::<Result<_, MappingError>>()?,
            skip: self.skip,
        })
    }
}

impl WrittenEntry {
    fn read(self) -> Result<EntryColumns, MappingError> {
        Ok(EntryColumns {
            form: self.form,
            copy: template("entry.copy", &self.copy)?,
            number: template("entry.number", &self.number)?,
            person: template("entry.person", &self.person)?,
        })
    }
}

fn template(name: &'static str, text: &str) -> Result<Vec<Piece>, MappingError> {
    code::pieces(text).map_err(|what| MappingError::Template(name, what))
}

fn letter(name: &'static str, text: Option<String>) -> Result<Option<char>, MappingError> {
    let Some(text) = text else { return Ok(None) };
    let mut letters = text.chars();
    let first = letters.next().filter(|_| letters.next().is_none());
    first.map(Some).ok_or(MappingError::Letter(name))
}
