//! What is taken away as files.

use super::office::{as_, import, ready};
use hattama_tests::world::World;

/// The schema of the standard, as it was published.
const SCHEMA: &str =
    include_str!("../../fixtures/nist-1500-100-v2/election_results_reporting.json");

fn rows(file: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn figures_that_were_taken_out_are_imported_again_without_a_difference() {
    let mut world = World::new();
    ready(&mut world);
    let wire = as_(&world, "anna-publisher");
    for (level, units) in [("precinct", 12), ("region", 1)] {
        let path = format!("/v1/export/figures.csv?of=official&level={level}");
        let file = wire.get(&path);
        assert_eq!(file.status, 200);
        let again = import(&world, level, &file.text());
        assert_eq!(again["units"], units, "{again}");
        let changes = &again["changes"];
        assert_eq!([&changes["appeared"], &changes["withdrawn"]], [0, 0], "{again}");
        assert_eq!(changes["changed"], 0, "{again}");
    }
    let ours = rows(&wire.get("/v1/export/figures.csv").body);
    assert_eq!(ours.len(), 2, "one precinct is ours: {ours:?}");
    let at = |name: &str| ours[0].iter().position(|column| column == name).unwrap();
    assert_eq!(ours[1][at("unit")], "0-0-0");
    assert_eq!(ours[1][at("contest:president:heron")], "5");
    assert_eq!(ours[1][at("line:voters")], "900");
}

#[test]
fn the_comparison_is_a_row_for_each_unit_and_choice() {
    let mut world = World::new();
    ready(&mut world);
    let wire = as_(&world, "anna-publisher");
    let file = wire.get("/v1/export/comparison.csv?flavour=spreadsheet&bom=true");
    assert!(file.body.starts_with(b"\xef\xbb\xbf\"contest\""), "{}", file.text());
    let exact = rows(&wire.get("/v1/export/comparison.csv").body);
    let at = |name: &str| exact[0].iter().position(|column| column == name).unwrap();
    let of = |unit: &str, choice: &str| {
        let is_it = |row: &&Vec<String>| row[at("unit")] == unit && row[at("choice")] == choice;
        exact.iter().find(is_it).unwrap()
    };
    let precinct = of("0-0-0", "heron");
    let told =
        ["published", "below", "below_is", "difference", "verdict", "transcribed", "exercise"]
            .map(|name| precinct[at(name)].as_str());
    assert_eq!(told, ["9", "5", "our_copy", "4", "differs", "1", "EXERCISE"]);
    let region = of("0", "heron");
    assert_eq!([&region[at("difference")], &region[at("below_is")]], ["100", "published"]);
    // Twelve precincts and the region, three choices, and the heading.
    assert_eq!(exact.len(), 13 * 3 + 1);
    assert_eq!(
        wire.get("/v1/export/comparison.csv?contest=none").body.split(|b| *b == b'\n').count(),
        2
    );
    let audit = world.wire().get_json("/v1/audit")["events"].to_string();
    assert!(audit.contains("comparison.csv"), "{audit}");
}

#[test]
fn a_nist_report_holds_against_the_schema_of_the_standard() {
    let mut world = World::new();
    ready(&mut world);
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let place = "https://standard.example/election_results_reporting.json";
    compiler.enable_format_assertions();
    compiler.add_resource(place, serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let schema = compiler.compile(place, &mut schemas).unwrap();
    for of in ["ours", "official"] {
        let report =
            as_(&world, "anna-publisher").get(&format!("/v1/export/nist.json?of={of}")).json();
        if let Err(error) = schemas.validate(&report, schema) {
            panic!("{of}: {error:#}");
        }
        assert_eq!(report["IsTest"], true);
        assert!(report["Notes"].as_str().unwrap().contains("EXERCISE"), "{report}");
        let units = report["GpUnit"].as_array().unwrap();
        assert_eq!(units.len(), 1 + 2 + 4 + 12);
        let unit = |code: &str| {
            let id = format!("unit-{code}");
            units.iter().find(|unit| unit["@id"] == *id).unwrap()
        };
        assert_eq!(unit("land")["ComposingGpUnitIds"], serde_json::json!(["unit-0", "unit-1"]));
        assert_eq!(unit("0-0-0")["Type"], "precinct");
        let election = &report["Election"][0];
        let heron = &election["Contest"][0]["ContestSelection"][0]["VoteCounts"];
        let precinct = heron.as_array().unwrap().iter().find(|one| one["GpUnitId"] == "unit-0-0-0");
        assert_eq!(precinct.unwrap()["Count"], if of == "ours" { 5 } else { 9 });
        let lines = election["BallotCounts"].as_array().unwrap();
        assert!(lines.iter().any(|line| line["OtherType"] == "line:valid"), "{lines:?}");
        if of == "ours" {
            assert_eq!(unit("0-0-0")["VotersRegistered"], 900);
        }
    }
    // The schema is not one that takes anything.
    let mut wrong = as_(&world, "anna-publisher").get("/v1/export/nist.json").json();
    wrong["Status"] = "result".into();
    assert!(schemas.validate(&wrong, schema).is_err());
}
