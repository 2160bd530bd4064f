//! What the tests of this folder have in common: protocols from some precincts, and a publication.

use hattama_proto::{
    record::{Body, Missing, NotObtained},
    statement::Mandate,
};
use hattama_tests::world::{Device, Wire, World, certified, code, invented};
use serde_json::{Value, json};

/// An observer who may speak of every precinct.
pub(crate) fn observer(world: &World, seed: u64) -> Device {
    let invitation = world.invite(&Mandate::Everywhere);
    let mut device = world.stranger(seed);
    device.enrol(&world.wire(), &invitation).unwrap();
    device
}

/// Sends the protocol of `seed` from each of these precincts.
pub(crate) fn protocols(wire: &Wire, device: &mut Device, of: &[(&str, u64)]) {
    for (unit, seed) in of {
        let protocol = invented(code(unit), certified(), *seed, Vec::new());
        wire.push_one(&device.say(Body::Protocol(protocol)));
    }
}

/// Says that a copy was refused.
pub(crate) fn refused(wire: &Wire, device: &mut Device, unit: &str) {
    let said = NotObtained {
        unit: code(unit),
        copy: None,
        missing: Missing::CopyRefused,
        words: String::new(),
        office: None,
        occurred_at: None,
        photos: Vec::new(),
    };
    wire.push_one(&device.say(Body::NotObtained(said)));
}

/// A row of a publication with the figures of `seed`, `more` votes for the first choice, and as many
/// more valid ones.
pub(crate) fn row(unit: &str, seed: u64, more: u64) -> String {
    let votes = [seed % 311 + more, seed % 97, seed % 13];
    let valid: u64 = votes.iter().sum();
    let [heron, lark, crane] = votes;
    format!("{unit},900,{},{valid},{heron},{lark},{crane}\n", seed % 7)
}

/// Publishes rows for the precincts.
pub(crate) fn publish(wire: &Wire, rows: &[String]) {
    let head = "unit,voters,invalid,valid,president:heron,president:lark,president:crane\n";
    let csv = format!("{head}{}", rows.concat());
    let path = "/v1/publications?level=precinct&source=test";
    let answer = wire.send("POST", path, &[("content-type", "text/csv")], csv.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["left_out"], json!([]), "{}", answer.text());
}

/// Draws, or tries it out.
pub(crate) fn draw(wire: &Wire, body: &Value) -> Value {
    let answer = wire.post("/v1/samples", body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The codes in a list.
pub(crate) fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect()
}
