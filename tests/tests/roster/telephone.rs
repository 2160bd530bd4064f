//! By telephone: signed by a desk, confirms nobody, stands beside the observer's own record.

use hattama_proto::record::{Body, FormAnswers, PhotoRole};
use hattama_tests::world::{Device, World, certified, invented};
use serde_json::{Value, json};

use crate::{done, invite, on_both_engines, refused};

on_both_engines![
    what_is_told_counts_is_flagged_and_confirms_nobody,
    the_two_pseudonyms_never_meet_at_the_desk,
    a_checklist_is_listed_and_a_critical_answer_opens_an_incident,
    a_copy_that_was_not_obtained_is_told_and_fills_its_slot,
    under_a_key_a_call_makes_one_entry_however_often_it_is_sent,
];

/// A sheet as JSON, as an operator types it.
fn sheet(world: &World, seed: u64) -> Value {
    let unit = world.country().precinct(0);
    serde_json::to_value(invented(unit, certified(), seed, Vec::new())).unwrap()
}

fn call(person: &Value, entry: &Value) -> Value {
    json!({
        "person": person, "channel": "voice", "told_at": "2005-12-04T22:40:00+06:00",
        "entry": entry,
    })
}

fn what_is_told_counts_is_flagged_and_confirms_nobody(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, invitation) = invite(&wire, "17", unit.as_str());
    // A sheet that does not add up is written down as it was said.
    let mut odd = sheet(world, 3);
    odd["lines"]["valid"] = json!(999_999);
    let path = "/v1/telephone/protocols";
    let first = done(&wire, path, &call(&json!(person), &odd));
    assert_eq!(first["held"], Value::Null, "{first}");
    let second = done(&wire, path, &call(&json!(person), &sheet(world, 5)));
    assert_ne!(first["record"], second["record"]);
    assert_eq!(refused(&wire.post(path, &call(&json!("p-nobody"), &odd))), "not-found");
    assert_eq!(refused(&wire.post(path, &call(&Value::Null, &odd))), "invalid", "say who");

    let file = || wire.get_json(&format!("/v1/units/{unit}"));
    let flags = |record: &Value| -> Vec<String> {
        let entries = file()["entries"].as_array().unwrap().clone();
        let entry = entries.into_iter().find(|entry| entry["record"] == *record).unwrap();
        assert_eq!(entry["standing"], "counted", "{entry}");
        assert_eq!(entry["on_behalf"]["person"], person.as_str());
        serde_json::from_value(entry["flags"].clone()).unwrap()
    };
    assert_eq!(flags(&second["record"]), ["told_to_desk"]);

    // The observer's own record comes, with the same figures and a photograph of its own.
    let mut device = Device::new(90, world.made().election.clone());
    device.enrol(&wire, &invitation.parse().unwrap()).unwrap();
    let photo = vec![Device::photo(b"a picture", PhotoRole::Original)];
    let own = device.protocol_with(unit.clone(), 5, photo);
    assert_eq!(wire.push_one(&own).reason, None);
    assert_eq!(flags(&second["record"]), ["told_to_desk", "own_record_came"]);
    let documents = file()["documents"].clone();
    assert_eq!(documents.as_array().unwrap().len(), 1, "one document, three entries");
    assert_eq!(documents[0]["state"], "mismatch", "the odd one differs");

    // One chain, whole; the desk says in its enrolment what it is.
    let devices = wire.get_json("/v1/devices");
    let desks: Vec<&Value> = devices
        .as_array()
        .unwrap()
        .iter()
        .filter(|device| device["person"].as_str().unwrap().starts_with("desk-"))
        .collect();
    assert_eq!(desks.len(), 1);
    assert_eq!((&desks[0]["last_seq"], &desks[0]["desk"]), (&json!(1), &json!(true)));
}

