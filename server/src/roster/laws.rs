//! What holds of every plan and every night.

use proptest::prelude::*;

use super::*;
use crate::roster::Duty;
use hattama_proto::id::OrgId;

const HOUR: i64 = 60 * 60 * 1000;

fn person(n: u8) -> PersonId {
    PersonId::new(&format!("p-{n}")).unwrap()
}

fn unit(n: u8) -> UnitCode {
    UnitCode::new(&format!("{n}")).unwrap()
}

fn seat(n: u8, who: Option<u8>, at: u8, from: i64, until: i64) -> Assignment {
    Assignment {
        id: format!("a{n}"),
        person: who.map(person),
        seat: format!("s{n}"),
        org: OrgId::new("watchers").unwrap(),
        unit: unit(at),
        region: None,
        duty: Duty::Observer,
        team: None,
        stop: None,
        from: UnixMillis(from * HOUR),
        until: UnixMillis(until * HOUR),
        stands: true,
        version: 0,
        carried: false,
    }
}

fn note(n: u8, who: u8, at_unit: u8, what: PresenceKind, to: Option<u8>, at: i64) -> Presence {
    Presence {
        id: format!("n{n:03}"),
        person: person(who),
        unit: unit(at_unit),
        region: None,
        org: OrgId::new("watchers").unwrap(),
        what,
        to_person: to.map(person),
        at: UnixMillis(at * HOUR),
        noted_by: None,
        noted_at: UnixMillis(at * HOUR + i64::from(n)),
    }
}

fn one(now: i64, plan: &[Assignment], notes: &[Presence], heard: &[(u8, i64)]) -> SeatState {
    let mut by: BTreeMap<PersonId, Vec<UnixMillis>> = BTreeMap::new();
    for (who, at) in heard {
        by.entry(person(*who)).or_default().push(UnixMillis(at * HOUR));
    }
    expected_at(UnixMillis(now * HOUR), plan, notes, &by)[0].state
}

#[test]
fn a_seat_goes_from_silent_to_present_to_left() {
    let plan = [seat(1, Some(1), 7, 6, 20)];
    assert_eq!(one(7, &plan, &[], &[]), SeatState::Silent);
    assert_eq!(one(7, &plan, &[], &[(1, 5)]), SeatState::Silent, "a word before the shift");
    assert_eq!(one(7, &plan, &[], &[(1, 6)]), SeatState::Heard);
    let arrived = note(1, 1, 7, PresenceKind::Arrived, None, 5);
    assert_eq!(one(7, &plan, std::slice::from_ref(&arrived), &[]), SeatState::Present);
    let left = note(2, 1, 7, PresenceKind::Departed, None, 9);
    assert_eq!(one(8, &plan, &[left.clone(), arrived.clone()], &[]), SeatState::Present);
    assert_eq!(one(9, &plan, &[left, arrived], &[]), SeatState::Left);
}

#[test]
fn whoever_takes_over_is_expected_and_present_from_then_on() {
    let plan = [seat(1, Some(1), 7, 6, 20)];
    let notes = [
        note(1, 1, 7, PresenceKind::Arrived, None, 6),
        note(2, 1, 7, PresenceKind::HandedOver, Some(2), 12),
    ];
    let at = |hour| expected_at(UnixMillis(hour * HOUR), &plan, &notes, &BTreeMap::new());
    assert_eq!(at(11)[0].sits, Some(person(1)));
    assert_eq!(at(12)[0].sits, Some(person(2)));
    assert_eq!(at(12)[0].state, SeatState::Present);
}

#[test]
fn somebody_in_another_precinct_is_elsewhere_and_an_old_visit_is_no_arrival() {
    let plan = [seat(1, Some(1), 7, 30, 40)];
    let away = [note(1, 1, 8, PresenceKind::Arrived, None, 30)];
    assert_eq!(one(31, &plan, &away, &[]), SeatState::Elsewhere);
    let yesterday = [note(1, 1, 7, PresenceKind::Arrived, None, 6)];
    assert_eq!(one(31, &plan, &yesterday, &[]), SeatState::Silent);
}

fn plans() -> impl Strategy<Value = Vec<Assignment>> {
    proptest::collection::vec((proptest::option::of(0u8..4), 0u8..3, 0i64..20, 1i64..10), 0..6)
        .prop_map(|seats| {
            let make = |(n, (who, at, from, long)): (usize, (Option<u8>, u8, i64, i64))| {
                seat(u8::try_from(n).unwrap(), who, at, from, from + long)
            };
            seats.into_iter().enumerate().map(make).collect()
        })
}

fn nights() -> impl Strategy<Value = Vec<Presence>> {
    proptest::collection::vec((0u8..4, 0u8..3, 0u8..3, 0u8..4, 0i64..30), 0..12).prop_map(|notes| {
        let make = |(n, (who, at_unit, what, to, at)): (usize, (u8, u8, u8, u8, i64))| {
            let what = PresenceKind::ALL[usize::from(what)];
            let to = (what == PresenceKind::HandedOver).then_some(to);
            note(u8::try_from(n).unwrap(), who, at_unit, what, to, at)
        };
        notes.into_iter().enumerate().map(make).collect()
    })
}

proptest! {
    /// Without a plan nobody is silent; outside the shift nobody is expected.
    #[test]
    fn only_a_plan_makes_silence(plan in plans(), notes in nights(), now in 0i64..40) {
        let moment = UnixMillis(now * HOUR);
        let expected = expected_at(moment, &plan, &notes, &BTreeMap::new());
        prop_assert!(expected_at(moment, &[], &notes, &BTreeMap::new()).is_empty());
        let due = plan.iter().filter(|seat| seat.from <= moment && moment < seat.until).count();
        prop_assert_eq!(expected.len(), due);
    }

    /// The order in which notes were written down cannot matter.
    #[test]
    fn order_does_not_matter(plan in plans(), notes in nights(), now in 0i64..40) {
        let moment = UnixMillis(now * HOUR);
        let mut turned = notes.clone();
        turned.reverse();
        prop_assert_eq!(
            expected_at(moment, &plan, &notes, &BTreeMap::new()),
            expected_at(moment, &plan, &turned, &BTreeMap::new())
        );
    }

    /// What happens later changes nothing about an earlier moment.
    #[test]
    fn the_future_is_not_known(plan in plans(), notes in nights(), now in 0i64..40) {
        let moment = UnixMillis(now * HOUR);
        let past: Vec<_> = notes.iter().filter(|one| one.at <= moment).cloned().collect();
        prop_assert_eq!(
            expected_at(moment, &plan, &notes, &BTreeMap::new()),
            expected_at(moment, &plan, &past, &BTreeMap::new())
        );
    }

    /// A word within the shift ends the silence, and nothing else about the seat gets worse by it.
    #[test]
    fn a_word_ends_silence(plan in plans(), notes in nights(), now in 0i64..40) {
        let moment = UnixMillis(now * HOUR);
        let heard = (0u8..4).map(|who| (person(who), vec![moment])).collect();
        for (before, after) in expected_at(moment, &plan, &notes, &BTreeMap::new())
            .into_iter()
            .zip(expected_at(moment, &plan, &notes, &heard))
        {
            let then = if before.state == SeatState::Silent { SeatState::Heard } else { before.state };
            prop_assert_eq!(after.state, then);
        }
    }
}
