//! From a witness's word to a phone's receipt.

use std::{thread::sleep, time::Duration};

use hattama_client_core::PumpEnd;
use hattama_proto::{
    id::RecordId,
    tlog::{LogEntry, Receipt, Witnessed},
};
use hattama_server::setup::NewWitnesses;
use hattama_tests::world::{Phone, Watcher, World, code};
use serde_json::json;

/// How often a phone syncs until its receipt is cosigned: some rounds of headquarters.
const SYNCS_MAX: u32 = 100;
const SYNC_WAIT: Duration = Duration::from_millis(200);

fn receipt(phone: &Phone, record: RecordId) -> Witnessed {
    let text = phone.notebook().record_receipt(record).unwrap().expect("it was synced");
    let policy = phone.notebook().pack().unwrap().unwrap().election.keys.policy().unwrap();
    let receipt = Receipt::parse(&text).unwrap();
    receipt.verify_by(&LogEntry::Record(*record.as_bytes()), &policy).unwrap()
}

#[test]
fn a_receipt_comes_at_once_and_its_cosignatures_when_they_are_there() {
    let watchers = [Watcher::start("w1.example"), Watcher::start("w2.example")];
    let known = watchers.iter().map(Watcher::on_the_network).collect();
    let world = World::watched_by(NewWitnesses { known, quorum: 2 });
    let phone = world.phone();
    let record = phone.protocol(code("01"), 1);
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
        if receipt(&phone, record).is_enough() {
            break;
        }
        sleep(SYNC_WAIT);
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

    let asked = world.wire().get("/v1/cosignatures/request?witness=w.example");
    assert_eq!(asked.status, 200, "{}", asked.text());
    let request = asked.json()["request"].as_str().unwrap().to_owned();
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
