//! Check-ins from phones: forms move the roster as a coordinator's notes do. Turnout over the day.

use std::collections::BTreeMap;

use hattama_proto::{
    id::UnitCode,
    record::{Answer, Body, FormAnswers},
};
use hattama_tests::world::{Device, Signed, World};
use serde_json::{Value, json};

use crate::{done, invite, on_both_engines};

on_both_engines![
    a_form_from_a_phone_is_an_arrival_a_departure_and_a_handover,
    a_form_in_an_unplanned_place_is_noted_and_not_held,
    a_form_that_does_not_count_moves_nobody,
    what_is_told_by_telephone_moves_whoever_told_it,
    turnout_has_a_line_per_observer_and_is_never_averaged,
];

fn form(unit: &UnitCode, form: &str, answers: &[(&str, Answer)]) -> Body {
    let answers: BTreeMap<_, _> =
        answers.iter().map(|(code, said)| (code.parse().unwrap(), said.clone())).collect();
    Body::Form(FormAnswers { unit: unit.clone(), form: form.parse().unwrap(), answers })
}

fn shift(unit: &UnitCode, what: &str, to: &str) -> Body {
    let text = |text: &str| Answer::Text(text.to_owned());
    form(unit, "shift", &[("what", text(what)), ("to", text(to))])
}

fn enrolled(world: &World, seed: u64, units: &[&UnitCode]) -> (String, Device) {
    let wire = world.wire();
    let body = json!({
        "label": seed.to_string(), "org": "watchers", "mandate": {"units": units},
        "valid_hours": 5,
    });
    let invited = done(&wire, "/v1/invitations", &body);
    let mut device = Device::new(seed, world.made().election.clone());
    device.enrol(&wire, &invited["invitation"].as_str().unwrap().parse().unwrap()).unwrap();
    (invited["person"].as_str().unwrap().to_owned(), device)
}

fn plan(world: &World, unit: &UnitCode, person: &str) {
    let table = format!(
        "seat;unit;from;until;person\nA;{unit};2020-01-01 06:00;2090-01-01 06:00;{person}\n"
    );
    let body = json!({"org": "watchers", "table": table});
    assert_eq!(done(&world.wire(), "/v1/roster/import", &body)["planned"], 1);
}

fn seat(world: &World) -> (Value, Value) {
    let view = world.wire().get_json("/v1/roster");
    (view["expected"][0]["state"].clone(), view["expected"][0]["sits"].clone())
}

fn push(world: &World, record: &Signed) {
    assert_eq!(world.wire().push_one(record).reason, None);
}

fn a_form_from_a_phone_is_an_arrival_a_departure_and_a_handover(world: &mut World) {
    let unit = world.country().precinct(0);
    let (first, mut phone) = enrolled(world, 60, &[&unit]);
    let (second, mut other) = enrolled(world, 61, &[&unit]);
    plan(world, &unit, &first);
    assert_eq!(seat(world), (json!("silent"), json!(first)));
    // Filling the opening form says that one is there. The device's clock is in 2005; the arrival is
    // taken for one of the moment at which headquarters heard of it.
    push(world, &phone.say(form(&unit, "opening", &[("sealed", Answer::YesNo(true))])));
    assert_eq!(seat(world), (json!("present"), json!(first)));
    push(world, &phone.say(shift(&unit, "departed", "")));
    assert_eq!(seat(world), (json!("left"), json!(first)));
    push(world, &phone.say(shift(&unit, "arrived", "")));
    assert_eq!(seat(world), (json!("present"), json!(first)));
    push(world, &phone.say(shift(&unit, "handed_over", &second)));
    assert_eq!(seat(world), (json!("present"), json!(second)), "whoever takes over is there");
    push(world, &other.say(shift(&unit, "handed_over", "p-nobody-knows")));
    assert_eq!(seat(world), (json!("left"), json!(second)), "to nobody: somebody left");
    // A coordinator's later note goes on from there.
    let note = json!({"person": second, "unit": unit, "what": "arrived"});
    done(&world.wire(), "/v1/presences", &note);
    assert_eq!(seat(world).0, "present");
}

