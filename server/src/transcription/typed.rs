//! What people type, made into figures. Pure.

use hattama_proto::{
    id::{ContestCode, FormCode},
    pack::{FormDefinition, Pack},
    record::Figure,
    statement::{Figures, Reading},
};

use crate::merge::CellKey;

/// Why a text is no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureTypo {
    /// It has something in it that is neither a digit nor a blank between digits.
    NotDigits,
    /// It has more than fifteen digits.
    TooLong,
}

/// A figure as people write it: digits, with blanks or thin blanks between them. Nothing is
/// null: a cell that nobody could read. A dash is what commissions write for none, and is a zero
/// only to who reads it so: it is refused.
///
/// # Errors
/// [`FigureTypo`], where it is no figure.
pub fn read_figure(text: &str) -> Result<Option<Figure>, FigureTypo> {
    let mut digits = String::new();
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            // In Kazakhstan thousands are set apart by a blank; copied figures bring the others.
            ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' => {}
            _ => return Err(FigureTypo::NotDigits),
        }
    }
    if digits.is_empty() {
        return if text.trim().is_empty() { Ok(None) } else { Err(FigureTypo::NotDigits) };
    }
    // Zeros in front do not make a figure longer.
    let significant = digits.trim_start_matches('0');
    let value = match significant.len() {
        0 => 0,
        1..=15 => significant.parse().map_err(|_| FigureTypo::NotDigits)?,
        _ => return Err(FigureTypo::TooLong),
    };
    Figure::new(value).map(Some).map_err(|_| FigureTypo::TooLong)
}

/// One cell to be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Which.
    pub key: CellKey,
    /// The number printed beside it on the paper; empty for a choice.
    pub number: String,
}

/// The cells of a form in the order of the paper: its lines, then the choices of its contests.
pub fn form_cells(form: &FormDefinition, pack: &Pack) -> Vec<Cell> {
    let lines = form
        .lines
        .iter()
        .map(|line| Cell { key: CellKey::line(line.code.clone()), number: line.number.clone() });
    let of = |code: &ContestCode| {
        pack.election.contests.iter().find(|contest| contest.code == *code).map(|contest| {
            contest.choices.iter().map(|choice| Cell {
                key: CellKey::vote(contest.code.clone(), choice.code.clone()),
                number: String::new(),
            })
        })
    };
    lines.chain(form.contests.iter().filter_map(of).flatten()).collect()
}

/// A reading of this form as it is kept: every cell of the form once, so that equal readings are
/// equal; and nothing but nulls is *illegible*.
///
/// # Errors
/// A sentence, where it has a cell that the form has not, or the set-up has no such form.
pub fn normalised(reading: Reading, form: &FormCode, pack: &Pack) -> Result<Reading, String> {
    let Reading::Figures(typed) = reading else { return Ok(reading) };
    let definition =
        pack.form(form).ok_or_else(|| format!("the set-up has no form {form} any more"))?;
    let mut whole = Figures::default();
    for cell in form_cells(definition, pack) {
        match cell.key {
            CellKey::Line { line } => {
                let figure = typed.lines.get(&line).copied().flatten();
                whole.lines.insert(line, figure);
            }
            CellKey::Vote { contest, choice } => {
                let votes = typed.contests.get(&contest);
                let figure = votes.and_then(|votes| votes.get(&choice)).copied().flatten();
                whole.contests.entry(contest).or_default().insert(choice, figure);
            }
        }
    }
    if let Some(line) = typed.lines.keys().find(|line| !whole.lines.contains_key(*line)) {
        return Err(format!("the form has no line {line}"));
    }
    for (contest, votes) in &typed.contests {
        let known = whole.contests.get(contest);
        let stranger =
            votes.keys().find(|choice| !known.is_some_and(|known| known.contains_key(*choice)));
        if let Some(choice) = stranger {
            return Err(format!("the form has no choice {choice} of contest {contest}"));
        }
    }
    let votes = whole.contests.values().flat_map(|votes| votes.values());
    if whole.lines.values().chain(votes).all(Option::is_none) {
        return Ok(Reading::Illegible);
    }
    Ok(Reading::Figures(whole))
}
