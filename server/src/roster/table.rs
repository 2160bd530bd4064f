//! A plan as a table: what a coordinator's spreadsheet exports. Pure.
//!
//! Columns, in any order: `seat`, `unit`, `from`, `until`; and where wanted `person`, `duty`, `team`,
//! `stop`. Times are local to the election (`2005-12-04 06:30`) or with an offset. Every wrong line is
//! told with its number and what to do; nothing is planned as long as one is wrong.

use std::collections::HashMap;

use hattama_proto::{
    id::{PersonId, UnitCode},
    time::UnixMillis,
};
use serde::Serialize;

use super::Duty;

/// Most lines of one file. A region of 10,000 precincts in two shifts fits.
const LINES_MAX: usize = 20_000;

/// Longest name of a seat or team, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// One line, understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedRow {
    /// Its number in the file, from 1 with the heading.
    pub line: u64,
    /// What the plan calls the seat.
    pub seat: String,
    /// Who, if named.
    pub person: Option<PersonId>,
    /// Where.
    pub unit: UnitCode,
    /// As what.
    pub duty: Duty,
    /// The mobile team and which stop of its route.
    pub team: Option<(String, u32)>,
    /// From when.
    pub from: UnixMillis,
    /// Until when.
    pub until: UnixMillis,
}

/// One line that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// Its number in the file, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub what: String,
}

/// Reads a plan. `is_known` says whether the register has a unit, `moment` reads a time.
pub fn read_plan(
    text: &str,
    is_known: impl Fn(&UnitCode) -> bool,
    moment: impl Fn(&str) -> Option<UnixMillis>,
) -> Result<Vec<PlannedRow>, Vec<RowError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let heading = text.lines().next().unwrap_or_default();
    let separator = if heading.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let unreadable = |error: &csv::Error| RowError {
        line: error.position().map_or(1, csv::Position::line),
        what: "this line has more or fewer cells than the heading".to_owned(),
    };
    let headings: Vec<String> = match reader.headers() {
        Ok(headings) => headings.iter().map(str::to_lowercase).collect(),
        Err(error) => return Err(vec![unreadable(&error)]),
    };
    let mut errors = Vec::new();
    for wanted in ["seat", "unit", "from", "until"] {
        if !headings.iter().any(|heading| heading == wanted) {
            let what = format!("the heading lacks the column {wanted}");
            errors.push(RowError { line: 1, what });
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut rows: Vec<PlannedRow> = Vec::new();
    let mut seen: HashMap<(String, String, i64), u64> = HashMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                errors.push(unreadable(&error));
                continue;
            }
        };
        let line = record.position().map_or(0, |at| line_of(text, at));
        let cell = |name: &str| {
            let at = headings.iter().position(|heading| heading == name)?;
            record.get(at).filter(|text| !text.is_empty())
        };
        match row(line, cell, &is_known, &moment) {
            Err(what) => errors.push(RowError { line, what }),
            Ok(row) => {
                let key = (row.seat.clone(), row.unit.to_string(), row.from.0);
                if let Some(first) = seen.insert(key, line) {
                    let what = format!("line {first} plans the same seat at the same time");
                    errors.push(RowError { line, what });
                }
                rows.push(row);
            }
        }
        if rows.len() > LINES_MAX {
            let what = format!("a file has at most {LINES_MAX} lines; import it in parts");
            return Err(vec![RowError { line, what }]);
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

fn row<'a>(
    line: u64,
    cell: impl Fn(&str) -> Option<&'a str>,
    is_known: impl Fn(&UnitCode) -> bool,
    moment: impl Fn(&str) -> Option<UnixMillis>,
) -> Result<PlannedRow, String> {
    let needed = |name: &str| cell(name).ok_or_else(|| format!("{name} is empty"));
    let name = |what: &str, text: &str| {
        let fits = text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned()).ok_or_else(|| {
            format!("{what} has at most {NAME_BYTES_MAX} bytes, without control characters")
        })
    };
    let seat = name("seat", needed("seat")?)?;
    let unit = needed("unit")?;
    let unit = UnitCode::new(unit).map_err(|error| format!("unit: {error}"))?;
    if !is_known(&unit) {
        return Err(format!("the register has no unit {unit}"));
    }
    let person = cell("person").map(PersonId::new).transpose();
    let person = person.map_err(|error| format!("person: {error}"))?;
    let duty = match cell("duty") {
        None => None,
        Some(text) => Some(
            Duty::from_name(text)
                .ok_or_else(|| format!("duty is observer, mobile or territorial, not {text}"))?,
        ),
    };
    let time = |column: &str| {
        let text = needed(column)?;
        moment(text).ok_or_else(|| format!("{column}: write the time as 2005-12-04 06:30"))
    };
    let (from, until) = (time("from")?, time("until")?);
    if until <= from {
        return Err("until is not after from".to_owned());
    }
    let team = match (cell("team"), cell("stop")) {
        (None, None) => None,
        (Some(team), Some(stop)) => {
            let number = stop.parse().ok().filter(|stop| *stop >= 1);
            let number = number.ok_or_else(|| format!("stop is a number from 1, not {stop}"))?;
            Some((name("team", team)?, number))
        }
        _ => return Err("team and stop belong together".to_owned()),
    };
    let duty = duty.unwrap_or(if team.is_some() { Duty::Mobile } else { Duty::Observer });
    if (duty == Duty::Mobile) != team.is_some() {
        return Err("a mobile duty has a team and a stop, another has none".to_owned());
    }
    Ok(PlannedRow { line, seat, person, unit, duty, team, from, until })
}

