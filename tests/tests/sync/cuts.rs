//! The connection is cut, anywhere and again and again.

use std::{collections::BTreeSet, sync::Mutex};

use hattama_client_core::NotebookError;
use hattama_proto::{id::RecordId, statement::Mandate};
use hattama_tests::{
    form::plain_photo,
    proxy::{Cut, How, Mood, Way},
    world::{Phone, World},
};

/// Cuts per direction and kind of end.
const CUTS: u64 = 64;

#[test]
fn a_sync_that_is_cut_after_any_byte_is_completed_by_the_next() {
    let world = World::new();
    let photo = plain_photo(1, 70_000);
    let mut captured: BTreeSet<RecordId> = BTreeSet::new();
    for way in [Way::Up, Way::Down] {
        for how in [How::Reset, How::Finish] {
            let phone = world.phone();
            // How long an undisturbed conversation is.
            world.proxy.forget();
            captured.extend(speak(&world, &phone, &photo, 1000));
            phone.sync();
            let counts = world.proxy.counts();
            let long = if way == Way::Up { counts.up } else { counts.down };
            for number in 0..CUTS {
                // One more photograph each time, or it would be there already.
                let photo = [&photo[..], format!("{way:?}{how:?}{number}").as_bytes()].concat();
                captured.extend(speak(&world, &phone, &photo, number));
                // A few bytes off the grid each time, so that no byte is spared by it.
                let after = (number * long / CUTS + number).min(long);
                world.proxy.cut([Cut { way, after, how }]);
                let synced = phone.sync();
                assert!(synced.tries <= 4, "{way:?} {how:?} {after}: {synced:?}");
                let fell = world.proxy.cuts_left() == 0;
                assert!(fell || number > CUTS * 9 / 10, "{way:?} {how:?} {after} did not fall");
                world.proxy.cut([]);
                phone_is_served(&world, &phone);
            }
        }
    }
    assert_eq!(world.wire().record_ids(), captured);
}

#[test]
fn enrolment_that_is_cut_after_any_byte_is_completed_by_the_next_try() {
    let world = World::new();
    let enrol = |phone: &Phone, cut: Option<Cut>| {
        let invitation = world.invite(&Mandate::Everywhere);
        world.proxy.forget();
        world.proxy.cut(cut);
        let tries = (1..10).find(|_| match phone.notebook().enrol(&invitation) {
            Ok(_) => true,
            Err(NotebookError::Network { .. }) => false,
            Err(error) => panic!("{cut:?}: {error}"),
        });
        let counts = world.proxy.counts();
        (tries.expect("it comes to an end"), counts)
    };
    let (_, long) = enrol(&world.blank_phone(), None);
    let mut phones = 1;
    for (way, bytes) in [(Way::Up, long.up), (Way::Down, long.down)] {
        for number in 0..16 {
            let how = if number % 2 == 0 { How::Reset } else { How::Finish };
            let cut = Cut { way, after: number * bytes / 16 + number, how };
            let phone = world.blank_phone();
            let (tries, _) = enrol(&phone, Some(cut));
            assert!(tries <= 3, "{cut:?}");
            phone.protocol(world.country().precinct(0), number);
            world.proxy.cut([]);
            phone.sync();
            phones += 1;
        }
    }
    let devices = world.wire().get_json("/v1/devices");
    assert_eq!(devices.as_array().unwrap().len(), 2 * phones, "two keys each, and none twice");
    assert_eq!(world.wire().record_ids().len(), phones - 1);
}

#[test]
fn phones_on_a_line_that_breaks_all_the_time_bring_everything_once() {
    let world = World::new();
    let phones: Vec<Phone> = (0..4).map(|_| world.phone()).collect();
    let captured = Mutex::new(BTreeSet::new());
    world.proxy.mood(Mood::Slow(4_000_000));
    let mut seed = 1_u64;
    let cuts = (0..60).map(|_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Cut {
            way: if seed >> 40 & 1 == 0 { Way::Up } else { Way::Down },
            after: (seed >> 33) % 9_000,
            how: if seed >> 41 & 1 == 0 { How::Reset } else { How::Finish },
        }
    });
    world.proxy.cut(cuts);
    std::thread::scope(|scope| {
        for (number, phone) in phones.iter().enumerate() {
            let (world, captured) = (&world, &captured);
            scope.spawn(move || {
                for round in 0..6_u64 {
                    let photo = plain_photo(round * 10 + number as u64, 50_000);
                    let ids = speak(world, phone, &photo, round);
                    captured.lock().unwrap().extend(ids);
                    phone.sync();
                }
            });
        }
    });
    assert_eq!(world.wire().record_ids(), captured.into_inner().unwrap());
    for phone in &phones {
        phone_is_served(&world, phone);
    }
}

/// A protocol with a photograph and an incident.
fn speak(world: &World, phone: &Phone, photo: &[u8], seed: u64) -> [RecordId; 2] {
    let unit = world.country().precinct(usize::try_from(seed).unwrap());
    [phone.photographed(unit, seed, photo).record, phone.incident("words").record]
}

/// All records and photos of a phone have valid receipts, and the photos are there byte for byte.
fn phone_is_served(world: &World, phone: &Phone) {
    let mut witness = world.witness();
    let notebook = phone.notebook();
    for item in notebook.list(0, 1000).unwrap() {
        let receipt = notebook.record_receipt(item.id).unwrap().expect("a receipt");
        witness.record_file(&receipt, &item.id);
        for photo in item.photos {
            let receipt = notebook.photo_receipt(photo.hash).unwrap().expect("a receipt");
            witness.photo_file(&receipt, &photo.hash);
            let kept = std::fs::read(notebook.photo_path(photo.hash)).unwrap();
            assert_eq!(world.blob(&photo.hash).unwrap(), kept);
        }
    }
}
