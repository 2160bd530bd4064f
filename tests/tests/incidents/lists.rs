//! What lists, counts and searches find.

use std::collections::BTreeSet;

use hattama_proto::{id::RecordId, record::Severity};
use hattama_tests::world::{Ending, World, block_on};
use serde_json::{Value, json};

use super::desk::{all, change, get, hire, refused, report, reporter, send, show, step};

on_both_engines![
    filters_find_what_a_look_at_every_incident_finds,
    by_receipt_no_page_skips_or_repeats_while_everything_changes,
    by_change_what_stays_is_seen_once,
    other_forms_of_a_word_are_found_in_three_languages,
    incidents_of_an_older_release_are_found_after_a_start,
];

/// A small generator: tests of the same kind draw the same.
struct Dice(u64);

impl Dice {
    fn of(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.of(all.len())]
    }
}

const UNITS: [&str; 4] = ["0-0-0", "0-2-2", "1-1-1", "0-0-4"];
const WORDS: [&str; 4] = [
    "вынесли бюллетени",
    "бақылаушыны шығарып жіберді",
    "two observers were pushed",
    "наблюдателя толкнули у двери",
];
const TIMES: [Option<&str>; 3] =
    [None, Some("2005-12-04T20:00:00+06:00"), Some("2005-12-04T09:30:00+06:00")];

/// Some incidents with everything that filters look at, drawn.
fn drawn(world: &mut World, count: usize) -> Vec<RecordId> {
    hire(world, &["aigerim", "daniyar"]);
    let world = &*world;
    let mut device = reporter(world, 1);
    let mut dice = Dice(7);
    let mut ids = Vec::new();
    for _ in 0..count {
        let report = super::desk::Report {
            unit: dice.pick(&UNITS),
            category: dice.pick(&["pressure", "stuffing"]),
            phase: dice.pick(&["count", "voting"]),
            severity: dice.pick(&Severity::ALL),
            occurred_at: dice.pick(&TIMES),
            words: dice.pick(&WORDS),
        };
        let id = send(world, &mut device, &report);
        if dice.of(2) == 0 {
            step(world, id, dice.pick(&["triaged", "escalated", "rejected"]));
        }
        if dice.of(2) == 0 {
            change(world, id, "assignment", &json!({ "to": dice.pick(&["aigerim", "daniyar"]) }));
        }
        if dice.of(2) == 0 {
            change(world, id, "tags", &json!({ "add": [dice.pick(&["police", "door"])] }));
        }
        if dice.of(4) == 0 {
            change(world, id, "tags", &json!({ "remove": ["door"] }));
        }
        if dice.of(3) == 0 {
            change(world, id, "group", &json!({ "group": "buses at noon" }));
        }
        ids.push(id);
    }
    ids
}

/// Whether an incident, as it is shown, fits a filter: read from what is shown, not from a store.
fn fits(one: &Value, name: &str, value: &str) -> bool {
    let has = |member: &str| {
        one[member].as_array().unwrap().iter().any(|known| known.as_str() == Some(value))
    };
    let unit = one["unit"].as_str().unwrap();
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    match name {
        "category" => has("categories"),
        "tag" => has("tags"),
        // Of this country a unit's code begins with the code of what is above it.
        "region" => value == "all" || unit == value || unit.starts_with(&format!("{value}-")),
        "occurred_from" => one["occurred_at"].as_str().is_some_and(|at| time(at) >= time(value)),
        "occurred_until" => one["occurred_at"].as_str().is_some_and(|at| time(at) < time(value)),
        "q" => {
            let words = one["report"]["words"].as_str().unwrap();
            match value {
                "наблюдатели" => words.contains("наблюдателя"),
                "бюллетень" => words.contains("бюллетени"),
                "observer" => words.contains("observers"),
                "бақылаушы" => words.contains("бақылаушыны"),
                other => panic!("{other}"),
            }
        }
        _ => one[name].as_str() == Some(value),
    }
}

