//! Who gets which seat, when many ask at once, when time runs out, and when somebody may not see.

use std::collections::{BTreeSet, HashSet};

use hattama_proto::time::UnixMillis;
use hattama_server::{
    access::{Factor, Operator, Role, Scope},
    desk::{DeskError, Entry, LEASE_MS},
    store::transcriptions::ItemPlace,
    transcription::ItemState,
};
use hattama_tests::world::{ORG, World};
use serde_json::{Value, json};

use super::{
    office::{Person, at_the_desk, figures, hire, mismatch},
    on_both_engines,
};

on_both_engines![
    many_who_ask_at_once_never_get_one_seat,
    one_who_asks_twice_at_once_gets_one_item,
    what_is_given_back_goes_to_somebody_else,
    a_late_entry_is_kept_on_its_seat_or_beside_it,
    nobody_sees_or_types_what_is_outside_their_scope,
    nobody_settles_a_conflict_of_their_own_region,
];

fn many_who_ask_at_once_never_get_one_seat(world: &mut World) {
    const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
    hire(world, &NAMES);
    // Three items have six blind seats; two of eight go without.
    for (number, unit) in [(1, "0-0-0"), (2, "1-1-1"), (3, "0-2-2")] {
        mismatch(world, unit, number);
    }
    let people = NAMES.map(|name| Person::of(world, name));
    // The desk is filled before the race.
    world.wire().get_json("/v1/transcriptions");
    let mut given: Vec<Option<(String, u64)>> = Vec::new();
    std::thread::scope(|scope| {
        let asked: Vec<_> = people.iter().map(|person| scope.spawn(|| person.next())).collect();
        given.extend(asked.into_iter().map(|asked| asked.join().unwrap()));
    });
    let seats: Vec<&(String, u64)> = given.iter().flatten().collect();
    let different: HashSet<&(String, u64)> = seats.iter().copied().collect();
    assert_eq!((seats.len(), different.len()), (6, 6), "{given:?}");
    // All of them send at once: each item is settled once.
    std::thread::scope(|scope| {
        for (number, (person, given)) in people.iter().zip(&given).enumerate() {
            let Some((item, _)) = given else { continue };
            scope.spawn(move || {
                let answer = person.send(item, number as u64, &figures(900, 5));
                assert_eq!(answer.status, 200, "{}", answer.text());
            });
        }
    });
    let queue = world.wire().get_json("/v1/transcriptions");
    assert_eq!(queue["states"]["settled"], 3, "{queue}");
}

fn one_who_asks_twice_at_once_gets_one_item(world: &mut World) {
    hire(world, &["a"]);
    for (number, unit) in [(1, "0-0-0"), (2, "1-1-1"), (3, "0-2-2")] {
        mismatch(world, unit, number);
    }
    let person = Person::of(world, "a");
    world.wire().get_json("/v1/transcriptions");
    let given: BTreeSet<Option<(String, u64)>> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..6).map(|_| scope.spawn(|| person.next())).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert_eq!(given.len(), 1, "{given:?}");
    assert!(given.first().unwrap().is_some());
}

fn what_is_given_back_goes_to_somebody_else(world: &mut World) {
    hire(world, &["a", "b"]);
    mismatch(world, "0-0-0", 1);
    let (a, b) = (Person::of(world, "a"), Person::of(world, "b"));
    let (item, seat) = a.next().unwrap();
    let back = a.wire().send("DELETE", &format!("/v1/transcriptions/{item}/lease"), &[], b" ");
    assert_eq!(back.unwrap().status, 204);
    assert_eq!(a.next(), None, "not to the same again");
    assert_eq!(b.next(), Some((item.clone(), seat)));
    let renewed = a.wire().post(&format!("/v1/transcriptions/{item}/lease"), &json!({}));
    assert_eq!(renewed.status, 409, "{}", renewed.text());
    let renewed = b.wire().post(&format!("/v1/transcriptions/{item}/lease"), &json!({}));
    assert_eq!(renewed.status, 200, "{}", renewed.text());
}

fn reviewer(name: &str, scope: Scope) -> Operator {
    let (name, roles) = (name.to_owned(), vec![Role::Reviewer]);
    Operator { name, roles, scope, factor: Factor::Fresh, token_hash: String::new() }
}

fn entry(number: u64, reading: &Value) -> Entry {
    let id = format!("01080000-0000-7000-8000-{number:012x}").parse().unwrap();
    Entry { id, reading: serde_json::from_value(reading.clone()).unwrap() }
}

const NOW: UnixMillis = UnixMillis(1_133_700_000_000);

