//! Headquarters' disk is full: it says so, acknowledges nothing, loses nothing and goes on when
//! there is room again.

use std::{collections::BTreeSet, sync::Arc};

use hattama_client_core::Trouble;
use hattama_proto::{
    id::PhotoHash,
    problem::ProblemCode,
    record::PhotoRole,
    wire::{PushRequest, Verdict},
};
use hattama_tests::{
    engine::Engine,
    form::plain_photo,
    world::{Country, Device, Ending, Signed, SmallDisk, World},
};

#[test]
fn records_pushed_onto_a_full_disk_are_not_acknowledged_and_taken_later() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let mut world = World::on_disk(&disk);
    records_are_taken_again(&mut world, &disk);
}

#[test]
fn a_store_that_has_filled_its_disk_to_the_last_page_refuses_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let mut world = World::on_disk(&disk);
    // Nobody looks whether there is room: SQLite, and the file of the log's head, find out themselves.
    world.end(Ending::InOrder);
    let settings = world.data().join("hattama.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let careless = text.replace("disk_full_percent = 90", "disk_full_percent = 100");
    assert_ne!(careless, text);
    std::fs::write(&settings, careless).unwrap();
    world.start();
    records_are_taken_again(&mut world, &disk);
}

/// The disk fills while records come; afterwards all of them are there, once, and nothing is torn.
fn records_are_taken_again(world: &mut World, disk: &SmallDisk) {
    let (mut device, mut witness) = (world.device(1), world.witness());
    let unit = world.country().precinct(0);
    let records: Vec<Signed> = (0..600).map(|n| device.protocol(unit.clone(), n)).collect();
    let (early, late) = records.split_at(20);
    witness.push(&world.wire().push_all(early));
    disk.fill();

    let wire = world.wire();
    let mut acknowledged: BTreeSet<_> = early.iter().map(|record| record.id).collect();
    let mut refusals = 0;
    for batch in late.chunks(20) {
        let records = batch.iter().map(|record| record.text.clone()).collect();
        match wire.push(&PushRequest { records, ..PushRequest::default() }) {
            Ok(reply) => acknowledged.extend(witness.push(&reply)),
            Err(problem) => {
                let full = [ProblemCode::StorageFull, ProblemCode::StoreUnavailable];
                assert!(full.contains(&problem.code), "{problem:?}");
                assert!(problem.retry_after_s.is_some(), "it says when to come back: {problem:?}");
                refusals += 1;
            }
        }
    }
    assert!(refusals > 0, "the disk was not full at all");
    assert!(acknowledged.is_subset(&wire.record_ids()), "what was acknowledged is there");

    disk.relieve();
    for batch in records.chunks(60) {
        let reply = wire.push_all(batch);
        assert_eq!(witness.push(&reply).len(), batch.len(), "it goes on by itself");
        for result in reply.results {
            assert!(matches!(result.verdict, Verdict::Stored | Verdict::Duplicate));
        }
    }
    world.end(Ending::AtOnce);
    assert_eq!(world.fsck(), None);
    world.start();
    let wire = world.wire();
    assert_eq!(wire.record_ids(), records.iter().map(|record| record.id).collect());
    witness.history(&wire, &records[0]);
}

#[test]
fn a_photo_sent_to_a_full_disk_waits_on_the_phone_and_arrives_later() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let world = World::on_disk(&disk);
    let (phone, bytes) = (world.phone(), plain_photo(1, 2_000_000));
    let mut device = world.device(1);
    let photo = Device::photo(&bytes, PhotoRole::Original);
    let unit = world.country().precinct(0);
    world.wire().push_all([&device.protocol_with(unit.clone(), 1, vec![photo.clone()])]);
    disk.fill();
    let refused = world.wire().put(&photo.sha256, &bytes).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::StorageFull, 507));
    assert!(refused.retry_after_s.is_some());

    let captured = phone.photographed(unit, 2, &bytes);
    let report = phone.sync_once();
    assert!(matches!(report.trouble, Some(Trouble::Headquarters { .. })), "{report:?}");
    assert_eq!((report.rejected, report.photos_complete), (0, 0), "{report:?}");
    assert!(!phone.waiting().is_empty());

    disk.relieve();
    assert!(world.wire().put(&photo.sha256, &bytes).unwrap().state.complete);
    // Headquarters said when to come back, and a phone keeps to that: so ask in its place.
    let wire = world.wire();
    let text = phone.notebook().signed_text(captured.record).unwrap();
    assert_eq!(wire.push_all([&Signed::of(text)]).results.len(), 1);
    assert_eq!(world.blob(&PhotoHash::of(&bytes)).unwrap(), bytes);
}

