//! Sending photos: from the missing cell on, after their record, and done when receipted.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::sync::Arc;

use hattama_client_core::{Alarm, Conditions, PhotoProgress, PumpBudget, PumpEnd, RecordProgress};
use hattama_proto::{
    id::{PhotoHash, RecordId},
    problem::ProblemCode,
    tlog::{LogEntry, Receipt},
    wire::FeedKind,
};
use hq::{Fault, World, line_faults, noise};

fn progress(world: &World, record: RecordId) -> PhotoProgress {
    world.notebook.get(record).unwrap().photos[0].progress
}

#[test]
fn a_photo_arrives_byte_for_byte_and_is_receipted() {
    let world = World::enrolled();
    let bytes = noise(1_000_000);
    let (record, photo) = world.capture_with_photo(&bytes);
    let report = world.pump();
    assert_eq!((report.stored, report.photos_complete, report.end), (1, 1, PumpEnd::Done));
    assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
    assert_eq!(progress(&world, record), PhotoProgress::Verified);
    let receipt = Receipt::parse(&world.notebook.photo_receipt(photo).unwrap().unwrap()).unwrap();
    let key = world.hq.log.verifier_key();
    receipt.verify(&LogEntry::Photo(*photo.as_bytes()), key.name(), key).unwrap();
    assert!(std::fs::exists(world.notebook.photo_path(photo)).unwrap(), "nothing is pruned");
}

#[test]
fn ten_cuts_cost_less_than_a_tenth_more_bytes() {
    let world = World::enrolled();
    let bytes = noise(4_000_000);
    let (_, photo) = world.capture_with_photo(&bytes);
    for cut in 1..=10_u64 {
        world.hq.fail("PUT", Fault::CutRequest(cut * 37_123 % 250_000));
    }
    world.settle(20);
    let state = world.hq.state.lock().unwrap();
    assert_eq!(state.photos[&photo], bytes);
    assert!(state.range_bytes <= 4_400_000, "{}", state.range_bytes);
}

#[test]
fn any_single_fault_is_survived() {
    let own = [Fault::Foreign(403), Fault::Foreign(413), Fault::Refuse(ProblemCode::Stalled, None)];
    for fault in line_faults().into_iter().chain(own) {
        for lost_too in ["nothing", "HEAD"] {
            let world = World::enrolled();
            let bytes = noise(700_001);
            let (record, photo) = world.capture_with_photo(&bytes);
            world.hq.fail("PUT", fault.clone());
            world.hq.fail(lost_too, Fault::DropAnswer);
            world.pump();
            world.settle(5);
            assert_eq!(progress(&world, record), PhotoProgress::Verified, "{fault:?}");
            assert_eq!(world.hq.state.lock().unwrap().photos[&photo], bytes);
        }
    }
}

#[test]
fn a_photo_waits_for_its_record() {
    let world = World::enrolled();
    world.capture_with_photo(&noise(1000));
    world.hq.fail("/v1/records", Fault::DropRequest);
    world.pump();
    assert_eq!(world.hq.requests("PUT"), 0);
    world.settle(2);
    assert_eq!(world.hq.requests("PUT"), 1);
}

#[test]
fn records_captured_meanwhile_go_out_between_two_ranges() {
    let world = Arc::new(World::enrolled());
    world.capture_with_photo(&noise(3_000_000));
    let weak = Arc::downgrade(&world);
    *world.hq.watch.lock().unwrap() = Some(Box::new(move |line| {
        let Some(world) = weak.upgrade() else { return };
        if line.starts_with("PUT") && world.hq.requests("PUT") == 1 {
            world.capture(3);
        }
    }));
    world.pump();
    *world.hq.watch.lock().unwrap() = None;
    let state = world.hq.state.lock().unwrap();
    let pushes: Vec<_> =
        (0..state.log.len()).filter(|at| state.log[*at].starts_with("POST /v1/records")).collect();
    let puts: Vec<_> =
        (0..state.log.len()).filter(|at| state.log[*at].starts_with("PUT")).collect();
    assert_eq!(pushes.len(), 2);
    assert!(puts[1] < pushes[1] && pushes[1] < *puts.last().unwrap(), "{:?}", state.log);
}

