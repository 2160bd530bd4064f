//! Indicators, bounds and estimates are for analysts: nothing of them is in any answer to an account
//! that may not read analyses.

use hattama_server::access::{Permission, Role};
use serde_json::json;

use super::{
    house::{House, token},
    matrix::address_of,
    table::{Body, TABLE, Who},
};

/// Addresses that describe the interface, and one that does not end.
const LEFT_OUT: [&str; 3] = ["/v1/openapi.json", "/api", "/v1/incidents/stream"];

/// Words that stand in analyses and nowhere else, in the API and on pages.
const WORDS: [&str; 10] = [
    "fingerprint",
    "integer_p",
    "last_digits",
    "\"altered\":",
    "altered_unexplained",
    "\"moments\":",
    "Indicators",
    "Quick count",
    "confidence at least",
    "Whole percentages",
];

#[test]
fn no_account_without_the_permission_is_told_anything_of_an_analysis() {
    let house = House::new();
    let wire = house.world.wire();
    let csv = "unit,voters,invalid,valid,president:heron,president:lark,president:crane\n\
               0-0-0,900,1,300,300,0,0\n1-1-1,900,1,200,100,100,0\n";
    let path = "/v1/publications?level=precinct&source=test";
    let answer = wire.send("POST", path, &[("content-type", "text/csv")], csv.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let drawn = wire.post("/v1/samples", &json!({"seed": "s", "size": 12, "by": "region"}));
    assert_eq!(drawn.status, 200, "{}", drawn.text());
    let mut told = 0;
    for role in Role::ALL {
        let may = role.grants(Permission::ReadAnalysis);
        for line in TABLE.iter().filter(|line| line.method == "GET" && line.who != Who::Anybody) {
            if LEFT_OUT.contains(&line.pattern) {
                continue;
            }
            let path = address_of(line, &house.own, "none");
            let path = if path.contains('?') { path } else { format!("{path}?lang=en") };
            let answer = house.ask(&token(role, "active", None, true), "GET", &path, Body::None);
            let text = answer.text();
            for word in WORDS.iter().filter(|word| text.contains(**word)) {
                told += usize::from(may);
                assert!(may, "{role:?} reads {word} at {path}: {text}");
            }
        }
    }
    assert!(told > 10, "analysts are told hardly anything: {told}");
}
