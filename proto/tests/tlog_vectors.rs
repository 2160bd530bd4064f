//! The log against answers that were written down: by others, and by us for others.

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hattama_proto::tlog::{
    Checkpoint, Hash, KeyName, LogEntry, NoteSigner, Receipt, SignedNote, Tree, VerifierKey,
    leaf_hash, verify_consistency, verify_inclusion,
};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

fn read(name: &str) -> Value {
    let text = fs::read_to_string(path(name)).expect("the vectors are in the repository");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().expect("the vector has this text")
}

fn number(value: &Value, member: &str) -> u64 {
    value[member].as_u64().expect("the vector has this number")
}

/// A hash of the published vectors. Some hold words instead, meant to be refused or not cared for;
/// our types cannot hold those, so a stand-in that equals nothing else takes their place.
fn hash(value: &Value) -> Hash {
    let text = value.as_str().expect("hashes are texts");
    Hash::from_base64(text)
        .unwrap_or_else(|_| leaf_hash(&STANDARD.decode(text).expect("even words are base64")))
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().map_or_else(Vec::new, |hashes| hashes.iter().map(hash).collect())
}

#[test]
fn published_inclusion_proofs_are_judged_as_published() {
    // Both are the empty text there, which is no hash: our types refuse it before any proof.
    const NO_HASHES: &str = "inclusion/single-entry/empty-root-and-leaf.json";
    let vectors = read("tlog/merkle-proofs.json");
    let cases = vectors["inclusion"].as_array().unwrap();
    assert_eq!(cases.len(), 98);
    for case in cases.iter().filter(|case| case["file"] != NO_HASHES) {
        let verdict = verify_inclusion(
            hash(&case["leafHash"]),
            number(case, "leafIdx"),
            number(case, "treeSize"),
            &hashes(&case["proof"]),
            hash(&case["root"]),
        );
        assert_eq!(verdict.is_err(), case["wantErr"], "{}: {verdict:?}", case["file"]);
    }
}

#[test]
fn published_consistency_proofs_are_judged_as_published_but_for_the_empty_tree() {
    // Its authors find a proof from the empty tree meaningless; tlog-witness needs it to hold.
    const EMPTY_FIRST: &str = "consistency/additional/size1-is-zero-and-size2-is-not-zero.json";
    let vectors = read("tlog/merkle-proofs.json");
    let cases = vectors["consistency"].as_array().unwrap();
    assert_eq!(cases.len(), 98);
    for case in cases {
        let verdict = verify_consistency(
            number(case, "size1"),
            hash(&case["root1"]),
            number(case, "size2"),
            hash(&case["root2"]),
            &hashes(&case["proof"]),
        );
        let refused = case["wantErr"] == true && case["file"] != EMPTY_FIRST;
        assert_eq!(verdict.is_err(), refused, "{}: {verdict:?}", case["file"]);
    }
}

#[test]
fn a_foreign_log_is_rebuilt_and_its_checkpoints_are_verified() {
    let log = read("tlog/tessera-log.json");
    let key = VerifierKey::parse(text(&log, "vkey")).unwrap();
    assert_eq!(key.to_string(), text(&log, "vkey"));

    let mut bundle = &STANDARD.decode(text(&log, "entries_bundle")).unwrap()[..];
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let (entry, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
        leaves.push(leaf_hash(entry));
        bundle = rest;
    }
    let tile = STANDARD.decode(text(&log, "leaf_hashes_tile")).unwrap();
    let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect();
    assert_eq!(bytes, tile);

    let tree: Tree = leaves.into_iter().collect();
    let notes = log["checkpoints"].as_array().unwrap();
    assert_eq!(notes.len(), 16);
    for (size, note) in (0..).zip(notes) {
        let note = note.as_str().unwrap();
        let checkpoint = Checkpoint::verify(note, key.name(), &key).unwrap();
        assert_eq!(checkpoint.size, size);
        assert_eq!(checkpoint.root, tree.root_at(size).unwrap());
        assert_eq!(SignedNote::parse(note).unwrap().to_string(), note);
        assert_eq!(
            SignedNote::parse(note).unwrap().unverified_text(),
            checkpoint.to_text(),
            "we would have written the same bytes"
        );
    }
}

#[test]
fn the_example_of_the_specification_is_verified() {
    // signed-note@v1.0.0, "Verifier keys", its example.
    let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let note = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YE\
                q6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let key = VerifierKey::parse(vkey).unwrap();
    assert_eq!(key.id().to_string(), "530d903a");
    assert_eq!(key.to_string(), vkey);
    let note = SignedNote::parse(note).unwrap();
    assert_eq!(note.verify(&[key]), Ok("This is an example message.\n"));
}

