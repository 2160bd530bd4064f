//! A night in the browser: what people at headquarters do, click by click.

use hattama_proto::{
    kind::Role,
    record::{Body, Incident, Severity},
    statement::Mandate,
};
use hattama_tests::world::{World, code};
use serde_json::json;

use crate::driver::{Driver, Site};

/// What the script plays today.
const SCENES: usize = 3;

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
