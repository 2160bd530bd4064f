//! What goes wrong between the count, the paper and the phone.

use hattama_proto::{id::LineCode, record::ResultsProtocol};

use super::Paper;
use crate::{
    exercise::{
        chance::Chance,
        count::{Count, Line, figure},
    },
    form::Written,
};

/// The electronic votes of a count: `percent` of each choice's, all cast at the station.
pub(super) fn electronic_part(count: &Count, percent: u64) -> Count {
    let mut part = Count::default();
    part.votes = count.votes.map(|votes| votes * percent / 100);
    let sum = part.votes.iter().sum();
    for line in [Line::BallotsReceived, Line::IssuedStation, Line::StationaryBoxes, Line::Valid] {
        part[line] = sum;
    }
    part
}

/// A count as a commission wrote it that could not add, or did not want to.
pub(super) fn unbalanced(count: &Count, nth: usize) -> Count {
    let mut wrong = *count;
    let leader = count.ranking()[0];
    match nth % 6 {
        // More valid ballots than votes.
        0 => wrong[Line::Valid] += 10,
        // Two ballots too many among the cancelled.
        1 => wrong[Line::Cancelled] += 2,
        // A choice has thirty votes that nobody cast.
        2 => wrong.votes[leader] += 30,
        // More ballots issued than there are voters.
        3 => {
            let more = count[Line::VotersOnList] - count.issued() + 7;
            wrong[Line::IssuedStation] += more;
            wrong[Line::BallotsReceived] += more;
        }
        // More ballots in the boxes than were issued, and the rest made to fit.
        4 => {
            for line in [Line::StationaryBoxes, Line::Valid] {
                wrong[line] += 37;
            }
            wrong.votes[leader] += 37;
        }
        // Ballots received rounded up to a hundred.
        _ => wrong[Line::BallotsReceived] = (count[Line::BallotsReceived] / 100 + 1) * 100,
    }
    wrong
}

/// Writes over one line, strikes out a second, smears a third.
pub(super) fn deface(paper: &mut Paper, chance: &mut Chance) {
    let mut places: Vec<_> = (0..paper.lines.len()).collect();
    chance.shuffle(&mut places);
    let figure_at = |paper: &Paper, at: usize| match &paper.lines[at] {
        Written::Figure(figure) => *figure,
        _ => 0,
    };
    let now = figure_at(paper, places[0]);
    paper.lines[places[0]] = Written::Overwritten { was: another_digit(now, chance), now };
    paper.lines[places[1]] = Written::StruckOut(figure_at(paper, places[1]));
    paper.lines[places[2]] = Written::Illegible;
}

/// One digit of one line goes wrong between paper and phone.
pub(super) fn mistype(typed: &mut ResultsProtocol, chance: &mut Chance) {
    let lines = [Line::VotersOnList, Line::IssuedStation, Line::StationaryBoxes, Line::Valid];
    let line: LineCode = chance.pick(&lines).code();
    if let Some(Some(value)) = typed.lines.get_mut(&line) {
        *value = figure(another_digit(value.value(), chance));
    }
}

/// The number with one digit changed: the tens, or the ones of a small number.
fn another_digit(number: u64, chance: &mut Chance) -> u64 {
    let place = if number >= 100 { 10 } else { 1 };
    let digit = number / place % 10;
    number - digit * place + (digit + chance.between(1, 9)) % 10 * place
}