fn a_form_in_an_unplanned_place_is_noted_and_not_held(world: &mut World) {
    let (planned, visited) = (world.country().precinct(0), world.country().precinct(4));
    let (person, mut phone) = enrolled(world, 60, &[&planned, &visited]);
    plan(world, &planned, &person);
    push(world, &phone.say(shift(&visited, "arrived", "")));
    assert_eq!(seat(world).0, "elsewhere");
    // Outside the mandate the record waits for a check; where its author was is noted all the same.
    push(world, &phone.say(shift(&planned, "arrived", "")));
    assert_eq!(seat(world).0, "present");
    let far = world.country().precinct(1);
    let verdict = world.wire().push_one(&phone.say(shift(&far, "arrived", "")));
    assert_eq!(verdict.reason.as_deref(), Some("outside_mandate"));
    assert_eq!(seat(world).0, "elsewhere");
}

fn a_form_that_does_not_count_moves_nobody(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, mut phone) = enrolled(world, 60, &[&unit]);
    plan(world, &unit, &person);
    let said = phone.say(shift(&unit, "arrived", ""));
    push(world, &said);
    assert_eq!(seat(world).0, "present");
    let path = format!("/v1/records/{}/decisions", said.id);
    done(&wire, &path, &json!({"disposition": "set_aside", "reason": "another phone's words"}));
    assert_eq!(seat(world).0, "heard", "a word came, and no arrival");
    done(&wire, &path, &json!({"disposition": "counted", "reason": "it was hers"}));
    assert_eq!(seat(world).0, "present");
}

fn what_is_told_by_telephone_moves_whoever_told_it(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, _) = invite(&wire, "17", unit.as_str());
    plan(world, &unit, &person);
    let entry = json!({"unit": unit, "form": "opening", "answers": {"sealed": true}});
    let body = json!({
        "person": person, "channel": "voice", "told_at": "2005-12-04T07:10:00+06:00",
        "entry": entry,
    });
    done(&wire, "/v1/telephone/forms", &body);
    assert_eq!(seat(world), (json!("present"), json!(person)));
}

fn turnout(unit: &UnitCode, hour: &str, voted: i64) -> Body {
    form(
        unit,
        "turnout",
        &[("hour", Answer::Text(hour.to_owned())), ("voted", Answer::Number(voted))],
    )
}

fn turnout_has_a_line_per_observer_and_is_never_averaged(world: &mut World) {
    let wire = world.wire();
    let (unit, near) = (world.country().precinct(0), world.country().precinct(4));
    let (first, mut one) = enrolled(world, 60, &[&unit, &near]);
    let (second, mut two) = enrolled(world, 61, &[&unit]);
    push(world, &one.say(turnout(&unit, "10:00", 100)));
    push(world, &one.say(turnout(&unit, "14:00", 300)));
    push(world, &one.say(turnout(&unit, "16:00", 290)));
    push(world, &two.say(turnout(&unit, "14:00", 312)));
    push(world, &one.say(turnout(&near, "14:00", 50)));
    let view = wire.get_json(&format!("/v1/turnout/{unit}"));
    let lines = view["series"][0]["lines"].as_array().unwrap();
    let line = |person: &str| lines.iter().find(|line| line["person"] == person).unwrap().clone();
    let said = |line: &Value, what: &str| -> Vec<Value> {
        line["points"].as_array().unwrap().iter().map(|point| point[what].clone()).collect()
    };
    assert_eq!(lines.len(), 2);
    assert_eq!(said(&line(&first), "figure"), [100, 300, 290]);
    assert_eq!(said(&line(&first), "falls"), [false, false, true], "flagged, and kept");
    assert_eq!(said(&line(&first), "differs"), [false, true, false]);
    assert_eq!(said(&line(&second), "figure"), [312]);
    let region = wire.get_json("/v1/turnout/0");
    assert_eq!(region["series"], json!([]));
    let hours = region["sums"][0]["hours"].as_array().unwrap();
    let sums: Vec<_> = hours.iter().map(|h| (&h["at"], &h["lowest"], &h["highest"])).collect();
    assert_eq!(
        sums,
        [
            (&json!("10:00"), &json!(100), &json!(100)),
            (&json!("14:00"), &json!(350), &json!(362)),
            (&json!("16:00"), &json!(340), &json!(340)),
        ]
    );
    assert_eq!((&hours[1]["units"], &hours[2]["fresh"]), (&json!(2), &json!(1)));
    assert_eq!(wire.get("/v1/turnout/nowhere").status, 404);
    for (page, figure) in [(format!("/units/{unit}"), "312"), ("/regions/0".to_owned(), "362")] {
        let page = wire.send("GET", &page, &[("accept", "text/html")], b"").unwrap();
        let text = page.text();
        assert!(text.contains("<polyline") && text.contains(figure), "{text}");
    }
}
