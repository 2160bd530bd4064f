//! The main job, and the same said many times over.

use std::collections::BTreeSet;

use hattama_client_core::{PumpEnd, RecordProgress};
use hattama_proto::{
    record::PhotoRole,
    wire::{PushRequest, Verdict},
};
use hattama_tests::{
    form::plain_photo,
    in_every_world,
    proxy::Mood,
    world::{Signed, World},
};

in_every_world![
    one_protocol_with_its_photograph_arrives_whole_and_once,
    any_order_grouping_and_repetition_of_a_chain_counts_once,
    a_chain_with_a_hole_is_told_and_the_hole_can_be_filled,
];

fn one_protocol_with_its_photograph_arrives_whole_and_once(world: &World) {
    let (phone, wire, mut witness) = (world.phone(), world.wire(), world.witness());
    let (unit, photo) = (world.country().precinct(3), plain_photo(1, 150_000));
    let captured = phone.photographed(unit.clone(), 5, &photo);
    assert_eq!(captured.findings, [], "the invented figures add up");
    phone.sync();

    let notebook = phone.notebook();
    let item = notebook.get(captured.record).unwrap();
    assert_eq!(item.progress, RecordProgress::Acked);
    let receipt = notebook.record_receipt(captured.record).unwrap().unwrap();
    witness.record_file(&receipt, &captured.record);
    let receipt = notebook.photo_receipt(captured.photos[0]).unwrap().unwrap();
    witness.photo_file(&receipt, &captured.photos[0]);
    assert_eq!(world.blob(&captured.photos[0]).unwrap(), photo);

    let file = wire.get_json(&format!("/v1/units/{unit}"));
    assert_eq!(file["coverage"], "obtained");
    assert_eq!(file["entries"][0]["record"], captured.record.to_hex());
    assert_eq!(file["entries"][0]["standing"], "counted");
    assert_eq!(file["documents"].as_array().unwrap().len(), 1);

    let (records, root) = (wire.records(), wire.state_root());
    assert_eq!(records, [(captured.record, None)]);
    for _ in 0..3 {
        let report = phone.sync_once();
        assert_eq!(report.end, PumpEnd::Done);
        assert_eq!((report.stored, report.duplicate, report.bytes_sent), (0, 0, 0));
    }
    assert_eq!((wire.records(), wire.state_root()), (records, root));
}

fn any_order_grouping_and_repetition_of_a_chain_counts_once(world: &World) {
    let (wire, mut device, mut witness) = (world.wire(), world.device(1), world.witness());
    let records: Vec<Signed> = (0..40)
        .map(|number| device.protocol(world.country().precinct(number), number as u64))
        .collect();
    // Four couriers carry the same forty records in different orders and bundles, at once.
    let replies = std::thread::scope(|scope| {
        let couriers: Vec<_> = (1..=4_usize)
            .map(|courier| {
                let (wire, records) = (wire.clone(), &records);
                scope.spawn(move || {
                    let mut order: Vec<&Signed> = records.iter().collect();
                    order.rotate_left(courier * 7);
                    if courier % 2 == 0 {
                        order.reverse();
                    }
                    order
                        .chunks(courier * 3)
                        .map(|bundle| wire.push_all(bundle.iter().copied()))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        couriers.into_iter().flat_map(|courier| courier.join().unwrap()).collect::<Vec<_>>()
    });
    let mut stored = BTreeSet::new();
    for reply in &replies {
        witness.push(reply);
        for result in &reply.results {
            match result.verdict {
                Verdict::Stored => assert!(stored.insert(result.id), "stored twice"),
                verdict => assert_eq!(verdict, Verdict::Duplicate),
            }
        }
    }
    let ids: BTreeSet<_> = records.iter().map(|record| record.id).collect();
    assert_eq!(stored, ids);
    assert_eq!(wire.record_ids(), ids);
    let entries: usize = world
        .country()
        .precincts()
        .iter()
        .map(|unit| {
            let file = wire.get_json(&format!("/v1/units/{unit}"));
            file["entries"].as_array().unwrap().len()
        })
        .sum();
    assert_eq!(entries, 40);
    witness.history(&wire, &records[0]);
}

fn a_chain_with_a_hole_is_told_and_the_hole_can_be_filled(world: &World) {
    let (wire, mut device) = (world.wire(), world.device(1));
    let unit = world.country().precinct(0);
    let records: Vec<Signed> = (0..4).map(|n| device.protocol(unit.clone(), n)).collect();
    assert_eq!(wire.push_one(&records[3]).verdict, Verdict::Stored);
    assert_eq!(wire.push_one(&records[1]).verdict, Verdict::Stored);
    let status = || {
        let asked = hattama_proto::wire::StatusRequest {
            kid: device.kid(),
            records: Vec::new(),
            photos: Vec::new(),
        };
        wire.status(&asked).unwrap().chain
    };
    assert_eq!((status().highest, status().gaps), (Some(3), vec![(0, 0), (2, 2)]));
    wire.push_all([&records[0], &records[2]]);
    assert_eq!((status().highest, status().gaps), (Some(3), vec![]));
}

#[test]
fn a_record_twice_in_one_batch_is_answered_once() {
    let world = World::new();
    let (wire, mut device) = (world.wire(), world.device(1));
    let record = device.protocol(world.country().precinct(0), 1);
    let records = vec![record.text.clone(); 5];
    let reply = wire.push(&PushRequest { records, ..PushRequest::default() }).unwrap();
    assert_eq!(reply.results.len(), 1);
    assert_eq!(reply.results[0].verdict, Verdict::Stored);
    assert_eq!(wire.records().len(), 1);
}

#[test]
fn a_network_that_says_everything_twice_changes_nothing() {
    let world = World::new();
    let (phone, wire) = (world.phone(), world.wire());
    world.proxy.mood(Mood::Twice);
    let mut captured = BTreeSet::new();
    for number in 0..4_u32 {
        let photo = plain_photo(number.into(), 60_000);
        let unit = world.country().precinct(0);
        captured.insert(phone.photographed(unit, number.into(), &photo).record);
        phone.sync();
        // The conversation ends here, and is had once more with headquarters.
        world.proxy.hang_up();
    }
    world.proxy.mood(Mood::Carry);
    phone.sync();
    assert_eq!(wire.record_ids(), captured);
    for (_, held) in wire.records() {
        assert_eq!(held, None, "a repeated record is no fork");
    }
}

#[test]
fn pictures_are_made_of_a_photograph_and_arrive_with_it() {
    let world = World::new();
    let phone = world.painter();
    let photo = plain_photo(1, 400_000);
    let captured = phone.photographed(world.country().precinct(0), 1, &photo);
    phone.sync();
    let item = phone.notebook().get(captured.record).unwrap();
    let roles: BTreeSet<PhotoRole> = item.photos.iter().map(|photo| photo.role).collect();
    assert_eq!(roles, [PhotoRole::Original, PhotoRole::Preview, PhotoRole::Thumbnail].into());
    for photo in &item.photos {
        let kept = std::fs::read(phone.notebook().photo_path(photo.hash)).unwrap();
        assert_eq!(world.blob(&photo.hash).unwrap(), kept);
        let shown = world.wire().get(&format!("/v1/photos/{}", photo.hash));
        // The original carries what the camera wrote into it and stays inside.
        let status = if photo.role == PhotoRole::Original { 403 } else { 200 };
        assert_eq!(shown.status, status, "{:?}", photo.role);
    }
}
