//! Headquarters dies under load, is started again, and stands by every receipt it gave.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use hattama_proto::{
    id::RecordId,
    wire::{PushReply, PushRequest, Verdict},
};
use hattama_tests::{
    form::plain_photo,
    in_every_world,
    world::{Device, Ending, Phone, Signed, Wire, Witness, World, block_on},
};

use super::{all_arrived, program};

in_every_world![
    receipts_outlast_a_headquarters_that_is_dropped_under_load,
    receipts_outlast_a_headquarters_that_is_killed_under_load,
];

/// Records of each device, and how many go into a batch.
const RECORDS: usize = 400;
const BATCH: usize = 4;

/// How often headquarters dies, unless all work is done before.
const DEATHS: std::ops::RangeInclusive<u64> = 3..=12;

fn receipts_outlast_a_headquarters_that_is_dropped_under_load(world: &mut World) {
    under_load(world, |world, round| {
        // Once in a while it is closed as an operator closes it.
        let ending = if round % 3 == 2 { Ending::InOrder } else { Ending::AtOnce };
        world.end(ending);
        world.start();
    });
}

fn receipts_outlast_a_headquarters_that_is_killed_under_load(world: &mut World) {
    world.end(Ending::InOrder);
    world.start_process(program());
    under_load(world, |world, _| {
        world.end(Ending::AtOnce);
        world.start_process(program());
    });
}

/// Three devices push and two phones sync while `die` ends and starts headquarters.
fn under_load(world: &mut World, die: impl Fn(&mut World, u64)) {
    let mut loads: Vec<Load> = (0..3)
        .map(|seed| {
            let mut device = world.device(seed);
            let units = world.country().precincts();
            let records = (0..RECORDS)
                .map(|number| device.protocol(units[number % units.len()].clone(), number as u64))
                .collect();
            Load { wire: world.wire_through_proxy(), device, records, witness: world.witness() }
        })
        .collect();
    let phones = [world.phone(), world.phone()];
    let unit = world.country().precinct(0);
    let running = AtomicUsize::new(loads.len() + phones.len());
    let working = || Working(&running);
    std::thread::scope(|scope| {
        for load in &mut loads {
            let working = working();
            scope.spawn(move || {
                load.carry();
                drop(working);
            });
        }
        for (number, phone) in phones.iter().enumerate() {
            let (working, unit) = (working(), &unit);
            scope.spawn(move || {
                for round in 0..8_u64 {
                    let seed = round * 2 + number as u64;
                    phone.photographed(unit.clone(), seed, &plain_photo(seed, 200_000));
                    sync_patiently(phone);
                }
                drop(working);
            });
        }
        let mut deaths = 0;
        while running.load(Ordering::SeqCst) > 0 && deaths < *DEATHS.end() {
            std::thread::sleep(Duration::from_millis(30 + deaths * 37 % 110));
            die(world, deaths);
            deaths += 1;
        }
        assert!(DEATHS.contains(&deaths), "it hardly died under load");
    });

    let wire = world.wire();
    let mut expected: BTreeSet<RecordId> = BTreeSet::new();
    for load in &mut loads {
        assert_eq!(load.witness.receipted(), RECORDS);
        load.witness.history(&wire, &load.records[0]);
        expected.extend(load.records.iter().map(|record| record.id));
    }
    let Load { witness, records, .. } = &mut loads[0];
    for phone in &phones {
        let arrived = all_arrived(world, phone, witness);
        assert_eq!(arrived.len(), 8);
        expected.extend(arrived);
    }
    witness.history(&wire, &records[0]);
    assert_eq!(wire.record_ids(), expected);
    for (id, held) in wire.records() {
        assert_eq!(held, None, "{id} was taken for a fork or a stranger's");
    }
}

/// Somebody still works, or has panicked otherwise.
struct Working<'a>(&'a AtomicUsize);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A device whose records are pushed until each has a receipt.
struct Load {
    wire: Wire,
    device: Device,
    records: Vec<Signed>,
    witness: Witness,
}

