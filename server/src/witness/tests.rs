use std::sync::Barrier;

use hattama_proto::{
    time::UnixMillis,
    tlog::{NoteSigner, Tree, leaf_hash},
};

use super::*;

fn at_noon() -> UnixMillis {
    UnixMillis(1_700_000_000_000)
}

fn name(name: &str) -> KeyName {
    KeyName::new(name).unwrap()
}

fn log() -> NoteSigner {
    NoteSigner::from_seed(name("log.example"), &[5; 32])
}

fn witness(folder: &Path) -> Witness {
    let witness = Witness::create(folder, &name("w.example"), at_noon).unwrap();
    assert_eq!(witness.add_log(log().verifier_key()).unwrap(), Added::Now);
    witness
}

/// A history: `same` leaves that all share, then leaves of its own.
fn history(same: u64, own: &[u8]) -> Tree {
    let mut tree: Tree = (0..same).map(|index| leaf_hash(&index.to_be_bytes())).collect();
    tree.extend(own.iter().map(|leaf| leaf_hash(&[*leaf])));
    tree
}

fn request(tree: &Tree, old_size: u64) -> String {
    let checkpoint =
        Checkpoint { origin: name("log.example"), size: tree.len(), root: tree.root() };
    let proof = tree.consistency_proof(old_size, tree.len()).unwrap();
    AddCheckpoint { old_size, proof, note: checkpoint.sign(&log()) }.to_text()
}

fn refusal(done: Result<Cosignature, WitnessError>) -> Refusal {
    match done {
        Err(WitnessError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_cosigned_carries_both_signatures_and_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness(folder.path());
    let done = witness.cosign(&request(&history(4, &[]), 0)).unwrap();
    let note = SignedNote::parse(&done.note).unwrap();
    assert!(note.verify(&[log().verifier_key().clone()]).is_ok());
    let found = cosignatures(&note, std::slice::from_ref(witness.key())).unwrap();
    assert_eq!(found[0].at_s, 1_700_000_000);
    assert_eq!(witness.head("log.example").unwrap(), Some(done.note));

    // Another process, or this one after a crash.
    let again = Witness::open(folder.path(), at_noon).unwrap();
    assert_eq!(again.key(), witness.key());
    assert_eq!(again.add_log(log().verifier_key()).unwrap(), Added::Before);
    let stale = refusal(again.cosign(&request(&history(9, &[]), 0)));
    assert_eq!(stale, Refusal::Stale { known: 4 });
    assert!(again.cosign(&request(&history(9, &[]), 4)).is_ok());
}

#[test]
fn an_unknown_log_and_a_strangers_signature_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let made = Witness::create(folder.path(), &name("w.example"), at_noon).unwrap();
    let asked = request(&history(4, &[]), 0);
    assert!(matches!(refusal(made.cosign(&asked)), Refusal::UnknownLog(_)));
    let stranger = NoteSigner::from_seed(name("log.example"), &[6; 32]);
    made.add_log(stranger.verifier_key()).unwrap();
    assert!(matches!(refusal(made.cosign(&asked)), Refusal::NotSigned(_)));
    made.add_log(log().verifier_key()).unwrap();
    assert!(made.cosign(&asked).is_ok(), "any of the log's keys will do");
    assert!(matches!(refusal(made.cosign("hello")), Refusal::Malformed));
}

#[test]
fn of_two_histories_at_the_same_moment_one_is_cosigned() {
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        witness(folder.path()).cosign(&request(&history(3, &[]), 0)).unwrap();
        let start = Barrier::new(2);
        let ask = |own: &[u8]| {
            // A witness of its own each, as two processes have.
            let witness = Witness::open(folder.path(), at_noon).unwrap();
            let asked = request(&history(3, own), 3);
            start.wait();
            witness.cosign(&asked)
        };
        let (one, other) = std::thread::scope(|threads| {
            let one = threads.spawn(|| ask(&[1, 2]));
            let other = threads.spawn(|| ask(&[9, 9]));
            (one.join().unwrap(), other.join().unwrap())
        });
        assert!(one.is_ok() != other.is_ok(), "round {round}: {one:?} {other:?}");
        let refused = if one.is_ok() { other } else { one };
        assert_eq!(refusal(refused), Refusal::Stale { known: 5 });
    }
}

#[test]
fn a_damaged_head_is_refused_and_kept_and_nothing_is_cosigned() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness(folder.path());
    witness.cosign(&request(&history(4, &[]), 0)).unwrap();
    let head = std::fs::read_dir(folder.path().join("heads")).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(head.path()).unwrap();
    // Somebody puts a smaller tree there: it is not what this witness signed.
    let rolled_back = text.replacen("\n4\n", "\n3\n", 1);
    std::fs::write(head.path(), &rolled_back).unwrap();
    let refused = witness.cosign(&request(&history(9, &[]), 4));
    assert!(matches!(refused, Err(WitnessError::Folder(WitnessFolderError::Damaged(_)))));
    assert_eq!(std::fs::read_to_string(head.path()).unwrap(), rolled_back);
}

#[test]
fn a_witness_never_changes_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let made = witness(folder.path());
    let again = Witness::create(folder.path(), &name("w.example"), at_noon);
    assert!(matches!(again, Err(WitnessFolderError::Exists(_))));
    assert_eq!(Witness::open(folder.path(), at_noon).unwrap().key(), made.key());
    let nowhere = Witness::open(&folder.path().join("elsewhere"), at_noon);
    assert!(matches!(nowhere, Err(WitnessFolderError::Missing(_))));
}
