//! Who is expected at a moment, and how that stands. Pure.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{PersonId, UnitCode},
    time::UnixMillis,
};
use serde::Serialize;

use super::{Assignment, Presence, PresenceKind};

/// Somebody who is expected at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The seat in the plan.
    pub assignment: Assignment,
    /// Who sits there now: as planned, or whoever took over.
    pub sits: Option<PersonId>,
    /// How it stands.
    pub state: SeatState,
    /// When this person was last heard from at all, by any record or note.
    pub heard_at: Option<UnixMillis>,
}

/// How a seat stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// The plan names nobody.
    Empty,
    /// Expected, and not a word since the shift began.
    Silent,
    /// Told that they are elsewhere: a move that nobody planned.
    Elsewhere,
    /// Left before the end of the shift, and nobody took over.
    Left,
    /// Heard from within the shift, but no arrival was told.
    Heard,
    /// There, by their own word or a coordinator's.
    Present,
}

impl SeatState {
    /// Every state, the most pressing first.
    pub const ALL: [Self; 6] =
        [Self::Silent, Self::Left, Self::Empty, Self::Elsewhere, Self::Heard, Self::Present];

    /// The name in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Silent => "silent",
            Self::Elsewhere => "elsewhere",
            Self::Left => "left",
            Self::Heard => "heard",
            Self::Present => "present",
        }
    }
}

/// Who is expected at `now`, in the order of the plan. `heard` holds the last moment at which each
/// person was heard from, up to `now` at the latest; a later one is not known yet at that moment.
///
/// Order of what was noted does not matter: of two notes about one person the later event counts, and
/// of two events at one moment the one noted later.
pub fn expected_at(
    now: UnixMillis,
    plan: &[Assignment],
    presences: &[Presence],
    heard: &BTreeMap<PersonId, Vec<UnixMillis>>,
) -> Vec<Expected> {
    plan.iter()
        .filter(|seat| seat.stands && seat.from <= now && now < seat.until)
        .map(|seat| {
            let sits = sitting(seat, presences, now);
            let heard_at =
                sits.as_ref().and_then(|person| last_heard(person, heard, presences, now));
            let state = match &sits {
                None => SeatState::Empty,
                Some(person) => state(seat, person, heard_at, presences, now),
            };
            Expected { assignment: seat.clone(), sits, state, heard_at }
        })
        .collect()
}

/// Whoever the seat was handed over to, through any number of hands; else whoever was planned.
fn sitting(seat: &Assignment, presences: &[Presence], now: UnixMillis) -> Option<PersonId> {
    let mut sits = seat.person.clone()?;
    let mut handed: Vec<&Presence> = presences
        .iter()
        .filter(|one| one.what == PresenceKind::HandedOver && one.unit == seat.unit)
        .filter(|one| seat.from <= one.at && one.at <= now)
        .collect();
    handed.sort_by_key(|one| (one.at, one.noted_at, one.id.clone()));
    for one in handed {
        if one.person == sits
            && let Some(to) = &one.to_person
        {
            sits = to.clone();
        }
    }
    Some(sits)
}

fn state(
    seat: &Assignment,
    person: &PersonId,
    heard_at: Option<UnixMillis>,
    presences: &[Presence],
    now: UnixMillis,
) -> SeatState {
    match whereabouts(person, presences, now) {
        // An arrival long before the shift (the day before, to look at the place) is none for it; one
        // in the hours before is.
        Some((PresenceKind::Arrived, unit, at)) if at.plus_ms(EARLY_MS) >= seat.from => {
            if *unit == seat.unit { SeatState::Present } else { SeatState::Elsewhere }
        }
        Some((PresenceKind::Departed | PresenceKind::HandedOver, unit, at))
            if *unit == seat.unit && at >= seat.from =>
        {
            SeatState::Left
        }
        _ if heard_at.is_some_and(|at| at >= seat.from) => SeatState::Heard,
        _ => SeatState::Silent,
    }
}

/// How long before a shift an arrival may be and still be one for it, in ms: people come early.
const EARLY_MS: i64 = 3 * 60 * 60 * 1000;

/// The last that was told of where a person is. Taking over is arriving.
fn whereabouts<'a>(
    person: &PersonId,
    presences: &'a [Presence],
    now: UnixMillis,
) -> Option<(PresenceKind, &'a UnitCode, UnixMillis)> {
    presences
        .iter()
        .filter(|one| one.at <= now)
        .filter_map(|one| {
            if one.to_person.as_ref() == Some(person) {
                return Some((one, PresenceKind::Arrived));
            }
            (one.person == *person).then_some((one, one.what))
        })
        .max_by_key(|(one, _)| (one.at, one.noted_at, &one.id))
        .map(|(one, what)| (what, &one.unit, one.at))
}

fn last_heard(
    person: &PersonId,
    heard: &BTreeMap<PersonId, Vec<UnixMillis>>,
    presences: &[Presence],
    now: UnixMillis,
) -> Option<UnixMillis> {
    let records = heard.get(person).into_iter().flatten().copied();
    let notes = presences
        .iter()
        .filter(|one| one.person == *person || one.to_person.as_ref() == Some(person))
        .map(|one| one.at);
    records.chain(notes).filter(|at| *at <= now).max()
}

#[cfg(test)]
#[path = "laws.rs"]
mod laws;
