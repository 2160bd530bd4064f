//! Many random lives of a notebook: captures, syncs with faults, restarts, jumps of the clock.
//! However it goes, headquarters ends with exactly what was captured. (A log that forks is not
//! among the faults: from such a headquarters nothing is believed again until people settle it.)

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::{collections::BTreeMap, sync::atomic::Ordering};

use hattama_client_core::{PumpBudget, RecordProgress, Started};
use hattama_proto::{id::RecordId, kind::Role, problem::ProblemCode};
use hq::{Fault, World, noise};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Act {
    Capture(u32),
    Photo(usize),
    Pump { by_user: bool, bytes_max: u64 },
    Fail(&'static str, Fault),
    Restart,
    Reboot,
    ClockJump(i64),
    Pass(u64),
    HoldDevice,
}

fn fault() -> impl Strategy<Value = (&'static str, Fault)> {
    let path = prop_oneof![
        Just("/v1/records"),
        Just("/v1/status"),
        Just("PUT"),
        Just("HEAD"),
        Just("/v1/feed"),
        Just("/v1/")
    ];
    let fault = prop_oneof![
        Just(Fault::Unreachable),
        Just(Fault::DropRequest),
        Just(Fault::DropAnswer),
        (0_usize..400).prop_map(Fault::CutAnswer),
        prop_oneof![Just(200), Just(302), Just(403), Just(413), Just(502)].prop_map(Fault::Foreign),
        (
            prop_oneof![
                Just(ProblemCode::StoreUnavailable),
                Just(ProblemCode::TooManyRequests),
                Just(ProblemCode::NotExpected),
                Just(ProblemCode::MalformedBody),
                Just(ProblemCode::DigestMismatch),
                Just(ProblemCode::Internal),
            ],
            proptest::option::of(0_u32..5000)
        )
            .prop_map(|(code, wait)| Fault::Refuse(code, wait)),
        (0_u64..300_000).prop_map(Fault::CutRequest),
        Just(Fault::ForgedCheckpoint),
        Just(Fault::WrongReceipt),
        Just(Fault::NoReceipt),
        Just(Fault::Verdict("deferred")),
        Just(Fault::Verdict("pondered")),
        Just(Fault::NoVerdicts),
    ];
    (path, fault)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => any::<u32>().prop_map(Act::Capture),
        2 => (1_usize..400_000).prop_map(Act::Photo),
        5 => (any::<bool>(), prop_oneof![Just(u64::MAX), 0_u64..200_000])
            .prop_map(|(by_user, bytes_max)| Act::Pump { by_user, bytes_max }),
        6 => fault().prop_map(|(path, fault)| Act::Fail(path, fault)),
        1 => Just(Act::Restart),
        1 => Just(Act::Reboot),
        1 => (-400_000_000_000_i64..400_000_000_000).prop_map(Act::ClockJump),
        2 => (0_u64..7_200_000).prop_map(Act::Pass),
        1 => Just(Act::HoldDevice),
    ]
}

fn live(acts: Vec<Act>) {
    let mut world = World::enrolled();
    let mut captured: Vec<RecordId> = vec![];
    let mut photos = BTreeMap::new();
    for act in acts {
        match act {
            Act::Capture(valid) => captured.push(world.capture(valid)),
            Act::Photo(len) => {
                let bytes = noise(len);
                let (record, photo) = world.capture_with_photo(&bytes);
                captured.push(record);
                photos.insert(photo, bytes);
            }
            Act::Pump { by_user, bytes_max } => {
                let started = if by_user { Started::ByUser } else { Started::BySystem };
                world.pump_with(&PumpBudget { started, bytes_max, ..PumpBudget::default() });
            }
            Act::Fail(path, fault) => world.hq.fail(path, fault),
            Act::Restart => world = world.reopen(),
            Act::Reboot => {
                *world.clock.boot.lock().unwrap() += "+";
                world.clock.mono_ms.store(1, Ordering::SeqCst);
                world = world.reopen();
            }
            Act::ClockJump(ms) => {
                world.clock.wall_ms.fetch_add(ms, Ordering::SeqCst);
            }
            Act::Pass(ms) => world.clock.pass(ms),
            Act::HoldDevice => {
                let kid = world.notebook.kid(Role::Results);
                world.hq.state.lock().unwrap().held.insert(kid);
            }
        }
    }
    // The faults end; then everything arrives within a few tries.
    world.hq.state.lock().unwrap().faults.clear();
    world.settle(6);
    let state = world.hq.state.lock().unwrap();
    assert_eq!(state.records.len(), captured.len());
    for id in &captured {
        assert!(state.records.contains_key(id));
        let progress = world.notebook.get(*id).unwrap().progress;
        assert!(matches!(progress, RecordProgress::Acked | RecordProgress::Held), "{progress:?}");
        assert!(world.notebook.record_receipt(*id).unwrap().is_some());
    }
    assert_eq!(state.photos, photos);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn headquarters_ends_with_exactly_what_was_captured(
        acts in proptest::collection::vec(act(), 1..40),
    ) {
        live(acts);
    }
}