#[test]
fn a_seed_is_the_private_key_of_rfc_8032() {
    // Section 7.1, test 1.
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let seed = Hash::from_hex(seed).unwrap();
    let signer = NoteSigner::from_seed(KeyName::new("a").unwrap(), seed.as_bytes());
    let found = Hash::from_bytes(*signer.verifier_key().public_key());
    assert_eq!(found.to_hex(), public_key);
}

/// Everything a foreign implementation needs to check receipts against ours, or to make the same.
fn our_vectors() -> Value {
    let seed = [0x11; 32];
    let name = KeyName::new("hq.example.org/test-election").expect("a good name");
    let signer = NoteSigner::from_seed(name, &seed);
    let entries: Vec<LogEntry> = (0..600)
        .map(|number| {
            let subject = digest(&SHA256, format!("hattama test subject {number}").as_bytes());
            let subject = subject.as_ref().try_into().expect("SHA-256 gives 32 bytes");
            match number % 3 {
                0 => LogEntry::Record(subject),
                1 => LogEntry::Statement(subject),
                _ => LogEntry::Photo(subject),
            }
        })
        .collect();
    let tree: Tree = entries.iter().map(LogEntry::leaf_hash).collect();
    let base64 = |hashes: Vec<Hash>| hashes.iter().map(Hash::to_base64).collect::<Vec<_>>();
    let root = |size| tree.root_at(size).expect("the tree has 600 leaves");

    let places = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 7), (255, 256), (256, 257), (257, 512)];
    let late = [(0, 600), (417, 600), (511, 600), (512, 600), (599, 600)];
    let receipts: Vec<Value> = places
        .into_iter()
        .chain(late)
        .map(|(index, size)| {
            let entry = &entries[usize::try_from(index).expect("below 600")];
            let origin = signer.verifier_key().name().clone();
            let receipt = Receipt {
                index,
                proof: tree.inclusion_proof(index, size).expect("the leaf is in the tree"),
                checkpoint_note: Checkpoint { origin, size, root: root(size) }.sign(&signer),
            };
            json!({
                "entry": entry.to_string(),
                "leaf_hash": entry.leaf_hash().to_base64(),
                "index": index,
                "size": size,
                "root": root(size).to_base64(),
                "proof": base64(receipt.proof.clone()),
                "checkpoint": receipt.checkpoint_note,
                "receipt": receipt.to_text(),
            })
        })
        .collect();
    let consistency: Vec<Value> =
        [(1, 2), (2, 3), (3, 7), (256, 600), (257, 600), (599, 600), (600, 600)]
            .into_iter()
            .map(|(old, new)| {
                json!({
                    "old_size": old,
                    "old_root": root(old).to_base64(),
                    "new_size": new,
                    "new_root": root(new).to_base64(),
                    "proof": base64(tree.consistency_proof(old, new).expect("both sizes exist")),
                })
            })
            .collect();
    json!({
        "about": "Entry i of this log is of the kind i mod 3 (record, statement, photo) and its \
                  subject is the SHA-256 of the ASCII text 'hattama test subject <i>'. Tree hashes \
                  are standard base64.",
        "seed": Hash::from_bytes(seed).to_hex(),
        "vkey": signer.verifier_key().to_string(),
        "origin": signer.verifier_key().name().as_str(),
        "receipts": receipts,
        "consistency": consistency,
    })
}

/// Set `HATTAMA_WRITE_VECTORS` to write the file anew, after a change that was meant.
#[test]
fn our_known_answers_have_not_changed() {
    let ours = our_vectors();
    if std::env::var_os("HATTAMA_WRITE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&ours).unwrap() + "\n";
        fs::write(path("receipt.json"), text).unwrap();
    }
    assert_eq!(read("receipt.json"), ours);
}

#[test]
fn our_known_answers_verify_from_the_file_alone() {
    let vectors = read("receipt.json");
    let key = VerifierKey::parse(text(&vectors, "vkey")).unwrap();
    let origin = KeyName::new(text(&vectors, "origin")).unwrap();
    for case in vectors["receipts"].as_array().unwrap() {
        let entry = LogEntry::parse(text(case, "entry").as_bytes()).unwrap();
        assert_eq!(entry.leaf_hash().to_base64(), text(case, "leaf_hash"));
        let receipt = Receipt::parse(text(case, "receipt")).unwrap();
        assert_eq!(receipt.to_text(), text(case, "receipt"));
        assert_eq!(receipt.checkpoint_note, text(case, "checkpoint"));
        let checkpoint = receipt.verify(&entry, &origin, &key).unwrap();
        assert_eq!(checkpoint.size, number(case, "size"));
        assert_eq!(checkpoint.root.to_base64(), text(case, "root"));
    }
}
