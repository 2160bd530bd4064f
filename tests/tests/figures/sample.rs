//! Drawing, and drawing again.

use hattama_proto::{
    id::{PartHash, UnitCode},
    statement::Sample,
};
use hattama_server::{estimate::draw, sample};
use hattama_tests::world::{Ending, World};
use serde_json::{Value, json};

use super::land::{codes, draw as draw_at};

on_both_engines![
    a_sample_is_what_anybody_draws_and_the_first_one_counts,
    a_draw_stays_through_a_restart_and_is_found_when_it_was_altered,
    what_cannot_be_drawn_is_refused_and_nothing_is_logged,
];

fn a_sample_is_what_anybody_draws_and_the_first_one_counts(world: &mut World) {
    let wire = world.wire();
    let body =
        |seed: &str, dry: bool| json!({"seed": seed, "size": 4, "by": "region", "dry_run": dry});
    let before = wire.get_json("/v1/coverage")["log_size"].as_u64();
    let tried = draw_at(&wire, &body("dice 3 1 4", true));
    assert!(tried.get("id").is_none() && tried["counts"] == false, "{tried}");
    assert_eq!(wire.get_json("/v1/samples"), json!([]));
    assert_eq!(wire.get_json("/v1/coverage")["log_size"].as_u64(), before, "nothing was logged");

    let first = draw_at(&wire, &body("dice 3 1 4", false));
    assert_eq!((&first["units"], &first["counts"]), (&tried["units"], &json!(true)));
    let later = draw_at(&wire, &body("another seed", false));
    assert_eq!(later["counts"], false, "{later}");

    // Anybody: two of the six precincts of each region by their tickets.
    let all: Vec<&UnitCode> = world.country().precincts().iter().collect();
    let mut expected = Vec::new();
    for region in ["0-", "1-"] {
        let of = all.iter().map(|code| code.as_str()).filter(|code| code.starts_with(region));
        expected.extend(draw::draw("dice 3 1 4", of, 2));
    }
    assert_eq!(codes(&first["units"]), expected);

    let list = wire.get_json("/v1/samples");
    assert_eq!(list.as_array().unwrap().len(), 2);
    for (one, counts) in list.as_array().unwrap().iter().zip([true, false]) {
        assert_eq!((&one["counts"], &one["check"]["as_drawn"]), (&json!(counts), &json!(true)));
    }
    // With the register alone, as `hattama sample check` does.
    let said: Sample = serde_json::from_value(list[0]["sample"].clone()).unwrap();
    let part = wire.get(&format!("/v1/packs/{}", said.register)).body;
    let register = sample::register_of(&part, &said.register).unwrap();
    let units: Vec<UnitCode> = serde_json::from_value(list[0]["units"].clone()).unwrap();
    assert!(sample::check(&said, &units, &register).as_drawn);
    assert!(sample::register_of(&part, &PartHash::of(b"another")).is_err());
}

fn a_draw_stays_through_a_restart_and_is_found_when_it_was_altered(world: &mut World) {
    let drawn = draw_at(&world.wire(), &json!({"seed": "s", "size": 3}));
    world.end(Ending::InOrder);
    world.start();
    let list = world.wire().get_json("/v1/samples");
    assert_eq!((&list[0]["id"], &list[0]["units"]), (&drawn["id"], &drawn["units"]));
    let altered: Value = {
        let mut said: Sample = serde_json::from_value(list[0]["sample"].clone()).unwrap();
        said.seed = "t".into();
        serde_json::to_value(said).unwrap()
    };
    let said: Sample = serde_json::from_value(altered).unwrap();
    let part = world.wire().get(&format!("/v1/packs/{}", said.register)).body;
    let register = sample::register_of(&part, &said.register).unwrap();
    let units: Vec<UnitCode> = serde_json::from_value(list[0]["units"].clone()).unwrap();
    let checked = sample::check(&said, &units, &register);
    assert!(!checked.as_drawn && !checked.wrong.is_empty());
}

fn what_cannot_be_drawn_is_refused_and_nothing_is_logged(world: &mut World) {
    let wire = world.wire();
    for body in [
        json!({"seed": "", "size": 3}),
        json!({"seed": " s", "size": 3}),
        json!({"seed": "a\nb", "size": 3}),
        json!({"seed": "s", "size": 0}),
    ] {
        let answer = wire.post("/v1/samples", &body);
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
    }
    assert_eq!(wire.get_json("/v1/samples"), json!([]));
    let sized = wire.get_json("/v1/samples/size?error=0.1&voters=10800");
    assert_eq!(sized["frame"], 12, "{sized}");
    let most = sized["precincts_at_most"].as_u64().unwrap();
    assert!((1..=12).contains(&most) && sized["margin"].as_f64().unwrap() <= 0.1, "{sized}");
    for query in ["error=3", "error=0.1&confidence=1", "error=0.1&turnout=0"] {
        assert_eq!(wire.get(&format!("/v1/samples/size?{query}")).status, 422, "{query}");
    }
}
