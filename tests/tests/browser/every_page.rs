//! What holds for every page, on the exercise as the demonstration plays it.

use hattama_tests::{
    demo::{self, Afterwards, DemoFolder, DemoHeadquarters, Options},
    exercise::SEED,
    world::Wire,
};
use serde_json::{Value, json};

use crate::{
    addresses::{Examples, pages},
    driver::{Driver, Site},
};

/// Precincts of a small exercise: the fewest in which every case of the story happens.
const PRECINCTS: usize = 12;

/// Checks of one page: three languages in light and in dark, by keyboard, without scripts.
const CHECKS_OF_A_PAGE: usize = 8;

#[test]
fn every_page_can_be_used_in_every_language_by_everybody() {
    let Some(driver) = Driver::ready() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("exercise");
    let options = Options {
        precincts: PRECINCTS,
        folder: Some(folder.clone()),
        port: 0,
        afterwards: Afterwards::Exit,
        seed: SEED,
        database: None,
        blobs: None,
    };
    demo::run(&options).expect("the exercise is played");
    let folder = DemoFolder::open(&folder);
    let headquarters = DemoHeadquarters::reopen(&folder).expect("it opens again");
    let token = std::fs::read_to_string(folder.token()).unwrap().trim().to_owned();
    let site = Site { base: headquarters.url(), token };
    let pages = pages(&examples(&site));
    let at_least = pages.len() * CHECKS_OF_A_PAGE;
    driver.run("pages.mjs", &site, &json!({"pages": pages}), at_least);
    headquarters.end();
}

/// A few of each kind, chosen for what is different about them.
fn examples(site: &Site) -> Examples {
    let address = site.base.strip_prefix("http://").unwrap().parse().unwrap();
    let wire = Wire::to(address, &site.token);
    let texts = |list: &Value, member: &str| -> Vec<String> {
        let items = list.as_array().unwrap().iter();
        items.filter_map(|item| item[member].as_str().map(str::to_owned)).collect()
    };
    // With a sample of every third precinct, so that what it says is there to be looked at.
    let draw = json!({"seed": "dice 3 1 4 1 5", "size": 3_200, "by": "region"});
    assert_eq!(wire.post("/v1/samples", &draw).status, 200);
    let regions = texts(&wire.get_json("/v1/units?parent=KZ"), "code");
    let listed = wire.get_json("/v1/records?limit=200");
    let records = listed["records"].as_array().unwrap();
    // One record of each kind, and the units of the first protocols.
    let mut kinds: Vec<&str> = Vec::new();
    let mut chosen = Vec::new();
    for record in records {
        let (kind, id) = (record["kind"].as_str().unwrap(), record["id"].as_str().unwrap());
        if !kind.contains("incident") && !kinds.contains(&kind) {
            kinds.push(kind);
            chosen.push(id.to_owned());
        }
    }
    let of = |record: &Value| record.pointer("/claims/body/unit")?.as_str().map(str::to_owned);
    let mut units: Vec<String> = records.iter().filter_map(of).collect();
    units.sort_unstable();
    units.dedup();
    units.truncate(PRECINCTS);
    units.push("KZ".to_owned());
    let incidents = texts(&wire.get_json("/v1/incidents?limit=2")["incidents"], "id");
    assert!(!regions.is_empty() && !chosen.is_empty() && units.len() > 2 && !incidents.is_empty());
    let publications = texts(&wire.get_json("/v1/publications"), "id");
    assert!(!publications.is_empty());
    Examples {
        publications,
        regions: regions.into_iter().take(2).collect(),
        units,
        records: chosen,
        incidents: incidents.into_iter().take(2).collect(),
    }
}
