//! Who speaks, and whether it counts: unknown, revoked, forked, out of place, unreadable.

use hattama_proto::statement::Mandate;
use hattama_proto::{
    kind::Kind,
    limits::RECORD_BYTES_MAX,
    record::{Body, Incident, Severity},
    wire::{PushRequest, StatusRequest, Verdict},
};
use hattama_tests::{
    in_every_world,
    world::{World, certified, code, invented},
};
use serde_json::{Value, json};

in_every_world![
    a_strangers_record_is_held_once_its_key_came_along,
    two_records_at_one_place_are_both_set_aside,
    a_revoked_key_is_held_from_then_on_and_counts_before,
    odd_records_of_a_known_device_are_held_with_their_reason,
];

fn held(reason: &str) -> (Verdict, Option<String>) {
    (Verdict::Held, Some(reason.to_owned()))
}

fn rejected(reason: &str) -> (Verdict, Option<String>) {
    (Verdict::Rejected, Some(reason.to_owned()))
}

/// Standing and reason of each entry in a unit's file.
fn standings(world: &World, unit: &str) -> Vec<(String, Option<String>)> {
    let file = world.wire().get_json(&format!("/v1/units/{unit}"));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    file["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (text(&entry["standing"]).unwrap(), text(&entry["reason"])))
        .collect()
}

fn set_aside(reason: &str) -> (String, Option<String>) {
    ("set_aside".to_owned(), Some(reason.to_owned()))
}

fn a_strangers_record_is_held_once_its_key_came_along(world: &World) {
    let (wire, mut stranger) = (world.wire(), world.stranger(7));
    let unit = world.country().precinct(0);
    let record = stranger.protocol(unit.clone(), 1);

    let verdict = wire.push_one(&record);
    assert_eq!(
        (verdict.verdict, verdict.reason.as_deref(), verdict.retry_after_s),
        (Verdict::Deferred, Some("key_missing"), Some(0))
    );
    assert!(wire.record_ids().is_empty());

    // Somebody else's key under this name proves nothing.
    let other = world.stranger(8);
    let batch = PushRequest {
        records: vec![record.text.clone()],
        keys: [(stranger.kid(), other.public_key())].into(),
        seen: None,
    };
    let verdict = wire.push(&batch).unwrap().results.pop().unwrap();
    assert_eq!((verdict.verdict, verdict.reason), rejected("bad_signature"));

    let verdict = wire.push_with_key(&record, &stranger);
    assert_eq!((verdict.verdict, verdict.reason), held("unknown_device"));
    assert!(verdict.receipt.is_some(), "what is held has a receipt too");
    assert_eq!(wire.push_with_key(&record, &stranger).verdict, Verdict::Duplicate);
    assert_eq!(standings(world, unit.as_str()), [set_aside("unknown_device")]);

    // Enrolled afterwards, it counts without being sent again.
    stranger.enrol(&wire, &world.invite(&Mandate::Everywhere)).unwrap();
    assert_eq!(standings(world, unit.as_str()), [("counted".to_owned(), None)]);
    assert_eq!(wire.records().len(), 1);
}

#[test]
fn a_stranger_may_leave_half_a_mebibyte_an_hour_and_a_known_device_anything() {
    let world = World::new();
    let (wire, mut stranger) = (world.wire(), world.stranger(7));
    let words = |device: &mut hattama_tests::world::Device, number: usize| {
        let mut body = invented(world.country().precinct(number), certified(), 1, Vec::new());
        body.document_number = Some("9".repeat(11_000));
        device.say(Body::Protocol(body))
    };
    let mut left = 0;
    let quota = loop {
        let record = words(&mut stranger, left);
        assert!(record.text.len() < RECORD_BYTES_MAX);
        let verdict = wire.push_with_key(&record, &stranger);
        if verdict.verdict == Verdict::Deferred {
            break verdict;
        }
        left += 1;
        assert!(left < 64, "a stranger is stopped at some point");
    };
    assert_eq!(quota.reason.as_deref(), Some("quota"));
    assert!(quota.retry_after_s.unwrap() <= 3600);
    assert!(left > 16, "and not before half a mebibyte: {left}");
    let mut known = world.device(1);
    for number in 0..50 {
        assert_eq!(wire.push_one(&words(&mut known, number)).verdict, Verdict::Stored);
    }
}

#[test]
fn a_key_says_what_its_role_may_say_and_nothing_else() {
    let world = World::new();
    let wire = world.wire();
    let mut results = world.device(1);
    let mut incidents = world.stranger(2);
    let invitation = world.invite(&Mandate::Everywhere);
    incidents.enrol_as(&wire, &invitation, hattama_proto::kind::Role::Incidents).unwrap();
    let incident = Body::Incident(Incident {
        categories: vec!["pressure".parse().unwrap()],
        phase: "opening".parse().unwrap(),
        severity: Severity::Low,
        unit: None,
        place_words: None,
        occurred_at: None,
        words: "it happened".into(),
        language: "en".into(),
        attachments: Vec::new(),
        refers_to: None,
    });
    let unit = world.country().precinct(0);
    let protocol =
        incidents.say_at(0, None, Body::Protocol(invented(unit.clone(), certified(), 1, vec![])));
    let verdict = wire.push_one(&protocol);
    assert_eq!((verdict.verdict, verdict.reason), rejected("wrong_role"));
    let verdict = wire.push_one(&results.say_at(0, None, incident.clone()));
    assert_eq!((verdict.verdict, verdict.reason), rejected("wrong_role"));
    assert_eq!(wire.push_one(&incidents.say(incident)).verdict, Verdict::Stored);
    assert_eq!(wire.push_one(&results.protocol(unit, 1)).verdict, Verdict::Stored);

    // What only headquarters says is no record, whoever signs it.
    for kind in [
        Kind::Enrolment,
        Kind::Decision,
        Kind::Revocation,
        Kind::Pack,
        Kind::Publication,
        Kind::Accounting,
        Kind::Epoch,
        Kind::Transcription,
        Kind::IncidentReview,
        Kind::EnrolmentRequest,
        Kind::Message,
        Kind::Succession,
        Kind::Sample,
        Kind::Vouch,
    ] {
        let verdict = wire.push_one(&results.say_anything(kind, &json!({})));
        assert_eq!((verdict.verdict, verdict.reason), rejected("wrong_role"), "{kind}");
    }
}

fn two_records_at_one_place_are_both_set_aside(world: &World) {
    let (wire, mut device) = (world.wire(), world.device(1));
    let units = [world.country().precinct(0), world.country().precinct(1)];
    let first = device.protocol(units[0].clone(), 1);
    assert_eq!(wire.push_one(&first).verdict, Verdict::Stored);
    // A restored backup goes on from the same place.
    device.go_on_from(0, None);
    let clone = device.protocol(units[1].clone(), 2);
    let verdict = wire.push_one(&clone);
    assert_eq!((verdict.verdict, verdict.reason), held("fork"));
    assert_eq!(wire.push_one(&first).verdict, Verdict::Duplicate);
    assert_eq!(wire.push_one(&clone).verdict, Verdict::Duplicate);
    for unit in &units {
        assert_eq!(standings(world, unit.as_str()), [set_aside("fork")]);
    }
    let asked =
        StatusRequest { kid: device.kid(), records: vec![first.id, clone.id], photos: vec![] };
    let status = wire.status(&asked).unwrap();
    assert_eq!(status.chain.forks, [0]);
    assert_eq!(status.records.len(), 2, "both are kept");

    // Two forked records that arrive in one batch are found as well.
    device.go_on_from(5, None);
    let three = [device.protocol(units[0].clone(), 3), {
        device.go_on_from(5, None);
        device.protocol(units[1].clone(), 4)
    }];
    let verdicts: Vec<_> =
        wire.push_all(&three).results.into_iter().map(|one| one.verdict).collect();
    assert!(verdicts.contains(&Verdict::Held), "{verdicts:?}");
    for unit in &units {
        assert_eq!(standings(world, unit.as_str()), vec![set_aside("fork"); 2]);
    }
}

fn a_revoked_key_is_held_from_then_on_and_counts_before(world: &World) {
    let (wire, mut device) = (world.wire(), world.device(1));
    let units = [world.country().precinct(0), world.country().precinct(1)];
    let before = device.protocol(units[0].clone(), 1);
    assert_eq!(wire.push_one(&before).verdict, Verdict::Stored);
    wire.revoke(device.kid());
    let verdict = wire.push_one(&device.protocol(units[1].clone(), 2));
    assert_eq!((verdict.verdict, verdict.reason), held("revoked"));
    assert_eq!(wire.push_one(&before).verdict, Verdict::Duplicate);
    assert_eq!(standings(world, units[0].as_str()), [("counted".to_owned(), None)]);
    assert_eq!(standings(world, units[1].as_str()), [set_aside("revoked")]);
}

fn odd_records_of_a_known_device_are_held_with_their_reason(world: &World) {
    let wire = world.wire();
    let mut device = world.stranger(1);
    let mandate = Mandate::Units(vec![code("0-0")]);
    device.enrol(&wire, &world.invite(&mandate)).unwrap();
    // Precinct 0 lies in district 0-0, precinct 1 does not.
    let (inside, outside) = (world.country().precinct(0), world.country().precinct(1));
    assert_eq!(wire.push_one(&device.protocol(inside.clone(), 1)).verdict, Verdict::Stored);

    let verdict = wire.push_one(&device.protocol(outside.clone(), 2));
    assert_eq!((verdict.verdict, verdict.reason), held("outside_mandate"));
    assert_eq!(standings(world, outside.as_str()), [set_aside("outside_mandate")]);

    let verdict = wire.push_one(&device.protocol(code("no-such-unit"), 3));
    assert_eq!((verdict.verdict, verdict.reason), held("unknown_unit"));
    assert_eq!(standings(world, "no-such-unit"), [set_aside("unknown_unit")]);

    device.speak_of("another-election");
    let verdict = wire.push_one(&device.protocol(inside.clone(), 4));
    assert_eq!((verdict.verdict, verdict.reason), held("wrong_election"));

    for (number, payload) in
        [json!({}), json!([]), json!({"body": {"unit": "x"}}), Value::Null].iter().enumerate()
    {
        let verdict = wire.push_one(&device.say_anything(Kind::Protocol, payload));
        assert_eq!((verdict.verdict, verdict.reason), held("unreadable_body"), "{number}");
        let again = wire.push_one(&device.say_anything(Kind::Protocol, payload));
        assert_eq!(again.verdict, Verdict::Duplicate, "{number}");
    }
    let reasons: Vec<_> = wire.records().into_iter().filter_map(|(_, held)| held).collect();
    let unreadable = vec!["unreadable_body"; 4];
    assert_eq!(
        reasons,
        [&["outside_mandate", "unknown_unit", "wrong_election"][..], &unreadable].concat()
    );
    assert!(standings(world, inside.as_str()).contains(&set_aside("wrong_election")));
}
