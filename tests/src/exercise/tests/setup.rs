//! The set-up is whole, and says that it is an exercise.

use std::collections::{BTreeSet, HashSet};

use hattama_proto::{
    limits::RECORD_BYTES_MAX,
    pack::{PartName, QuestionKind, UnitKind},
};

use super::{manifest, pack, parts};
use crate::exercise::{data, setup};

#[test]
fn the_parts_make_a_set_up_and_the_manifest_is_small() {
    let parts = parts();
    let manifest = manifest(&parts);
    let pack = pack();
    for (name, bytes) in &parts {
        println!("part {name}: {} bytes", bytes.len());
    }
    let bytes = serde_json::to_vec(&manifest).unwrap().len();
    println!("manifest: {bytes} bytes");
    assert!(bytes < RECORD_BYTES_MAX / 2, "a signature and base64 must fit as well");
    assert_eq!(pack.units.of_kind(UnitKind::Region).count(), 16);
    assert_eq!(pack.units.of_kind(UnitKind::Precinct).count(), setup::PRECINCTS);
    let banner = pack.election.exercise.unwrap();
    assert_eq!(banner.0.len(), 3);
}

#[test]
fn every_code_is_unique_and_no_precinct_number_can_exist() {
    let units = setup::units();
    let codes: HashSet<_> = units.units.iter().map(|unit| unit.code.as_str()).collect();
    assert_eq!(codes.len(), units.units.len());
    for unit in units.units.iter().filter(|unit| unit.kind == UnitKind::Precinct) {
        let (_, number) = unit.code.as_str().split_once('-').unwrap();
        assert!(number.parse::<u32>().unwrap() > 900_000);
    }
    let specials: HashSet<_> = units.units.iter().filter_map(|unit| unit.special).collect();
    assert_eq!(specials.len(), 4);
    for form in setup::forms().forms {
        let codes: HashSet<_> = form.questions.iter().map(|question| &question.code).collect();
        assert_eq!(codes.len(), form.questions.len());
    }
}

#[test]
fn everything_that_is_named_has_a_name_in_three_languages() {
    let texts = parts().into_values().map(|part| String::from_utf8(part).unwrap());
    for part in texts {
        let value: serde_json::Value = serde_json::from_str(&part).unwrap();
        named(&value);
    }
    fn named(value: &serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                if let Some(serde_json::Value::Object(names)) = members.get("names")
                    && members.get("kind").is_none_or(|kind| kind != "precinct")
                {
                    for language in ["kk", "ru", "en"] {
                        assert!(!names[language].as_str().unwrap().trim().is_empty(), "{value}");
                    }
                }
                members.values().for_each(named);
            }
            serde_json::Value::Array(items) => items.iter().for_each(named),
            _ => {}
        }
    }
}

#[test]
fn the_catalogue_and_the_checklists_are_consistent() {
    let incidents = setup::incidents();
    let phases: BTreeSet<_> = incidents.phases.iter().map(|phase| &phase.code).collect();
    assert!(incidents.categories.iter().flat_map(|c| &c.phases).all(|p| phases.contains(p)));
    for row in data::reports() {
        for code in row.categories.split('|') {
            let known = incidents.categories.iter().find(|c| c.code.as_str() == code).unwrap();
            let offered = known.phases.iter().any(|phase| phase.as_str() == row.phase);
            assert!(offered, "{code} is not offered in {}", row.phase);
        }
    }
    for form in setup::forms().forms {
        let size = form.questions.len();
        match form.code.as_str() {
            "opening" | "voting" | "counting" | "tabulation" => assert!((6..=10).contains(&size)),
            "turnout" => assert_eq!(size, 2),
            _ => assert!(form.questions.is_empty()),
        }
        for question in form.questions {
            assert_eq!(question.critical.is_some(), question.phase.is_some());
            assert!(question.phase.is_none_or(|phase| phases.contains(&phase)));
            assert!(question.critical.is_none() || question.kind == QuestionKind::YesNo);
        }
    }
}

#[test]
fn a_folder_holds_the_parts_without_keys_and_addresses() {
    let folder = tempfile::tempdir().unwrap();
    setup::write_folder(&folder.path().join("new")).unwrap();
    let read = |name: &str| -> serde_json::Value {
        let bytes = std::fs::read(folder.path().join("new").join(name)).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    for (name, bytes) in parts() {
        let mut part: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        if name == PartName::Election {
            let members = part.as_object_mut().unwrap();
            assert!(members.remove("keys").is_some() && members.remove("addresses").is_some());
        }
        assert_eq!(read(&format!("{name}.json")), part);
    }
}
