//! Bulgaria, 11 July 2021, whole: the votes of the machines as written in the signed protocols, taken in
//! as observers' documents, against what was read from the machines' memory, taken in as published.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use hattama_tests::{
    engine::Engine,
    world::{Country, Wire, World, code},
};
use serde_json::{Value, json};

use super::{bring, shared_data};

/// The two documents of a section.
const PAPER: &str = "paper_protocol";
const MEMORY: &str = "machine_memory";

/// What stands among the parties on paper and is no choice: totals.
const TOTALS: [&str; 3] = ["100", "101", "103"];

/// Sections with a paper, with a memory, and with a paper only.
const ON_PAPER: usize = 9674;
const IN_MEMORY: usize = 9580;
const MISSING: usize = 94;

/// Cells that both have and that differ, and the sections they lie in.
const DIFFERING_CELLS: usize = 47;
const DIFFERING: [&str; 6] =
    ["040400071", "193300015", "234615021", "234617071", "244604033", "244614057"];

/// Sections and choices of a table.
fn named(table: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_path(table).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| (row[0].to_owned(), row[1].to_owned())).unzip()
}

fn mapping(choices: &[String]) -> String {
    let mut mapping = format!(
        "[unit]\ncode = \"{{section_id}}\"\n[entry]\nform = \"protocol\"\ncopy = \"{PAPER}\"\n\
         [votes]\nchoice = \"party\"\nfigure = \"votes\"\nskip = {TOTALS:?}\n[votes.choices]\n"
    );
    for choice in choices {
        writeln!(mapping, "{choice} = \"president:{choice}\"").unwrap();
    }
    mapping
}

/// The precincts of the comparison.
fn precincts(wire: &Wire) -> Vec<Value> {
    let districts = ["0-0", "1-1", "0-2", "1-3"];
    let below = districts.iter().flat_map(|district| {
        let compared = wire.get_json(&format!("/v1/compare?unit={district}"));
        compared["contests"][0]["nodes"].as_array().unwrap().clone()
    });
    below.filter(|node| node["level"] == "precinct").collect()
}

#[test]
fn paper_and_memory_differ_in_47_cells_of_6_sections_and_94_sections_are_missing() {
    let Some(folder) = shared_data("bulgaria/20210711") else { return };
    let paper = folder.join("50_votes_machine.csv");
    let memory = folder.join("50_votes_machine_from_machine_data.csv");
    let (sections, parties) = named(&paper);
    let choices: Vec<String> =
        parties.into_iter().filter(|party| !TOTALS.contains(&party.as_str())).collect();
    let only_on_paper: BTreeSet<String> = sections.difference(&named(&memory).0).cloned().collect();
    assert_eq!(only_on_paper.len(), MISSING);
    let mapping = mapping(&choices);
    let units = sections.iter().map(|section| code(section)).collect();
    let world = World::of(Country::of(units, choices, [PAPER, MEMORY]), Engine::sqlite());
    let wire = world.wire();

    let path = "/v1/entries?level=precinct&org=watchers";
    let file = fs::read(&paper).unwrap();
    let would = bring(&wire, &format!("{path}&dry_run=true"), &file, &mapping).json();
    assert_eq!(would["left_out"], json!([]), "every row is understood");
    assert_eq!((&would["documents"], &would["written"]), (&json!(ON_PAPER), &json!(ON_PAPER)));
    let written = bring(&wire, path, &file, &mapping).json();
    assert_eq!(
        (&written["written"], &written["written_before"], &written["held"]),
        (&json!(ON_PAPER), &json!(0), &json!(0)),
        "{written}"
    );
    let again = bring(&wire, path, &file, &mapping).json();
    assert_eq!((&again["written"], &again["written_before"]), (&json!(0), &json!(ON_PAPER)));

    let path = "/v1/publications?level=precinct&source=memory%20of%20the%20machines";
    let published = bring(&wire, path, &fs::read(&memory).unwrap(), &mapping).json();
    assert_eq!((&published["units"], &published["left_out"]), (&json!(IN_MEMORY), &json!([])));

    let mut differing: BTreeMap<String, usize> = BTreeMap::new();
    let mut missing = BTreeSet::new();
    let mut equal = 0;
    for node in precincts(&wire) {
        let unit = node["unit"].as_str().unwrap().to_owned();
        match node["verdict"]["verdict"].as_str().unwrap() {
            "equal" => equal += 1,
            "not_published" => {
                assert!(node["below"]["votes"].is_array(), "{unit}: we have a copy");
                missing.insert(unit);
            }
            "differs" => {
                let by = node["verdict"]["by"].as_array().unwrap();
                let cells = by.iter().filter(|by| by.as_i64().is_some_and(|by| by != 0)).count();
                differing.insert(unit, cells);
            }
            other => panic!("{unit}: {other}"),
        }
    }
    assert_eq!(differing.keys().map(String::as_str).collect::<Vec<_>>(), DIFFERING);
    assert_eq!(differing.values().sum::<usize>(), DIFFERING_CELLS, "{differing:?}");
    assert_eq!(missing, only_on_paper, "all of them by name");
    assert_eq!(equal, IN_MEMORY - DIFFERING.len());
    let changes = wire.get_json("/v1/compare")["contests"][0]["changes"].clone();
    let of_precincts =
        changes.as_array().unwrap().iter().filter(|change| change["level"] == "precinct").count();
    assert_eq!(of_precincts, DIFFERING.len());

    // A page names the missing ones too.
    let id = published["id"].as_str().unwrap();
    let page = wire.send("GET", &format!("/publications/{id}"), &[], b"").unwrap();
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(only_on_paper.iter().all(|section| page.contains(&format!("/units/{section}\""))));
}
