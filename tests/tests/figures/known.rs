//! Coverage, bounds and the quick count.

use hattama_tests::world::World;
use serde_json::{Value, json};

use super::land::{codes, draw, observer, protocols, publish, refused, row};

on_both_engines![
    coverage_counts_what_is_there_and_why_the_rest_is_not,
    bounds_and_shares_rest_on_the_sample_alone,
    a_late_region_is_named_and_a_new_record_is_known_at_once,
    geojson_holds_the_same_figures,
];

fn real(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

fn contest(view: &Value) -> &Value {
    &view["contests"][0]
}

fn coverage_counts_what_is_there_and_why_the_rest_is_not(world: &mut World) {
    let (wire, mut device) = (world.wire(), observer(world, 1));
    protocols(&wire, &mut device, &[("0-0-0", 20), ("0-2-2", 21), ("1-1-1", 22)]);
    refused(&wire, &mut device, "1-3-3");
    publish(&wire, &[row("0-0-0", 20, 0), row("0-2-2", 21, 5)]);
    let view = wire.get_json("/v1/coverage");
    let all = &contest(&view)["coverage"]["all"];
    for (what, count) in [
        ("precincts", 12),
        ("covered", 3),
        ("not_obtained", 1),
        ("nothing", 8),
        ("compared", 2),
        ("differing", 1),
    ] {
        assert_eq!(all[what], count, "{what}: {all}");
    }
    assert_eq!(all["missing"], json!({"copy_refused": 1}));
    assert_eq!(view["register"]["precincts"], 12);
    assert_eq!(view["register"]["sha256"].as_str().unwrap().len(), 64);
    assert!(view["register"]["signed_at"].as_i64().is_some(), "{view}");
}

fn bounds_and_shares_rest_on_the_sample_alone(world: &mut World) {
    let (wire, mut device) = (world.wire(), observer(world, 1));
    let none = wire.get_json("/v1/estimate");
    assert!(none["sample"].is_null() && contest(&none)["drawn"].is_null(), "{none}");

    let sample = draw(&wire, &json!({"seed": "s", "size": 6, "by": "region"}));
    let drawn = codes(&sample["units"]);
    let chosen: Vec<String> = world
        .country()
        .precincts()
        .iter()
        .map(ToString::to_string)
        .filter(|code| !drawn.contains(&code.as_str()))
        .collect();
    // Every drawn precinct but the last has a copy; the first was published with twenty votes more.
    let mut rows = Vec::new();
    for (number, unit) in (0..).zip(&drawn[..5]) {
        protocols(&wire, &mut device, &[(unit, 100 + number)]);
        rows.push(row(unit, 100 + number, if number == 0 { 20 } else { 0 }));
    }
    // What an observer chose differs, and says nothing.
    protocols(&wire, &mut device, &[(&chosen[0], 300)]);
    rows.push(row(&chosen[0], 300, 200));
    publish(&wire, &rows);

    let view = wire.get_json("/v1/estimate");
    let of = contest(&view);
    let known = &of["drawn"];
    for (what, count) in [("precincts", 6), ("covered", 5), ("compared", 5), ("differing", 1)] {
        assert_eq!(known[what], count, "{what}: {known}");
    }
    let bound = &known["altered"];
    assert_eq!((&bound["frame"], &bound["drawn"]), (&json!(12), &json!(6)));
    assert_eq!((&bound["precincts"], &bound["not_obtained"]), (&json!(1), &json!(1)));
    assert_eq!(of["volunteers"], json!({"covered": 1, "compared": 1, "differing": 1}));

    // The share of the first choice by hand: each region weighs as many precincts as it has.
    let (mut votes, mut valid) = (0.0, 0.0);
    for region in ["0-", "1-"] {
        let came: Vec<u64> = (0..)
            .zip(&drawn[..5])
            .filter(|(_, unit)| unit.starts_with(region))
            .map(|(number, _)| 100 + number)
            .collect();
        let weight = 6.0 / real(came.len() as u64);
        for seed in came {
            votes += weight * real(seed % 311);
            valid += weight * real(seed % 311 + seed % 97 + seed % 13);
        }
    }
    let heron = &of["choices"][0];
    let share = heron["estimate"]["share"].as_f64().unwrap();
    assert!((share - votes / valid).abs() < 1e-9, "{share} is not {}", votes / valid);
    assert!(heron["estimate"]["margin"].as_f64().is_some(), "{heron}");
    assert_eq!(
        (&heron["estimate"]["drawn"], &heron["estimate"]["obtained"]),
        (&json!(6), &json!(5))
    );
    let moments = heron["moments"].as_array().unwrap();
    assert_eq!(moments.last().unwrap()["estimate"]["share"], heron["estimate"]["share"]);
    assert_eq!(moments.len(), 5);
}

fn a_late_region_is_named_and_a_new_record_is_known_at_once(world: &mut World) {
    let (wire, mut device) = (world.wire(), observer(world, 1));
    let sample = draw(&wire, &json!({"seed": "s", "size": 12, "by": "region"}));
    assert_eq!(codes(&sample["units"]).len(), 12);
    protocols(&wire, &mut device, &[("0-0-0", 50), ("0-0-4", 60)]);
    let late = |view: &Value| contest(view)["choices"][0]["estimate"]["late"].clone();
    assert_eq!(late(&wire.get_json("/v1/estimate")), json!(["1"]));
    protocols(&wire, &mut device, &[("1-1-1", 50)]);
    assert_eq!(late(&wire.get_json("/v1/estimate")), json!([]));
}

fn geojson_holds_the_same_figures(world: &mut World) {
    let (wire, mut device) = (world.wire(), observer(world, 1));
    protocols(&wire, &mut device, &[("0-0-0", 20)]);
    let answer = wire.get("/v1/coverage.geojson");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let map = answer.json();
    assert_eq!(map["type"], "FeatureCollection");
    let features = map["features"].as_array().unwrap();
    assert_eq!(features.len(), 2, "{map}");
    assert!(map.get("crs").is_none(), "RFC 7946 has none");
    // This country has no outlines: an unlocated feature has a null geometry.
    assert_eq!((&features[0]["id"], &features[0]["geometry"]), (&json!("0"), &Value::Null));
    assert_eq!(features[0]["properties"]["covered"], 1);
    assert_eq!(map["about"]["all"]["covered"], 1);
    assert_eq!(wire.get("/v1/coverage.geojson?contest=none").status, 404);
}
