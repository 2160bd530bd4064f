//! What one change promises: a statement in the log, an audit event, words that its hash fits, and
//! nothing lost.

use hattama_proto::{
    id::{RecordId, WordsHash},
    jws::Envelope,
    statement::{IncidentChange, IncidentReview, Statement},
};
use hattama_server::store::statements;
use hattama_tests::world::{World, block_on};
use serde_json::{Value, json};

use super::desk::{
    ask, change, get, hire, inside, refused, report, reporter, send, show, step, store,
};

on_both_engines![
    every_change_is_a_statement_in_the_log_and_its_words_fit_the_hash,
    a_duplicate_counts_once_and_makes_no_chain,
    what_is_published_is_a_text_of_its_own_and_every_edition_is_kept,
    what_is_so_already_changes_nothing,
    a_change_that_makes_no_sense_says_what_to_do,
    a_report_is_shown_with_its_place_and_its_neighbours,
    an_export_has_every_incident_and_no_formula,
];

/// Every statement about an incident, as it was said.
fn said(world: &World, id: RecordId) -> Vec<IncidentReview> {
    let (_, key) = inside(world);
    let found = block_on(async {
        let db = store(world).await;
        statements::about(&db, &format!("incident:{id}")).await.unwrap()
    });
    found
        .iter()
        .map(|stored| {
            let verified = Envelope::parse(&stored.jws).unwrap().verify(&key).unwrap();
            Statement::<IncidentReview>::read(verified).unwrap().claims.body
        })
        .collect()
}

