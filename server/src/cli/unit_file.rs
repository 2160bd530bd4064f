//! A unit's file as lines on a terminal.

use std::{collections::BTreeMap, fmt::Write as _};

use hattama_proto::pack::{Finding, FindingVerdict};
use serde::Deserialize;
use serde_json::Value;

use super::{output::printable, table::Table};

/// The parts of a unit's file that are shown. `--json` shows all.
#[derive(Debug, Deserialize)]
pub(super) struct UnitFile {
    unit: String,
    coverage: String,
    documents: Vec<Document>,
    differences: Vec<Difference>,
    perhaps_one: Vec<Difference>,
    linked: Vec<Linked>,
    not_obtained: Vec<NotObtained>,
    entries: Vec<Entry>,
    moved_away: Vec<Moved>,
}

#[derive(Debug, Deserialize)]
struct Document {
    form: String,
    table: Option<String>,
    copy: String,
    numbers: Vec<Option<String>>,
    entries: Vec<String>,
    state: String,
    #[serde(default)]
    mismatched: Vec<Cell>,
    reading: Reading,
    findings: Vec<Finding>,
    transcribed: Option<Transcribed>,
}

/// What was typed off the photographs.
#[derive(Debug, Deserialize)]
struct Transcribed {
    shows: String,
    settled_by: String,
    unit: Option<String>,
    copy: Option<String>,
    transcribed: Option<Reading>,
    reopened_by: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Reading {
    lines: BTreeMap<String, Option<u64>>,
    contests: BTreeMap<String, BTreeMap<String, Option<u64>>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Cell {
    Line { line: String },
    Vote { contest: String, choice: String },
}

#[derive(Debug, Deserialize)]
struct Difference {
    a: usize,
    b: usize,
    cells: Vec<DifferingCell>,
}

#[derive(Debug, Deserialize)]
struct DifferingCell {
    cell: Cell,
    left: u64,
    right: u64,
}

#[derive(Debug, Deserialize)]
struct Linked {
    parts: Vec<String>,
    whole: String,
    checked: usize,
    cells: Vec<DifferingCell>,
}

#[derive(Debug, Deserialize)]
struct NotObtained {
    record: String,
    missing: String,
    copy: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    record: String,
    person: Option<String>,
    org: Option<String>,
    claimed_at: String,
    standing: String,
    reason: Option<String>,
    flags: Vec<String>,
    #[serde(default)]
    says: Value,
}

#[derive(Debug, Deserialize)]
struct Moved {
    record: String,
    to: String,
}

impl Cell {
    fn name(&self) -> String {
        match self {
            Self::Line { line } => line.clone(),
            Self::Vote { contest, choice } => format!("{contest}:{choice}"),
        }
    }
}

impl Document {
    fn number(&self) -> String {
        let numbers: Vec<&str> = self.numbers.iter().flatten().map(String::as_str).collect();
        numbers.join("/")
    }

    /// Cells by name, lines first.
    fn cells(&self) -> impl Iterator<Item = (String, Option<u64>)> {
        self.reading.cells()
    }
}

impl Transcribed {
    /// In a few words.
    fn describe(&self) -> String {
        if !self.reopened_by.is_empty() {
            return "to be done again".to_owned();
        }
        let how = match self.settled_by.as_str() {
            "two_alike" => "by two alike",
            "third" => "by a third",
            "decision" => "by decision",
            other => other,
        };
        let place = self.unit.as_deref().or(self.copy.as_deref());
        match (self.shows.as_str(), place) {
            ("figures", _) => how.to_owned(),
            (shows, Some(place)) => format!("{}: {place}, {how}", shows.replace('_', " ")),
            (shows, None) => format!("{}, {how}", shows.replace('_', " ")),
        }
    }
}

impl Reading {
    /// Cells by name, lines first.
    fn cells(&self) -> impl Iterator<Item = (String, Option<u64>)> {
        let lines = self.lines.iter().map(|(line, figure)| (line.clone(), *figure));
        let votes = self.contests.iter().flat_map(|(contest, choices)| {
            choices.iter().map(move |(choice, figure)| (format!("{contest}:{choice}"), *figure))
        });
        lines.chain(votes)
    }
}

impl UnitFile {
    /// All of it, for people.
    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        let coverage = match self.coverage.as_str() {
            "nothing" => "nothing that counts has arrived",
            "not_obtained" => "no copy, and we know why",
            "obtained" => "at least one document",
            other => other,
        };
        line(&mut text, &format!("unit      {}", self.unit));
        line(&mut text, &format!("coverage  {coverage}"));
        self.documents(&mut text);
        self.readings(&mut text);
        self.findings(&mut text);
        self.not_obtained(&mut text);
        self.entries(&mut text);
        text
    }

    fn documents(&self, text: &mut String) {
        let mut table = Table::new([
            "document",
            "form",
            "table",
            "copy",
            "number",
            "entries",
            "state",
            "transcribed",
        ]);
        for (at, document) in self.documents.iter().enumerate() {
            table.push([
                format!("#{}", at + 1),
                document.form.clone(),
                document.table.clone().unwrap_or_default(),
                document.copy.clone(),
                document.number(),
                document.entries.len().to_string(),
                match document.state.as_str() {
                    "mismatch" => "entry mismatch".to_owned(),
                    state => state.to_owned(),
                },
                document.transcribed.as_ref().map_or_else(String::new, Transcribed::describe),
            ]);
        }
        section(text, &table);
    }

    /// One column per document, so that copies stand side by side.
    fn readings(&self, text: &mut String) {
        let mut names: Vec<String> = Vec::new();
        let typed = |document: &Document| {
            let known = document.transcribed.as_ref();
            let typed = known.and_then(|known| known.transcribed.as_ref());
            typed.into_iter().flat_map(Reading::cells).collect::<Vec<_>>()
        };
        let cells = |document| Document::cells(document).chain(typed(document));
        for (name, _) in self.documents.iter().flat_map(cells) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        // Lines before votes, whatever document brought them first.
        names.sort_by_key(|name| name.contains(':'));
        let typed = |document: &Document| {
            document.transcribed.as_ref().is_some_and(|known| known.transcribed.is_some())
        };
        let heads = self.documents.iter().zip(1..).flat_map(|(document, at)| {
            let mut heads = vec![format!("#{at}")];
            heads.extend(typed(document).then(|| format!("#{at} transcribed")));
            heads
        });
        let mut table = Table::new(std::iter::once("reading".to_owned()).chain(heads));
        for name in names {
            let figure = |reading: &Reading| {
                let figure = reading.cells().find(|(cell, _)| *cell == name);
                figure.and_then(|(_, figure)| figure).map_or_else(String::new, |f| f.to_string())
            };
            let figures = self.documents.iter().flat_map(|document| {
                let known = document.transcribed.as_ref();
                let typed = known.and_then(|known| known.transcribed.as_ref());
                std::iter::once(&document.reading).chain(typed).map(figure).collect::<Vec<_>>()
            });
            table.push(std::iter::once(name.clone()).chain(figures.collect::<Vec<_>>()));
        }
        section(text, &table);
    }

    fn findings(&self, text: &mut String) {
        let mut lines = Vec::new();
        for difference in &self.differences {
            for cell in &difference.cells {
                lines.push(format!(
                    "difference between copies #{} and #{}: {} is {} against {}",
                    difference.a + 1,
                    difference.b + 1,
                    cell.cell.name(),
                    cell.left,
                    cell.right
                ));
            }
        }
        for pair in &self.perhaps_one {
            lines.push(format!(
                "documents #{} and #{} may be one: only one of them has a number",
                pair.a + 1,
                pair.b + 1
            ));
        }
        for linked in &self.linked {
            for cell in &linked.cells {
                lines.push(format!(
                    "{} add up to {} in {}, and {} says {}",
                    linked.parts.join(" + "),
                    cell.left,
                    cell.cell.name(),
                    linked.whole,
                    cell.right
                ));
            }
            if linked.cells.is_empty() && linked.checked > 0 {
                lines.push(format!("{} add up to {}", linked.parts.join(" + "), linked.whole));
            }
        }
        for (at, document) in self.documents.iter().enumerate() {
            for cell in &document.mismatched {
                lines.push(format!("entry mismatch in #{}: {}", at + 1, cell.name()));
            }
            for finding in &document.findings {
                lines.push(format!("#{}: {}", at + 1, told(finding)));
            }
        }
        if !lines.is_empty() {
            text.push('\n');
            lines.iter().for_each(|said| line(text, said));
        }
    }

    fn not_obtained(&self, text: &mut String) {
        let mut table = Table::new(["copy not obtained", "copy", "record"]);
        for missing in &self.not_obtained {
            table.push([
                missing.missing.replace('_', " "),
                missing.copy.clone().unwrap_or_default(),
                missing.record.clone(),
            ]);
        }
        section(text, &table);
    }

    fn entries(&self, text: &mut String) {
        let mut table =
            Table::new(["entry", "claimed at", "person", "org", "standing", "flags", "record"]);
        for entry in &self.entries {
            let standing = match (entry.standing.as_str(), &entry.reason) {
                ("set_aside", Some(reason)) => {
                    format!("not counted ({})", reason.replace('_', " "))
                }
                (standing, _) => standing.replace('_', " "),
            };
            table.push([
                kind(&entry.says),
                entry.claimed_at.clone(),
                entry.person.clone().unwrap_or_default(),
                entry.org.clone().unwrap_or_default(),
                standing,
                entry.flags.join(",").replace('_', " "),
                entry.record.clone(),
            ]);
        }
        section(text, &table);
        if !self.moved_away.is_empty() {
            text.push('\n');
        }
        for moved in &self.moved_away {
            line(text, &format!("moved to {} by decision: {}", moved.to, moved.record));
        }
    }
}

fn line(text: &mut String, said: &str) {
    writeln!(text, "{}", printable(said)).expect("a string takes everything");
}

fn section(text: &mut String, table: &Table) {
    if !table.is_empty() {
        text.push('\n');
        text.push_str(&table.render());
    }
}

fn told(finding: &Finding) -> String {
    match finding.verdict {
        FindingVerdict::Broken { left, right } => {
            format!("{} does not hold: {left} against {right}", finding.relation)
        }
        FindingVerdict::Incomplete => {
            format!("{} cannot be told: a figure is missing", finding.relation)
        }
    }
}

/// What an entry is, and on which form.
fn kind(says: &Value) -> String {
    let said = |member: &str| says.get(member).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}", said("kind").replace('_', " "), said("form")).trim_end().to_owned()
}
