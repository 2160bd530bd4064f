//! Devices that push without a pause, and a witness of everything they were told.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hattama_proto::{
    id::RecordId,
    limits::BATCH_RECORDS_MAX,
    problem::ProblemCode,
    wire::{PushReply, PushRequest, Verdict},
};
use hattama_tests::world::{Device, Signed, Wire, Witness, World};

/// Devices that push at the same time, and how many records they push at once.
pub(super) const DEVICES: u64 = 3;
const BATCH: u64 = 4;

/// Between two batches of a device: what is tested is the fault, not the speed.
const PAUSE: Duration = Duration::from_millis(20);

/// How long headquarters may take to acknowledge again after the fault has ended. A device that
/// was told to wait comes at once here, so this is headquarters' own time.
const RECOVERY: Duration = Duration::from_secs(10);

/// How long a fault may take to show, or a lock to be waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What is counted while devices push.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Batches that were acknowledged.
    acknowledged: AtomicUsize,
    /// Batches that were told to come again.
    put_off: AtomicUsize,
    enough: AtomicBool,
}

impl Load {
    /// Batches that were acknowledged until now.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Batches that were told to come again until now.
    fn put_off(&self) -> usize {
        self.put_off.load(Ordering::SeqCst)
    }

    /// Waits until further batches were acknowledged.
    pub(super) fn goes_on(&self) {
        let before = self.acknowledged();
        // Of what was on its way already, each device has one.
        wait_until("batches are acknowledged", RECOVERY, || self.acknowledged() > before + 6);
    }

    /// Waits until a device was told to come again.
    pub(super) fn is_put_off(&self) {
        let before = self.put_off();
        wait_until("somebody is told to come again", PATIENCE, || self.put_off() > before);
    }
}

/// Waits for what has to come.
fn wait_until(what: &str, patience: Duration, came: impl Fn() -> bool) {
    let begun = Instant::now();
    while !came() {
        assert!(begun.elapsed() < patience, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Devices push while `fault` happens and for as long as headquarters needs to go on afterwards.
/// Then everything that was ever acknowledged is there, once, and in one history.
pub(super) fn under_load(world: &World, fault: impl FnOnce(&Load)) {
    let load = Load::default();
    let witness = Mutex::new(world.witness());
    let devices: Vec<Device> = (0..DEVICES).map(|seed| world.device(seed)).collect();
    let pushed: Vec<Vec<Signed>> = std::thread::scope(|scope| {
        let lanes: Vec<_> = devices
            .into_iter()
            .map(|device| {
                let (load, witness) = (&load, &witness);
                scope.spawn(move || push_until_enough(world, device, load, witness))
            })
            .collect();
        let ends = Enough(&load);
        load.goes_on();
        fault(&load);
        load.goes_on();
        drop(ends);
        lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
    });

    let records: Vec<&Signed> = pushed.iter().flatten().collect();
    let mut witness = witness.into_inner().unwrap();
    assert_eq!(witness.receipted(), records.len());
    witness.history(&world.wire(), records[0]);
    let expected: BTreeSet<RecordId> = records.iter().map(|record| record.id).collect();
    assert_eq!(world.wire().record_ids(), expected);
    for (id, held) in world.wire().records() {
        assert_eq!(held, None, "{id} was taken for a fork or a stranger's");
    }
    // Asked again, each has the receipt of its one place.
    for batch in records.chunks(BATCH_RECORDS_MAX) {
        let reply = world.wire().push_all(batch.iter().copied());
        assert!(reply.results.iter().all(|result| result.verdict == Verdict::Duplicate));
        assert_eq!(witness.push(&reply).len(), batch.len());
    }
    assert_eq!(witness.receipted(), records.len());
}

/// Ends the load, also when the fault ends in a panic.
struct Enough<'a>(&'a Load);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.enough.store(true, Ordering::SeqCst);
    }
}

/// Pushes batch after batch, each until it has its receipts; tells the records.
fn push_until_enough(
    world: &World,
    mut device: Device,
    load: &Load,
    witness: &Mutex<Witness>,
) -> Vec<Signed> {
    let wire = world.wire();
    let mut pushed = Vec::new();
    let mut number = 0;
    while !load.enough.load(Ordering::SeqCst) {
        let unit = |number| world.country().precinct(usize::try_from(number).unwrap());
        let batch: Vec<Signed> =
            (number..number + BATCH).map(|seed| device.protocol(unit(seed), seed)).collect();
        number += BATCH;
        let reply = insist(&wire, &batch, load);
        assert_eq!(reply.results.len(), batch.len());
        assert_eq!(witness.lock().unwrap().push(&reply).len(), batch.len());
        load.acknowledged.fetch_add(1, Ordering::SeqCst);
        pushed.extend(batch);
        std::thread::sleep(PAUSE);
    }
    pushed
}

fn insist(wire: &Wire, batch: &[Signed], load: &Load) -> PushReply {
    let records: Vec<String> = batch.iter().map(|record| record.text.clone()).collect();
    let request = PushRequest { records, ..PushRequest::default() };
    let begun = Instant::now();
    loop {
        if let Some(reply) = acknowledged(wire, &request) {
            return reply;
        }
        load.put_off.fetch_add(1, Ordering::SeqCst);
        assert!(begun.elapsed() < 3 * PATIENCE, "a batch was never acknowledged");
        std::thread::sleep(PAUSE);
    }
}

/// An answer with a receipt for each record; none if all of it is to be sent again.
fn acknowledged(wire: &Wire, request: &PushRequest) -> Option<PushReply> {
    match wire.push(request) {
        Ok(reply) => {
            let mut put_off = false;
            for result in &reply.results {
                match result.verdict {
                    Verdict::Stored | Verdict::Duplicate => assert!(result.receipt.is_some()),
                    Verdict::Deferred => {
                        assert!(result.retry_after_s.is_some(), "{result:?}");
                        put_off = true;
                    }
                    Verdict::Held | Verdict::Rejected | Verdict::Unknown => panic!("{result:?}"),
                }
            }
            (!put_off).then_some(reply)
        }
        Err(problem) => {
            let said = (problem.status, problem.code);
            assert_eq!(said, (503, ProblemCode::StoreUnavailable), "{problem:?}");
            assert!(problem.retry_after_s.is_some(), "{problem:?}");
            None
        }
    }
}
