//! The differences that a release names, as a drawing with its numbers. Pure: made of the release's content,
//! so that a frozen copy shows the same.

use hattama_proto::statement::Level;

use super::article::{known, name};
use crate::{
    plot::{Caption, Cascade, waterfall},
    release::ContestContent,
    web::{figure::signed, language::Language},
};

/// Choices of one drawing: those with the largest differences.
const ROWS: usize = 6;

/// One drawing, and the numbers behind it.
pub(super) struct NamedDrawing {
    pub(super) title: String,
    pub(super) drawing: String,
    pub(super) levels: Vec<&'static str>,
    /// A choice, and its step at each level.
    pub(super) numbers: Vec<(String, Vec<String>)>,
}

impl NamedDrawing {
    /// The drawing of the contest at place `number`; none where the release names nothing in it.
    pub(super) fn of(number: usize, of: &ContestContent, language: Language) -> Option<Self> {
        let w = language.words();
        let mut rows: Vec<Cascade> = of
            .choices
            .iter()
            .enumerate()
            .map(|(place, choice)| Cascade {
                name: known(&choice.names, choice.code.as_str(), language),
                steps: Level::ALL.iter().map(|level| step(of, *level, place)).collect(),
            })
            .filter(|row| row.steps.iter().flatten().any(|step| *step != 0))
            .collect();
        let size = |row: &Cascade| row.steps.iter().flatten().map(|step| step.unsigned_abs()).sum();
        rows.sort_by_key(|row| std::cmp::Reverse::<u64>(size(row)));
        if rows.is_empty() {
            return None;
        }
        let say = |votes: i64| signed(i128::from(votes));
        let told = |step: &Option<i64>| step.map_or_else(|| "?".to_owned(), say);
        let numbers =
            rows.iter().map(|row| (row.name.clone(), row.steps.iter().map(told).collect()));
        let numbers = numbers.collect();
        rows.truncate(ROWS);
        let levels = Level::ALL.map(|level| w.level(level));
        let title = format!("{}: {}", w.release.drawn_title, name(&of.names, language));
        let caption = Caption {
            id: format!("named-{number}"),
            title: title.clone(),
            description: w.release.drawn_says.to_owned(),
            across: String::new(),
            upward: w.known.votes.to_owned(),
        };
        let drawing = waterfall(&rows, &levels.map(str::to_owned), say, &caption);
        Some(Self { title, drawing, levels: levels.into(), numbers })
    }
}

/// By how many votes the choice at `place` differs at `level`, over everything that is named there; none
/// where nothing could be compared, or where one of them does not know it.
fn step(of: &ContestContent, level: Level, place: usize) -> Option<i64> {
    let compared = of.compared.iter().any(|(known, count)| *known == level && *count > 0);
    let named = || of.differences.iter().filter(|difference| difference.level == level);
    if !compared && named().next().is_none() {
        return None;
    }
    named().try_fold(0_i64, |sum, difference| {
        Some(sum.saturating_add(difference.by.get(place).copied().flatten()?))
    })
}
