//! The tables of the exercise: facts about the regions, and invented words, as CSV files that can
//! be read and mended without knowing Rust.

use serde::{Deserialize, de::DeserializeOwned};

/// A region of Kazakhstan as of 2005: its KATO code and its names. These are facts.
#[derive(Deserialize)]
pub(super) struct RegionRow {
    pub(super) kato: String,
    pub(super) kk: String,
    pub(super) ru: String,
    pub(super) en: String,
}

/// A category of incident. Phases are separated by `|`.
#[derive(Deserialize)]
pub(super) struct CategoryRow {
    pub(super) code: String,
    pub(super) phases: String,
    pub(super) kk: String,
    pub(super) ru: String,
    pub(super) en: String,
}

/// A question of a checklist.
#[derive(Deserialize)]
pub(super) struct QuestionRow {
    pub(super) form: String,
    pub(super) code: String,
    /// `yes_no`, `number`, `time`, `words` or `one_of:` and codes separated by `|`.
    pub(super) kind: String,
    /// The answer that opens an incident, as JSON, or nothing.
    pub(super) critical: String,
    pub(super) phase: String,
    pub(super) kk: String,
    pub(super) ru: String,
    pub(super) en: String,
}

/// What an observer of the exercise reports. Categories are separated by `|`.
#[derive(Deserialize)]
pub(crate) struct ReportRow {
    pub(crate) categories: String,
    pub(crate) phase: String,
    pub(crate) severity: String,
    /// `precinct`, `district` or `elsewhere`.
    pub(crate) place: String,
    pub(crate) kk: String,
    pub(crate) ru: String,
    pub(crate) en: String,
}

/// What an observer says who got no copy.
#[derive(Deserialize)]
pub(super) struct NotObtainedRow {
    pub(super) missing: String,
    pub(super) kk: String,
    pub(super) ru: String,
    pub(super) en: String,
}

pub(super) fn regions() -> Vec<RegionRow> {
    rows(include_str!("data/regions.csv"))
}

pub(super) fn categories() -> Vec<CategoryRow> {
    rows(include_str!("data/categories.csv"))
}

pub(super) fn questions() -> Vec<QuestionRow> {
    rows(include_str!("data/questions.csv"))
}

pub(crate) fn reports() -> Vec<ReportRow> {
    rows(include_str!("data/reports.csv"))
}

pub(super) fn not_obtained() -> Vec<NotObtainedRow> {
    rows(include_str!("data/not_obtained.csv"))
}

fn rows<T: DeserializeOwned>(table: &str) -> Vec<T> {
    csv::Reader::from_reader(table.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .expect("the tables are compiled in and read by a test")
}