fn every_change_is_a_statement_in_the_log_and_its_words_fit_the_hash(world: &mut World) {
    hire(world, &["aigerim"]);
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed at the door"));
    step(world, id, "triaged");
    change(world, id, "assignment", &json!({ "to": "aigerim" }));
    change(world, id, "comments", &json!({ "words": "called back at ten" }));
    change(world, id, "tags", &json!({ "add": ["police", "door"], "remove": [] }));
    change(world, id, "tags", &json!({ "remove": ["door"] }));
    change(world, id, "group", &json!({ "group": "buses" }));
    step(world, id, "escalated");
    let detail = show(world, id);
    assert_eq!(detail["state"], "escalated");
    assert_eq!(detail["assignee"], "aigerim");
    assert_eq!(detail["tags"], json!(["police"]));
    assert_eq!(detail["group"], "buses");
    assert_eq!(detail["version"], 7);
    let history = detail["history"].as_array().unwrap();
    let kinds: Vec<_> = history.iter().map(|one| one["change"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["step", "assign", "comment", "tag", "tag", "group", "step"]);
    let said = said(world, id);
    assert_eq!(said.len(), 7);
    for (at, (statement, shown)) in said.iter().zip(history).enumerate() {
        assert_eq!(statement.version, at as u64 + 1);
        assert_eq!((statement.incident, statement.account.as_str()), (id, "op"));
        assert_eq!(serde_json::to_value(&statement.change).unwrap(), shown["change"]);
        let index = shown["index"].as_u64().unwrap();
        assert!(index > detail["index"].as_u64().unwrap(), "a change follows its report");
        let hash = match &statement.change {
            IncidentChange::Step { reason, .. } => Some(reason),
            IncidentChange::Comment { words } => Some(words),
            _ => None,
        };
        if let Some(hash) = hash {
            let text = |name: &str| shown[name].as_str().unwrap().to_owned();
            assert_eq!(*hash, WordsHash::salted(&text("salt"), &text("words")));
        }
        let spoken = serde_json::to_string(statement).unwrap();
        assert!(!spoken.contains("called back"), "words stay out of the log: {spoken}");
    }
    assert_eq!(get(world, &format!("/v1/records/{id}"))["id"], json!(id));
}

fn a_duplicate_counts_once_and_makes_no_chain(world: &World) {
    let mut device = reporter(world, 1);
    let ids: Vec<_> =
        (0..3).map(|_| send(world, &mut device, &report("0-0-0", "the same bus"))).collect();
    let mark = |id: RecordId, of: Option<RecordId>| {
        ask(world, id, "duplicate", &[], &json!({ "of": of, "reason": "the same bus" }))
    };
    assert_eq!(mark(ids[1], Some(ids[0])).status, 200);
    let counts = get(world, "/v1/incidents/counts");
    assert_eq!((counts["reports"].as_u64(), counts["events"].as_u64()), (Some(3), Some(2)));
    assert_eq!(show(world, ids[0])["duplicates"], json!([ids[1]]));
    // No circle, no chain, not of itself, not of nothing.
    for (id, of) in [(0, 1), (2, 1), (0, 0), (0, 2)] {
        let answer = mark(ids[id], Some(ids[of]));
        assert_eq!(refused(&answer), (422, "invalid".to_owned()), "{id} of {of}");
    }
    let nobody = RecordId::of(b"nothing");
    assert_eq!(refused(&mark(ids[2], Some(nobody))).0, 422);
    // The mark goes; the report was there all along.
    assert_eq!(mark(ids[1], None).status, 200);
    assert_eq!(show(world, ids[1])["state"], "triaged");
    assert_eq!(show(world, ids[1])["duplicate_of"], Value::Null);
    assert_eq!(get(world, "/v1/incidents/counts")["events"].as_u64(), Some(3));
    assert_eq!(refused(&mark(ids[1], None)), (422, "invalid".to_owned()));
    // Now the other way round.
    assert_eq!(mark(ids[0], Some(ids[1])).status, 200);
    assert_eq!(show(world, ids[0])["history"].as_array().unwrap().len(), 1);
}

fn what_is_published_is_a_text_of_its_own_and_every_edition_is_kept(world: &World) {
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "Madina from the third floor pushed me"));
    let text =
        json!({ "texts": { "en": "An observer was pushed.", "ru": "Наблюдателя толкнули." } });
    change(world, id, "publication", &text);
    change(world, id, "publication", &json!({ "texts": null, "reason": "not sure" }));
    let again = ask(world, id, "publication", &[], &json!({ "texts": null, "reason": "again" }));
    assert_eq!(refused(&again), (422, "invalid".to_owned()));
    change(world, id, "publication", &json!({ "texts": { "kk": "Бақылаушыны итерді." } }));
    for bad in [
        json!({ "texts": {} }),
        json!({ "texts": { "fr": "x" } }),
        json!({ "texts": { "en": " " } }),
    ] {
        assert_eq!(refused(&ask(world, id, "publication", &[], &bad)).0, 422, "{bad}");
    }
    let detail = show(world, id);
    let editions = detail["editions"].as_array().unwrap();
    assert_eq!(editions.len(), 3);
    assert_eq!(editions[0]["texts"]["ru"], "Наблюдателя толкнули.");
    assert_eq!(editions[1]["texts"], Value::Null);
    assert_eq!(editions[2]["texts"], json!({ "kk": "Бақылаушыны итерді." }));
    assert_eq!(detail["report"]["words"], "Madina from the third floor pushed me");
    let said = said(world, id);
    let IncidentChange::Publish { texts, .. } = &said[0].change else { panic!("{said:?}") };
    assert_eq!(texts["en"], WordsHash::of("An observer was pushed.".as_bytes()));
}

fn what_is_so_already_changes_nothing(world: &mut World) {
    hire(world, &["aigerim"]);
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    let assign = json!({ "to": "aigerim" });
    assert_eq!(change(world, id, "assignment", &assign)["changed_to"], 1);
    assert_eq!(change(world, id, "assignment", &assign)["changed_to"], Value::Null);
    let tag = json!({ "add": [" police "] });
    assert_eq!(change(world, id, "tags", &tag)["changed_to"], 2);
    assert_eq!(change(world, id, "tags", &tag)["changed_to"], Value::Null);
    let group = json!({ "group": null });
    assert_eq!(change(world, id, "group", &group)["changed_to"], Value::Null);
    assert_eq!(said(world, id).len(), 2);
}

