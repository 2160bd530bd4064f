//! What is known of each unit: a line per entry, in the order of arrival.
//!
//! A row per entry, so that the hundredth costs what the first did. On a database that several processes
//! share, one of the release before may still be running, and it reads only the text per unit that all
//! of it lay in: there, lines are added to that text for as long as such a process may run. Both are read.

use std::collections::BTreeMap;

use hattama_proto::id::UnitCode;

use super::{Batch, Db, Row, Rows, StoreError, Value, log::integer};

/// A line that is to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewLine<'a> {
    /// What it is about.
    pub unit: &'a UnitCode,
    /// Log index of its record.
    pub position: u64,
    /// The line, ending with a line feed.
    pub line: &'a str,
}

/// Where new lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Each in a row of its own.
    Apart,
    /// In the text of their unit, which is written anew: about 1 KiB for each entry there is.
    Together,
}

impl Kept {
    /// As `db` has to keep them.
    pub fn by(db: &Db) -> Self {
        if db.is_shared() { Self::Together } else { Self::Apart }
    }
}

pub(super) const ADD: &str = "insert into unit_entry (unit, position, entry) values ($1, $2, $3)
     on conflict (unit, position) do nothing";

const LENGTHEN: &str = "insert into unit_entry_pack (unit, entries) values ($1, $2)
     on conflict (unit) do update set entries = unit_entry_pack.entries || excluded.entries";

/// Adds lines to units. A line that is there already is harmless: the merge takes every record once.
pub fn append<'a>(kept: Kept, lines: impl IntoIterator<Item = NewLine<'a>>) -> Batch {
    match kept {
        Kept::Apart => {
            let row = |new: NewLine<'_>| {
                [new.unit.as_str().into(), integer(new.position), Value::from(new.line)]
            };
            Batch::new().many(ADD, lines.into_iter().map(row).collect::<Rows>())
        }
        Kept::Together => {
            // In the order of the units, so that two batches never wait for one another in a circle.
            let mut of_unit: BTreeMap<&UnitCode, String> = BTreeMap::new();
            for new in lines {
                of_unit.entry(new.unit).or_default().push_str(new.line);
            }
            let row = |(unit, lines): (&UnitCode, String)| [unit.as_str().into(), lines.into()];
            Batch::new().many_distinct(LENGTHEN, of_unit.into_iter().map(row).collect::<Rows>())
        }
    }
}

/// The text that lies together is the older.
const OF_ONE: &str = "select entries, -1 as place from unit_entry_pack where unit = $1
     union all
     select entry, position from unit_entry where unit = $1
      order by 2";

/// The lines of one unit; none where nothing names it.
pub async fn of(db: &Db, unit: &UnitCode) -> Result<Option<String>, StoreError> {
    joined(&db.query(OF_ONE, &[unit.as_str().into()]).await?)
}

/// The lines of several units, in their order; none where nothing names the unit.
pub async fn of_each(db: &Db, units: &[UnitCode]) -> Result<Vec<Option<String>>, StoreError> {
    let rows: Rows = units.iter().map(|unit| [Value::from(unit.as_str())]).collect();
    db.query_many(OF_ONE, rows).await?.iter().map(|rows| joined(rows)).collect()
}

fn joined(rows: &[Row]) -> Result<Option<String>, StoreError> {
    let mut lines = None;
    for row in rows {
        lines.get_or_insert_with(String::new).push_str(row.text(0)?);
    }
    Ok(lines)
}

/// Units are looked for before their lines, so that a page is of whole units however many lines they have.
/// Each side is limited by itself: PostgreSQL would sort all that is left, for each page.
const LAST_OF_PAGE: &str = "select max(unit) from (
        select unit from (
            select unit from unit_entry_pack where unit > $1 order by unit limit $2) as together
         union
        select unit from (
            select distinct unit from unit_entry where unit > $1 order by unit limit $2) as apart
         order by 1 limit $2) as page";

const OF_PAGE: &str = "select unit, entries, -1 as place from unit_entry_pack
      where unit > $1 and unit <= $2
     union all
     select unit, entry, position from unit_entry where unit > $1 and unit <= $2
      order by 1, 3";

/// All units that have lines, after `unit` in the order of the codes, at most `limit`.
pub async fn after(db: &Db, unit: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
    let last = db.query_opt(LAST_OF_PAGE, &[unit.into(), limit.into()]).await?;
    let last = last.as_ref().map(|row| row.opt_text(0)).transpose()?.flatten();
    let Some(last) = last else { return Ok(Vec::new()) };
    let mut page: Vec<(String, String)> = Vec::new();
    for row in db.query(OF_PAGE, &[unit.into(), last.into()]).await? {
        let (unit, line) = (row.text(0)?, row.text(1)?);
        match page.last_mut() {
            Some((known, lines)) if known == unit => lines.push_str(line),
            _ => page.push((unit.to_owned(), line.to_owned())),
        }
    }
    Ok(page)
}
