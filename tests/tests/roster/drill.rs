//! A drill: its data and the real ones never mix, and three steps prove the whole way.

use hattama_server::setup::{InitOptions, NewSealing, NewWitnesses, Setup, init};
use hattama_tests::{
    form::plain_photo,
    world::{Device, World, block_on},
};
use serde_json::json;

use crate::{invite, on_both_engines};

on_both_engines![
    three_steps_prove_one_observer_and_the_others_are_listed,
    a_record_of_the_drill_never_counts_in_the_real_one_nor_the_other_way_round,
];

fn three_steps_prove_one_observer_and_the_others_are_listed(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, invitation) = invite(&wire, "17", unit.as_str());
    let (idle, second) = invite(&wire, "18", unit.as_str());
    let (phone, other) = (world.blank_phone(), world.blank_phone());
    phone.enrol(&invitation.parse().unwrap());
    other.enrol(&second.parse().unwrap());
    let steps = || {
        let rehearsal = wire.get_json("/v1/rehearsal");
        assert_eq!(rehearsal["is_drill"], true);
        let missing = rehearsal["missing"].as_array().unwrap();
        let mine = missing.iter().find(|one| one["person"] == person.as_str()).cloned();
        assert!(missing.iter().any(|one| one["person"] == idle.as_str()), "the idle one is listed");
        (mine, rehearsal["regions"]["0"].clone())
    };
    assert_eq!(steps().1, json!({"enrolled": 2, "proven": 0}));
    phone.photographed(unit.clone(), 1, &plain_photo(1, 40_000));
    phone.sync();
    let mine = steps().0.unwrap();
    assert_eq!(
        (&mine["photograph"], &mine["numbers"], &mine["receipt"]),
        (&json!(true), &json!(true), &json!(false)),
        "the phone has not said yet that it holds the receipt"
    );
    phone.protocol(unit, 2);
    phone.sync();
    let (mine, region) = steps();
    assert_eq!(mine, None, "proven end to end");
    assert_eq!(region, json!({"enrolled": 2, "proven": 1}));
}

fn a_record_of_the_drill_never_counts_in_the_real_one_nor_the_other_way_round(world: &mut World) {
    // The same set-up as a drill is another election, with another name of its log.
    let set_up = world.scratch().join("set-up");
    let drill = Setup::read(&set_up).unwrap().into_drill().unwrap();
    let folder = world.scratch().join("drill");
    let options = InitOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        addresses: vec!["http://127.0.0.1:1".to_owned()],
        log_origin: "log.test/exercise-drill".to_owned(),
        database: None,
        blobs: None,
        operator: "op".to_owned(),
        witnesses: NewWitnesses::default(),
        sealing: NewSealing::default(),
    };
    let made = block_on(init(&folder, &drill, &options, hattama_server::clock::system)).unwrap();
    assert_eq!(made.election.as_str(), format!("{}-drill", world.made().election));
    assert_ne!(made.root, world.made().root);

    // A phone that is enrolled here says something of the drill: kept, and never counted.
    let wire = world.wire();
    let unit = world.country().precinct(0);
    let mut device = world.device(95);
    device.speak_of(made.election.as_str());
    let stray = device.protocol(unit.clone(), 1);
    assert_eq!(wire.push_one(&stray).reason.as_deref(), Some("wrong_election"));
    let file = wire.get_json(&format!("/v1/units/{unit}"));
    assert_eq!(file["documents"], json!([]), "it counts nowhere");
    // A phone of the drill alone is not known here at all.
    let mut foreign = Device::new(96, made.election.clone());
    let record = foreign.protocol(unit, 2);
    let verdict = wire.push_with_key(&record, &foreign);
    assert_eq!(verdict.reason.as_deref(), Some("unknown_device"));
    // Nor does an invitation of here enrol a phone of the drill.
    let (_, invitation) = invite(&wire, "19", world.country().precinct(1).as_str());
    let refused = foreign.enrol(&wire, &invitation.parse().unwrap()).unwrap_err();
    assert!(refused.detail.contains("another one"), "{}", refused.detail);
}
