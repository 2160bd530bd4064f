//! An evidence bundle stands on a head that witnesses have cosigned, and says so.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hattama_proto::{kind::Kind, record::Body, wire::Verdict};
use hattama_server::{
    evidence::{Judged, Trust, judge},
    setup::NewWitnesses,
};
use hattama_tests::{
    form::plain_photo,
    world::{Watcher, World, certified, invented},
};
use serde_json::json;

use super::receipts::watch_until_cosigned;

/// The second verifier, where its interpreter is installed.
fn second_says(bundle: &Path, vkey: &str, root: &str) -> Option<bool> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python: PathBuf = target.join("foreign/joserfc/venv/bin/python");
    if !python.exists() {
        let why = "Python's cryptography is not installed; `make test` does it";
        let required =
            std::env::var_os("HATTAMA_REQUIRE_FOREIGN").is_some_and(|value| value == "1");
        assert!(!required, "{why}");
        hattama_tests::skip(why);
        return None;
    }
    let mut command = Command::new(python);
    command.arg("-B").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign/second/verify.py"));
    command.arg(format!("--vkey={vkey}")).arg(format!("--key={root}")).arg(bundle);
    let output = command.output().unwrap();
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 1, "a verdict");
    Some(output.status.success())
}

#[test]
fn a_bundle_stands_on_a_cosigned_head_and_a_forged_cosignature_is_noticed() {
    let watchers = [Watcher::start("w1.example"), Watcher::start("w2.example")];
    let known = watchers.iter().map(Watcher::on_the_network).collect();
    let world = World::watched_by(NewWitnesses { known, quorum: 2 });
    let phone = world.phone();
    let unit = world.country().precinct(1);
    let record = phone.photographed(unit.clone(), 1, &plain_photo(4, 30_000)).record;
    phone.sync();
    let bundle = || {
        let answer = world.wire().get(&format!("/v1/records/{record}/evidence"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.body
    };
    let alone = bundle();
    watch_until_cosigned(&watchers, &world, &phone, record);
    let cosigned = bundle();
    phone.protocol(unit, 2);
    phone.sync();
    let again = bundle();
    let keys = phone.notebook().pack().unwrap().unwrap().election.keys.clone();
    let trust = Trust { log: keys.log_vkey.parse().unwrap(), keys: Vec::new() };

    let checkpoint = |judged: &Judged| {
        assert!(judged.lie.is_none(), "{:?}", judged.lie);
        let said = judged.said.iter().find(|said| said.piece == "checkpoint").unwrap();
        said.sentence.clone()
    };
    assert!(checkpoint(&judge(alone.as_slice(), &trust)).contains("NO WITNESS"));
    let said = checkpoint(&judge(cosigned.as_slice(), &trust));
    assert!(said.contains("cosigned by w1.example, w2.example (2 demanded)"), "{said}");
    // A neighbour more is other evidence; the head stays the earliest that covers it.
    checkpoint(&judge(again.as_slice(), &trust));

    // One character of a witness's line, wherever it stands: in the checkpoint and in each receipt.
    let text = String::from_utf8_lossy(&cosigned);
    let line = text.lines().find(|line| line.starts_with("\u{2014} w2.example ")).unwrap();
    let at = line.len() - 8;
    let other = if line[at..].starts_with('A') { "B" } else { "A" };
    let forged_line = format!("{}{other}{}", &line[..at], &line[at + 1..]);
    let forged = rewritten(&cosigned, line, &forged_line);
    let judged = judge(forged.as_slice(), &trust);
    let lie = judged.lie.expect("a forged cosignature").to_string();
    assert!(lie.starts_with("checkpoint: "), "{lie}");

    let folder = tempfile::tempdir().unwrap();
    let root = second_root(&cosigned);
    for (name, bytes, holds) in [
        ("alone.zip", alone, true),
        ("cosigned.zip", cosigned, true),
        ("forged.zip", forged, false),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        if let Some(said) = second_says(&path, &keys.log_vkey, &root) {
            assert_eq!(said, holds, "{name}");
        }
    }
}

/// What is held waits for a person, and is evidence all the same: unreadable, of a key that nobody
/// enrolled, at a place of the chain that is taken.
#[test]
fn what_is_held_is_evidence_all_the_same_and_both_verifiers_say_what_it_is() {
    let world = World::new();
    let (wire, unit) = (world.wire(), world.country().precinct(1));
    let keys = world.phone().notebook().pack().unwrap().unwrap().election.keys.clone();
    let trust = Trust { log: keys.log_vkey.parse().unwrap(), keys: Vec::new() };
    let mut stranger = world.stranger(7);
    let first = stranger.protocol(unit.clone(), 1);
    let beside = stranger.say_at(0, None, Body::Protocol(invented(unit, certified(), 2, vec![])));
    let mut records = vec![first, beside];
    for payload in [json!({}), json!([7]), json!("\u{43a}"), json!({ "seq": 1, "prev": "\u{43a}" })]
    {
        records.push(stranger.say_anything(Kind::Protocol, &payload));
    }
    for record in &records {
        let verdict = wire.push_with_key(record, &stranger);
        assert_eq!(verdict.verdict, Verdict::Held);
    }
    let folder = tempfile::tempdir().unwrap();
    for (number, record) in records.iter().enumerate() {
        let answer = wire.get(&format!("/v1/records/{}/evidence", record.id));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let judged = judge(answer.body.as_slice(), &trust);
        assert!(judged.lie.is_none(), "{number}: {:?}", judged.lie);
        let said: String = judged.said.iter().map(|said| said.sentence.as_str()).collect();
        assert!(said.contains("nobody vouches for it"), "{said}");
        assert_eq!(said.contains("OTHERS CLAIM THE SAME PLACE"), number < 2, "{said}");
        let page = answer.text();
        assert!(page.contains("set aside for a person to check (unknown device)"));
        let path = folder.path().join(format!("{number}.zip"));
        fs::write(&path, &answer.body).unwrap();
        if let Some(holds) = second_says(&path, &keys.log_vkey, &second_root(&answer.body)) {
            assert!(holds, "{number}");
        }
    }
}

fn second_root(bundle: &[u8]) -> String {
    let root = pieces(bundle).into_iter().find(|(name, _)| name == "keys/root.key").unwrap().1;
    String::from_utf8(root).unwrap().trim().to_owned()
}

/// The pieces of a bundle, in order.
fn pieces(mut zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut pieces = Vec::new();
    while zip.starts_with(b"PK\x03\x04") {
        let bytes = u32::from_le_bytes(zip[18..22].try_into().unwrap()) as usize;
        let name = usize::from(u16::from_le_bytes(zip[26..28].try_into().unwrap()));
        let (head, after) = zip.split_at(30 + name);
        let name = String::from_utf8(head[30..].to_vec()).unwrap();
        pieces.push((name, after[..bytes].to_vec()));
        zip = &after[bytes..];
    }
    pieces
}

/// The bundle with one text in the place of another of the same length, everything around put
/// right: hashes, checksums, directory.
fn rewritten(bundle: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut pieces = pieces(bundle);
    for (_, piece) in &mut pieces {
        if let Ok(text) = std::str::from_utf8(piece) {
            *piece = text.replace(from, to).into_bytes();
        }
    }
    let sums: String = pieces
        .iter()
        .filter(|(name, _)| name != "SHA256SUMS")
        .map(|(name, piece)| {
            format!("{}  {name}\n", hattama_proto::id::RecordId::of(piece).to_hex())
        })
        .collect();
    let place = pieces.iter_mut().find(|(name, _)| name == "SHA256SUMS").unwrap();
    place.1 = sums.into_bytes();

    // No piece has changed its length, so the places of everything stay.
    let mut zip = bundle.to_vec();
    let directory = zip.len() - 10;
    let directory = u32::from_le_bytes(zip[directory + 4..directory + 8].try_into().unwrap());
    let (mut at, mut central) = (0, directory as usize);
    for (name, piece) in pieces {
        let crc = crc32(&piece).to_le_bytes();
        zip[at + 14..at + 18].copy_from_slice(&crc);
        zip[central + 16..central + 20].copy_from_slice(&crc);
        let start = at + 30 + name.len();
        zip[start..start + piece.len()].copy_from_slice(&piece);
        (at, central) = (start + piece.len(), central + 46 + name.len());
    }
    zip
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}
