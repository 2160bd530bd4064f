//! Which excuse a phone takes: the log's own, for just what it has seen. Everything else is a fork.

use hattama_client_core::{Alarm, sync::Judge};
use hattama_proto::{
    id::{ElectionId, RecordId, TreeRoot},
    key::SigningKey,
    statement::{Epoch, StatementClaims, TreeHead, sign_statement},
    time::UnixMillis,
    tlog::{Checkpoint, Hash, KeyName, LogEntry, NoteSigner, Policy, Tree},
    wire::{PushReply, ReceiptPart, RecordVerdict, Verdict},
};

const KEPT: u64 = 5;
const LOST: u64 = 9;

fn hq() -> SigningKey {
    SigningKey::from_seed(&[2; 32]).unwrap()
}

fn signer() -> NoteSigner {
    NoteSigner::from_seed(KeyName::new("log.example").unwrap(), &[1; 32])
}

fn record(number: u64) -> RecordId {
    RecordId::of(&number.to_be_bytes())
}

fn push(tree: &mut Tree, number: u64) -> u64 {
    tree.push(LogEntry::Record(*record(number).as_bytes()).leaf_hash())
}

/// A log of records with these numbers.
fn log(numbers: impl IntoIterator<Item = u64>) -> Tree {
    let mut tree = Tree::new();
    for number in numbers {
        push(&mut tree, number);
    }
    tree
}

/// The log as it was before, and as it is after the backup was restored.
fn histories() -> (Tree, Tree) {
    let kept = 0..KEPT;
    (log(kept.clone().chain(100..100 + LOST - KEPT)), log(kept.chain([200, 201])))
}

fn head(size: u64, root: Hash) -> TreeHead {
    TreeHead { size, root: TreeRoot::from_bytes(*root.as_bytes()) }
}

/// What headquarters should say.
fn epoch() -> Epoch {
    let (lost, _) = histories();
    Epoch {
        lost: head(LOST, lost.root()),
        kept: head(KEPT, lost.root_at(KEPT).unwrap()),
        reason: "the disk broke".to_owned(),
    }
}

fn said(epoch: Epoch, key: &SigningKey, election: &str) -> String {
    let claims = StatementClaims {
        election: ElectionId::new(election).unwrap(),
        issued_at: UnixMillis(0),
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        body: epoch,
    };
    sign_statement(key, &claims).unwrap()
}

/// An answer with the receipt of the log's newest record, and a proof from `from` on.
fn reply(tree: &Tree, number: u64, from: Option<u64>, epoch: Option<String>) -> PushReply {
    let origin = KeyName::new("log.example").unwrap();
    let head = Checkpoint { origin, size: tree.len(), root: tree.root() };
    let index = tree.len() - 1;
    let proof = tree.inclusion_proof(index, tree.len()).unwrap();
    let result = RecordVerdict {
        id: record(number),
        verdict: Verdict::Stored,
        reason: None,
        retry_after_s: None,
        receipt: Some(ReceiptPart::new(index, &proof)),
    };
    let proof = from.map(|from| tree.consistency_proof(from, tree.len()).unwrap());
    PushReply {
        results: vec![result],
        checkpoint: Some(head.sign(&signer())),
        consistency: proof.map(|proof| proof.iter().map(Hash::to_base64).collect()),
        epoch,
        have: vec![],
        server_time: UnixMillis(0),
    }
}

/// A phone that has seen the log before it was lost.
fn phone() -> Judge {
    let policy = Policy::new(signer().verifier_key().clone(), Vec::new(), 0).unwrap();
    let election = ElectionId::new("exercise").unwrap();
    let mut phone = Judge::new(election, hq().public(), policy);
    let (lost, _) = histories();
    phone.pushed(&[record(103)], reply(&lost, 103, None, None));
    assert_eq!((phone.receipts().len(), phone.alarms().len()), (1, 0));
    phone
}

fn hears(epoch: Option<String>, from: Option<u64>) -> Judge {
    let (mut phone, (_, restored)) = (phone(), histories());
    phone.pushed(&[record(201)], reply(&restored, 201, from, epoch));
    phone
}

#[test]
fn an_admitted_loss_is_told_and_both_heads_are_kept_and_receipts_are_taken() {
    let phone = hears(Some(said(epoch(), &hq(), "exercise")), Some(KEPT));
    assert_eq!(phone.alarms(), [Alarm::Restored { lost_from: KEPT, lost_until: LOST }]);
    assert_eq!(phone.forks().len(), 1);
    assert!(phone.receipts().contains_key(&record(201)));
    assert_eq!(phone.seen().unwrap().size, KEPT + 2);
}

#[test]
fn no_other_excuse_is_taken() {
    let stranger = SigningKey::from_seed(&[9; 32]).unwrap();
    let ours = |epoch| Some(said(epoch, &hq(), "exercise"));
    let other_root = Hash::from_bytes([7; 32]);
    let excuses = [
        ("none", None, Some(KEPT)),
        ("signed by a stranger", Some(said(epoch(), &stranger, "exercise")), Some(KEPT)),
        ("about another election", Some(said(epoch(), &hq(), "other")), Some(KEPT)),
        ("without a proof", ours(epoch()), None),
        ("with a proof from elsewhere", ours(epoch()), Some(KEPT - 1)),
        (
            "for less than was seen",
            ours(Epoch { lost: head(LOST - 1, other_root), ..epoch() }),
            Some(KEPT),
        ),
        (
            "for what came after",
            ours(Epoch { kept: head(LOST, other_root), ..epoch() }),
            Some(KEPT),
        ),
        ("with another root", ours(Epoch { kept: head(KEPT, other_root), ..epoch() }), Some(KEPT)),
        ("not a statement", Some("x.y.z".to_owned()), Some(KEPT)),
    ];
    for (excuse, epoch, from) in excuses {
        let phone = hears(epoch, from);
        assert_eq!(phone.alarms(), [Alarm::LogForked], "{excuse}");
        assert_eq!(phone.forks().len(), 1, "{excuse}");
        assert!(!phone.receipts().contains_key(&record(201)), "{excuse}");
        assert_eq!(phone.seen().unwrap().size, LOST, "{excuse}");
    }
}

#[test]
fn an_excuse_that_nobody_needs_changes_nothing() {
    let (mut phone, (mut lost, _)) = (phone(), histories());
    push(&mut lost, 300);
    let excuse = said(epoch(), &hq(), "exercise");
    phone.pushed(&[record(300)], reply(&lost, 300, Some(LOST), Some(excuse)));
    assert_eq!((phone.alarms().len(), phone.forks().len()), (0, 0));
    assert_eq!(phone.seen().unwrap().size, LOST + 1);
}