impl Load {
    fn carry(&mut self) {
        for batch in self.records.chunks(BATCH) {
            let records: Vec<String> = batch.iter().map(|record| record.text.clone()).collect();
            // A key that was enrolled a moment ago is known after any restart.
            let request = PushRequest { records, ..PushRequest::default() };
            let reply = insist(|| answered(&self.wire, &request));
            assert_eq!(reply.results.len(), batch.len(), "{}", self.device.kid());
            assert_eq!(self.witness.push(&reply).len(), batch.len());
        }
    }
}

/// An answer of headquarters with a receipt for each record; none if it is away or has to be asked
/// again.
fn answered(wire: &Wire, request: &PushRequest) -> Option<PushReply> {
    let answer = wire.try_post("/v1/records", request)?;
    assert!(answer.ours, "{} {}", answer.status, answer.text());
    if answer.status != 200 {
        assert!(answer.status >= 500, "{} {}", answer.status, answer.text());
        return None;
    }
    let reply: PushReply = answer.read().unwrap();
    for result in &reply.results {
        match result.verdict {
            Verdict::Stored | Verdict::Duplicate => assert!(result.receipt.is_some()),
            Verdict::Deferred => return None,
            Verdict::Held | Verdict::Rejected | Verdict::Unknown => panic!("{result:?}"),
        }
    }
    Some(reply)
}

fn insist<T>(attempt: impl Fn() -> Option<T>) -> T {
    for _ in 0..3000 {
        if let Some(done) = attempt() {
            return done;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("headquarters did not come back");
}

/// Syncs until everything is there; headquarters may be away for a while.
fn sync_patiently(phone: &Phone) {
    insist(|| {
        phone.sync_once();
        phone.waiting().is_empty().then_some(())
    });
}

#[test]
fn a_restored_backup_is_refused_rather_than_contradict_a_receipt() {
    let mut world = World::new();
    let mut device = world.device(1);
    let mut witness = world.witness();
    let early = device.protocol(world.country().precinct(0), 1);
    witness.push(&world.wire().push_all([&early]));
    world.end(Ending::InOrder);
    let (store, backup) = (world.data().join("hq.db"), world.data().join("backup.db"));
    std::fs::copy(&store, &backup).unwrap();
    world.start();
    witness.push(&world.wire().push_all([&device.protocol(world.country().precinct(1), 2)]));
    world.end(Ending::InOrder);

    std::fs::rename(&store, world.data().join("newest.db")).unwrap();
    std::fs::copy(&backup, &store).unwrap();
    let refused =
        block_on(async { hattama_server::app::Headquarters::open(world.data()).await.err() });
    let said = refused.expect("an older store is not served").to_string();
    assert!(said.contains("older backup"), "{said}");

    // The newest one is served again, and everything it said still holds.
    std::fs::remove_file(&store).unwrap();
    std::fs::rename(world.data().join("newest.db"), &store).unwrap();
    world.start();
    witness.history(&world.wire(), &early);
}

#[test]
fn a_second_signer_on_one_store_is_stopped_before_it_contradicts_the_first() {
    let world = World::new();
    let (mut device, mut witness) = (world.device(1), world.witness());
    let records: Vec<Signed> =
        (0..3).map(|number| device.protocol(world.country().precinct(0), number)).collect();
    // Somebody removed the lock and started headquarters twice.
    std::fs::remove_file(world.data().join("lock")).unwrap();
    block_on(async {
        let second = hattama_server::app::Headquarters::open(world.data()).await.unwrap();
        witness.push(&world.wire().push_all([&records[0]]));
        for _ in 0..3 {
            let batch =
                PushRequest { records: vec![records[1].text.clone()], ..PushRequest::default() };
            let refused = second.push.push(batch, None, hattama_server::clock::system()).await;
            assert!(refused.is_err(), "{refused:?}");
        }
    });
    let reply = world.wire().push_all(&records);
    assert_eq!(witness.push(&reply).len(), 3, "the first goes on");
    witness.history(&world.wire(), &records[0]);
    assert_eq!(world.wire().records().len(), 3);
}