fn a_late_entry_is_kept_on_its_seat_or_beside_it(world: &mut World) {
    mismatch(world, "0-0-0", 1);
    at_the_desk(world, async |headquarters| {
        headquarters.fill_desk().await.unwrap();
        let desk = &headquarters.desk;
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| reviewer(name, Scope::default()));
        let item = desk.next(&a, NOW).await.unwrap().unwrap().item;
        // Nobody took the seat meanwhile.
        let late = NOW.plus_ms(LEASE_MS + 1);
        let kept = desk.submit(&a, &item, entry(1, &figures(900, 5)), late).await.unwrap();
        assert_eq!((kept.seat.map(|seat| seat.number()), kept.state), (Some(1), ItemState::Blind));
        // Somebody else has it by now, and is still typing: the entry is kept beside.
        let of_b = desk.next(&b, late).await.unwrap().unwrap();
        let later = late.plus_ms(LEASE_MS + 1);
        let of_c = desk.next(&c, later).await.unwrap().unwrap();
        assert_eq!((&of_b.item, of_b.seat), (&of_c.item, of_c.seat), "a seat whose time is up");
        assert!(matches!(desk.renew(&b, &item, later).await, Err(DeskError::SeatLost)));
        let kept = desk.submit(&b, &item, entry(2, &figures(1, 1)), later).await.unwrap();
        assert_eq!((kept.seat, kept.state), (None, ItemState::Blind));
        assert_eq!(
            desk.submit(&b, &item, entry(2, &figures(1, 1)), later).await.unwrap().seat,
            None,
            "the same again"
        );
        // It settles nothing, and is not lost.
        let kept = desk.submit(&c, &item, entry(3, &figures(900, 5)), later).await.unwrap();
        assert_eq!(
            (kept.seat.map(|seat| seat.number()), kept.state),
            (Some(2), ItemState::Settled)
        );
        let shown = desk.show(&d, &item, later).await.unwrap();
        assert_eq!(shown.typed.len(), 3);
        assert_eq!(shown.typed[2].seat, None);
        assert!(matches!(
            desk.submit(&c, &item, entry(4, &figures(1, 1)), later).await,
            Err(DeskError::TypedAlready)
        ));
    });
}

fn nobody_sees_or_types_what_is_outside_their_scope(world: &mut World) {
    mismatch(world, "0-0-0", 1);
    at_the_desk(world, async |headquarters| {
        headquarters.fill_desk().await.unwrap();
        let desk = &headquarters.desk;
        let scope = |org: Option<&str>, region: Option<&str>| Scope {
            org: org.map(str::to_owned),
            region: region.map(str::to_owned),
        };
        let start = ItemPlace::first();
        let first = [&start, &start];
        let item = {
            let own = reviewer("own", scope(Some(ORG), Some("0")));
            let item = desk.next(&own, NOW).await.unwrap().unwrap().item;
            assert_eq!(desk.overview(&own, first, NOW).await.unwrap().counts.len(), 1);
            desk.give_back(&own, &item, NOW).await.unwrap();
            item
        };
        for (org, region) in
            [(Some("others"), None), (None, Some("1")), (Some("others"), Some("0"))]
        {
            let stranger = reviewer("stranger", scope(org, region));
            assert!(desk.next(&stranger, NOW).await.unwrap().is_none());
            assert_eq!(desk.overview(&stranger, first, NOW).await.unwrap().counts, []);
            let answers = [
                desk.show(&stranger, &item, NOW).await.map(|_| ()),
                desk.give_back(&stranger, &item, NOW).await,
                desk.submit(&stranger, &item, entry(1, &figures(1, 1)), NOW).await.map(|_| ()),
            ];
            for answer in answers {
                assert!(matches!(answer, Err(DeskError::NotFound)), "{answer:?}");
            }
        }
    });
}

fn nobody_settles_a_conflict_of_their_own_region(world: &mut World) {
    mismatch(world, "0-0-0", 1);
    at_the_desk(world, async |headquarters| {
        headquarters.fill_desk().await.unwrap();
        let desk = &headquarters.desk;
        let mut item = String::new();
        for (number, name, voters) in [(1, "a", 900), (2, "b", 901)] {
            let who = reviewer(name, Scope::default());
            item = desk.next(&who, NOW).await.unwrap().unwrap().item;
            desk.submit(&who, &item, entry(number, &figures(voters, 5)), NOW).await.unwrap();
        }
        let region = Some("0".to_owned());
        let own = reviewer("own", Scope { org: None, region });
        assert!(desk.next(&own, NOW).await.unwrap().is_none());
        // Nor by sending it without a seat: it is kept, and settles nothing.
        let kept = desk.submit(&own, &item, entry(3, &figures(900, 5)), NOW).await.unwrap();
        assert_eq!((kept.seat, kept.state), (None, ItemState::Third));
        let other = reviewer("other", Scope::default());
        assert_eq!(desk.next(&other, NOW).await.unwrap().unwrap().seat, 3);
    });
}
