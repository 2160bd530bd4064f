//! One example of every request and reply of version 1.
//!
//! The files are a promise: this version and every later one accepts them and writes them the same.
//! `HATTAMA_WRITE_VECTORS=1` writes those that are missing and never changes one that is there.

use std::fmt::Debug;

use hattama_proto::{
    id::{ElectionId, PartHash, PhotoHash, RecordId, TreeRoot},
    jws::sign,
    kind::{Kind, Role},
    pack::{PartName, PartRef},
    problem::{Problem, ProblemCode},
    record::Seen,
    statement::sign_statement,
    time::UnixMillis,
    tlog::{Checkpoint, KeyName, LogEntry, NoteSigner, Receipt, Tree},
    wire::{
        CellBitmap, ChainState, ChallengeAnswer, DeferredReason, EnrolmentPush, EnrolmentReply,
        Feed, FeedItem, FeedKind, HeldReason, Hello, Limits, PartLocation, PhotoReply, PhotoState,
        PushReply, PushRequest, ReceiptKind, ReceiptPart, ReceiptsReply, RecordVerdict,
        RejectedReason, SessionReply, SessionRequest, StatusReply, StatusRequest, SubjectReceipt,
        Verdict,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    examples::{self, Signer, chain_of_incidents, chain_of_results, photo_hash},
    golden,
};

/// The file is what `value` is written as, and is read as `value`.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, value: &T) {
    let name = format!("wire-v1/{file}.json");
    if golden::writing() && !golden::path(&name).exists() {
        golden::write(&name, value);
    }
    let text = golden::read(&name);
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value, "{file} is read");
    let committed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(value).unwrap(), committed, "{file} is written");
}

/// Members that this version does not know are skipped: newer phones and newer headquarters.
fn ignores_the_unknown<T: DeserializeOwned + PartialEq + Debug>(file: &str, value: &T) {
    let mut newer: Value =
        serde_json::from_str(&golden::read(&format!("wire-v1/{file}.json"))).unwrap();
    newer["a_later_member"] = json!({"of": ["a", "later", "version", null, 1.5]});
    assert_eq!(serde_json::from_value::<T>(newer).unwrap(), *value, "{file} of a later version");
}

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, value: &T) {
    holds(file, value);
    ignores_the_unknown(file, value);
}

/// Headquarters was restored from a backup.
fn epoch() -> String {
    let claims = examples::statement(11, examples::epoch());
    sign_statement(&Signer::Hq.key(), &claims).unwrap()
}

const NOW: UnixMillis = UnixMillis(1_922_961_605_000);

fn signer() -> NoteSigner {
    NoteSigner::from_seed(KeyName::new("log.example.org/exercise-2030").unwrap(), &[9; 32])
}

fn entries() -> Vec<LogEntry> {
    let record = |text: &String| LogEntry::Record(*RecordId::of(text.as_bytes()).as_bytes());
    let mut entries: Vec<_> = chain_of_results().iter().map(record).collect();
    entries.push(LogEntry::Photo(*photo_hash("protocol original").as_bytes()));
    entries
}

fn tree() -> Tree {
    let mut tree = Tree::new();
    for entry in entries() {
        tree.push(entry.leaf_hash());
    }
    tree
}

fn checkpoint() -> String {
    let signer = signer();
    let origin = signer.verifier_key().name().clone();
    Checkpoint { origin, size: tree().len(), root: tree().root() }.sign(&signer)
}

fn receipt(index: u64) -> ReceiptPart {
    ReceiptPart::new(index, &tree().inclusion_proof(index, tree().len()).unwrap())
}

fn seen() -> Seen {
    let root = TreeRoot::from_bytes(*tree().root_at(2).unwrap().as_bytes());
    Seen { origin: signer().verifier_key().name().to_string(), size: 2, root }
}

fn record(position: usize) -> RecordId {
    RecordId::of(chain_of_results()[position].as_bytes())
}

fn bitmap(cells: &[u64]) -> CellBitmap {
    let mut bitmap = CellBitmap::default();
    cells.iter().for_each(|cell| bitmap.set(*cell));
    bitmap
}

fn partial() -> PhotoState {
    PhotoState { have: bitmap(&[0, 1, 2, 9, 95]), complete: false }
}

fn complete() -> PhotoState {
    PhotoState { have: CellBitmap::default(), complete: true }
}

#[test]
fn hello() {
    let hello = Hello {
        election: ElectionId::new("exercise-2030").unwrap(),
        log_origin: signer().verifier_key().name().to_string(),
        pack_version: 3,
        server_time: NOW,
        limits: Limits::default(),
    };
    check("hello", &hello);
}

