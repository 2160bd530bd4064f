//! A receipt means one thing. Whatever is done to its bytes, it never comes to mean another.

use hattama_proto::tlog::{
    Checkpoint, KeyName, LogEntry, NoteSigner, Receipt, SignedNote, Tree, VerifierKey,
};
use proptest::prelude::*;

fn signer() -> NoteSigner {
    NoteSigner::from_seed(KeyName::new("hq.example.org/log").expect("a good name"), &[9; 32])
}

fn entry(number: u64) -> LogEntry {
    let mut subject = [0; 32];
    subject[..8].copy_from_slice(&number.to_be_bytes());
    LogEntry::Record(subject)
}

fn receipt(index: u64, size: u64) -> Receipt {
    let tree: Tree = (0..size).map(|number| entry(number).leaf_hash()).collect();
    let signer = signer();
    let origin = signer.verifier_key().name().clone();
    Receipt {
        index,
        proof: tree.inclusion_proof(index, size).expect("the leaf is in the tree"),
        checkpoint_note: Checkpoint { origin, size, root: tree.root() }.sign(&signer),
    }
}

/// Whether `bytes`, wherever they come from, prove `entry`.
fn proves(bytes: &[u8], entry: &LogEntry, key: &VerifierKey) -> bool {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| Receipt::parse(text).ok())
        .is_some_and(|receipt| receipt.verify(entry, key.name(), key).is_ok())
}

#[test]
fn no_byte_of_a_receipt_can_be_changed() {
    let key = signer().verifier_key().clone();
    // An odd size, so that the proof crosses the ragged edge; and the shortest receipt there is.
    for (index, size) in [(4, 7), (0, 1)] {
        let good = receipt(index, size).to_text().into_bytes();
        assert!(proves(&good, &entry(index), &key));
        for at in 0..good.len() {
            let mut bad = good.clone();
            for byte in (0..=u8::MAX).filter(|byte| *byte != good[at]) {
                bad[at] = byte;
                assert!(!proves(&bad, &entry(index), &key), "byte {at} as {byte:#04x}");
            }
        }
    }
}

#[test]
fn no_byte_of_a_receipt_can_be_dropped_doubled_or_slipped_in() {
    let key = signer().verifier_key().clone();
    let good = receipt(4, 7).to_text().into_bytes();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad.remove(at);
        assert!(!proves(&bad, &entry(4), &key), "without byte {at}");
        assert!(!proves(&good[..at], &entry(4), &key), "cut off at {at}");
    }
    for at in 0..=good.len() {
        for byte in good.iter().copied().chain(*b"\r\n\t\0 +0").chain([0xef, 0xbb, 0xbf]) {
            let mut bad = good.clone();
            bad.insert(at, byte);
            assert!(!proves(&bad, &entry(4), &key), "{byte:#04x} before byte {at}");
        }
    }
}

#[test]
fn a_receipt_proves_no_other_entry_of_its_own_log() {
    let key = signer().verifier_key().clone();
    for index in 0..20 {
        let text = receipt(index, 20).to_text();
        for other in 0..20 {
            assert_eq!(proves(text.as_bytes(), &entry(other), &key), other == index);
        }
    }
}

#[test]
fn a_checkpoint_moved_under_another_proof_proves_nothing() {
    let key = signer().verifier_key().clone();
    let late = receipt(3, 9);
    for size in 4..9 {
        let mut mixed = receipt(3, size);
        mixed.checkpoint_note.clone_from(&late.checkpoint_note);
        assert!(!proves(mixed.to_text().as_bytes(), &entry(3), &key), "proof for {size}");
    }
}

proptest! {
    #[test]
    fn every_receipt_is_read_back_to_the_byte((index, size) in below(400)) {
        let receipt = receipt(index, size);
        let text = receipt.to_text();
        let read = Receipt::parse(&text).unwrap();
        prop_assert_eq!(read.to_text(), text);
        prop_assert_eq!(&read, &receipt);
        let key = signer().verifier_key().clone();
        prop_assert!(read.verify(&entry(index), key.name(), &key).is_ok());
    }

    #[test]
    fn whatever_parses_has_one_spelling(lines in proptest::collection::vec(line(), 0..12)) {
        let text = lines.concat();
        if let Ok(receipt) = Receipt::parse(&text) {
            prop_assert_eq!(receipt.to_text(), text.clone());
        }
        if let Ok(note) = SignedNote::parse(&text) {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_text(), text);
        }
    }

    #[test]
    fn noise_is_refused_without_a_panic(text in any::<String>()) {
        prop_assert!(Receipt::parse(&text).is_err());
        prop_assert!(SignedNote::parse(&text).is_err());
        prop_assert!(Checkpoint::parse(&text).is_err());
        prop_assert!(VerifierKey::parse(&text).is_err());
        prop_assert!(LogEntry::parse(text.as_bytes()).is_err());
    }
}

fn below(limit: u64) -> impl Strategy<Value = (u64, u64)> {
    (1..limit).prop_flat_map(|size| (0..size, Just(size)))
}

/// Lines of a receipt, nearly right, so that chance finds its way past the first check.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("c2sp.org/tlog-proof@v1\n".to_owned()),
        Just("\n".to_owned()),
        Just("hq.example.org/log\n".to_owned()),
        "index [0-9]{1,3}\n",
        "[0-9]{1,20}\n",
        "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\n",
        "\u{2014} [a-z]{1,3} [A-Za-z0-9+/]{8}\n",
        any::<String>(),
    ]
}
