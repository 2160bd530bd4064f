//! The plan: imported from a table, laid beside what was heard.

use hattama_tests::world::World;
use serde_json::{Value, json};

use crate::{done, invite, on_both_engines, refused};

on_both_engines![
    a_table_is_checked_first_and_planned_once,
    a_seat_is_silent_until_its_phone_speaks_and_present_once_it_is_noted,
    a_seat_changes_hands_at_one_version,
];

/// A shift that began an hour ago and ends in a week, whatever the clock says.
fn table(unit: &str, person: &str) -> String {
    format!(
        "seat;unit;from;until;person\nA-1;{unit};2020-01-01 06:00;2090-01-01 06:00;{person}\n\
         A-2;{unit};2020-01-01 06:00;2090-01-01 06:00;\n"
    )
}

fn seats(view: &Value) -> Vec<(String, String)> {
    let expected = view["expected"].as_array().unwrap();
    expected
        .iter()
        .map(|one| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&one["assignment"]["seat"]), text(&one["state"]))
        })
        .collect()
}

fn a_table_is_checked_first_and_planned_once(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let import = |table: &str, dry: bool| {
        done(
            &wire,
            "/v1/roster/import",
            &json!({"org": "watchers", "table": table, "dry_run": dry}),
        )
    };
    let wrong =
        import("seat,unit,from,until\nA,nowhere,2020-01-01 06:00,2090-01-01 06:00\n", false);
    assert_eq!(wrong["errors"][0]["line"], 2);
    assert_eq!(wrong["planned"], 0);
    let stranger = import(&table(unit.as_str(), "p-nobody"), false);
    assert_eq!(stranger["errors"][0]["line"], 2, "{stranger}");
    let plan = table(unit.as_str(), "");
    assert_eq!(import(&plan, true)["rows"].as_array().unwrap().len(), 2);
    assert_eq!(wire.get_json("/v1/roster")["planned"], 0, "a dry run plans nothing");
    assert_eq!(import(&plan, false)["planned"], 2);
    let again = import(&plan, false);
    assert_eq!((&again["planned"], &again["known"]), (&json!(0), &json!(2)));
    let empty = [("A-1", "empty"), ("A-2", "empty")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(seats(&wire.get_json("/v1/roster")), empty);
    assert_eq!(wire.get_json("/v1/roster?at=0")["expected"], json!([]), "before the shift");
}

fn a_seat_is_silent_until_its_phone_speaks_and_present_once_it_is_noted(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, invitation) = invite(&wire, "17", unit.as_str());
    let (second, _) = invite(&wire, "18", unit.as_str());
    let body = json!({"org": "watchers", "table": table(unit.as_str(), &person)});
    assert_eq!(done(&wire, "/v1/roster/import", &body)["planned"], 2);
    let state = || seats(&wire.get_json("/v1/roster"))[0].1.clone();
    assert_eq!(state(), "silent");
    let phone = world.blank_phone();
    phone.enrol(&invitation.parse().unwrap());
    phone.protocol(unit.clone(), 1);
    phone.sync();
    assert_eq!(state(), "heard");
    let note = |body: &Value| wire.post("/v1/presences", body);
    let arrived = json!({"person": person, "unit": unit, "what": "arrived"});
    assert_eq!(note(&arrived).status, 200);
    assert_eq!(state(), "present");
    let nobody = json!({"person": person, "unit": unit, "what": "handed_over"});
    assert_eq!(refused(&note(&nobody)), "invalid");
    let over = json!({
        "person": person, "unit": unit, "what": "handed_over", "to_person": second,
    });
    assert_eq!(note(&over).status, 200);
    let view = wire.get_json("/v1/roster");
    assert_eq!(
        (&view["expected"][0]["sits"], &view["expected"][0]["state"]),
        (&json!(second), &json!("present"))
    );
    let stranger = json!({"person": "p-nobody", "unit": unit, "what": "arrived"});
    assert_eq!(refused(&note(&stranger)), "not-found");
}

fn a_seat_changes_hands_at_one_version(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, _) = invite(&wire, "17", unit.as_str());
    done(
        &wire,
        "/v1/roster/import",
        &json!({"org": "watchers", "table": table(unit.as_str(), "")}),
    );
    let view = wire.get_json("/v1/roster");
    let id = view["expected"][0]["assignment"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/roster/{id}");
    let change = json!({"person": person, "version": 0});
    assert_eq!(done(&wire, &path, &change)["version"], 1);
    assert_eq!(refused(&wire.post(&path, &change)), "stale-version");
    done(&wire, &path, &json!({"person": person, "stands": false, "version": 1}));
    assert_eq!(wire.get_json("/v1/roster")["planned"], 1, "it was taken back");
}