fn a_change_that_makes_no_sense_says_what_to_do(world: &World) {
    let mut device = reporter(world, 1);
    let id = send(world, &mut device, &report("0-0-0", "pushed"));
    let long = "x".repeat(5000);
    for (what, body, code) in [
        ("transitions", json!({ "to": "resolved", "reason": "x" }), "transition-refused"),
        ("transitions", json!({ "to": "gone", "reason": "x" }), "invalid"),
        ("transitions", json!({ "to": "triaged", "reason": " " }), "invalid"),
        ("comments", json!({ "words": "" }), "invalid"),
        ("comments", json!({ "words": long }), "invalid"),
        ("comments", json!({ "words": "nul \u{0}" }), "invalid"),
        ("comments", json!({ "text": "x" }), "malformed-body"),
        ("assignment", json!({ "to": "two\nlines" }), "invalid"),
        ("tags", json!({ "add": ["a"], "remove": ["a"] }), "invalid"),
        ("tags", json!({ "add": [""] }), "invalid"),
        ("group", json!({ "group": "x".repeat(65) }), "invalid"),
    ] {
        assert_eq!(refused(&ask(world, id, what, &[], &body)).1, code, "{what} {body}");
    }
    let nobody = RecordId::of(b"nothing");
    assert_eq!(refused(&ask(world, nobody, "comments", &[], &json!({ "words": "x" }))).0, 404);
    assert_eq!(show(world, id)["version"], 0);
}

fn a_report_is_shown_with_its_place_and_its_neighbours(world: &World) {
    let mut device = reporter(world, 1);
    let first = send(world, &mut device, &report("0-0-0", "first"));
    let beside = send(world, &mut device, &report("0-0-0", "same unit"));
    let region = send(world, &mut device, &report("0-2-2", "same hour, same region"));
    let mut later = report("0-2-2", "the day after");
    later.occurred_at = Some("2005-12-05T20:00:00+06:00");
    send(world, &mut device, &later);
    let detail = show(world, first);
    assert_eq!(detail["chain"]["seq"], 0);
    assert_eq!(detail["chain"]["kid"], json!(device.kid()));
    assert_eq!(detail["receipt"]["receipt"]["index"], detail["index"]);
    assert!(detail["receipt"]["checkpoint"].as_str().unwrap().starts_with("log.test/exercise\n"));
    let near: Vec<_> = detail["neighbours"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(near, [beside.to_hex(), region.to_hex()]);
    let bundle = world.wire().get(detail["evidence"].as_str().unwrap());
    assert_eq!(bundle.status, 200);
}

fn an_export_has_every_incident_and_no_formula(world: &World) {
    let mut device = reporter(world, 1);
    let formula =
        send(world, &mut device, &report("0-0-0", "=HYPERLINK(\"https://else.example\")"));
    for _ in 0..3 {
        send(world, &mut device, &report("0-2-2", "a plain report, with a comma"));
    }
    let rows = |format: &str| -> Vec<csv::StringRecord> {
        let answer = world.wire().get(&format!("/v1/incidents/export?format={format}"));
        assert_eq!(answer.status, 200);
        csv::Reader::from_reader(&answer.body[..]).records().map(Result::unwrap).collect()
    };
    let (safe, exact) = (rows("csv"), rows("exact_csv"));
    assert_eq!((safe.len(), exact.len()), (4, 4));
    assert_eq!(safe[3].get(20), Some("'=HYPERLINK(\"https://else.example\")"));
    assert_eq!(exact[3].get(20), Some("=HYPERLINK(\"https://else.example\")"));
    assert_eq!(exact[3].get(0), Some(formula.to_hex().as_str()));
    let lines = world.wire().get("/v1/incidents/export?format=json&unit=0-2-2").text();
    assert_eq!(lines.lines().count(), 3);
    for line in lines.lines() {
        let one: Value = serde_json::from_str(line).unwrap();
        assert_eq!(one["words"], "a plain report, with a comma");
    }
}
