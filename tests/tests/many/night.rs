//! A night in which each process dies, one stands still and comes back, and one loses the database.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use hattama_proto::{
    id::RecordId,
    kind::Role,
    record::PhotoRole,
    wire::{PushReply, PushRequest},
};
use hattama_tests::{
    form::plain_photo,
    proxy::Mood,
    world::{Device, Signed, block_on, code},
};
use tokio_postgres::NoTls;

use super::house::{House, PROCESSES, wait_until};

/// Devices that send all the time.
const DEVICES: u64 = 4;

/// How long a device rests between two records.
const REST: Duration = Duration::from_millis(60);

/// How long a process stands still: longer than the database waits for one in the middle of a group.
const STANDSTILL: Duration = Duration::from_secs(13);

/// Whatever becomes of the processes, a device that sends until it is answered is answered, and all that
/// was acknowledged by any of them stands in one log.
#[test]
fn what_any_process_acknowledged_is_in_one_log_whatever_became_of_it() {
    let Some(house) = House::open() else { return };
    let mut devices: Vec<Device> =
        (0..DEVICES).map(|seed| house.device(seed, Role::Results)).collect();
    let over = AtomicBool::new(false);
    let (said, trouble) = thread::scope(|scope| {
        let sending: Vec<_> = devices
            .iter_mut()
            .zip(0..)
            .map(|(device, first)| {
                let (house, over) = (&house, &over);
                scope.spawn(move || send_until(house, device, first, over))
            })
            .collect();
        // Whatever happens here, the devices are told that it is over.
        let trouble =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| misfortunes(&house)));
        over.store(true, Ordering::SeqCst);
        let said: Vec<Vec<(Signed, PushReply)>> =
            sending.into_iter().map(|device| device.join().unwrap()).collect();
        (said, trouble)
    });
    trouble.unwrap();
    let mut witness = house.world.witness();
    let mut acknowledged = BTreeSet::new();
    for (_, reply) in said.iter().flatten() {
        acknowledged.extend(witness.push(reply));
    }
    let all: BTreeSet<RecordId> = said.iter().flatten().map(|(signed, _)| signed.id).collect();
    assert_eq!(acknowledged, all, "every device was answered");
    assert!(all.len() > 100, "it was a night: {}", all.len());
    let roots: BTreeSet<String> = (0..PROCESSES)
        .map(|number| {
            let wire = house.wire(number).unwrap();
            wait_until("all records at each process", || wire.record_ids().is_superset(&all));
            wire.state_root()
        })
        .collect();
    assert_eq!(roots.len(), 1, "every process knows the same");
    // Every checkpoint that any process ever showed is of the one log that is there now.
    let known = &said[0][0].0;
    for number in 0..PROCESSES {
        witness.clone().history(&house.wire(number).unwrap(), known);
    }
    assert!(turns(&house) > 50, "they signed by turns: {}", turns(&house));
    house.end();
    assert_eq!(house.fsck(), Vec::<String>::new());
}

/// What becomes of the processes.
fn misfortunes(house: &House) {
    let a_while = || thread::sleep(Duration::from_millis(700));
    for number in 0..PROCESSES {
        a_while();
        house.kill(number);
        a_while();
        house.start(number);
    }
    for number in 0..2 {
        a_while();
        house.stop(number);
        thread::sleep(STANDSTILL);
        house.go_on(number);
    }
    for (number, mood) in [(1, Mood::Refuse), (2, Mood::Silence)] {
        a_while();
        house.line(number, mood);
        thread::sleep(Duration::from_secs(3));
        house.line(number, Mood::Carry);
    }
    a_while();
    // Somebody is in the middle of a group, and nobody else gets a turn meanwhile.
    let config = house.database();
    block_on(async {
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(async move { connection.await.ok() });
        client.batch_execute("begin; select 1 from log_signer for update").await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        client.batch_execute("rollback").await.unwrap();
    });
    a_while();
}

/// How often another process signed than the one before.
fn turns(house: &House) -> i64 {
    block_on(async {
        let (client, connection) = house.database().connect(NoTls).await.unwrap();
        tokio::spawn(async move { connection.await.ok() });
        client.query_one("select generation from log_signer", &[]).await.unwrap().get(0)
    })
}

/// Sends records until it is over, each to the next process and again to the one after it until it is
/// acknowledged; all with the answer that acknowledged them.
fn send_until(
    house: &House,
    device: &mut Device,
    first: usize,
    over: &AtomicBool,
) -> Vec<(Signed, PushReply)> {
    let mut said = Vec::new();
    let mut at = first;
    while !over.load(Ordering::SeqCst) {
        let seed = 1000 * first as u64 + said.len() as u64;
        let signed = device.protocol(code("0-0-0"), seed);
        let batch = PushRequest { records: vec![signed.text.clone()], ..PushRequest::default() };
        wait_until("an answer", || {
            at += 1;
            let Some(wire) = house.wire(at % PROCESSES) else { return false };
            let Some(answer) = wire.try_post("/v1/records", &batch) else { return false };
            if answer.status != 200 {
                return false;
            }
            let reply: PushReply = answer.read().unwrap();
            let stored = reply.results.iter().any(|result| result.receipt.is_some());
            if stored {
                said.push((signed.clone(), reply));
            }
            stored
        });
        thread::sleep(REST);
    }
    said
}

/// A photograph goes to any process, and every process has it.
#[test]
fn a_photograph_that_one_process_took_is_at_all_of_them() {
    let Some(house) = House::open() else { return };
    let mut device = house.device(7, Role::Results);
    let bytes = plain_photo(7, 90_000);
    let photo = Device::photo(&bytes, PhotoRole::Original);
    let signed = device.protocol_with(code("0-0-0"), 7, vec![photo.clone()]);
    // As a phone does, with its key: this process may not have heard yet who was enrolled at another.
    house.wire(0).unwrap().push_with_key(&signed, &device);
    let mut witness = house.world.witness();
    for number in [1, 2, 0] {
        let reply = house.wire(number).unwrap().put(&photo.sha256, &bytes).unwrap();
        witness.photo(&reply, &photo.sha256);
    }
    house.end();
    assert_eq!(house.fsck(), Vec::<String>::new());
}