fn filters_find_what_a_look_at_every_incident_finds(world: &mut World) {
    let ids = drawn(world, 40);
    let shown: Vec<Value> = ids.iter().map(|id| show(world, *id)).collect();
    let filters: [(&str, &[&str]); 12] = [
        ("state", &["received", "triaged", "escalated", "confirmed"]),
        ("severity", &["low", "medium", "high", "critical"]),
        ("category", &["pressure", "stuffing", "press"]),
        ("phase", &["count", "voting"]),
        ("unit", &UNITS),
        ("region", &["0", "1", "0-0"]),
        ("assignee", &["aigerim", "daniyar", "nobody"]),
        ("tag", &["police", "door"]),
        ("group", &["buses at noon"]),
        ("occurred_from", &["2005-12-04T10:00:00+06:00"]),
        ("occurred_until", &["2005-12-04T10:00:00+06:00"]),
        ("q", &["наблюдатели", "бюллетень", "observer", "бақылаушы"]),
    ];
    let mut dice = Dice(11);
    let mut found_some = 0;
    for round in 0..120 {
        let mut asked = Vec::new();
        for (name, values) in filters {
            if round < 12 && name == filters[round].0 || round >= 12 && dice.of(5) == 0 {
                asked.push((name, dice.pick(values)));
            }
        }
        let query: Vec<_> =
            asked.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let query = query.join("&");
        let expected: Vec<String> = ids
            .iter()
            .zip(&shown)
            .rev()
            .filter(|(_, one)| asked.iter().all(|(name, value)| fits(one, name, value)))
            .map(|(id, _)| id.to_hex())
            .collect();
        found_some += usize::from(!expected.is_empty());
        let received = all(world, &format!("order=received&{query}"), 7);
        assert_eq!(received, expected, "{query}");
        let changed: BTreeSet<_> =
            all(world, &format!("order=changed&{query}"), 7).into_iter().collect();
        assert_eq!(changed, expected.iter().cloned().collect(), "{query}");
        let counts = get(world, &format!("/v1/incidents/counts?{query}"));
        assert_eq!(counts["reports"].as_u64(), Some(expected.len() as u64), "{query}");
        let states: u64 = counts["states"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert_eq!(states, expected.len() as u64);
    }
    assert!(found_some > 40, "only {found_some} filters found anything");
    for bad in ["state=gone", "severity=bad", "region=nowhere", "received_from=noon", "q=..."] {
        assert_eq!(refused(&world.wire().get(&format!("/v1/incidents?{bad}"))).0, 422, "{bad}");
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn by_receipt_no_page_skips_or_repeats_while_everything_changes(world: &World) {
    let mut device = reporter(world, 1);
    let mut ids: Vec<_> =
        (0..20).map(|_| send(world, &mut device, &report("0-0-0", "pushed"))).collect();
    let mut seen = Vec::new();
    let mut after = String::new();
    let mut dice = Dice(3);
    loop {
        let page = get(world, &format!("/v1/incidents?order=received&limit=3{after}"));
        let found = page["incidents"].as_array().unwrap();
        seen.extend(found.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        // Everything moves between two pages.
        for _ in 0..4 {
            change(world, dice.pick(&ids), "comments", &json!({ "words": "meanwhile" }));
        }
        send(world, &mut device, &report("0-0-0", "another"));
        match page["next"].as_u64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    ids.reverse();
    assert_eq!(seen, ids.iter().map(|id| id.to_hex()).collect::<Vec<_>>());
}

fn by_change_what_stays_is_seen_once(world: &World) {
    let mut device = reporter(world, 1);
    let ids: Vec<_> =
        (0..12).map(|_| send(world, &mut device, &report("0-0-0", "pushed"))).collect();
    let (moving, staying) = ids.split_at(4);
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = get(world, &format!("/v1/incidents?limit=2{after}"));
        let found = page["incidents"].as_array().unwrap();
        seen.extend(found.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        for id in moving {
            change(world, *id, "comments", &json!({ "words": "meanwhile" }));
        }
        match page["next"].as_u64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    for id in staying {
        assert_eq!(seen.iter().filter(|seen| **seen == id.to_hex()).count(), 1, "{id}");
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "nothing twice");
    // What moved stands first in the next look, the last change before all.
    assert_eq!(all(world, "", 2)[0], moving[3].to_hex());
}

fn other_forms_of_a_word_are_found_in_three_languages(world: &mut World) {
    let mut device = reporter(world, 1);
    let said: Vec<_> = WORDS
        .iter()
        .map(|words| {
            let report = super::desk::Report { words, ..report("0-0-0", "") };
            (send(world, &mut device, &report), *words)
        })
        .collect();
    let finds = |q: &str| all(world, &format!("order=received&q={}", encoded(q)), 10);
    for (q, at) in [
        ("бюллетень", 0),
        ("БЮЛЛЕТЕНЕЙ вынесли", 0),
        ("бақылаушылар", 1),
        ("бакылаушы", 1),
        ("Observer pushing", 2),
        ("дверь", 3),
    ] {
        assert_eq!(finds(q), [said[at].0.to_hex()], "{q} in {}", said[at].1);
    }
    assert!(finds("бюллетень наблюдатель").is_empty());
    // Comments, tags, reasons and published texts are searched as well.
    let id = said[0].0;
    change(world, id, "comments", &json!({ "words": "перезвонили свидетелям" }));
    change(world, id, "tags", &json!({ "add": ["ambulance"] }));
    change(world, id, "publication", &json!({ "texts": { "kk": "Хаттамаларды бермеді" } }));
    for q in ["свидетель", "ambulances", "хаттама"] {
        assert_eq!(finds(q), [id.to_hex()], "{q}");
    }
}

fn incidents_of_an_older_release_are_found_after_a_start(world: &mut World) {
    let ids = drawn(world, 12);
    let before = all(world, "order=received", 5);
    world.end(Ending::InOrder);
    // As an older release left them: what lists and searches need is not there.
    block_on(async {
        use hattama_server::store::Batch;
        let (url, _) = super::desk::inside(world);
        let db =
            hattama_server::store::Db::open(&url, hattama_tests::engine::OPENED_AT).await.unwrap();
        let emptied = Batch::new()
            .step(
                "update incident set position = null, changed_position = null,
                        received_at_ms = null, occurred_at_ms = null, area = null",
                [],
            )
            .step("delete from incident_token", []);
        db.commit(emptied).await.unwrap();
        db.close().await;
    });
    world.start();
    assert_eq!(all(world, "order=received", 5), before);
    assert_eq!(all(world, "region=0", 100).len() + all(world, "region=1", 100).len(), ids.len());
    let found: usize = ["наблюдатели", "бюллетень", "observer", "бақылаушы"]
        .iter()
        .map(|q| all(world, &format!("q={}", encoded(q)), 100).len())
        .sum();
    assert_eq!(found, ids.len());
}
