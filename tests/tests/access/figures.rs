//! Every figure of the lists and the map is computed from what lies within an account's scope: an
//! organisation sees its own, and nothing that only the other one's records could have told.

use std::collections::BTreeSet;

use hattama_proto::{
    record::{Body, Figure, Missing, NotObtained},
    statement::Mandate,
};
use hattama_server::access::Role;
use hattama_tests::world::{Device, World, certified, code, invented, wall};
use serde_json::json;

use super::{
    house::{House, OTHER, OWN, token},
    table,
};

/// By list: units that everybody sees together, that one organisation sees, that the other sees.
const LISTS: [(&str, [&[&str]; 3]); 8] = [
    ("official", [&["0-0-4", "0-2-2"], &["0-0-4"], &["0-2-2"]]),
    ("difference", [&["0-2-6"], &["0-2-6"], &[]]),
    // What the house has: each organisation has two who read its sheet differently.
    ("mismatch", [&["0-0-0", "1-1-1"], &["0-0-0", "1-1-1"], &["0-0-0"]]),
    ("arithmetic", [&["0-2-2"], &[], &["0-2-2"]]),
    ("awaiting", [&["1-1-5"], &[], &["1-1-5"]]),
    ("silent", [&["0-0-8", "1-3-3"], &["0-0-8"], &["1-3-3"]]),
    ("not-obtained", [&["1-1-9"], &[], &["1-1-9"]]),
    (
        "covered",
        [
            &["0-0-0", "0-0-4", "0-2-2", "0-2-6", "1-1-1"],
            &["0-0-0", "0-0-4", "0-2-6", "1-1-1"],
            &["0-0-0", "0-2-2"],
        ],
    ),
];

/// Precincts of region 0 with a document, and such that differ from what was published; precincts of
/// region 1 with a document.
const MAP: [[u64; 3]; 3] = [[4, 2, 1], [3, 1, 1], [2, 1, 0]];

fn device(world: &World, org: &str, seed: u64, mandate: &Mandate) -> Device {
    let body = json!({"label": "an observer", "org": org, "mandate": mandate});
    let answer = world.wire().post("/v1/invitations", &body).json();
    let invitation = answer["invitation"].as_str().unwrap().parse().unwrap();
    let mut device = world.stranger(seed);
    device.enrol(&world.wire(), &invitation).unwrap();
    device
}

/// What both sent, beside the protocols of 0-0-0 and 1-1-1 that the house has, and what was published.
fn speak(world: &World) {
    let only = |unit: &str| Mandate::Units(vec![code(unit)]);
    let mut own = device(world, OWN, 51, &Mandate::Everywhere);
    let mut other = device(world, OTHER, 52, &Mandate::Everywhere);
    let protocol = |unit: &str, copy, seed| invented(code(unit), copy, seed, Vec::new());
    let mut odd = protocol("0-2-2", certified(), 20);
    odd.lines.insert("valid".parse().unwrap(), Some(Figure::new(1).unwrap()));
    let missing = NotObtained {
        unit: code("1-1-9"),
        copy: None,
        missing: Missing::CopyRefused,
        words: "told to come back".to_owned(),
        office: None,
        occurred_at: None,
        photos: Vec::new(),
    };
    let wire = world.wire();
    wire.push_all([
        &own.say(Body::Protocol(protocol("0-0-4", certified(), 14))),
        &own.say(Body::Protocol(protocol("0-2-6", certified(), 16))),
        &own.say(Body::Protocol(protocol("0-2-6", wall(), 17))),
        &other.say(Body::Protocol(odd)),
        &other.say(Body::NotObtained(missing)),
    ]);
    // Of each one who was to be somewhere: one says nothing, one speaks of another place.
    let _silent = device(world, OWN, 53, &only("0-0-8"));
    let mut astray = device(world, OTHER, 54, &only("1-3-3"));
    wire.push_one(&astray.say(Body::Protocol(protocol("1-1-5", certified(), 15))));
    let csv = "unit,contest:president:heron\n0-0-4,300\n0-2-2,300\n";
    let path = "/v1/publications?level=precinct&source=test";
    let answer = wire.send("POST", path, &[("content-type", "text/csv")], csv.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A page as an account of this organisation sees it.
fn page(house: &House, org: Option<&str>, path: &str) -> String {
    let answer =
        house.ask(&token(Role::Auditor, "active", org, true), "GET", path, table::Body::None);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let text = answer.text();
    text[text.find("<main").unwrap()..].to_owned()
}

/// The units that a page links.
fn linked(page: &str) -> BTreeSet<&str> {
    page.split("href=\"/units/").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn an_organisation_sees_its_own_figures_on_every_list_and_on_the_map() {
    let house = House::new();
    speak(&house.world);
    for (at, org) in [None, Some(OWN), Some(OTHER)].into_iter().enumerate() {
        for (list, units) in LISTS {
            let wanted: BTreeSet<&str> = units[at].iter().copied().collect();
            for region in ["", "0", "1"] {
                let page =
                    page(&house, org, &format!("/units?show={list}&region={region}&lang=en"));
                let of_region = |unit: &&str| unit.starts_with(region);
                let wanted: BTreeSet<&str> = wanted.iter().copied().filter(of_region).collect();
                assert_eq!(linked(&page), wanted, "{list} of {org:?} in {region:?}");
                let counted = format!("<b>{}</b>", wanted.len());
                assert!(page.contains(&counted), "{list} of {org:?}: {page}");
            }
        }
        let [covered, differing, far] = MAP[at];
        for show in ["coverage", "differences"] {
            let page = page(&house, org, &format!("/map?show={show}&lang=en"));
            for (list, wanted) in [("covered", [covered, far]), ("official", [differing, 0])] {
                for (region, wanted) in ["0", "1"].into_iter().zip(wanted) {
                    let link = format!("href=\"/units?show={list}&#38;region={region}\">{wanted}<");
                    assert!(page.contains(&link), "{link} of {org:?} in {page}");
                }
            }
        }
    }
}