fn the_two_pseudonyms_never_meet_at_the_desk(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, _) = invite(&wire, "17", unit.as_str());
    let incident = json!({
        "categories": ["pressure"], "phase": "count", "severity": "high", "unit": unit,
        "words": "they are being sent out of the room", "language": "en",
    });
    let path = "/v1/telephone/incidents";
    let named = wire.post(path, &call(&json!(person), &incident));
    assert_eq!(refused(&named), "invalid", "the pseudonym for protocols is not for incidents");
    let nobody = wire.post(path, &call(&Value::Null, &incident));
    assert_eq!(refused(&nobody), "invalid", "no organisation");
    let mut body = call(&Value::Null, &incident);
    body["org"] = json!("watchers");
    let record = done(&wire, path, &body)["record"].as_str().unwrap().to_owned();
    let shown = wire.get_json(&format!("/v1/incidents/{record}"));
    assert_eq!((&shown["state"], &shown["org"]), (&json!("received"), &json!("watchers")));
    assert!(!shown.to_string().contains(&person));
}

fn a_checklist_is_listed_and_a_critical_answer_opens_an_incident(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, _) = invite(&wire, "17", unit.as_str());
    let entry = json!({"unit": unit, "form": "opening", "answers": {"sealed": false}});
    let told = done(&wire, "/v1/telephone/forms", &call(&json!(person), &entry));
    // And one from a phone, with a good answer.
    let mut device = world.device(91);
    let good = device.say(Body::Form(FormAnswers {
        unit: unit.clone(),
        form: "opening".parse().unwrap(),
        answers: [("sealed".parse().unwrap(), hattama_proto::record::Answer::YesNo(true))].into(),
    }));
    wire.push_one(&good);

    let listed = wire.get_json("/v1/checklists?form=opening");
    let forms = listed["forms"].as_array().unwrap();
    let seen: Vec<_> = forms.iter().map(|form| (&form["told"], &form["critical"])).collect();
    assert_eq!(seen, [(&json!(true), &json!(1)), (&json!(false), &json!(0))]);
    assert_eq!(wire.get_json("/v1/checklists?form=closing")["forms"], json!([]));
    let matrix = wire.get_json("/v1/checklists/matrix");
    let cell = &matrix["units"][unit.as_str()]["opening"];
    assert_eq!((&cell["count"], &cell["critical"]), (&json!(2), &json!(1)), "{matrix}");
    let incidents = wire.get_json("/v1/incidents");
    assert_eq!(incidents["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(incidents["incidents"][0]["id"], told["record"]);
    assert_eq!(incidents["incidents"][0]["phase"], "opening");
}

fn a_copy_that_was_not_obtained_is_told_and_fills_its_slot(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, _) = invite(&wire, "17", unit.as_str());
    let entry = json!({
        "unit": unit, "missing": "copy_refused", "copy": "certified_copy",
        "office": "chair of the commission", "words": "come back tomorrow",
    });
    let path = "/v1/telephone/not-obtained";
    let told = done(&wire, path, &call(&json!(person), &entry));
    assert_eq!(told["held"], Value::Null);
    assert_eq!(refused(&wire.post(path, &call(&Value::Null, &entry))), "invalid", "say who");
    let file = wire.get_json(&format!("/v1/units/{unit}"));
    assert_eq!(file["not_obtained"][0]["record"], told["record"], "{file}");
    assert_eq!(file["entries"][0]["flags"], json!(["told_to_desk"]));
}

fn under_a_key_a_call_makes_one_entry_however_often_it_is_sent(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, _) = invite(&wire, "17", unit.as_str());
    let post = |wire: &hattama_tests::world::Wire, seed: u64| {
        let body = call(&json!(person), &sheet(world, seed)).to_string();
        let headers = [("content-type", "application/json"), ("idempotency-key", "call-1")];
        wire.send("POST", "/v1/telephone/protocols", &headers, body.as_bytes()).unwrap()
    };
    // Two at once, as a double click sends them.
    let (one, two) = std::thread::scope(|scope| {
        let asked = [(); 2].map(|()| scope.spawn(|| post(&world.wire(), 3).json()));
        let [one, two] = asked.map(|thread| thread.join().unwrap());
        (one, two)
    });
    assert_eq!(one["record"], two["record"], "{one} {two}");
    assert_eq!(post(&wire, 3).json()["record"], one["record"], "after an answer that was lost");
    assert_eq!(wire.record_ids().len(), 1);
    assert_eq!(refused(&post(&wire, 4)), "key-reused");
}
