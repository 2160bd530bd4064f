//! Somebody else answers, or nobody: never a verdict.

use std::time::{Duration, Instant};

use hattama_client_core::{PumpEnd, RecordProgress, Trouble};
use hattama_tests::{
    proxy::{Foreign, Mood},
    world::{Phone, World},
};

#[test]
fn a_foreign_page_is_never_a_verdict() {
    let world = World::new();
    let phone = world.phone();
    let record = phone.protocol(world.country().precinct(0), 1);
    let lie = format!(
        r#"{{"results":[{{"id":"{record}","verdict":"rejected","reason":"bad_signature"}}],"server_time":1}}"#
    );
    let gone = r#"{"type":"urn:hattama:problem:invitation-expired","code":"invitation-expired","status":410,"detail":"no"}"#;
    let answers = [
        Foreign::portal(),
        Foreign::page(302),
        Foreign::page(403),
        Foreign::page(404),
        Foreign::page(413),
        Foreign::page(502),
        Foreign::page(520),
        Foreign::look_alike(200, &lie),
        Foreign::look_alike(200, "{}"),
        Foreign::look_alike(410, gone),
        Foreign::look_alike(400, gone),
    ];
    for answer in answers {
        world.proxy.mood(Mood::Answer(answer.clone()));
        let report = phone.sync_once();
        assert!(
            matches!(report.trouble, Some(Trouble::Foreign { .. })),
            "{answer:?}: {:?}",
            report.trouble
        );
        assert_eq!(report.end, PumpEnd::Waiting, "{answer:?}");
        assert_eq!((report.rejected, report.held, report.stored), (0, 0, 0), "{answer:?}");
        still_waits(&phone, record);
    }
    world.proxy.mood(Mood::Carry);
    phone.sync();
    assert_eq!(world.wire().record_ids(), [record].into());
}

#[test]
fn nobody_there_is_trouble_and_no_verdict() {
    let mut world = World::new();
    let phone = world.phone();
    let record = phone.protocol(world.country().precinct(0), 1);
    world.proxy.mood(Mood::Refuse);
    let report = phone.sync_once();
    assert!(matches!(report.trouble, Some(Trouble::Network(_))), "{report:?}");
    still_waits(&phone, record);
    world.proxy.mood(Mood::Carry);
    world.end(hattama_tests::world::Ending::InOrder);
    let report = phone.sync_once();
    assert!(matches!(report.trouble, Some(Trouble::Network(_))), "{report:?}");
    still_waits(&phone, record);
    world.start();
    phone.sync();
    assert_eq!(world.wire().record_ids(), [record].into());
}

#[test]
fn a_sync_into_silence_ends_within_two_seconds_of_being_told_to() {
    let world = World::new();
    let phone = world.phone();
    let record = phone.protocol(world.country().precinct(0), 1);
    world.proxy.mood(Mood::Silence);
    std::thread::scope(|scope| {
        let sync = scope.spawn(|| phone.sync_once());
        std::thread::sleep(Duration::from_millis(300));
        let told = Instant::now();
        phone.notebook().interrupt();
        let report = sync.join().unwrap();
        assert!(told.elapsed() < Duration::from_secs(2));
        assert_eq!(report.end, PumpEnd::Interrupted);
    });
    still_waits(&phone, record);
    world.proxy.mood(Mood::Carry);
    phone.sync();
}

#[test]
fn a_line_that_answers_late_only_takes_longer() {
    let world = World::new();
    let phone = world.phone();
    world.proxy.mood(Mood::Late(Duration::from_millis(40)));
    let photo = hattama_tests::form::plain_photo(1, 100_000);
    phone.photographed(world.country().precinct(0), 1, &photo);
    assert_eq!(phone.sync().tries, 1);
}

fn still_waits(phone: &Phone, record: hattama_proto::id::RecordId) {
    let item = phone.notebook().get(record).unwrap();
    assert!(
        matches!(item.progress, RecordProgress::Queued | RecordProgress::Suspect),
        "{:?}",
        item.progress
    );
    assert_eq!(phone.notebook().record_receipt(record).unwrap(), None);
}
