//! No name leaves the vault's own addresses, and nothing else ties the two pseudonyms of a person.

use hattama_proto::{id::RecordId, statement::Mandate};
use hattama_server::{
    http::addresses,
    store::{Value, tables::TABLES},
};
use hattama_tests::world::{Answer, Ending, Wire, World, block_on, code};
use serde_json::json;

use crate::{THIRD, done, invite, make_vault, on_both_engines, store};

on_both_engines![
    no_address_but_the_vault_s_answers_with_a_name,
    no_row_holds_a_name_or_ties_two_pseudonyms_once_the_vault_is_made,
];

/// Words that stand nowhere else.
const NAME: &str = "Қарлығаш-Xyzzy";
const REACH: &str = "+7-701-555-0142";

/// Addresses that may answer with names, once they are open.
const VAULT: [&str; 5] = [
    "/v1/contacts",
    "/v1/contacts/{person}",
    "/v1/vault/openings/{opening}",
    "/v1/vault/openings/{opening}/agreement",
    "/contacts",
];

fn names_somebody(answer: &Answer) -> bool {
    let text = answer.text();
    text.contains(NAME) || text.contains(REACH)
}

/// Somebody with a name who enrolled, sent a protocol and an incident, and is planned.
fn somebody(world: &World, wire: &Wire) -> (String, RecordId, RecordId) {
    let unit = world.country().precinct(0);
    let body = json!({
        "label": NAME, "reach": REACH, "org": "watchers", "valid_hours": 5,
        "mandate": Mandate::Units(vec![unit.clone()]),
    });
    let invited = done(wire, "/v1/invitations", &body);
    let phone = world.blank_phone();
    phone.enrol(&invited["invitation"].as_str().unwrap().parse().unwrap());
    let protocol = phone.protocol(unit, 3);
    let incident = phone.incident("something happened").record;
    phone.sync();
    (invited["person"].as_str().unwrap().to_owned(), protocol, incident)
}

fn no_address_but_the_vault_s_answers_with_a_name(world: &mut World) {
    let [aigul, _, marat] = make_vault(world);
    let (person, protocol, incident) = somebody(world, &aigul);
    done(&marat, "/v1/contacts/opening", &json!({"passphrase": THIRD}));
    // The control: the name is there to be found.
    assert!(names_somebody(&marat.get("/v1/contacts")), "the search finds nothing");

    let unit = world.country().precinct(0);
    let devices = marat.get_json("/v1/devices");
    let kid = devices[0]["kid"].as_str().unwrap().to_owned();
    let mut asked = 0;
    for address in addresses() {
        // A stream does not end; it is read below.
        let left_out = ["/leave", "/v1/incidents/stream"];
        if VAULT.contains(&address.pattern) || left_out.contains(&address.pattern) {
            continue;
        }
        for record in [protocol, incident] {
            let path = address
                .pattern
                .replace("{id}", &record.to_hex())
                .replace("{code}", unit.as_str())
                .replace("{person}", &person)
                .replace("{kid}", &kid)
                .replace("{sha256}", &"0".repeat(64))
                .replace("{opening}", "x")
                .replace("{assignment}", "x")
                .replace("{number}", "1")
                .replace("{draft}", "0000000000000000")
                .replace("{file}", "release.json")
                .replace("{name}", "hattama.css")
                .replace("{tile}*", "0/000");
            assert!(!path.contains('{'), "teach this test to fill {path}");
            let method = address.method.as_str();
            for accept in ["text/html", "application/json"] {
                let body: &[u8] = if method == "GET" { b"" } else { b"{}" };
                let headers = [("accept", accept), ("content-type", "application/json")];
                if let Some(answer) = marat.send(method, &path, &headers, body) {
                    asked += 1;
                    assert!(!names_somebody(&answer), "{method} {path}: {}", answer.text());
                }
            }
        }
    }
    assert!(asked > 150, "only {asked} answers were looked at");
    let search = marat.get(&format!("/search?q={}", "Xyzzy"));
    assert!(!search.text().contains(NAME));
    let streamed = marat.streamed(&incident.to_hex());
    assert!(!streamed.contains(NAME) && !streamed.contains(REACH), "{streamed}");
}

fn no_row_holds_a_name_or_ties_two_pseudonyms_once_the_vault_is_made(world: &mut World) {
    // One from before there was a vault, one from after.
    let before = world.wire();
    let unit = code(world.country().precinct(0).as_str());
    let (early, _) = invite(&before, NAME, unit.as_str());
    let [aigul, _, marat] = make_vault(world);
    let (late, _, _) = somebody(world, &aigul);
    done(&marat, "/v1/contacts/opening", &json!({"passphrase": THIRD}));
    let contacts = marat.get_json("/v1/contacts");
    let pairs: Vec<(String, String)> = contacts
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("person"), text("reporter"))
        })
        .collect();
    assert!(pairs.iter().any(|(person, _)| *person == early), "the early one is sealed");
    assert!(pairs.iter().any(|(person, _)| *person == late), "and the late one");
    world.end(Ending::InOrder);

    let mut looked_at = 0;
    block_on(async {
        let db = store(world).await;
        for table in &TABLES {
            let mut after = None;
            loop {
                let rows = table.page(&db, after.as_ref()).await.unwrap();
                let Some(last) = rows.last().cloned() else { break };
                for row in &rows {
                    looked_at += 1;
                    let text: String = row.values().iter().map(readable).collect();
                    for word in [NAME, REACH] {
                        assert!(!text.contains(word), "{} holds a name", table.name);
                    }
                    for (person, reporter) in &pairs {
                        let tied = text.contains(person) && text.contains(reporter);
                        assert!(!tied, "{} ties two pseudonyms", table.name);
                    }
                }
                after = Some(last);
            }
        }
        db.close().await;
    });
    assert!(looked_at > 40, "only {looked_at} rows were looked at");

    // What a raid finds: the files, free space included.
    let mut files = Vec::new();
    gather(world.data(), &mut files);
    assert!(files.len() > 5);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for word in [NAME, REACH] {
            let found = bytes.windows(word.len()).any(|part| part == word.as_bytes());
            assert!(!found, "{} holds a name", file.display());
        }
    }
}

fn readable(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Int(number) => format!(" {number}"),
        Value::Text(text) => format!(" {text}"),
        Value::Bytes(bytes) => format!(" {}", String::from_utf8_lossy(bytes)),
    }
}

fn gather(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else {
            files.push(path);
        }
    }
}
