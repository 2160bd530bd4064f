//! Turnout over the day, as observers counted it. Pure.
//!
//! Every observer has a line. Where two say different things both are shown; a sum over units has a
//! lowest and a highest figure instead of an average. A figure that falls is flagged, and kept.

use std::collections::{BTreeMap, BTreeSet};

use hattama_proto::{
    id::{FormCode, OrgId, PersonId, QuestionCode, RecordId},
    pack::{FormDefinition, FormKind, Pack, QuestionKind},
    record::Answer,
    time::ClaimedTime,
};
use serde::Serialize;

use crate::merge::{EntryBody, FiledEntry, UnitFile};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A moment of the day, in minutes; written `14:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Reads `14:00` or `9.30`.
    pub fn read(text: &str) -> Option<Self> {
        let (hours, minutes) = text.trim().split_once([':', '.'])?;
        let whole = |text: &str| -> Option<u16> {
            let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        let (hours, minutes) = (whole(hours)?, whole(minutes)?);
        (hours < 24 && minutes < 60).then_some(Self(hours * 60 + minutes))
    }

    /// So many minutes after midnight; beyond a day it begins anew.
    pub const fn after_midnight(minutes: u16) -> Self {
        Self(minutes % DAY)
    }

    /// Since midnight, in minutes.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TurnoutPoint {
    /// For which moment of the day: as the form says, else when the device says it was filled.
    pub at: TimeOfDay,
    /// How many had voted.
    pub figure: i64,
    /// The record.
    pub record: RecordId,
    /// Its place in the log.
    pub position: u64,
    /// When the device says it was filled.
    pub claimed_at: String,
    /// Whether the same observer told a higher figure for an earlier moment.
    pub falls: bool,
    /// Whether another observer told another figure for this moment.
    pub differs: bool,
}

/// What one observer told, in the order of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TurnoutLine {
    /// Who, by pseudonym; none while the device is unknown.
    pub person: Option<PersonId>,
    /// The organisation.
    pub org: Option<OrgId>,
    /// Whether it was told to a desk.
    pub told: bool,
    /// The figures.
    pub points: Vec<TurnoutPoint>,
}

/// Turnout of one unit by one question of one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TurnoutSeries {
    /// The form.
    pub form: FormCode,
    /// The question.
    pub question: QuestionCode,
    /// A line per observer.
    pub lines: Vec<TurnoutLine>,
}

/// Turnout of several units at one moment: of each, the last that was told for it or before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TurnoutSum {
    /// The moment.
    pub at: TimeOfDay,
    /// Units of which something was told for this moment or an earlier one.
    pub units: u64,
    /// Units of which it was told for this very moment.
    pub fresh: u64,
    /// Sum of the lowest figures.
    pub lowest: i64,
    /// Sum of the highest figures.
    pub highest: i64,
    /// Whether a sum is lower than at the moment before.
    pub falls: bool,
}

/// What is asked about turnout: form, the question with the figure, the one with the hour.
fn asked(pack: &Pack) -> impl Iterator<Item = (&FormDefinition, &QuestionCode)> {
    let forms = pack.forms.forms.iter().filter(|form| form.kind == FormKind::Turnout);
    forms.flat_map(|form| {
        let numbers = form.questions.iter().filter(|one| one.kind == QuestionKind::Number);
        numbers.map(move |question| (form, &question.code))
    })
}

/// The turnout that counts in one unit, one series per question that asks for a number. `local` tells
/// the time of day at the election of what a device claimed, for forms that do not ask for the hour.
pub fn turnout_of(
    file: &UnitFile,
    pack: &Pack,
    local: impl Fn(&ClaimedTime) -> TimeOfDay,
) -> Vec<TurnoutSeries> {
    let all = asked(pack).map(|(form, question)| {
        let mut lines: BTreeMap<(bool, Option<&PersonId>), TurnoutLine> = BTreeMap::new();
        for filed in file.entries.iter().filter(|filed| filed.is_counted()) {
            let Some(point) = point(filed, form, question, &local) else { continue };
            // Told by telephone, it is the line of whoever told it, and says so.
            let told = filed.is_told();
            let said = filed.entry.on_behalf.as_ref().and_then(|one| one.person.as_ref());
            let person = if told { said } else { filed.person() };
            let line = lines.entry((told, person)).or_insert_with(|| TurnoutLine {
                person: person.cloned(),
                org: filed.org().cloned(),
                told,
                points: Vec::new(),
            });
            line.points.push(point);
        }
        let mut lines: Vec<TurnoutLine> = lines.into_values().collect();
        flag(&mut lines);
        TurnoutSeries { form: form.code.clone(), question: question.clone(), lines }
    });
    all.filter(|series| !series.lines.is_empty()).collect()
}

fn point(
    filed: &FiledEntry,
    form: &FormDefinition,
    question: &QuestionCode,
    local: impl Fn(&ClaimedTime) -> TimeOfDay,
) -> Option<TurnoutPoint> {
    let EntryBody::Form(filled) = &filed.entry.body else { return None };
    if filled.form != form.code {
        return None;
    }
    let answer = |code: &QuestionCode| {
        filled.answers.iter().find(|(asked, _)| asked == code).map(|(_, answer)| answer)
    };
    let Some(Answer::Number(figure)) = answer(question) else { return None };
    let hour = form.questions.iter().find_map(|one| match answer(&one.code)? {
        Answer::Text(text) if is_hour(&one.kind) => TimeOfDay::read(text),
        _ => None,
    });
    let told_at = filed.entry.on_behalf.as_ref().map(|told| &told.told_at);
    Some(TurnoutPoint {
        at: hour.unwrap_or_else(|| local(told_at.unwrap_or(&filed.entry.claimed_at))),
        figure: *figure,
        record: filed.entry.id,
        position: filed.entry.position,
        claimed_at: filed.entry.claimed_at.to_string(),
        falls: false,
        differs: false,
    })
}

const fn is_hour(kind: &QuestionKind) -> bool {
    matches!(kind, QuestionKind::Time | QuestionKind::OneOf(_))
}

/// Puts figures in the order of the day and flags what falls and what differs.
fn flag(lines: &mut [TurnoutLine]) {
    let mut told: BTreeMap<TimeOfDay, BTreeSet<i64>> = BTreeMap::new();
    for line in &mut *lines {
        line.points.sort_by_key(|point| (point.at, point.position, point.record));
        let mut highest: Option<(TimeOfDay, i64)> = None;
        for point in &mut line.points {
            point.falls = highest.is_some_and(|(at, most)| at < point.at && point.figure < most);
            if highest.is_none_or(|(_, most)| point.figure > most) {
                highest = Some((point.at, point.figure));
            }
            told.entry(point.at).or_default().insert(point.figure);
        }
    }
    for point in lines.iter_mut().flat_map(|line| &mut line.points) {
        point.differs = told.get(&point.at).is_some_and(|figures| figures.len() > 1);
    }
}

/// The sums over units at every moment that anything was told for. A unit that has told nothing yet
/// is not in them; one that fell silent stays with what it told last.
pub fn turnout_sums<'a>(units: impl IntoIterator<Item = &'a TurnoutSeries>) -> Vec<TurnoutSum> {
    let units: Vec<BTreeMap<TimeOfDay, (i64, i64)>> = units.into_iter().map(range).collect();
    let moments: BTreeSet<TimeOfDay> = units.iter().flat_map(|unit| unit.keys()).copied().collect();
    let mut sums: Vec<TurnoutSum> = Vec::with_capacity(moments.len());
    for at in moments {
        let known = units.iter().filter_map(|unit| unit.range(..=at).next_back());
        let mut sum = TurnoutSum { at, units: 0, fresh: 0, lowest: 0, highest: 0, falls: false };
        for (told, (lowest, highest)) in known {
            sum.units += 1;
            sum.fresh += u64::from(*told == at);
            sum.lowest = sum.lowest.saturating_add(*lowest);
            sum.highest = sum.highest.saturating_add(*highest);
        }
        let before = sums.last();
        sum.falls =
            before.is_some_and(|before| sum.lowest < before.lowest || sum.highest < before.highest);
        sums.push(sum);
    }
    sums
}

/// The lowest and the highest figure of a unit at each moment.
fn range(series: &TurnoutSeries) -> BTreeMap<TimeOfDay, (i64, i64)> {
    let mut ranges: BTreeMap<TimeOfDay, (i64, i64)> = BTreeMap::new();
    for point in series.lines.iter().flat_map(|line| &line.points) {
        let range = ranges.entry(point.at).or_insert((point.figure, point.figure));
        *range = (range.0.min(point.figure), range.1.max(point.figure));
    }
    ranges
}

#[cfg(test)]
#[path = "turnout_tests.rs"]
mod tests;
