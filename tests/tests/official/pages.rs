//! The pages of what was published: a file is checked first, then archived, and shown against the one
//! before it.

use hattama_tests::world::{Answer, World};

/// Two precincts of the small country, in a table of some commission.
const TABLE: &str =
    "участок;избирателей;цапля;жаворонок;журавль\n0-0-0;900;1 200;20;3\n1-1-1;800;7;8;9\n";

const MAPPING: &str = "[unit]\ncode = \"{участок}\"\n[cells]\nvoters = \"избирателей\"\n\
    \"president:heron\" = \"цапля\"\n\"president:lark\" = \"жаворонок\"\n\
    \"president:crane\" = \"журавль\"\n";

/// Sends the form of `/publications`.
fn send(world: &World, run: &str, table: &str, mapping: &str) -> Answer {
    let fields = [
        ("level", "precinct"),
        ("source", "a page <b>of</b> theirs"),
        ("mapping", mapping),
        ("run", run),
        ("file", table),
    ];
    let boundary = "page-of-this-test";
    let part = |(name, text): (&str, &str)| {
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
        format!("--{boundary}\r\n{disposition}\r\n\r\n{text}\r\n")
    };
    let body: String = fields.into_iter().map(part).collect();
    let body = format!("{body}--{boundary}--\r\n");
    let origin = format!("http://{}", world.address());
    let media_type = format!("multipart/form-data; boundary={boundary}");
    let headers = [("content-type", media_type.as_str()), ("origin", origin.as_str())];
    world.wire().send("POST", "/publications?lang=en", &headers, body.as_bytes()).unwrap()
}

fn page(world: &World, path: &str) -> String {
    let answer = world.wire().send("GET", &format!("{path}?lang=en"), &[], b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

pub(crate) fn a_file_is_checked_archived_and_shown_against_the_one_before(world: &mut World) {
    let world = &*world;
    let listed = || world.wire().get_json("/v1/publications").as_array().unwrap().clone();
    assert!(page(world, "/publications").contains("Nothing was archived yet."));
    assert!(page(world, "/compare").contains("href=\"/publications\""));

    let checked = send(world, "check", &format!("{TABLE}9-9-9;1;1;1;1\n"), MAPPING);
    let text = checked.text();
    assert_eq!(checked.status, 200);
    for part in [
        "Checked, and nothing was archived",
        "contest:president:heron",
        "the register has no unit 9-9-9",
        "Line 4",
        "president:lark&quot; = &quot;жаворонок",
    ] {
        let plain = text.replace("&#34;", "&quot;");
        assert!(plain.contains(part), "{part:?} is not in {plain}");
    }
    assert!(!text.contains("<b>of</b>"), "what was typed stays words");
    assert!(listed().is_empty());

    let wrong = send(world, "check", TABLE, "[unit");
    assert!(wrong.text().contains("the mapping cannot be read"), "{}", wrong.text());
    assert_eq!(send(world, "archive", TABLE, MAPPING).status, 303);
    assert_eq!(listed().len(), 1);
    let changed = TABLE.replace(";20;", ";21;").replace("1-1-1;", "0-2-2;");
    assert_eq!(send(world, "archive", &changed, MAPPING).status, 303);
    let all = listed();
    let id = all[1]["id"].as_str().unwrap();
    let one = page(world, &format!("/publications/{id}"));
    for part in
        ["<td class=\"figure\">20</td><td class=\"figure\">21</td>", "0-2-2", "1-1-1", "lark"]
    {
        assert!(one.contains(part), "{part:?} is not in {one}");
    }
    let mapping = world.wire().get_json(&format!("/v1/publications/{id}"));
    assert_eq!(mapping["mapping"], MAPPING, "byte for byte");
    assert_eq!(mapping["read_by"], all[1]["read_by"]);
    assert_ne!(all[0]["id"], all[1]["id"]);
    let list = page(world, "/publications");
    assert!(list.contains("the first of its level") && list.contains(id), "{list}");

    // The same file by a better mapping is another entry; by the same one it is not.
    let better = MAPPING.replace("цапля", "#3");
    assert_eq!(send(world, "archive", &changed, &better).status, 303);
    assert_eq!(send(world, "archive", &changed, &better).status, 303);
    assert_eq!(listed().len(), 3);
}
