//! A night in the browser: what people at headquarters do, click by click.

use hattama_proto::{
    kind::Role,
    record::{Body, Incident, Severity},
    statement::Mandate,
};
use hattama_tests::world::{World, code};
use serde_json::json;

use crate::{
    driver::{Driver, Site},
    house::{OBSERVED, PASSWORD, PEOPLE, admit, incidents, mismatch},
};

/// What the script of one person plays.
const SCENES: usize = 3;

/// What the script of several plays.
const LONG_SCENES: usize = 10;

#[test]
fn a_night_is_played() {
    let Some(driver) = Driver::ready() else { return };
    let world = World::new();
    let mut reporter = world.stranger(2);
    let invitation = world.invite(&Mandate::Everywhere);
    reporter.enrol_as(&world.wire(), &invitation, Role::Incidents).unwrap();
    let incident = reporter.say(Body::Incident(Incident {
        categories: vec!["pressure".parse().unwrap()],
        phase: "count".parse().unwrap(),
        severity: Severity::High,
        unit: Some(code("0-0-0")),
        place_words: None,
        occurred_at: None,
        words: "pushed at the door".to_owned(),
        language: "en".to_owned(),
        attachments: Vec::new(),
        refers_to: None,
    }));
    world.wire().push_one(&incident);
    // Two who read one sheet differently.
    let (mut one, mut other) = (world.device(3), world.device(4));
    world.wire().push_all([&one.protocol(code("0-0-0"), 7), &other.protocol(code("0-0-0"), 8)]);
    let site = Site {
        base: format!("http://{}", world.address()),
        token: world.made().operator_token.clone(),
    };
    driver.run("night.mjs", &site, &json!({"incident": incident.id.to_hex()}), SCENES);
}

#[test]
fn a_long_night_is_played_by_several_people() {
    let Some(driver) = Driver::ready() else { return };
    let mut world = World::new();
    admit(&mut world);
    // In one region, so that who asks second gets what somebody has begun.
    mismatch(&world, "0-0-0", 1, 2);
    mismatch(&world, "0-2-2", 2, 1);
    let incidents = incidents(&world).map(|id| id.to_hex());
    let site = Site {
        // Browsers give keys to hosts with a name only.
        base: format!("http://localhost:{}", world.address().port()),
        token: world.made().operator_token.clone(),
    };
    let job = json!({
        "people": PEOPLE.map(|(name, _)| name), "password": PASSWORD, "incidents": incidents,
        "observed": OBSERVED.map(|votes| votes.to_string()),
    });
    driver.run("long_night.mjs", &site, &job, LONG_SCENES);
}