#[test]
fn a_disk_that_is_nearly_full_takes_nothing_more_and_keeps_room_for_decisions() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let mut world = World::on_disk(&disk);
    let mut device = world.device(1);
    let unit = world.country().precinct(0);
    let early = device.protocol(unit.clone(), 1);
    let id = early.id;
    world.wire().push_all([&early]);
    let photo = Device::photo(&plain_photo(1, 50_000), PhotoRole::Original);
    let named = device.protocol_with(unit.clone(), 2, vec![photo.clone()]);
    world.wire().push_all([&named]);

    disk.fill_to(91);
    let late = device.protocol(unit, 3);
    let batch = PushRequest { records: vec![late.text.clone()], ..PushRequest::default() };
    let refused = world.wire().push(&batch).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::StorageFull, 507));
    assert!(refused.retry_after_s.is_some());
    let refused = world.wire().put(&photo.sha256, &plain_photo(1, 50_000)).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::StorageFull, 507));
    // There is room left for what headquarters itself has to say.
    let decision = serde_json::json!({"disposition": "set_aside", "reason": "unreadable"});
    let decided = world.wire().post(&format!("/v1/records/{id}/decisions"), &decision);
    assert_eq!(decided.status, 200, "{}", decided.text());

    disk.relieve();
    assert_eq!(world.wire().push_all([&late]).results.len(), 1);
    world.end(Ending::InOrder);
    world.start();
    assert!(world.wire().record_ids().contains(&late.id), "and the log is whole");
}

/// A device whose record names these bytes, and which is answered.
fn announce(world: &World, seed: u64, bytes: &[u8]) -> PhotoHash {
    let mut device = world.device(seed);
    let photo = Device::photo(bytes, PhotoRole::Original);
    let unit = world.country().precinct(0);
    world.wire().push_all([&device.protocol_with(unit, seed, vec![photo.clone()])]);
    photo.sha256
}

#[test]
fn where_arriving_photographs_have_filled_their_disk_records_go_on() {
    let mut world = World::new();
    let Some(disk) = SmallDisk::mount_over(&world.data().join("partial"), 4) else { return };
    let bytes = plain_photo(4, 2_000_000);
    let photo = announce(&world, 1, &bytes);
    disk.fill();
    for _ in 0..2 {
        let refused = world.wire().put(&photo, &bytes).unwrap_err();
        assert_eq!((refused.code, refused.status), (ProblemCode::StorageFull, 507));
        assert!(refused.retry_after_s.is_some());
    }
    // Announced while nothing fits: its record was taken.
    let other = plain_photo(5, 40_000);
    let second = announce(&world, 2, &other);
    disk.relieve();
    assert!(world.wire().put(&photo, &bytes).unwrap().state.complete);
    assert!(world.wire().put(&second, &other).unwrap().state.complete);
    assert_eq!(world.blob(&photo).unwrap(), bytes);
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
}

#[test]
fn where_whole_photographs_have_filled_their_disk_what_came_waits_in_the_data_folder() {
    let Some(disk) = SmallDisk::mount(4) else { return };
    let (place, disk) = (disk.path().display().to_string(), Arc::new(disk));
    let engine = Engine::sqlite().with_blobs(place, Arc::<SmallDisk>::clone(&disk));
    let mut world = World::of(Country::small(), engine);
    let bytes = plain_photo(6, 1_500_000);
    let photo = announce(&world, 1, &bytes);
    disk.fill();
    let refused = world.wire().put(&photo, &bytes).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::StorageFull, 507));
    assert!(world.blob(&photo).is_none(), "half of it is not there");
    announce(&world, 2, b"records go on");
    disk.relieve();
    let last = bytes.len() / 32_768 * 32_768;
    let reply = world.wire().put_range(&photo, last, &bytes[last..], bytes.len()).unwrap();
    assert!(reply.state.complete, "the last cell is enough");
    assert_eq!(world.blob(&photo).unwrap(), bytes);
    world.end(Ending::InOrder);
    assert_eq!(world.fsck(), None);
}
