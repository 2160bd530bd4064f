//! Russia 2004, 2011 and 2018, every precinct, out of the zip files as they are: Cyrillic headers,
//! numbers of precincts that are repeated in every region.

use std::{collections::BTreeMap, fmt::Write as _, fs, io::Read as _};

use hattama_proto::{
    pack::{Pack, UnitKind},
    statement::Level,
};
use hattama_server::official::{
    Mapping, OfficialRows, Printed, broken_relations, read_official, report,
};
use serde_json::{Value, json};

use super::{register, shared_data};

/// Lines of the protocol, with the place of their column in the file, from 1.
struct Form {
    lines: Vec<(&'static str, usize)>,
    /// Columns of choices.
    choices: std::ops::RangeInclusive<usize>,
}

/// The first lines are the same in all three years.
const LINES: [&str; 10] = [
    "voters",
    "received",
    "early",
    "inside",
    "outside",
    "cancelled",
    "portable",
    "stationary",
    "invalid",
    "valid",
];

impl Form {
    fn new(lost: usize, unaccounted: usize, choices: std::ops::RangeInclusive<usize>) -> Self {
        let mut lines: Vec<_> = LINES.into_iter().zip(4..).collect();
        lines.extend([("lost", lost), ("unaccounted", unaccounted)]);
        Self { lines, choices }
    }
}

/// R1 to R4 of the protocol, as far as every year has them.
fn relations() -> Value {
    let line = |code: &str| json!({"line": code});
    let relation = |id: &str, left: &[&str], op: &str, right: &[&str]| {
        let side = |codes: &[&str]| -> Vec<Value> { codes.iter().map(|code| line(code)).collect() };
        json!({"id": id, "left": side(left), "op": op, "right": side(right), "severity": "hard"})
    };
    let issued = ["early", "inside", "outside"];
    let mut all = vec![
        relation(
            "R1",
            &["received", "unaccounted"],
            "eq",
            &["early", "inside", "outside", "cancelled", "lost"],
        ),
        relation("R2", &["portable", "stationary"], "eq", &["invalid", "valid"]),
        relation("R4", &issued, "le", &["voters"]),
    ];
    all.push(json!({
        "id": "R3", "left": [{"line": "valid"}], "op": "eq", "right": [{"votes": "list"}],
        "severity": "hard",
    }));
    all.into()
}

/// The set-up and the mapping of a year: columns are named as the file names them.
fn prepared(file: &[u8], form: &Form) -> (Pack, String, usize) {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let header = table.headers().unwrap().clone();
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let choices: Vec<String> =
        (1..).take(form.choices.clone().count()).map(|n: u32| format!("c{n}")).collect();
    let (mut regions, mut places) = (BTreeMap::new(), Vec::new());
    let mut count = 0;
    for row in table.records() {
        let row = row.unwrap();
        let next = format!("{:02}", regions.len() + 1);
        let region = regions.entry(row[0].to_owned()).or_insert(next);
        places.push((format!("{region}-{}", &row[2]), Some(region.clone()), UnitKind::Precinct));
        count += 1;
    }
    let mut units = vec![("ru".to_owned(), None, UnitKind::Country)];
    let country = Some("ru".to_owned());
    units.extend(regions.values().map(|code| (code.clone(), country.clone(), UnitKind::Region)));
    units.extend(places);
    let mut mapping = String::from("[unit]\ncode = \"{region}-{uik}\"\n[values.region]\n");
    for (name, code) in &regions {
        writeln!(mapping, "{} = \"{code}\"", quoted(name)).unwrap();
    }
    mapping.push_str("[cells]\n");
    for (line, column) in &form.lines {
        writeln!(mapping, "{line} = {}", quoted(&header[column - 1])).unwrap();
    }
    for (choice, column) in choices.iter().zip(form.choices.clone()) {
        writeln!(mapping, "\"list:{choice}\" = {}", quoted(&header[column - 1])).unwrap();
    }
    let lines: Vec<&str> = form.lines.iter().map(|(line, _)| *line).collect();
    (register::pack(units, &lines, &choices, &relations()), mapping, count)
}

fn check(year: u16, precincts: usize, form: &Form) {
    let Some(path) = shared_data(&format!("russia/{year}.csv.zip")) else { return };
    let file = fs::read(path).unwrap();
    let (pack, mapping, count) = prepared(&file, form);
    assert_eq!(count, precincts);
    let mapping = Mapping::parse(&mapping, &pack).unwrap();
    let mut rows: OfficialRows = read_official(&file, Level::Precinct, &mapping, &pack).unwrap();
    assert_eq!(rows.left_out, [], "{year}: every row is understood");
    assert_eq!(rows.rows.len(), precincts);
    let told = report(&rows, Level::Precinct, &pack);
    assert_eq!((told.units, told.register, told.absent), (precincts, precincts, 0));
    assert_eq!(told.broken, [], "{year}: R1 to R4 hold in every protocol");

    // The check has not gone blind: what is broken in one row is found there.
    let valid = rows.cells.binary_search(&"line:valid".to_owned()).unwrap();
    let unit = rows.rows[precincts / 2].unit.clone();
    let figure = rows.rows[precincts / 2].figures[valid].figure().unwrap();
    rows.rows[precincts / 2].figures[valid] = Printed::Figure(figure + 1);
    let broken = broken_relations(&rows, Level::Precinct, &pack);
    let names: Vec<&str> = broken.iter().map(|of| of.relation.as_str()).collect();
    assert_eq!(names, ["R2", "R3"]);
    for of in broken {
        assert_eq!((of.checked, of.broken, &of.first), (precincts, 1, &vec![unit.clone()]));
    }
}

#[test]
fn russia_2004_is_read_whole_and_r1_to_r4_hold_everywhere() {
    check(2004, 95_779, &Form::new(19, 20, 21..=27));
}

#[test]
fn russia_2011_is_read_whole_and_r1_to_r4_hold_everywhere() {
    check(2011, 95_225, &Form::new(20, 21, 22..=28));
}

#[test]
fn russia_2018_is_read_whole_and_r1_to_r4_hold_everywhere() {
    check(2018, 97_699, &Form::new(14, 15, 16..=23));
}
