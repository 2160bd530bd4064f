//! Several at once, requests that come twice, headquarters that stops in the middle: one wins, the
//! others are told, nothing happens twice or half.

use std::{collections::BTreeSet, thread};

use hattama_tests::world::{Ending, World, block_on};
use serde_json::json;

use super::desk::{all, ask, change, get, inside, refused, report, reporter, send, show, store};

on_both_engines![
    of_two_reviewers_of_one_version_one_wins_and_the_other_is_told,
    changes_of_many_at_once_are_all_there_and_each_once,
    the_same_request_again_changes_nothing,
    two_that_are_to_be_each_others_duplicates_do_not_both_become_one,
    a_headquarters_that_is_killed_amid_changes_has_each_whole_or_not_at_all,
];

fn of_two_reviewers_of_one_version_one_wins_and_the_other_is_told(world: &World) {
    let mut device = reporter(world, 1);
    for round in 0..8 {
        let id = send(world, &mut device, &report("0-0-0", "pushed"));
        let body = |reviewer: usize| json!({ "to": "triaged", "reason": format!("as {reviewer}") });
        let answers: Vec<(u16, String)> = thread::scope(|scope| {
            let ask = |reviewer| {
                scope.spawn(move || {
                    refused(&ask(
                        world,
                        id,
                        "transitions",
                        &[("if-match", "\"0\"")],
                        &body(reviewer),
                    ))
                })
            };
            let running: Vec<_> = (0..2).map(ask).collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let won = answers.iter().filter(|answer| answer.0 == 200).count();
        let told = answers
            .iter()
            .filter(|answer| **answer == (412, "precondition-failed".to_owned()))
            .count();
        assert_eq!((won, told), (1, 1), "round {round}: {answers:?}");
        let detail = show(world, id);
        assert_eq!(detail["version"], 1);
        assert_eq!(detail["history"].as_array().unwrap().len(), 1);
    }
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    for (value, status) in [("\"1\"", 412), ("\"0", 400), ("0", 400), ("\"0\"", 200), ("*", 200)] {
        let answer = ask(world, id, "comments", &[("if-match", value)], &json!({ "words": "x" }));
        assert_eq!(answer.status, status, "{value}: {}", answer.text());
    }
}

fn changes_of_many_at_once_are_all_there_and_each_once(world: &World) {
    let mut device = reporter(world, 1);
    let ids = [
        send(world, &mut device, &report("0-0-0", "one")),
        send(world, &mut device, &report("0-2-2", "other")),
    ];
    let (writers, each) = (4, 6);
    thread::scope(|scope| {
        for writer in 0..writers {
            scope.spawn(move || {
                for number in 0..each {
                    let words = json!({ "words": format!("{writer}-{number}") });
                    let mut answer = ask(world, ids[number % 2], "comments", &[], &words);
                    // Whoever was not first asks again, as a person would.
                    while answer.status == 412 {
                        answer = ask(world, ids[number % 2], "comments", &[], &words);
                    }
                    assert_eq!(answer.status, 200, "{}", answer.text());
                }
            });
        }
    });
    let mut words = BTreeSet::new();
    for id in ids {
        let detail = show(world, id);
        let history = detail["history"].as_array().unwrap();
        assert_eq!(history.len() as u64, detail["version"].as_u64().unwrap());
        for (at, one) in history.iter().enumerate() {
            assert_eq!(one["version"], at as u64 + 1);
            assert!(words.insert(one["words"].as_str().unwrap().to_owned()), "{one} twice");
        }
    }
    assert_eq!(words.len(), writers * each);
    // As many audit events, numbered without a gap.
    block_on(async {
        let db = store(world).await;
        let rows =
            db.query("select number, action from audit_event order by number", &[]).await.unwrap();
        let numbers: Vec<i64> = rows.iter().map(|row| row.int(0).unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
        let comments = rows.iter().filter(|row| row.text(1).unwrap() == "incident-comment").count();
        assert_eq!(comments, writers * each);
    });
}

fn the_same_request_again_changes_nothing(world: &mut World) {
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    let body = json!({ "words": "called back" });
    let headers = [("idempotency-key", "k-1"), ("if-match", "\"0\"")];
    let first = ask(world, id, "comments", &headers, &body).json();
    assert_eq!(first["changed_to"], 1);
    change(world, id, "tags", &json!({ "add": ["later"] }));
    for _ in 0..2 {
        let again = ask(world, id, "comments", &headers, &body);
        assert_eq!((again.status, again.json()["changed_to"].as_u64()), (200, Some(1)));
        // Also after a restart.
        world.end(Ending::InOrder);
        world.start();
    }
    let other = ask(world, id, "comments", &headers, &json!({ "words": "something else" }));
    assert_eq!(refused(&other), (422, "key-reused".to_owned()));
    let answers: Vec<_> = thread::scope(|scope| {
        let world = &*world;
        let ask = |_| {
            scope.spawn(move || {
                let key = [("idempotency-key", "k-2")];
                ask(world, id, "comments", &key, &json!({ "words": "at once" })).status
            })
        };
        let running: Vec<_> = (0..4).map(ask).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers, [200; 4]);
    assert_eq!(show(world, id)["version"], 3, "comment, tag, comment");
}

fn two_that_are_to_be_each_others_duplicates_do_not_both_become_one(world: &World) {
    let mut device = reporter(world, 1);
    for _ in 0..5 {
        let one = send(world, &mut device, &report("0-0-0", "bus"));
        let other = send(world, &mut device, &report("0-0-0", "bus"));
        thread::scope(|scope| {
            for (id, of) in [(one, other), (other, one)] {
                scope.spawn(move || {
                    let body = json!({ "of": of, "reason": "the same" });
                    let answer = ask(world, id, "duplicate", &[], &body);
                    assert!([200, 412, 422].contains(&answer.status), "{}", answer.text());
                });
            }
        });
        let marked = [one, other].map(|id| !show(world, id)["duplicate_of"].is_null());
        assert_ne!(marked[0], marked[1], "exactly one of the two");
    }
}

/// Changes are asked for while everything is dropped where it stands, again and again. Afterwards
/// every incident has as many logged changes as versions, and every answer that came is true.
fn a_headquarters_that_is_killed_amid_changes_has_each_whole_or_not_at_all(world: &mut World) {
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    let mut acknowledged = BTreeSet::new();
    for round in 0..4 {
        let wire = world.wire();
        let asking = thread::spawn(move || {
            let mut done = Vec::new();
            for number in 0..40 {
                let words = format!("{round}-{number}");
                let path = format!("/v1/incidents/{id}/comments");
                let headers = [("content-type", "application/json"), ("idempotency-key", &words)];
                let body = json!({ "words": words }).to_string();
                match wire.send("POST", &path, &headers, body.as_bytes()) {
                    Some(answer) if answer.status == 200 => done.push(words),
                    Some(_) => {}
                    None => break,
                }
            }
            done
        });
        thread::sleep(std::time::Duration::from_millis(60 + 45 * round));
        world.end(Ending::AtOnce);
        acknowledged.extend(asking.join().unwrap());
        world.start();
    }
    assert!(!acknowledged.is_empty(), "nothing was asked for before the end came");
    // What was not answered is asked for again under its key, and is there once.
    for round in 0..4 {
        let words = format!("{round}-0");
        let key = [("idempotency-key", words.as_str())];
        assert_eq!(ask(world, id, "comments", &key, &json!({ "words": words })).status, 200);
        acknowledged.insert(words.clone());
    }
    let detail = show(world, id);
    let history = detail["history"].as_array().unwrap();
    assert_eq!(history.len() as u64, detail["version"].as_u64().unwrap());
    let words: Vec<_> =
        history.iter().map(|one| one["words"].as_str().unwrap().to_owned()).collect();
    let once: BTreeSet<_> = words.iter().cloned().collect();
    assert_eq!(once.len(), words.len(), "{words:?}");
    assert!(acknowledged.is_subset(&once), "{acknowledged:?} {once:?}");
    assert_eq!(all(world, "order=changed", 10), [id.to_hex()]);
    block_on(async {
        let db = store(world).await;
        let rows = db
            .query(
                "select (select count(*) from incident_change), (select count(*) from audit_event
                   where action = 'incident-comment'), (select count(*) from incident_request),
                   (select count(*) from statement where subject like 'incident:%')",
                &[],
            )
            .await
            .unwrap();
        let counts: Vec<i64> = (0..4).map(|column| rows[0].int(column).unwrap()).collect();
        assert_eq!(counts, [words.len() as i64; 4]);
    });
    let root = get(world, "/v1/state-root");
    assert_eq!(root["state_root"].as_str().unwrap().len(), 64);
    drop(inside(world));
}