#[test]
fn enrolment() {
    let request = |role: Role, signer: Signer| {
        sign(&signer.key(), Kind::EnrolmentRequest, &examples::request(role)).unwrap()
    };
    let request = request(Role::Results, Signer::Results);
    let enrolment = examples::statement(17, examples::enrolment(Role::Results, &request));
    let enrolment = sign_statement(&Signer::Hq.key(), &enrolment).unwrap();
    // A fixed manifest: the set-up's files may gain members, this exchange stays as it was.
    let parts = [(PartName::Forms, part(b"forms")), (PartName::Units, part(b"units"))];
    let manifest = hattama_proto::pack::PackManifest { version: 3, parts: parts.into() };
    let pack = sign_statement(&Signer::Root.key(), &examples::statement(4, manifest)).unwrap();
    check("enrolment-request", &EnrolmentPush { request });
    let keys = [Signer::Hq, Signer::Root].map(|signer| signer.key().public());
    check(
        "enrolment-reply",
        &EnrolmentReply {
            enrolment,
            device_token: "dGhpcyBpcyBub3QgYSB0b2tlbg".into(),
            token_expires_at: NOW.plus_ms(1_209_600_000),
            pack,
            keys: keys.map(|key| (key.kid(), key)).into(),
            ticket: None,
        },
    );
}

fn part(bytes: &[u8]) -> PartRef {
    PartRef { sha256: PartHash::of(bytes), bytes: bytes.len() as u64 }
}

#[test]
fn session() {
    let kid = Signer::Results.key().kid();
    check("session-request", &SessionRequest { kid, answer: None });
    let challenge = "bm9ib2R5IGtub3dzIHRoaXM".to_owned();
    let answer = ChallengeAnswer::sign(&Signer::Results.key(), challenge.clone());
    assert!(answer.is_by(&Signer::Results.key().public()));
    assert!(!answer.is_by(&Signer::Incidents.key().public()));
    check("session-request-answer", &SessionRequest { kid, answer: Some(answer) });
    holds("session-reply-challenge", &SessionReply::Challenge(challenge));
    let token = SessionReply::Token {
        device_token: "dGhpcyBpcyBub3QgYSB0b2tlbg".into(),
        token_expires_at: NOW.plus_ms(1_209_600_000),
    };
    holds("session-reply-token", &token);
}

#[test]
fn part_location() {
    check("part-location", &PartLocation { name: PartName::Forms, part: part(b"forms") });
}

#[test]
fn push_request() {
    let keys = [Signer::Results, Signer::Incidents].map(|signer| signer.key().public());
    let request = PushRequest {
        records: vec![chain_of_results().remove(0), chain_of_incidents().remove(0)],
        keys: keys.map(|key| (key.kid(), key)).into(),
        seen: Some(seen()),
    };
    check("push-request", &request);
    let least = PushRequest { records: vec![chain_of_results().remove(1)], ..Default::default() };
    check("push-request-least", &least);
}

#[test]
fn push_reply() {
    let plain = |position, verdict| RecordVerdict {
        id: record(position),
        verdict,
        reason: None,
        retry_after_s: None,
        receipt: Some(receipt(position as u64)),
    };
    let held = HeldReason::OutsideMandate.name().to_owned();
    let results = vec![
        plain(0, Verdict::Stored),
        plain(1, Verdict::Duplicate),
        RecordVerdict { reason: Some(held), ..plain(2, Verdict::Held) },
        RecordVerdict {
            reason: Some(DeferredReason::KeyMissing.name().into()),
            retry_after_s: Some(30),
            receipt: None,
            ..plain(3, Verdict::Deferred)
        },
        RecordVerdict {
            reason: Some(RejectedReason::BadSignature.name().into()),
            receipt: None,
            ..plain(4, Verdict::Rejected)
        },
    ];
    let proof = tree().consistency_proof(2, tree().len()).unwrap();
    let reply = PushReply {
        results,
        checkpoint: Some(checkpoint()),
        consistency: Some(proof.iter().map(hattama_proto::tlog::Hash::to_base64).collect()),
        epoch: None,
        have: vec![photo_hash("protocol original")],
        server_time: NOW,
    };
    check("push-reply", &reply);
    let least = PushReply {
        results: vec![],
        checkpoint: None,
        consistency: None,
        epoch: None,
        have: vec![],
        server_time: NOW,
    };
    check("push-reply-least", &least);
    check("push-reply-restored", &PushReply { epoch: Some(epoch()), ..reply });
}

#[test]
fn the_receipts_in_the_push_reply_hold() {
    let reply: PushReply = serde_json::from_str(&golden::read("wire-v1/push-reply.json")).unwrap();
    let signer = signer();
    let key = signer.verifier_key();
    for result in reply.results.iter().filter(|result| result.receipt.is_some()) {
        let part = result.receipt.as_ref().unwrap();
        let receipt: Receipt = part.with_checkpoint(reply.checkpoint.as_ref().unwrap()).unwrap();
        let entry = LogEntry::Record(*result.id.as_bytes());
        assert_eq!(receipt.verify(&entry, key.name(), key).unwrap().size, 6);
    }
}

