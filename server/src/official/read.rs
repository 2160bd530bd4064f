//! Rows of a table, under a mapping.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use csv::StringRecord;
use hattama_proto::{pack::Pack, statement::Level};

use super::{
    decode::{self, FileError},
    lines::Lines,
    mapping::Mapping,
    plan::{Plan, RowKind},
    rows::{LeftOut, OfficialRow, OfficialRows, Printed, Why},
};

/// Separators that are looked for where the mapping names none.
const SEPARATORS: [u8; 4] = [b';', b'\t', b'|', b','];

/// Reads a file of one level under a mapping.
///
/// A unit that stands on several rows of a table with one row per unit is left out **whole**, with
/// all its lines: which of them is meant nobody can say. Where rows are of documents, the same holds
/// for a document.
pub fn read_official(
    file: &[u8],
    level: Level,
    mapping: &Mapping,
    pack: &Pack,
) -> Result<OfficialRows, FileError> {
    let text = decode::text(file, mapping.file.as_deref(), mapping.encoding.as_deref())?;
    let (skipped, text) = without_first(&text, mapping.skip);
    let separator = mapping.separator.unwrap_or_else(|| separator_of(text));
    let mut table = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut row = StringRecord::new();
    let mut is_there =
        table.read_record(&mut row).map_err(|error| FileError::Table(error.to_string()))?;
    if !is_there {
        return Err(FileError::Table("it has no line".to_owned()));
    }
    let header: Vec<String> = if mapping.numbered {
        (1..=row.len()).map(|number| format!("#{number}")).collect()
    } else {
        row.iter().map(|name| name.trim().to_owned()).collect()
    };
    let plan = Plan::new(header, mapping, level, pack)?;
    let mut reading = Reading::default();
    let mut is_first = !mapping.numbered;
    let mut lines = Lines::new(text.as_bytes(), 1 + skipped);
    let begins = |position: Option<&csv::Position>| position.map_or(0, csv::Position::byte);
    while is_there {
        if !std::mem::take(&mut is_first) {
            let line = lines.at(begins(row.position()));
            reading.row(&row, line, &plan);
        }
        loop {
            match table.read_record(&mut row) {
                Ok(more) => break is_there = more,
                Err(error) => {
                    let line = lines.at(begins(error.position()));
                    reading.leave_out(line, Why::Unreadable(error.to_string()));
                }
            }
        }
    }
    Ok(reading.finish(plan))
}

/// The text after so many lines, and how many there were.
fn without_first(text: &str, lines: usize) -> (u64, &str) {
    let (mut rest, mut skipped) = (text, 0);
    for _ in 0..lines {
        let Some((_, after)) = rest.split_once('\n') else { break };
        rest = after;
        skipped += 1;
    }
    (skipped, rest)
}

/// The separator that the first line has most of; a comma if none.
fn separator_of(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default().as_bytes();
    let count = |separator: &u8| first.iter().filter(|byte| *byte == separator).count();
    SEPARATORS.into_iter().max_by_key(count).unwrap_or(b',')
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    rows: Vec<OfficialRow>,
    /// The lines of each row, where a row may have several.
    lines: Vec<Vec<u64>>,
    /// Place among the rows by unit and document.
    places: HashMap<String, usize>,
    /// Rows that contradict themselves.
    repeated: BTreeSet<usize>,
    /// Lines of rows whose figures were not understood, by unit and document, where each has one row:
    /// another row of the same would be one of two.
    unread: HashMap<String, Vec<u64>>,
    left_out: Vec<LeftOut>,
    ignored: u64,
    /// Reused from row to row.
    figures: Vec<(usize, Printed)>,
}

impl Reading {
    fn leave_out(&mut self, line: u64, why: Why) {
        self.left_out.push(LeftOut { line, why });
    }

    fn row(&mut self, row: &StringRecord, line: u64, plan: &Plan<'_>) {
        match plan.kind(row) {
            RowKind::Ignored => self.ignored += 1,
            RowKind::Meant => {
                if let Err(why) = self.take(row, line, plan) {
                    self.leave_out(line, why);
                }
            }
        }
    }

    fn take(&mut self, row: &StringRecord, line: u64, plan: &Plan<'_>) -> Result<(), Why> {
        plan.check_width(row)?;
        let unit = plan.unit(row)?;
        let entry = plan.entry(row);
        let key = match &entry {
            None => unit.as_str().to_owned(),
            Some(of) => [unit.as_str(), &of.copy, &of.number, &of.person].join("\n"),
        };
        let choice = match plan.figures(row, &mut self.figures) {
            Ok(choice) => choice,
            Err(why) => {
                if !plan.is_long() {
                    self.unread.entry(key).or_default().push(line);
                }
                return Err(why);
            }
        };
        let Some(place) = self.places.get(&key).copied() else {
            self.places.insert(key, self.rows.len());
            let mut figures = vec![Printed::Nothing; plan.cells.len()].into_boxed_slice();
            self.figures.iter().for_each(|(place, printed)| figures[*place] = *printed);
            self.rows.push(OfficialRow { unit, line, figures, entry: entry.map(Box::new) });
            self.lines.push(vec![line]);
            return Ok(());
        };
        self.lines[place].push(line);
        if self.repeated.contains(&place) {
            return Ok(());
        }
        let known = &mut self.rows[place];
        // Where each choice has its own row, what is said of the unit may stand on all of them, if it
        // is the same everywhere; a choice stands once.
        let is_free = |place: usize| known.figures[place] == Printed::Nothing;
        let fits = |(place, printed): &(usize, Printed)| {
            is_free(*place) || (Some(*place) != choice && known.figures[*place] == *printed)
        };
        if plan.is_long() && self.figures.iter().all(fits) {
            self.figures.iter().for_each(|(at, printed)| known.figures[*at] = *printed);
        } else {
            self.repeated.insert(place);
        }
        Ok(())
    }

    fn finish(mut self, plan: Plan<'_>) -> OfficialRows {
        let mut unread: HashMap<usize, Vec<u64>> = HashMap::new();
        for (key, lines) in std::mem::take(&mut self.unread) {
            if let Some(place) = self.places.get(&key) {
                self.repeated.insert(*place);
                unread.insert(*place, lines);
            }
        }
        for place in &self.repeated {
            let (unit, lines) = (&self.rows[*place].unit, &self.lines[*place]);
            // Those that were not understood are told already, each with its own reason.
            let mut all = [lines.as_slice(), unread.get(place).map_or(&[], Vec::as_slice)].concat();
            all.sort_unstable();
            let all = Arc::from(all);
            let why = |line: &u64| LeftOut {
                line: *line,
                why: Why::Repeated(unit.clone(), Arc::clone(&all)),
            };
            self.left_out.extend(lines.iter().map(why));
        }
        self.left_out.sort_by_key(|row| row.line);
        let mut place = 0;
        self.rows.retain(|_| {
            place += 1;
            !self.repeated.contains(&(place - 1))
        });
        let columns = plan.columns();
        OfficialRows {
            cells: plan.cells,
            rows: self.rows,
            left_out: self.left_out,
            ignored: self.ignored,
            columns,
        }
    }
}
