//! A lost phone is replaced by a coordinator alone: one step, one transaction, the same person.

use hattama_tests::world::World;
use serde_json::json;

use crate::{THIRD, done, invite, make_vault, on_both_engines, refused};

on_both_engines![
    one_step_ends_both_keys_and_the_same_person_goes_on,
    with_a_vault_the_coordinator_s_passphrase_is_all_it_takes,
    an_invitation_that_was_lost_with_the_phone_is_worth_nothing,
];

fn one_step_ends_both_keys_and_the_same_person_goes_on(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, invitation) = invite(&wire, "17", unit.as_str());
    let lost = world.blank_phone();
    lost.enrol(&invitation.parse().unwrap());
    let kept = lost.protocol(unit.clone(), 1);
    lost.incident("before it was lost");
    lost.sync();

    let path = format!("/v1/people/{person}/replacement");
    assert_eq!(refused(&wire.post(&path, &json!({"reason": " "}))), "invalid");
    let replaced = done(&wire, &path, &json!({"reason": "left in a taxi"}));
    assert_eq!(replaced["ended"], 2, "the key for protocols and the one for incidents");
    assert_eq!(replaced["person"], person.as_str());

    // Whoever found the phone: what it says from now on does not count.
    let after = lost.protocol(unit.clone(), 2);
    let scare = lost.incident("from the thief").record;
    lost.sync();
    let held = |id| wire.records().into_iter().find(|(one, _)| *one == id).unwrap().1;
    assert_eq!(held(kept), None, "what was sent before stays");
    assert_eq!(held(after).as_deref(), Some("revoked"));
    assert_eq!(held(scare).as_deref(), Some("revoked"));

    let fresh = world.blank_phone();
    fresh.enrol(&replaced["invitation"].as_str().unwrap().parse().unwrap());
    let again = fresh.protocol(unit.clone(), 1);
    fresh.incident("from the new phone");
    fresh.sync();
    assert_eq!(held(again), None);
    let file = wire.get_json(&format!("/v1/units/{unit}"));
    let people: Vec<&str> = file["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["standing"] == "counted")
        .map(|entry| entry["person"].as_str().unwrap())
        .collect();
    assert_eq!(people, [person.as_str(), person.as_str()], "{file}");
    assert_eq!(
        refused(&wire.post("/v1/people/p-nobody/replacement", &json!({"reason": "x"}))),
        "not-found"
    );
}

fn with_a_vault_the_coordinator_s_passphrase_is_all_it_takes(world: &mut World) {
    let [aigul, _, marat] = make_vault(world);
    let unit = world.country().precinct(0);
    let (person, invitation) = invite(&aigul, "17", unit.as_str());
    let lost = world.blank_phone();
    lost.enrol(&invitation.parse().unwrap());
    let path = format!("/v1/people/{person}/replacement");
    let body = json!({"reason": "stolen"});
    assert_eq!(refused(&marat.post(&path, &body)), "forbidden", "contacts are closed");
    let started = std::time::Instant::now();
    done(&marat, "/v1/contacts/opening", &json!({"passphrase": THIRD}));
    let replaced = done(&marat, &path, &body);
    assert_eq!(replaced["ended"], 2);
    let fresh = world.blank_phone();
    fresh.enrol(&replaced["invitation"].as_str().unwrap().parse().unwrap());
    fresh.protocol(unit, 1);
    fresh.sync();
    // Two requests and one scan; the five minutes are for the people.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

fn an_invitation_that_was_lost_with_the_phone_is_worth_nothing(world: &mut World) {
    let (wire, unit) = (world.wire(), world.country().precinct(0));
    let (person, invitation) = invite(&wire, "17", unit.as_str());
    let path = format!("/v1/people/{person}/replacement");
    let replaced = done(&wire, &path, &json!({"reason": "lost before it was used"}));
    assert_eq!(replaced["ended"], 0);
    let finder = world.blank_phone();
    let refused = finder.notebook().enrol(&invitation.parse().unwrap());
    assert!(refused.is_err(), "the old invitation has ended");
    let fresh = world.blank_phone();
    fresh.enrol(&replaced["invitation"].as_str().unwrap().parse().unwrap());
}
