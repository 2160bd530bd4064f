//! From an old spreadsheet to differences, as `docs/old-spreadsheet.md` tells it, with an extract of a
//! real election; and a folder that is watched.

use std::{fs, path::Path};

use serde_json::Value;

use crate::programs::{Bench, Serving};

/// Sections of which paper and memory differ.
const DIFFERING: [&str; 6] =
    ["040400071", "193300015", "234615021", "234617071", "244604033", "244614057"];

fn extract(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bulgaria-2021");
    folder.join(name).display().to_string()
}

fn served() -> (Bench, Serving) {
    let mut bench = Bench::new();
    let (folder, token) = (bench.arg("hq"), bench.arg("token"));
    let flags = ["--listen", "127.0.0.1:0", "--token-file", &token];
    let init = ["init", "--folder", &folder, "--setup", &extract("")];
    bench.hattama(init.into_iter().chain(flags)).done();
    let serving = bench.serve();
    (bench, serving)
}

fn import<'a>(what: &'a str, file: &'a str, map: &'a str) -> Vec<&'a str> {
    vec![what, "import", file, "--map", map]
}

#[test]
fn an_old_spreadsheet_becomes_differences() {
    let (bench, _serving) = served();
    let template = bench.hattama(["official", "template"]).done();
    assert!(
        template.contains("\"assembly:1\" = \"\"") && template.contains("[unit]"),
        "{template}"
    );

    let (table, map) = (extract("observers.csv"), extract("observers.toml"));
    let mut entries = import("entries", &table, &map);
    entries.extend(["--org", "observers"]);
    let dry = bench.hattama(entries.iter().chain(&["--dry-run"])).done();
    for part in [
        "units understood  36",
        "not in the file   0",
        "line 2: 040400001",
        "entries would be written: 36",
    ] {
        assert!(dry.contains(part), "{part:?} is not in: {dry}");
    }
    let none = bench.hattama(["records", "--json"]).json();
    assert_eq!(none["records"].as_array().unwrap().len(), 0, "a dry run writes nothing");
    let said = bench.hattama(&entries).done();
    assert!(said.contains("documents: 36, entries written: 36, written before: 0"), "{said}");
    let said = bench.hattama(&entries).done();
    assert!(said.contains("entries written: 0, written before: 36"), "{said}");

    let (table, map) = (extract("machine-memory.csv"), extract("machine-memory.toml"));
    let mut official = import("official", &table, &map);
    official.extend(["--level", "precinct", "--source", "memory of the machines"]);
    let dry = bench.hattama(official.iter().chain(&["--dry-run"])).done();
    assert!(dry.contains("not in the file   2: 040400002"), "{dry}");
    let said = bench.hattama(&official).done();
    assert!(said.contains("units imported: 34, rows left out: 0"), "{said}");
    let again = bench.hattama(&official).done();
    assert!(again.contains("archived before; nothing changed"), "{again}");

    let compared = bench.hattama(["compare", "--json"]).json();
    let changes = compared["contests"][0]["changes"].as_array().unwrap().clone();
    let mut units: Vec<&str> =
        changes.iter().map(|change| change["unit"].as_str().unwrap()).collect();
    units.sort_unstable();
    assert_eq!(units, DIFFERING);

    // The entries say that nobody's device signed them.
    let file = bench.hattama(["units", "show", DIFFERING[0], "--json"]).json();
    let entry = &file["entries"][0];
    assert_eq!(entry["on_behalf"]["channel"], "spreadsheet", "{entry}");
    assert_eq!(entry["on_behalf"]["person"], Value::Null);
    assert_eq!(entry["standing"], "counted");

    // The archive keeps the mapping, and another mapping of the same file is another entry.
    let listed = bench.hattama(["official", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["read_by"]["mapping"].as_str().unwrap().len(), 64, "{listed}");
    let other = bench.arg("other.toml");
    fs::write(&other, fs::read_to_string(&map).unwrap() + "# another one\n").unwrap();
    official[4] = &other;
    let said = bench.hattama(&official).done();
    assert!(said.contains("appeared: 0, changed: 0, withdrawn: 0"), "{said}");
}

#[test]
fn a_table_that_cannot_be_read_is_refused_with_what_to_change() {
    let (bench, _serving) = served();
    let (table, map) = (extract("observers.csv"), extract("machine-memory.toml"));
    let org = ["--org", "observers"];
    bench
        .hattama(import("entries", &table, &map).iter().chain(&org))
        .refused(2, "add [entry] with `form` and `copy`");
    let wrong = bench.arg("wrong.toml");
    let text = fs::read_to_string(extract("observers.toml")).unwrap();
    fs::write(&wrong, text.replace("windows-1251", "utf-8")).unwrap();
    bench
        .hattama(import("entries", &table, &wrong).iter().chain(&org))
        .refused(2, "the file is not UTF-8");
    bench
        .hattama(import("entries", &table, &extract("observers.toml")))
        .refused(2, "say for which organisation");
    bench.hattama(["entries", "import", &table]).refused(2, "say with --map");
}

#[test]
fn a_watched_folder_is_taken_in_once_and_what_is_not_understood_stays() {
    let (bench, _serving) = served();
    let folder = bench.path("dropped");
    fs::create_dir(&folder).unwrap();
    let at = folder.display().to_string();
    let map = extract("machine-memory.toml");
    let watch = || {
        let flags = ["--level", "precinct", "--source", "the commission", "--once", "--every", "1"];
        bench.hattama(["official", "watch", &at, "--map", &map].into_iter().chain(flags))
    };
    assert_eq!(watch().done(), "", "an empty folder");
    let table = fs::read_to_string(extract("machine-memory.csv")).unwrap();
    fs::write(folder.join("night.csv"), &table).unwrap();
    fs::write(folder.join("later.csv.part"), &table).unwrap();
    fs::write(folder.join("page.html"), "<html>not now</html>").unwrap();
    let ran = watch();
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("archived: night.csv: publication"), "{}", ran.out);
    assert!(ran.err.contains("not understood: page.html: the file has no column"), "{}", ran.err);
    assert_eq!(watch().done(), "", "nothing changed, so nothing is tried again");

    // After a restart without its memory it asks, and the archive knows.
    fs::remove_file(folder.join(".hattama-watch.json")).unwrap();
    fs::remove_file(folder.join("page.html")).unwrap();
    assert!(watch().done().contains("archived before: night.csv"));
    fs::write(folder.join("morning.csv"), table.replacen(";0\n", ";1\n", 1)).unwrap();
    assert!(watch().done().contains("archived: morning.csv"));
    let listed = bench.hattama(["official", "list", "--json"]).json();
    let sources: Vec<&str> =
        listed.as_array().unwrap().iter().map(|one| one["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["the commission (night.csv)", "the commission (morning.csv)"]);
    assert!(folder.join("night.csv").exists() && folder.join("later.csv.part").exists());
}