/// The line that a record begins on, from 1. The reader counts a line when it has passed its end, and
/// stands between the two signs of an end as Windows writes it.
fn line_of(text: &str, at: &csv::Position) -> u64 {
    let byte = usize::try_from(at.byte()).unwrap_or(usize::MAX).min(text.len());
    let (before, from) = text.as_bytes().split_at(byte);
    let ends = from.iter().take_while(|byte| b"\r\n".contains(byte));
    let passed = before.iter().chain(ends).filter(|byte| **byte == b'\n').count();
    passed as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<PlannedRow>, Vec<RowError>> {
        read_plan(
            text,
            |unit| unit.as_str() != "404",
            |text| text.strip_prefix('t')?.parse().ok().map(UnixMillis),
        )
    }

    #[test]
    fn a_spreadsheet_s_plan_is_read_whatever_its_order_and_separator() {
        let rows =
            read("\u{feff}unit;seat;until;from;team;stop\r\n101;A;t9;t1;;\r\n102;B;t5;t2;m;3\n")
                .unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].line, rows[0].duty, rows[0].from.0), (2, Duty::Observer, 1));
        assert_eq!(rows[1].team, Some(("m".to_owned(), 3)));
        assert_eq!(rows[1].duty, Duty::Mobile);
        assert_eq!(read("seat,unit,from,until\nA,101,t1,t2\n").unwrap().len(), 1);
    }

    #[test]
    fn every_wrong_line_is_told_by_its_number() {
        let text = "seat,unit,from,until,person,duty,team,stop\n\
                    A,404,t1,t2,,,,\nB,101,x,t2,,,,\nC,101,t3,t2,,,,\nD,101,t1,t2,,cook,,\n\
                    E,101,t1,t2,,,m,\nF,101,t1,t2,,,m,0\n,101,t1,t2,,,,\nG,101,t1,t2\n\
                    H,101,t1,t2,,,,\nH,101,t1,t3,,,,\n";
        let errors = read(text).unwrap_err();
        let lines: Vec<u64> = errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 9, 11], "{errors:?}");
        assert!(errors[8].what.contains("line 10"), "{errors:?}");
    }

    #[test]
    fn a_missing_column_is_told_once() {
        let errors = read("seat,unit,from\nA,101,t1\n").unwrap_err();
        assert_eq!(
            errors,
            [RowError { line: 1, what: "the heading lacks the column until".into() }]
        );
    }
}
