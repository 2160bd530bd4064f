//! The tour that the README tells: a headquarters and an observer by hand, on one machine.

use std::fs;

use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::programs::{Bench, tiny_setup};

const FIGURES: [&str; 6] = [
    "registered=1200",
    "found=960",
    "invalid=6",
    "valid=954",
    "president:saffron=500",
    "president:indigo=454",
];

#[test]
fn the_hand_made_tour_ends_with_evidence_that_anybody_can_check() {
    let mut bench = Bench::new();
    let made = bench.init();
    assert!(made.contains("offline") && made.contains("hattama serve --folder"), "{made}");
    let serving = bench.serve();

    let invitation = invite(&bench);
    let enrolled = bench.observer(["enrol", &invitation]).done();
    assert!(enrolled.contains("tiny-exercise") && enrolled.contains("101"), "{enrolled}");

    let photo = photograph(&bench);
    let protocol = record_protocol(&bench, "101", &photo, &FIGURES);
    let outside = record_protocol(&bench, "102", &photo, &FIGURES[..1]);
    let incident = bench
        .observer(
            ["--json", "incident", "--category", "observer-restricted", "--phase", "count"]
                .into_iter()
                .chain(["--severity", "high", "--unit", "101", "--words", "Sent out of the room"]),
        )
        .json();

    let synced = bench.observer(["sync"]).done();
    assert!(synced.contains("stored 2, awaiting check 1, not accepted 0"), "{synced}");
    assert!(synced.contains("awaiting check (outside mandate)"), "{synced}");
    assert!(synced.contains("Everything is at headquarters."), "{synced}");

    headquarters_shows_it(&bench, text(&protocol, "record"), text(&outside, "record"));
    the_incident_is_reviewed(&bench, text(&incident, "record"));
    the_commission_is_imported(&bench);
    anybody_checks_it(&bench, text(&protocol, "record"), text(&protocol["photos"], "0"), &photo);
    a_mistake_is_corrected(&bench, text(&protocol, "record"));
    #[cfg(unix)]
    assert_eq!(serving.terminate(), 0);
}

#[test]
fn what_is_captured_before_the_enrolment_is_sent_after_it() {
    let mut bench = Bench::new();
    bench.init();
    let early = ["--election", "tiny-exercise", "--json", "not-obtained", "--unit", "103"];
    let early = bench.observer(early.into_iter().chain(["--missing", "copy-refused"])).json();
    assert!(early["warnings"].to_string().contains("no election set-up"), "{early}");
    let waits = bench.observer(["--json", "outbox"]).json();
    assert_eq!(waits["urgent"]["count"].as_u64().unwrap() + count(&waits["records"]), 1, "{waits}");
    assert!(waits["blocked_by"].as_str().unwrap().contains("not enrolled"), "{waits}");
    bench.observer(["sync"]).refused(2, "not enrolled yet");

    let _serving = bench.serve();
    bench.observer(["enrol", &invite(&bench)]).done();
    let synced = bench.observer(["--json", "sync"]).json();
    assert_eq!(synced["everything_sent"], true, "{synced}");
    let shown = bench.hattama(["units", "show", "103", "--json"]).json();
    assert_eq!(shown["entries"][0]["record"], early["record"], "{shown}");
}

