//! Locked, a notebook knows nothing until its vault is shown.

use std::sync::Arc;

use hattama_client_core::{Notebook, NotebookError, NotebookOptions, PumpBudget};
use hattama_proto::kind::Role;

use crate::{
    hq::{Hq, TestClock, World, draft, noise},
    phone::{Hardware, encrypted, open},
};

fn world(lock_after_ms: Option<u64>) -> World {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let options = NotebookOptions { lock_after_ms, ..encrypted(&clock, &Hardware::new(1)) };
    let notebook = Notebook::open(folder.path(), options).unwrap();
    let hq = Hq::new();
    notebook.enrol_through(&hq.invitation(), hq.as_ref()).unwrap();
    World { folder, clock, hq, notebook }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, NotebookError>) {
    assert!(matches!(result, Err(NotebookError::Locked)), "{result:?}");
}

#[test]
fn a_locked_notebook_refuses_everything_until_its_own_vault_unlocks_it() {
    let world = world(None);
    let (record, photo) = world.capture_with_photo(&noise(50_000));
    let stored = world.notebook.stored_photo(photo).unwrap();
    assert!(stored.open().is_ok());
    let kid = world.notebook.kid(Role::Results);
    world.notebook.lock().unwrap();
    world.notebook.lock().unwrap();
    assert!(world.notebook.is_locked());
    refused(world.notebook.list(0, 1));
    refused(world.notebook.capture_protocol(draft(1)));
    refused(world.notebook.pump_through(&PumpBudget::default(), world.hq.as_ref()));
    refused(world.notebook.read_photo(photo));
    refused(world.notebook.pack());
    refused(world.notebook.resume());
    refused(world.notebook.age_identity());
    assert!(stored.open().is_err(), "whoever still holds a file cannot open it");
    assert_eq!(world.notebook.kid(Role::Results), kid, "which is no secret");
    let other = world.notebook.unlock(Hardware::new(2).as_ref());
    assert!(matches!(other, Err(NotebookError::Keys { .. })), "{other:?}");
    refused(world.notebook.list(0, 1));
    world.notebook.unlock(Hardware::new(1).as_ref()).unwrap();
    assert_eq!(world.notebook.get(record).unwrap().id, record);
    assert!(stored.open().is_err(), "it belongs to the keys that are gone");
    world.settle(3);
    assert!(world.hq.state.lock().unwrap().photos.contains_key(&photo));
}

#[test]
fn a_plain_notebook_locks_too() {
    let world = World::enrolled();
    let record = world.capture(1);
    world.notebook.lock().unwrap();
    refused(world.notebook.list(0, 1));
    world.notebook.unlock(Hardware::new(1).as_ref()).unwrap();
    assert_eq!(world.notebook.get(record).unwrap().id, record);
}

#[test]
fn nobody_calls_for_long_enough_and_the_next_call_finds_it_locked() {
    let minutes = 60_000;
    let world = world(Some(5 * minutes));
    for _ in 0..4 {
        world.clock.pass(4 * minutes);
        assert!(!world.notebook.lock_if_idle().unwrap());
        world.capture(1);
    }
    world.clock.pass(5 * minutes);
    refused(world.notebook.list(0, 1));
    assert!(world.notebook.is_locked());
    world.notebook.unlock(Hardware::new(1).as_ref()).unwrap();
    world.capture(2);
    // The app's timer, which does not count as use.
    world.clock.pass(3 * minutes);
    assert!(!world.notebook.lock_if_idle().unwrap());
    world.clock.pass(3 * minutes);
    assert!(world.notebook.lock_if_idle().unwrap());
    refused(world.notebook.capture_protocol(draft(1)));
    // Whoever sets the clock back keeps nothing open.
    world.notebook.unlock(Hardware::new(1).as_ref()).unwrap();
    world.clock.wall_ms.fetch_sub(1_000_000_000, std::sync::atomic::Ordering::SeqCst);
    world.clock.pass(6 * minutes);
    refused(world.notebook.list(0, 1));
}

#[test]
fn a_sync_that_runs_keeps_it_open_and_locking_waits_for_captures() {
    let world = Arc::new(world(Some(1_000)));
    world.capture(1);
    let (clock, inside) = (Arc::clone(&world.clock), Arc::clone(&world));
    *world.hq.watch.lock().unwrap() = Some(Box::new(move |_| {
        clock.pass(10_000);
        assert!(!inside.notebook.lock_if_idle().unwrap(), "a sync is a call");
    }));
    let report = world.pump();
    *world.hq.watch.lock().unwrap() = None;
    assert_eq!(report.stored, 1);
    world.clock.pass(1_000);
    assert!(world.notebook.lock_if_idle().unwrap());
    assert!(open(world.path(), &world.clock, &Hardware::new(1)).is_ok(), "no file is held");
}

#[test]
fn nothing_that_happens_at_once_opens_a_locked_notebook() {
    let world = Arc::new(world(None));
    world.capture(1);
    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let wakers: Vec<_> = (0..2)
        .map(|_| {
            let (world, ended) = (Arc::clone(&world), Arc::clone(&ended));
            std::thread::spawn(move || {
                while !ended.load(std::sync::atomic::Ordering::SeqCst) {
                    drop(world.notebook.resume());
                    drop(world.notebook.list(0, 1));
                }
            })
        })
        .collect();
    for _ in 0..50 {
        world.notebook.unlock(Hardware::new(1).as_ref()).unwrap();
        assert_eq!(world.notebook.list(0, 10).unwrap().len(), 1);
        world.notebook.lock().unwrap();
        for _ in 0..5 {
            refused(world.notebook.list(0, 1));
        }
    }
    ended.store(true, std::sync::atomic::Ordering::SeqCst);
    for waker in wakers {
        waker.join().unwrap();
    }
}
