//! From a witness's word to a phone's receipt.

use std::{thread::sleep, time::Duration};

use hattama_client_core::PumpEnd;
use hattama_proto::{
    id::{PhotoHash, RecordId},
    tlog::{LogEntry, Receipt, Witnessed},
};
use hattama_server::setup::NewWitnesses;
use hattama_tests::form::plain_photo;
use hattama_tests::world::{Ending, Phone, Watcher, World, code};
use serde_json::json;

/// How often a phone syncs until its receipt is cosigned: some rounds of headquarters.
const SYNCS_MAX: u32 = 100;
const SYNC_WAIT: Duration = Duration::from_millis(200);

fn receipt(phone: &Phone, record: RecordId) -> Witnessed {
    let text = phone.notebook().record_receipt(record).unwrap().expect("it was synced");
    witnessed(phone, &text, &LogEntry::Record(*record.as_bytes()))
}

fn photo_receipt(phone: &Phone, photo: PhotoHash) -> Witnessed {
    let text = phone.notebook().photo_receipt(photo).unwrap().expect("it was synced");
    witnessed(phone, &text, &LogEntry::Photo(*photo.as_bytes()))
}

fn witnessed(phone: &Phone, text: &str, entry: &LogEntry) -> Witnessed {
    let policy = phone.notebook().pack().unwrap().unwrap().election.keys.policy().unwrap();
    Receipt::parse(text).unwrap().verify_by(entry, &policy).unwrap()
}

/// The witnesses learn of the log, and the phone syncs until the receipt of its record is cosigned.
pub(super) fn watch_until_cosigned(
    watchers: &[Watcher],
    world: &World,
    phone: &Phone,
    record: RecordId,
) {
    for watcher in watchers {
        watcher.watch(world.witness().key());
    }
    for _ in 0..SYNCS_MAX {
        phone.sync_once();
        if receipt(phone, record).is_enough() {
            return;
        }
        sleep(SYNC_WAIT);
    }
    panic!("the receipt was never cosigned");
}

/// The request for a witness, once what is published covers so many entries.
fn request_over(world: &World, witness: &str, size: u64) -> String {
    for _ in 0..SYNCS_MAX {
        let asked = world.wire().get(&format!("/v1/cosignatures/request?witness={witness}"));
        if asked.status == 200 && asked.json()["size"].as_u64().unwrap() >= size {
            return asked.json()["request"].as_str().unwrap().to_owned();
        }
        sleep(SYNC_WAIT);
    }
    panic!("nothing was published");
}

#[test]
fn a_receipt_comes_at_once_and_its_cosignatures_when_they_are_there() {
    let watchers = [Watcher::start("w1.example"), Watcher::start("w2.example")];
    let known = watchers.iter().map(Watcher::on_the_network).collect();
    let world = World::watched_by(NewWitnesses { known, quorum: 2 });
    let phone = world.phone();
    let captured = phone.photographed(world.country().precinct(1), 1, &plain_photo(4, 40_000));
    let (record, photos) = (captured.record, captured.photos);
    // The witnesses do not know the log yet: nothing waits for them.
    phone.sync();
    let first = phone.notebook().record_receipt(record).unwrap();
    assert_eq!(receipt(&phone, record).cosigned.len(), 0);

    for watcher in &watchers {
        watcher.watch(world.witness().key());
    }
    for _ in 0..SYNCS_MAX {
        let report = phone.sync_once();
        assert_eq!((report.end, report.alarms), (PumpEnd::Done, Vec::new()));
        let mut of_photos = photos.iter().map(|photo| photo_receipt(&phone, *photo));
        if receipt(&phone, record).is_enough() && of_photos.all(|one| one.is_enough()) {
            break;
        }
        sleep(SYNC_WAIT);
    }
    assert!(!photos.is_empty());
    for photo in photos {
        assert_eq!(photo_receipt(&phone, photo).cosigned.len(), 2, "of photographs as of records");
    }
    let witnessed = receipt(&phone, record);
    assert_eq!(witnessed.cosigned.len(), 2, "both vouch for one checkpoint");
    assert_ne!(phone.notebook().record_receipt(record).unwrap(), first);
}

#[test]
fn a_stick_does_what_the_network_does() {
    let watcher = Watcher::start("w.example");
    let known = vec![watcher.by_stick()];
    let world = World::watched_by(NewWitnesses { known, quorum: 1 });
    watcher.watch(world.witness().key());
    let phone = world.phone();
    let record = phone.protocol(code("01"), 1);
    phone.sync();

    let size = receipt(&phone, record).checkpoint.size;
    let request = request_over(&world, "w.example", size);
    let cosigned = watcher.witness().cosign(&request).expect("the log is honest");
    for _twice in 0..2 {
        let taken = world.wire().post("/v1/cosignatures", &json!({ "note": cosigned.note }));
        assert_eq!(taken.status, 200, "{}", taken.text());
        assert_eq!(taken.json()["cosignatures"], 1);
    }
    phone.sync_once();
    assert!(receipt(&phone, record).is_enough());

    // What was not signed by a known witness, or not for this log, is not taken.
    let forged = cosigned.note.replacen(&watcher.key().id().to_string(), "00000000", 1);
    let stranger = Watcher::start("stranger.example");
    stranger.watch(world.witness().key());
    let strange = stranger.witness().cosign(&request);
    let strange = strange.map(|done| done.note).unwrap_or(forged);
    let refused = world.wire().post("/v1/cosignatures", &json!({ "note": strange }));
    assert_eq!(refused.status, 422, "{}", refused.text());
}

/// An unpublished size would tell whoever watches when something came in.
#[test]
fn a_witness_is_asked_about_what_is_published_and_never_about_more() {
    let watcher = Watcher::start("w.example");
    let known = vec![watcher.by_stick()];
    let mut world = World::watched_by(NewWitnesses { known, quorum: 1 });
    let early = world.phone();
    early.protocol(code("01"), 1);
    early.sync();
    request_over(&world, "w.example", 4);
    world.end(Ending::InOrder);
    let path = world.data().join("hattama.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let daily = config.replace("log_publish = \"1s\"", "log_publish = \"daily\"");
    assert_ne!(config, daily, "the schedule stands in the file");
    std::fs::write(&path, daily).unwrap();
    world.start();

    let published = world.wire().get("/log/checkpoint").text();
    let phone = world.phone();
    let record = phone.protocol(code("01"), 2);
    phone.sync();
    let newest = receipt(&phone, record).checkpoint.size;
    let asked = world.wire().get("/v1/cosignatures/request?witness=w.example").json();
    let (size, request) = (asked["size"].as_u64().unwrap(), asked["request"].as_str().unwrap());
    assert!(size < newest, "the log has moved on to {newest}");
    assert_eq!(published.lines().nth(1), Some(size.to_string().as_str()));
    assert!(request.ends_with(&published), "the very note that anybody can see: {request}");
}

#[test]
fn a_headquarters_without_witnesses_asks_phones_for_nothing() {
    let world = World::new();
    let phone = world.phone();
    let record = phone.protocol(code("01"), 1);
    phone.sync();
    let report = phone.sync_once();
    assert_eq!((report.end, report.bytes_sent), (PumpEnd::Done, 0));
    let witnessed = receipt(&phone, record);
    assert!(witnessed.cosigned.is_empty() && witnessed.quorum == 0);
}
