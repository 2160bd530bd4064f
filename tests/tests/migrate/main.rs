//! An organisation moves from one store to another: nothing is lost, nothing is changed, and what
//! was altered is told.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../bucket/mod.rs"]
mod bucket;
mod moved;
mod photographs;
mod refused;
mod stopped;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use hattama_proto::{id::RecordId, record::Body};
use hattama_tests::{
    engine::Engine,
    form::plain_photo,
    world::{Device, Phone, Signed, Witness, World, block_on, certified, invented},
};
use serde_json::json;

/// A headquarters that real phones have filled, with something in nearly every table.
struct Filled {
    world: World,
    phones: Vec<Phone>,
    device: Device,
    known: Signed,
    witness: Witness,
}

fn filled(engine: Engine) -> Filled {
    let world = World::of(hattama_tests::world::Country::small(), engine);
    let (wire, mut witness) = (world.wire(), world.witness());
    let phones: Vec<Phone> = (0..2).map(|_| world.phone()).collect();
    let unit = |number| world.country().precinct(number);
    let mut incident = None;
    for (number, phone) in phones.iter().enumerate() {
        let seed = number as u64;
        phone.photographed(unit(0), seed, &plain_photo(seed, 90_000));
        phone.protocol(unit(number), seed);
        incident = Some(phone.incident("boxes were moved").record);
        phone.sync();
    }
    let mut device = world.device(7);
    let known = device.protocol(unit(2), 3);
    let twin = device.say_at(0, None, Body::Protocol(invented(unit(3), certified(), 9, vec![])));
    witness.push(&wire.push_all([&known, &twin]));
    let mut stranger = world.stranger(8);
    wire.push_with_key(&stranger.protocol(unit(4), 1), &stranger);
    let decided = json!({"disposition": "counted", "reason": "seen", "unit": unit(5)});
    assert_eq!(wire.post(&format!("/v1/records/{}/decisions", known.id), &decided).status, 200);
    step(&world, &incident.unwrap(), "triaged");
    world.invite(&hattama_proto::statement::Mandate::Everywhere);
    let revoked = world.device(9);
    wire.revoke(revoked.kid());
    let csv = format!("unit,voters\n{},900\n", unit(0));
    let path = "/v1/publications?level=precinct&source=test";
    let archived = wire.send("POST", path, &[("content-type", "text/csv")], csv.as_bytes());
    assert_eq!(archived.unwrap().status, 200);
    let mapping = "[unit]\ncode = \"{unit}\"\n[cells]\nvoters = \"voters\"\n";
    let part = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let form = format!("{}{}--b--\r\n", part("mapping", mapping), part("file", &csv));
    let form_type = [("content-type", "multipart/form-data; boundary=b")];
    let mapped = wire.send("POST", path, &form_type, form.as_bytes()).unwrap();
    assert!(mapped.status == 200 && mapped.json()["id"].is_string(), "{}", mapped.text());
    Filled { world, phones, device, known, witness }
}

fn step(world: &World, incident: &RecordId, to: &str) {
    let path = format!("/v1/incidents/{incident}/transitions");
    let answer = world.wire().post(&path, &json!({"to": to, "reason": "looked at"}));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A process that moves the store of the headquarters in `folder`.
fn migrate(folder: &Path, to: &str, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_world"));
    command.args(["hattama", "migrate", "--to", to, "--folder"]).arg(folder).args(flags);
    command.stdin(Stdio::null());
    command
}

fn done(output: &Output) -> String {
    let (out, err) = said(output);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    out
}

/// That it ended with `code` and said `part`.
fn refused(output: &Output, code: i32, part: &str) {
    let (out, err) = said(output);
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    assert!(err.contains(part), "{part:?} is not in: {err}");
    assert_eq!(out, "", "something was called done");
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// The bytes of every file below `folder`, but for what is there only while somebody reads.
fn bytes_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(bytes_of(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            let passing = path.to_str().unwrap().ends_with("-shm")
                || (path.to_str().unwrap().ends_with("-wal") && bytes.is_empty());
            if !passing {
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// A new database of PostgreSQL, or none, said aloud.
fn postgres() -> Option<String> {
    block_on(hattama_tests::postgres::fresh_database())
}
