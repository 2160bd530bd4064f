//! Observers' tables become entries of the desk: once, whoever brings them.

use hattama_tests::world::World;
use serde_json::json;

use super::bring;

const HEADER: &str = "precinct;copy;voters;heron;lark;crane\n";

const MAPPING: &str = "[unit]\ncode = \"{precinct}\"\n[cells]\nvoters = \"voters\"\n\
    \"president:heron\" = \"heron\"\n\"president:lark\" = \"lark\"\n\"president:crane\" = \"crane\"\n\
    [entry]\nform = \"protocol\"\ncopy = \"{copy}\"\n\
    [values.copy]\n\"копия\" = \"certified_copy\"\n\"на стене\" = \"wall_form\"\n";

pub(crate) fn an_entry_of_a_table_is_written_once_and_a_mended_one_stands_beside_it(
    world: &mut World,
) {
    let wire = world.wire();
    let path = "/v1/entries?level=precinct&org=watchers";
    let table = format!(
        "{HEADER}0-0-0;копия;900;10;20;3\n0-0-0;на стене;900;10;20;3\n1-1-1;копия;800;7;8;9\n\
         1-1-1;устно;800;7;8;9\n9-9-9;копия;1;1;1;1\n"
    );
    let first = bring(&wire, path, table.as_bytes(), MAPPING).json();
    assert_eq!((&first["units"], &first["documents"]), (&json!(2), &json!(3)), "{first}");
    assert_eq!((&first["written"], &first["written_before"]), (&json!(3), &json!(0)));
    let lines: Vec<u64> =
        first["left_out"].as_array().unwrap().iter().map(|row| row[0].as_u64().unwrap()).collect();
    assert_eq!(lines, [5, 6], "{first}");

    // In another order, in another file, with one figure mended.
    let again = format!("{HEADER}1-1-1;копия;800;7;8;10\n0-0-0;на стене;900;10;20;3\n");
    let dry = format!("{path}&dry_run=true");
    for (path, written) in [(dry.as_str(), 1), (path, 1), (path, 0)] {
        let told = bring(&wire, path, again.as_bytes(), MAPPING).json();
        assert_eq!(told["written"], json!(written), "{path}: {told}");
    }
    let file = wire.get_json("/v1/units/1-1-1");
    let entries = file["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "{file}");
    for entry in entries {
        assert_eq!(entry["on_behalf"]["channel"], "spreadsheet", "{entry}");
        assert_eq!(entry["flags"], json!(["told_to_desk"]), "{entry}");
    }

    let nobody = "/v1/entries?level=precinct&person=p-nobody";
    let refused = bring(&wire, nobody, again.as_bytes(), MAPPING);
    assert_eq!(refused.json()["code"], "invalid", "{}", refused.text());
    let nowhere = bring(&wire, "/v1/entries?level=precinct", again.as_bytes(), MAPPING);
    assert_eq!(nowhere.json()["code"], "invalid", "{}", nowhere.text());
}