#[test]
fn a_photo_headquarters_has_already_costs_one_cell() {
    let world = World::enrolled();
    let bytes = noise(1_000_000);
    world.capture_with_photo(&bytes);
    world.pump();
    let other = World::enrolled();
    let second = hattama_client_core::Notebook::open(
        other.folder.path().join("second").as_path(),
        hq::options(&other.clock),
    )
    .unwrap();
    second.enrol_through(&world.hq.invitation(), world.hq.as_ref()).unwrap();
    let photos = vec![other.file("same", &bytes)];
    second
        .capture_protocol(hattama_client_core::capture::ProtocolDraft { photos, ..hq::draft(1) })
        .unwrap();
    world.hq.state.lock().unwrap().range_bytes = 0;
    let report = second.pump_through(&PumpBudget::default(), world.hq.as_ref()).unwrap();
    assert_eq!(report.photos_complete, 1);
    assert!(world.hq.state.lock().unwrap().range_bytes <= 32 * 1024);
}

#[test]
fn originals_wait_for_a_better_network_unless_headquarters_asks() {
    let world = World::enrolled();
    let (record, photo) = world.capture_with_photo(&noise(100_000));
    let metered = PumpBudget {
        conditions: Conditions { metered: true, ..Conditions::default() },
        ..PumpBudget::default()
    };
    assert_eq!(world.pump_with(&metered).end, PumpEnd::Done);
    assert_eq!(progress(&world, record), PhotoProgress::Queued);
    world.hq.state.lock().unwrap().feed.push(FeedKind::SendOriginal { photo });
    assert_eq!(world.pump_with(&metered).photos_complete, 1);
}

#[test]
fn a_file_that_was_damaged_or_lost_is_said_and_stops_nothing() {
    let world = World::enrolled();
    let (record, photo) = world.capture_with_photo(&noise(100_000));
    std::fs::write(world.notebook.photo_path(photo), b"short").unwrap();
    let report = world.pump();
    assert_eq!(report.alarms, [Alarm::PhotoLost(photo)]);
    assert_eq!(progress(&world, record), PhotoProgress::Lost);
    assert_eq!(report.end, PumpEnd::Done);

    let world = World::enrolled();
    let (record, photo) = world.capture_with_photo(&noise(100_000));
    let mut damaged = noise(100_000);
    damaged[50_000] ^= 1;
    std::fs::write(world.notebook.photo_path(photo), damaged).unwrap();
    let report = world.pump();
    assert_eq!(report.alarms, [Alarm::PhotoLost(photo)], "told by headquarters, checked here");
    assert_eq!(progress(&world, record), PhotoProgress::Lost);
    assert_eq!(world.notebook.get(record).unwrap().progress, RecordProgress::Acked);
}

#[test]
fn a_disputed_photo_is_said_and_tried_again_later() {
    let world = World::enrolled();
    let (record, photo) = world.capture_with_photo(&noise(10));
    world.hq.fail("PUT", Fault::Refuse(ProblemCode::SizeConflict, None));
    let report = world.pump();
    assert_eq!(report.alarms, [Alarm::PhotoDisputed(photo)]);
    assert_eq!(report.end, PumpEnd::Waiting);
    world.settle(2);
    assert_eq!(progress(&world, record), PhotoProgress::Verified);
}

#[test]
fn one_file_named_by_two_records_travels_once() {
    let world = World::enrolled();
    let bytes = noise(40_000);
    let (_, first) = world.capture_with_photo(&bytes);
    let (_, second) = world.capture_with_photo(&bytes);
    assert_eq!(first, second);
    assert_eq!(first, PhotoHash::of(&bytes));
    assert_eq!(world.pump().photos_complete, 1);
    assert_eq!(world.hq.requests("PUT"), 1);
}
