//! Indicators for analysts.

use hattama_server::forensics::{Precinct, digits::last_digits, integer::integer_percentages};
use hattama_tests::world::World;
use serde_json::{Value, json};

use super::land::{observer, protocols, publish, row};

on_both_engines![
    indicators_are_those_of_the_published_figures,
    a_window_is_named_by_a_person_and_the_audit_trail_keeps_it,
    our_copies_are_a_source_too_and_a_control,
];

const UNITS: [&str; 6] = ["0-0-0", "0-2-2", "0-0-4", "1-1-1", "1-3-3", "1-1-5"];

/// Publishes all precincts of [`UNITS`], seeds from 250.
fn published(world: &World) {
    let rows: Vec<String> =
        UNITS.iter().zip(250..).map(|(unit, seed)| row(unit, seed, 0)).collect();
    publish(&world.wire(), &rows);
}

fn precinct(seed: u64) -> Precinct {
    let valid = seed % 311 + seed % 97 + seed % 13;
    // This form has no lines for what was given out or found: valid and invalid ones together are both.
    let found = valid + seed % 7;
    Precinct { registered: 900, issued: found, counted: found, votes: seed % 311 }
}

fn indicators_are_those_of_the_published_figures(world: &mut World) {
    let wire = world.wire();
    assert_eq!(wire.get("/v1/forensics").status, 404, "nobody has a vote yet");
    published(world);
    let view = wire.get_json("/v1/forensics");
    assert_eq!((&view["choice"], &view["precincts"]), (&json!("heron"), &json!(6)));
    assert!(view["caveat"].as_str().unwrap().contains("proves nothing"));
    let all: Vec<Precinct> = (250..256).map(precinct).collect();
    let expected = integer_percentages(&all);
    let either = &view["integer"]["either"];
    assert_eq!(either["observed"], expected.either.observed);
    let found = either["expected"].as_f64().unwrap();
    assert!((found - expected.either.expected).abs() < 1e-9, "{view}");
    let digits = last_digits(all.iter().map(|row| row.votes)).unwrap();
    assert_eq!(view["last_digits"]["counts"], json!(digits.counts));
    let cells = view["fingerprint"]["cells"].as_array().unwrap();
    assert_eq!(cells.iter().map(|cell| cell[2].as_u64().unwrap()).sum::<u64>(), 6);
    let regions = view["regions"].as_array().unwrap();
    let of: Vec<u64> = regions.iter().map(|of| of["precincts"].as_u64().unwrap()).collect();
    assert_eq!(of, [3, 3]);
    assert!(view["window"].is_null(), "no window without a person who names one");
    assert_eq!(wire.get("/v1/forensics?contest=none").status, 404);
    assert_eq!(wire.get("/v1/forensics?choice=none").status, 404);
}

fn a_window_is_named_by_a_person_and_the_audit_trail_keeps_it(world: &mut World) {
    published(world);
    let wire = world.wire();
    assert_eq!(wire.get("/v1/forensics?mode=101").status, 422);
    let view = wire.get_json("/v1/forensics?mode=38");
    assert_eq!(view["window"]["window"], json!([36, 40]), "{view}");
    let trail = wire.get_json("/v1/audit");
    let events: &Vec<Value> = trail["events"].as_array().or(trail.as_array()).unwrap();
    let noted = events.iter().any(|event| {
        event["action"] == "forensics-window" && event["subject"] == "president:heron:official:38"
    });
    assert!(noted, "{trail}");
}

fn our_copies_are_a_source_too_and_a_control(world: &mut World) {
    published(world);
    let (wire, mut device) = (world.wire(), observer(world, 1));
    let view = wire.get_json("/v1/forensics");
    assert!(view["control"].is_null(), "without a copy there is no control: {view}");
    protocols(&wire, &mut device, &[("0-0-0", 250), ("1-1-1", 253)]);
    let view = wire.get_json("/v1/forensics");
    // Districts 0-0 and 1-1, each with one of its published precincts as control.
    let control = &view["control"];
    assert_eq!((&control["districts"], &control["controls"]), (&json!(2), &json!(2)), "{view}");
    // 0-0-0 and 0-0-4, 1-1-1 and 1-1-5; every precinct has as many voters.
    let given = [250, 252, 253, 255].map(|seed| seed % 311).iter().sum::<u64>();
    assert_eq!(control["given"], given);
    let extrapolated = 2.0 * f64::from(250 + 253);
    assert!((control["extrapolated"].as_f64().unwrap() - extrapolated).abs() < 1e-6, "{control}");
    let ours = wire.get_json("/v1/forensics?source=ours");
    assert_eq!((&ours["precincts"], &ours["source"]), (&json!(2), &json!("ours")), "{ours}");
    assert!(ours["publication"].is_null() && ours["control"].is_null());
}