#[test]
fn a_verdict_of_a_later_version_is_read_as_unknown() {
    let text = format!(r#"{{"id":"{}","verdict":"postponed"}}"#, record(0));
    let verdict: RecordVerdict = serde_json::from_str(&text).unwrap();
    assert_eq!(verdict.verdict, Verdict::Unknown);
}

#[test]
fn photo_replies() {
    let state = partial();
    let so_far = PhotoReply { state, receipt: None, checkpoint: None, held_sealed: false };
    check("photo-reply", &so_far);
    let whole = PhotoReply {
        state: complete(),
        receipt: Some(receipt(5)),
        checkpoint: Some(checkpoint()),
        held_sealed: false,
    };
    check("photo-reply-complete", &whole);
    let state = PhotoState { complete: false, ..complete() };
    let held = PhotoReply { state, receipt: None, checkpoint: None, held_sealed: true };
    check("photo-reply-held-sealed", &held);
}

#[test]
fn status() {
    let request = StatusRequest {
        kid: Signer::Results.key().kid(),
        records: vec![record(0), record(1)],
        photos: vec![photo_hash("protocol original"), photo_hash("door original")],
    };
    check("status-request", &request);
    let reply = StatusReply {
        chain: ChainState { highest: Some(9), gaps: vec![(3, 3), (6, 8)], forks: vec![2] },
        records: vec![(record(0), receipt(0))],
        photos: vec![
            (photo_hash("protocol original"), complete()),
            (photo_hash("door original"), partial()),
        ],
        photo_receipts: Vec::new(),
        checkpoint: Some(checkpoint()),
    };
    check("status-reply", &reply);
    let photo_receipts = vec![(photo_hash("protocol original"), receipt(5))];
    check("status-reply-photos", &StatusReply { photo_receipts, ..reply });
}

#[test]
fn feed() {
    let statement = || {
        let claims = examples::statement(10, examples::revocation());
        sign_statement(&Signer::Hq.key(), &claims).unwrap()
    };
    let kinds = [
        FeedKind::Pack { manifest: statement() },
        FeedKind::Revocation { statement: statement() },
        FeedKind::Decision { record: record(0), statement: statement() },
        FeedKind::SendOriginal { photo: PhotoHash::of(b"door original") },
    ];
    let items = kinds.into_iter().zip(101..).map(|(item, at)| FeedItem { at, item }).collect();
    check("feed", &Feed { items, next: 104 });
    let restored = FeedItem { at: 90, item: FeedKind::Epoch { statement: epoch() } };
    check("feed-restored", &Feed { items: vec![restored], next: 90 });
    let message = sign_statement(&Signer::Hq.key(), &examples::statement(7, examples::message()));
    let next = examples::statement(10, examples::succession());
    let next = sign_statement(&Signer::Root.key(), &next);
    let items = vec![
        FeedItem { at: 120, item: FeedKind::Message { statement: message.unwrap() } },
        FeedItem { at: 121, item: FeedKind::Succession { statement: next.unwrap() } },
    ];
    check("feed-messages", &Feed { items, next: 121 });
}

#[test]
fn a_feed_item_of_a_later_version_is_read_as_unknown() {
    let text = r#"{"items":[{"at":1,"item":{"kind":"of-tomorrow","words":"!"}}],"next":1}"#;
    let feed: Feed = serde_json::from_str(text).unwrap();
    assert_eq!(feed.items[0].item, FeedKind::Unknown);
}

#[test]
fn receipts() {
    let subject = |kind, subject, index| SubjectReceipt { kind, subject, receipt: receipt(index) };
    let photo = photo_hash("protocol original").to_hex();
    let reply = ReceiptsReply {
        receipts: vec![
            subject(ReceiptKind::Record, record(0).to_hex(), 0),
            subject(ReceiptKind::Photo, photo, 5),
        ],
        checkpoint: Some(checkpoint()),
        next: Some(6),
    };
    check("receipts-reply", &reply);
}

#[test]
fn problems() {
    let mut problem = Problem::new(ProblemCode::TooManyRequests, "wait, then send the rest");
    problem.retry_after_s = Some(45);
    check("problem", &problem);
    check("problem-least", &Problem::new(ProblemCode::NotExpected, "send the record first"));
}

#[test]
fn a_problem_of_a_later_version_is_read_as_unknown() {
    let text = r#"{"type":"urn:hattama:problem:new","code":"new","status":418,"detail":"?"}"#;
    let problem: Problem = serde_json::from_str(text).unwrap();
    assert_eq!(problem.code, ProblemCode::Unknown);
    assert_eq!(problem.status, 418);
}

#[test]
fn the_parts_of_a_set_up() {
    check("pack-election", &examples::election_part());
    // What it may say besides: a set-up without it is the same bytes as before there was sealing.
    check("pack-sealing", &examples::sealing());
    check("pack-forms", &examples::form_part());
    check("pack-incidents", &examples::incident_part());
    check("pack-units", &examples::unit_part());
}

#[test]
fn the_invitation_is_read_and_written_as_committed() {
    let invitation = examples::invitation();
    check("invitation", &invitation);
    let text: String = {
        let name = "wire-v1/invitation-text.json";
        if golden::writing() && !golden::path(name).exists() {
            golden::write(name, &invitation.to_text());
        }
        serde_json::from_str(&golden::read(name)).unwrap()
    };
    assert_eq!(text.parse::<hattama_proto::invitation::Invitation>().unwrap(), invitation);
    assert_eq!(invitation.to_text(), text);
}