#[test]
fn a_set_up_with_a_slip_can_be_mended_and_tried_again() {
    let bench = Bench::new();
    let setup = bench.path("setup");
    fs::create_dir(&setup).unwrap();
    for part in ["election", "forms", "incidents", "units"] {
        let name = format!("{part}.json");
        fs::copy(format!("{}/{name}", tiny_setup()), setup.join(&name)).unwrap();
    }
    let units = fs::read_to_string(setup.join("units.json")).unwrap();
    fs::write(
        setup.join("units.json"),
        units.replace(r#""parent":"tiny-1""#, r#""parent":"tiny-9""#),
    )
    .unwrap();
    let (folder, setup_folder) = (bench.arg("hq"), bench.arg("setup"));
    let init = || bench.hattama(["init", "--folder", &folder, "--setup", &setup_folder]);
    init().refused(2, "tiny-9");
    fs::write(setup.join("units.json"), units).unwrap();
    init().done();
    init().refused(4, "already holds a headquarters");
}

#[test]
fn a_person_reads_help_for_every_command() {
    let bench = Bench::new();
    for program_help in [bench.hattama(["--help"]).done(), bench.observer(["--help"]).done()] {
        for code in
            ["  2  your input", "  3  the network", "  4  this", "  5  headquarters refused"]
        {
            assert!(program_help.contains(code), "{program_help}");
        }
    }
    for command in ["init", "serve", "invite", "devices", "records", "units", "incidents", "verify"]
    {
        assert!(bench.hattama([command, "--help"]).done().contains("Usage:"), "{command}");
    }
}

fn invite(bench: &Bench) -> String {
    let flags = ["invite", "--label", "Observer 1", "--org", "observers", "--unit", "101"];
    let svg = bench.arg("invitation.svg");
    let out = bench.hattama(flags.into_iter().chain(["--qr", "--qr-svg", &svg])).done();
    assert!(out.contains('\u{2588}'), "a QR code: {out}");
    assert!(fs::read_to_string(svg).unwrap().contains("<svg"));
    out.lines().find(|line| line.starts_with("HATTAMA1.")).unwrap().to_owned()
}

/// A picture as a phone would take it, only smaller.
fn photograph(bench: &Bench) -> String {
    let path = bench.path("page1.jpg");
    let picture = RgbImage::from_fn(900, 1200, |x, y| {
        let ink = (x / 30 + y / 50) % 7 == 0;
        if ink { Rgb([20, 20, 60]) } else { Rgb([236, 232, 220]) }
    });
    picture.save(&path).unwrap();
    path.display().to_string()
}

fn record_protocol(bench: &Bench, unit: &str, photo: &str, figures: &[&str]) -> Value {
    let flags = ["--json", "protocol", "--unit", unit, "--form", "protocol", "--copy", "certified"];
    let flags = flags.into_iter().chain(["--number", "7", "--photo", photo]);
    bench.observer(flags.chain(figures.iter().copied())).json()
}

fn headquarters_shows_it(bench: &Bench, protocol: &str, outside: &str) {
    let records = bench.hattama(["records"]).done();
    assert!(records.contains(protocol) && records.contains(outside), "{records}");
    let devices = bench.hattama(["devices"]).done();
    assert!(devices.contains("results") && devices.contains("incidents"), "{devices}");
    let below = bench.hattama(["units", "--parent", "tiny-1"]).done();
    assert!(below.contains("102") && below.contains("Library"), "{below}");
    let file = bench.hattama(["units", "show", "101"]).done();
    assert!(file.contains("at least one document") && file.contains("954"), "{file}");

    let decide = ["records", "decide", outside, "--counted", "--reason", "sent there by phone"];
    assert!(bench.hattama(decide).done().contains("The record counts"));
    let list = bench.observer(["sync"]).done();
    assert!(list.contains("counted (sent there by phone)"), "{list}");
}

fn the_incident_is_reviewed(bench: &Bench, incident: &str) {
    let step = |to: &str, more: &[&str]| {
        let step = ["incidents", "move", incident, to, "--reason", "readable"];
        bench.hattama(step.iter().chain(more))
    };
    step("resolved", &[]).refused(5, "does not go from received to resolved");
    assert!(step("triaged", &["--version", "0"]).done().contains("triaged"));
    step("verifying", &["--version", "0"]).refused(5, "somebody changed it first");
    let shown = bench.hattama(["incidents", "show", incident]).done();
    assert!(shown.contains("Sent out of the room") && shown.contains("readable"), "{shown}");
    let triaged = bench.hattama(["incidents", "--state", "triaged", "--json"]).json();
    assert_eq!(triaged["incidents"][0]["id"], incident);
}

fn the_commission_is_imported(bench: &Bench) {
    let file = bench.path("official.csv");
    let rows = "unit,registered,valid,president:saffron,president:indigo\n\
                101,1200,954,600,354\n102,many,1,1,0\n999,1,1,1,0\n";
    fs::write(&file, rows).unwrap();
    let file = file.display().to_string();
    let import = |level: &str| {
        let source = ["--source", "https://commission.example/results"];
        bench.hattama(["official", "import", &file, "--level", level].into_iter().chain(source))
    };
    let said = import("precinct").done();
    assert!(said.contains("units imported: 1, rows left out: 2"), "{said}");
    assert!(said.contains("line 3") && said.contains("line 4"), "{said}");
    import("region").refused(2, "no row was understood");
    the_numbers_are_compared(bench);
    let rows = "unit,registered,valid,president:saffron,president:indigo\n\
                101,1200,954,610,354\n102,900,1,1,0\n";
    fs::write(&file, rows).unwrap();
    let said = import("precinct").done();
    assert!(said.contains("appeared: 1, changed: 1, withdrawn: 0"), "{said}");
    let listed = bench.hattama(["official", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    let newest = listed[1]["id"].as_str().unwrap().to_owned();
    let said = bench.hattama(["official", "changes", &newest]).done();
    assert!(said.contains("appeared: 1 (102)"), "{said}");
    let words: Vec<&str> = said.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(words, ["101", "contest:president:saffron", "600", "610"], "{said}");
    let first = listed[0]["id"].as_str().unwrap().to_owned();
    bench.hattama(["official", "changes", &first]).done();
    let nobodys = "0".repeat(64);
    bench.hattama(["official", "changes", &nobodys]).refused(5, "no such publication");
    fs::write(bench.path("official.csv"), "unit,colour\n101,red\n").unwrap();
    import("precinct").refused(2, "colour");
}

/// 600 and 354 were published of 101, and our corrected copy says 500 and 454.
fn the_numbers_are_compared(bench: &Bench) {
    let said = bench.hattama(["compare"]).done();
    assert!(
        said.contains("lowest level at which the numbers changed is precinct: at 101"),
        "{said}"
    );
    assert!(said.contains("saffron is higher by 100, indigo is lower by 100"), "{said}");
    let found = bench.hattama(["compare", "--unit", "101", "--json"]).json();
    let contest = &found["contests"][0];
    assert_eq!(contest["changes"][0]["size"], 100, "{contest}");
    assert_eq!(contest["nodes"][0]["verdict"]["verdict"], "differs", "{contest}");
    bench.hattama(["compare", "--unit", "nowhere"]).refused(5, "no such unit");
}

fn anybody_checks_it(bench: &Bench, record: &str, photo_hash: &str, photo: &str) {
    let folder = bench.arg("receipts");
    bench.observer(["receipts", "--export", &folder]).done();
    let file = |name: String| format!("{folder}/{name}");
    let (log, key) = (file("log.vkey".into()), file("results.key".into()));
    let (jws, proof) = (file(format!("{record}.jws")), file(format!("{record}.tlog-proof")));
    let photo_proof = file(format!("{photo_hash}.tlog-proof"));

    let trust = ["verify", "--vkey", &log, "--key", &key];
    let said = bench.hattama(trust.iter().copied().chain([jws.as_str(), &proof])).done();
    assert_eq!(said.matches(": holds: ").count(), 2, "{said}");
    bench.hattama(trust.iter().copied().chain([photo_proof.as_str(), "--photo", photo])).done();
    let said = bench.observer(["receipt", "show", photo_hash]).done();
    assert!(said.contains("Receipt for the photograph") && said.contains("It holds"), "{said}");
    let other = trust.iter().copied().chain([photo_proof.as_str(), "--record", &jws]);
    bench.hattama(other).refused(1, "1 of 1 files do not hold");

    let changed = fs::read_to_string(&jws).unwrap().replacen("eyJ", "eyK", 1);
    fs::write(&jws, changed).unwrap();
    bench.hattama(trust.iter().copied().chain([jws.as_str()])).refused(1, "do not hold");
}

fn a_mistake_is_corrected(bench: &Bench, record: &str) {
    let mut correct = vec!["correct", record, "--reason", "A digit was mistyped", "protocol"];
    correct.extend(["--unit", "101", "--form", "protocol", "--copy", "certified", "--number", "7"]);
    correct.extend(["registered=1200", "found=961"]);
    correct.extend(&FIGURES[2..]);
    let corrected = bench.observer(&correct);
    assert!(corrected.err.contains("961 against 960"), "a warning: {}", corrected.err);
    corrected.done();
    bench.observer(["sync"]).done();
    let file = bench.hattama(["units", "show", "101"]).done();
    assert!(file.contains("superseded") && file.contains("961"), "{file}");
}

/// A text within a value, by name or by place.
fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    let found = at.parse::<usize>().ok().and_then(|at| value.get(at)).or_else(|| value.get(at));
    found.and_then(Value::as_str).unwrap()
}

fn count(lane: &Value) -> u64 {
    lane["count"].as_u64().unwrap()
}
