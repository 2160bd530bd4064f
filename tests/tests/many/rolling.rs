//! Processes are replaced one after the other while everybody sends, and nobody notices.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use hattama_proto::{id::RecordId, kind::Role, record::PhotoRole, wire::PushRequest};
use hattama_tests::{
    form::plain_photo,
    world::{Device, Wire, Witness, code},
};

use super::{
    balancer::Balancer,
    house::{House, PROCESSES, wait_until},
};

/// Devices that send all the time; each keeps its connection, as a phone does.
const DEVICES: u64 = 4;

/// How long a device rests between two requests.
const REST: Duration = Duration::from_millis(25);

/// What each device sends at least while processes are replaced: on a slow machine they are replaced more often.
const REQUESTS_MIN: u64 = 100;

/// What one device was answered.
struct Answered {
    witness: Witness,
    records: BTreeSet<RecordId>,
    refused: Vec<String>,
}

/// Each process is told to stop, ends in order and is started again, twice over or more. Every request of every
/// device is answered with what it asked for: none is broken, none is told to come again.
#[test]
fn no_request_fails_while_every_process_is_replaced_under_load() {
    let Some(house) = House::open_empty() else { return };
    let balancer = Balancer::start();
    let told = |house: &House| balancer.processes(house.addresses());
    for number in 0..PROCESSES {
        house.start_as_a_service(number);
    }
    told(&house);
    let joined = |number| {
        wait_until("a process is asked", || balancer.sends_to(house.address(number)));
    };
    (0..PROCESSES).for_each(joined);
    let devices: Vec<Device> = (0..DEVICES).map(|seed| house.device(seed, Role::Results)).collect();
    let wire = || Wire::to(balancer.address(), &house.world.made().operator_token);
    let over = AtomicBool::new(false);
    // By device, requests that were answered: how many is up to the machine.
    let counts: Vec<AtomicU64> = devices.iter().map(|_| AtomicU64::new(0)).collect();
    let counted =
        || -> Vec<u64> { counts.iter().map(|count| count.load(Ordering::SeqCst)).collect() };
    let witness = house.world.witness();
    let (answered, trouble) = thread::scope(|scope| {
        let sending: Vec<_> = devices
            .into_iter()
            .zip(0..)
            .map(|(device, number)| {
                let until = (&over, &counts[usize::try_from(number).unwrap()]);
                let (wire, witness) = (wire(), witness.clone());
                scope.spawn(move || send_until(&wire, device, number, witness, until))
            })
            .collect();
        // Whatever happens here, the devices are told that it is over.
        let trouble = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (turn, number) in (0..PROCESSES).cycle().enumerate() {
                if turn >= 2 * PROCESSES && counted().iter().all(|count| *count > REQUESTS_MIN) {
                    break;
                }
                let before = counted();
                house.replace(number);
                told(&house);
                joined(number);
                let during: Vec<u64> =
                    counted().iter().zip(before).map(|(now, before)| now - before).collect();
                assert!(!during.contains(&0), "each sent while {number} was replaced: {during:?}");
            }
        }));
        over.store(true, Ordering::SeqCst);
        let answered: Vec<Answered> =
            sending.into_iter().map(|device| device.join().unwrap()).collect();
        (answered, trouble)
    });
    trouble.unwrap();
    for device in &answered {
        assert_eq!(device.refused, Vec::<String>::new());
    }
    let all: BTreeSet<RecordId> =
        answered.iter().flat_map(|device| device.records.iter().copied()).collect();
    for number in 0..PROCESSES {
        let wire = house.wire(number).unwrap();
        wait_until("all records at each process", || wire.record_ids().is_superset(&all));
    }
    house.end();
    assert_eq!(house.fsck(), Vec::<String>::new());
}

/// Sends records and photographs until it is over, looks at every answer, and counts them.
fn send_until(
    wire: &Wire,
    mut device: Device,
    number: u64,
    witness: Witness,
    (over, count): (&AtomicBool, &AtomicU64),
) -> Answered {
    let mut answered = Answered { witness, records: BTreeSet::new(), refused: Vec::new() };
    while !over.load(Ordering::SeqCst) {
        let seed = 10_000 * (number + 1) + count.load(Ordering::SeqCst);
        let bytes = plain_photo(seed, 30_000);
        let photo = Device::photo(&bytes, PhotoRole::Original);
        let signed = device.protocol_with(code("0-0-0"), seed, vec![photo.clone()]);
        let batch = PushRequest {
            records: vec![signed.text.clone()],
            // As a phone does: a process may not have heard yet who was enrolled at another.
            keys: [(device.kid(), device.public_key())].into(),
            seen: None,
        };
        match wire.try_post("/v1/records", &batch) {
            Some(answer) if answer.status == 200 => {
                answered.records.extend(answered.witness.push(&answer.read().unwrap()));
            }
            Some(other) => answered.refused.push(other.text()),
            None => answered.refused.push("a record's connection broke".to_owned()),
        }
        let range = format!("bytes 0-{}/{}", bytes.len() - 1, bytes.len());
        let (path, range) = (format!("/v1/blobs/{}", photo.sha256), [("content-range", &*range)]);
        match wire.send("PUT", &path, &range, &bytes) {
            Some(answer) if answer.status == 200 => {
                answered.witness.photo(&answer.read().unwrap(), &photo.sha256);
            }
            Some(other) => answered.refused.push(other.text()),
            None => answered.refused.push("a photograph's connection broke".to_owned()),
        }
        count.fetch_add(2, Ordering::SeqCst);
        thread::sleep(REST);
    }
    answered
}
