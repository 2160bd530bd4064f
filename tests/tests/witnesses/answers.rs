//! Every answer of `tlog-witness`, to the byte and the status.

use hattama_proto::tlog::{
    AddCheckpoint, Checkpoint, KeyName, NoteSignature, NoteSigner, SignedNote, Tree, cosignatures,
    leaf_hash,
};
use hattama_tests::world::Watcher;

fn log(seed: u8) -> NoteSigner {
    NoteSigner::from_seed(KeyName::new("log.example").unwrap(), &[seed; 32])
}

fn tree(leaves: &[u8]) -> Tree {
    leaves.iter().map(|leaf| leaf_hash(&[*leaf])).collect()
}

fn request(tree: &Tree, old_size: u64, by: &NoteSigner) -> AddCheckpoint {
    let origin = by.verifier_key().name().clone();
    let note = Checkpoint { origin, size: tree.len(), root: tree.root() }.sign(by);
    let proof = tree.consistency_proof(old_size, tree.len()).unwrap();
    AddCheckpoint { old_size, proof, note }
}

/// Status, content type and body.
fn post(watcher: &Watcher, body: &str) -> (u16, String, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer =
        agent.post(format!("{}/add-checkpoint", watcher.url())).send(body).expect("it answers");
    let kind = answer.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap());
    let (status, kind) = (answer.status().as_u16(), kind.to_owned());
    (status, kind, answer.body_mut().read_to_string().unwrap())
}

#[test]
fn every_answer_is_the_one_that_the_specification_demands() {
    let watcher = Watcher::start("w.example");
    let grown = request(&tree(&[1, 2, 3]), 0, &log(5));
    assert_eq!(post(&watcher, &grown.to_text()).0, 404, "the log is not known");
    watcher.watch(log(5).verifier_key());

    assert_eq!(post(&watcher, &request(&tree(&[1, 2, 3]), 0, &log(6)).to_text()).0, 403);
    let (status, _, body) = post(&watcher, &grown.to_text());
    assert_eq!(status, 200);
    let line = NoteSignature::parse(body.strip_suffix('\n').unwrap()).unwrap();
    let note = SignedNote::parse(&grown.note).unwrap().with([line]).unwrap();
    assert_eq!(cosignatures(&note, std::slice::from_ref(watcher.key())).unwrap().len(), 1);

    let (status, kind, body) = post(&watcher, &request(&tree(&[1, 2, 3, 4]), 0, &log(5)).to_text());
    assert_eq!((status, kind.as_str(), body.as_str()), (409, "text/x.tlog.size", "3\n"));
    assert_eq!(post(&watcher, &request(&tree(&[1, 9, 3, 4]), 3, &log(5)).to_text()).0, 422);
    assert_eq!(post(&watcher, &request(&tree(&[1, 9, 3]), 3, &log(5)).to_text()).0, 422);
    let beyond = AddCheckpoint { old_size: 9, ..grown.clone() };
    assert_eq!(post(&watcher, &beyond.to_text()).0, 400);
    assert_eq!(post(&watcher, "old x\n\n").0, 400);
    assert_eq!(post(&watcher, &request(&tree(&[1, 2, 3, 4]), 3, &log(5)).to_text()).0, 200);

    // The read side, for monitors.
    let origin = ring::digest::digest(&ring::digest::SHA256, b"log.example");
    let hex: String = origin.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut shown = ureq::get(format!("{}/{hex}/checkpoint", watcher.url())).call().unwrap();
    let shown = shown.body_mut().read_to_string().unwrap();
    assert_eq!(Some(shown), watcher.witness().head("log.example").unwrap());
}

#[test]
fn of_many_requests_at_once_only_one_history_is_cosigned() {
    let watcher = Watcher::start("w.example");
    watcher.watch(log(5).verifier_key());
    assert_eq!(post(&watcher, &request(&tree(&[1]), 0, &log(5)).to_text()).0, 200);
    let requests: Vec<String> =
        (0..16).map(|own| request(&tree(&[1, own]), 1, &log(5)).to_text()).collect();
    let answers: Vec<u16> = std::thread::scope(|threads| {
        let asked: Vec<_> =
            requests.iter().map(|request| threads.spawn(|| post(&watcher, request).0)).collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
}
