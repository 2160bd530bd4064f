//! A store too large to be read as a whole before it is served: damage in it stops the log as a
//! flipped bit does, and a restart does not get around it.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use hattama_proto::{problem::ProblemCode, wire::PushRequest};
use hattama_server::{
    app::{Headquarters, OpenError},
    store::StoreError,
};
use hattama_tests::world::{Device, Ending, Signed, World, block_on};
use rusqlite::Connection;

use super::{PATIENCE, fill};

/// From now on every file is a large one.
fn serve_before_checked(world: &World) {
    let path = world.data().join("hattama.toml");
    let config = fs::read_to_string(&path).unwrap();
    let said = config.lines().find(|line| line.starts_with("check_first_mib = ")).unwrap();
    fs::write(&path, config.replace(said, "check_first_mib = 0")).unwrap();
}

/// Where the page of a table lies that nothing needs for opening or for logging a protocol.
fn unneeded_page(data: &Path) -> (usize, usize) {
    let db = Connection::open(data.join("hq.db")).unwrap();
    let number = |statement: &str| {
        let number: i64 = db.query_row(statement, [], |row| row.get(0)).unwrap();
        usize::try_from(number).unwrap()
    };
    let page = number("select rootpage from sqlite_schema where name = 'incident_transition'");
    let size = number("pragma page_size");
    ((page - 1) * size, size)
}

fn one_more(world: &World, device: &mut Device, seed: u64) -> Signed {
    device.protocol(world.country().precinct(0), seed)
}

#[test]
fn damage_found_while_serving_stops_the_log_and_a_restart_does_not_get_around_it() {
    let mut world = World::new();
    let mut device = world.device(1);
    fill(&world, &mut device, 20);
    world.end(Ending::InOrder);
    serve_before_checked(&world);
    let (start, length) = unneeded_page(world.data());
    let path = world.data().join("hq.db");
    let sound = fs::read(&path).unwrap();
    let mut bytes = sound.clone();
    bytes[start..start + length].fill(0xEE);
    fs::write(&path, bytes).unwrap();

    // It opens, because the damage is not where a start looks, and stops when it is found.
    world.start();
    let begun = Instant::now();
    let refused = loop {
        let record = one_more(&world, &mut device, 100);
        let records = vec![record.text];
        let batch = PushRequest { records, ..PushRequest::default() };
        if let Err(refused) = world.wire().push(&batch) {
            break refused;
        }
        assert!(begun.elapsed() < PATIENCE, "the damage was not found");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((refused.code, refused.status), (ProblemCode::LogStopped, 503));
    world.end(Ending::InOrder);
    let mark = world.data().join("damaged");
    assert!(fs::read_to_string(&mark).unwrap().contains("is damaged"));

    // Now it is checked first, although it is as large as before.
    let again = block_on(Headquarters::open(world.data()));
    let Err(OpenError::Store(StoreError::Damaged { .. })) = again else {
        panic!("it opened, or failed otherwise: {:?}", again.err());
    };
    assert!(mark.exists(), "and at every start until it is sound");

    // A backup: here the page as it was, which nothing changed meanwhile.
    let mut bytes = fs::read(&path).unwrap();
    bytes[start..start + length].copy_from_slice(&sound[start..start + length]);
    fs::write(&path, bytes).unwrap();
    world.start();
    assert!(!mark.exists());
    let record = one_more(&world, &mut device, 200);
    assert!(world.wire().push_one(&record).receipt.is_some());
}

#[test]
fn a_sound_store_is_served_before_and_after_it_was_checked() {
    let mut world = World::new();
    let mut device = world.device(1);
    fill(&world, &mut device, 20);
    world.end(Ending::InOrder);
    serve_before_checked(&world);
    for seed in 0..3 {
        world.start();
        let record = one_more(&world, &mut device, 300 + seed);
        assert!(world.wire().push_one(&record).receipt.is_some());
        std::thread::sleep(Duration::from_millis(100));
        let record = one_more(&world, &mut device, 400 + seed);
        assert!(world.wire().push_one(&record).receipt.is_some());
        assert!(!world.data().join("damaged").exists());
        world.end(Ending::InOrder);
    }
}

#[test]
fn what_is_cut_off_or_no_database_is_refused_before_it_is_served() {
    let mut world = World::new();
    let mut device = world.device(1);
    fill(&world, &mut device, 20);
    world.end(Ending::InOrder);
    serve_before_checked(&world);
    let path = world.data().join("hq.db");
    let sound = fs::read(&path).unwrap();
    for kept in [sound.len() - 8192, sound.len() / 2, 300, 100, 40] {
        fs::write(&path, &sound[..kept]).unwrap();
        let opened = block_on(Headquarters::open(world.data()));
        let Err(OpenError::Store(StoreError::Damaged { .. })) = opened else {
            panic!("{kept}: it opened, or failed otherwise: {:?}", opened.err());
        };
        assert_eq!(fs::read(&path).unwrap().len(), kept, "nothing was changed");
    }
    let mut bytes = sound.clone();
    bytes[100..300].fill(0xEE);
    fs::write(&path, bytes).unwrap();
    let opened = block_on(Headquarters::open(world.data()));
    assert!(matches!(opened, Err(OpenError::Store(StoreError::Damaged { .. }))), "the first page");
}
