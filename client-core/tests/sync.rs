//! Syncing records: whatever the network and headquarters do, each record arrives once, and the
//! phone believes nothing without proof.

#![allow(clippy::unwrap_used, reason = "tests")]

mod hq;

use std::sync::Arc;

use hattama_client_core::{
    Alarm, NotebookError, PumpBudget, PumpEnd, RecordProgress, Started, Trouble,
    capture::IncidentDraft,
};
use hattama_proto::{
    id::RecordId,
    kind::Role,
    problem::ProblemCode,
    record::Severity,
    statement::{Disposition, Revocation},
    tlog::{LogEntry, Receipt},
    wire::FeedKind,
};
use hq::{Fault, World};

fn progress(world: &World, id: RecordId) -> RecordProgress {
    world.notebook.get(id).unwrap().progress
}

fn incident(severity: Severity) -> IncidentDraft {
    let category = "stuffing".parse().unwrap();
    IncidentDraft::new(category, "voting".parse().unwrap(), severity, "words")
}

/// By a timer, so that pauses count.
fn by_system() -> PumpBudget {
    PumpBudget::default()
}

#[test]
fn a_record_is_done_once_its_receipt_was_checked() {
    let world = World::enrolled();
    let id = world.capture(98);
    assert_eq!(progress(&world, id), RecordProgress::Queued);
    let report = world.pump();
    assert_eq!((report.stored, report.end, report.next_wakeup_ms), (1, PumpEnd::Done, None));
    assert!(report.alarms.is_empty() && report.trouble.is_none(), "{report:?}");
    assert_eq!(progress(&world, id), RecordProgress::Acked);
    let receipt = Receipt::parse(&world.notebook.record_receipt(id).unwrap().unwrap()).unwrap();
    let key = world.hq.log.verifier_key();
    receipt.verify(&LogEntry::Record(*id.as_bytes()), key.name(), key).unwrap();
    assert!(world.notebook.outbox_summary().unwrap().is_empty());
    assert_eq!(world.pump().stored, 0, "nothing is sent twice");
    assert_eq!(world.hq.requests("POST /v1/records"), 1);
}

#[test]
fn nothing_is_sent_before_the_enrolment() {
    let world = World::new();
    world.capture(1);
    let report = world.pump();
    assert_eq!(report.end, PumpEnd::NotEnrolled);
    assert_eq!(world.hq.requests(""), 0);
    assert_eq!(world.notebook.pump(&by_system()).unwrap().end, PumpEnd::NotEnrolled);
    assert!(world.notebook.outbox_summary().unwrap().blocked_by.is_some());
}

#[test]
fn any_single_fault_is_survived_and_no_record_is_lost_or_doubled() {
    for fault in [
        Fault::Unreachable,
        Fault::DropRequest,
        Fault::DropAnswer,
        Fault::CutAnswer(0),
        Fault::CutAnswer(1),
        Fault::CutAnswer(300),
        Fault::Foreign(200),
        Fault::Foreign(302),
        Fault::Foreign(403),
        Fault::Foreign(413),
        Fault::Foreign(520),
        Fault::Refuse(ProblemCode::StoreUnavailable, None),
        Fault::Refuse(ProblemCode::TooManyRequests, Some(30)),
        Fault::Refuse(ProblemCode::Overloaded, Some(30)),
        Fault::Refuse(ProblemCode::StorageFull, None),
        Fault::Refuse(ProblemCode::Internal, None),
        Fault::Refuse(ProblemCode::TooLarge, None),
        Fault::Refuse(ProblemCode::MalformedBody, None),
        Fault::Refuse(ProblemCode::Unauthorized, None),
        Fault::ForgedCheckpoint,
        Fault::WrongReceipt,
        Fault::NoReceipt,
        Fault::NoVerdicts,
        Fault::Verdict("deferred"),
        Fault::Verdict("pondered"),
    ] {
        let world = World::enrolled();
        let ids: Vec<_> = (0..5).map(|n| world.capture(n)).collect();
        world.hq.fail("/v1/records", fault.clone());
        world.pump();
        world.settle(4);
        for id in &ids {
            assert_eq!(progress(&world, *id), RecordProgress::Acked, "{fault:?}");
            assert!(world.hq.has(*id));
        }
        let state = world.hq.state.lock().unwrap();
        assert_eq!(state.records.len(), 5, "{fault:?}");
    }
}

#[test]
fn somebody_elses_answer_is_never_a_verdict() {
    for status in [200, 400, 403, 404, 409, 410, 422] {
        let world = World::enrolled();
        let id = world.capture(1);
        world.hq.fail("/v1/records", Fault::Foreign(status));
        let report = world.pump_with(&by_system());
        assert_eq!(report.trouble, Some(Trouble::Foreign { status }));
        assert_eq!(report.end, PumpEnd::Waiting);
        assert!(report.next_wakeup_ms.unwrap() > 0);
        assert_eq!(progress(&world, id), RecordProgress::Queued);
    }
}

#[test]
fn an_invalid_receipt_raises_an_alarm_and_the_record_stays() {
    for fault in [Fault::ForgedCheckpoint, Fault::WrongReceipt] {
        let world = World::enrolled();
        let id = world.capture(1);
        world.hq.fail("/v1/records", fault);
        let report = world.pump_with(&by_system());
        assert_eq!(report.alarms, [Alarm::InvalidReceipt { subject: id.to_hex() }]);
        assert_eq!((report.stored, report.end), (0, PumpEnd::Waiting));
        assert_eq!(progress(&world, id), RecordProgress::Queued);
        assert_eq!(world.notebook.record_receipt(id).unwrap(), None);
        let journal = world.notebook.journal(10).unwrap();
        assert!(journal.iter().any(|line| line.code == "invalid-receipt"));
    }
}

#[test]
fn a_missing_receipt_is_asked_for_at_once() {
    let world = World::enrolled();
    let id = world.capture(1);
    world.hq.fail("/v1/records", Fault::NoReceipt);
    let report = world.pump();
    assert_eq!(report.duplicate, 1);
    assert_eq!(world.hq.requests("POST /v1/status"), 1);
    assert_eq!(progress(&world, id), RecordProgress::Acked);
}

#[test]
fn a_headquarters_that_forgot_gets_the_record_again() {
    let world = World::enrolled();
    let id = world.capture(1);
    world.hq.fail("/v1/records", Fault::NoReceipt);
    world.hq.fail("/v1/status", Fault::DropRequest);
    world.pump();
    world.hq.state.lock().unwrap().records.clear();
    world.settle(3);
    assert!(world.hq.has(id));
    assert_eq!(progress(&world, id), RecordProgress::Acked);
}

#[test]
fn two_histories_of_the_log_are_kept_as_proof_and_nothing_is_believed() {
    let world = World::enrolled();
    world.capture(1);
    world.pump();
    let second = world.capture(2);
    world.hq.fail("/v1/records", Fault::Fork);
    let report = world.pump_with(&by_system());
    assert_eq!(report.alarms, [Alarm::LogForked]);
    assert_eq!(progress(&world, second), RecordProgress::Queued);
    let proofs = world.notebook.fork_proofs().unwrap();
    let [(known, shown)] = proofs.as_slice() else { panic!("{proofs:?}") };
    assert!(known.contains("hq.example.org/log\n1\n") && shown.contains("hq.example.org/log\n2\n"));
    // The honest log goes on from where it was, so the phone does too.
    world.settle(3);
    assert_eq!(progress(&world, second), RecordProgress::Acked);
    assert_eq!(world.notebook.fork_proofs().unwrap().len(), 1);
}

#[test]
fn what_headquarters_holds_is_done_for_the_phone() {
    let world = World::enrolled();
    let kid = world.notebook.kid(Role::Results);
    world.hq.state.lock().unwrap().held.insert(kid);
    let id = world.capture(1);
    let report = world.pump();
    assert_eq!((report.held, report.end), (1, PumpEnd::Done));
    let item = world.notebook.get(id).unwrap();
    assert_eq!(item.progress, RecordProgress::Held);
    assert_eq!(item.reason.as_deref(), Some("unknown_device"));
    assert!(world.notebook.record_receipt(id).unwrap().is_some());
}

#[test]
fn a_rejected_record_is_kept_shown_and_not_sent_again() {
    let world = World::enrolled();
    let id = world.capture(1);
    world.hq.fail("/v1/records", Fault::Verdict("rejected"));
    let report = world.pump();
    assert_eq!((report.rejected, report.alarms), (1, vec![Alarm::Rejected(id)]));
    assert_eq!(progress(&world, id), RecordProgress::Rejected);
    world.clock.pass(10_000_000);
    world.pump();
    assert_eq!(world.hq.requests("POST /v1/records"), 1);
    assert!(world.notebook.signed_text(id).is_ok());
}

#[test]
fn one_record_that_cannot_be_read_stops_no_other() {
    let world = World::enrolled();
    let ids: Vec<_> = (0..100).map(|n| world.capture(n)).collect();
    let poison = ids[37];
    world.hq.state.lock().unwrap().poison.insert(poison);
    world.pump();
    for id in &ids {
        let expected = if *id == poison { RecordProgress::Suspect } else { RecordProgress::Acked };
        assert_eq!(progress(&world, *id), expected);
    }
    let summary = world.notebook.outbox_summary().unwrap();
    assert_eq!((summary.suspect, summary.urgent.count), (1, 1));
    // Once headquarters can read it, it goes out like any other.
    world.hq.state.lock().unwrap().poison.clear();
    world.settle(2);
    assert_eq!(progress(&world, poison), RecordProgress::Acked);
}

#[test]
fn batches_keep_to_the_limit_and_never_mix_the_two_keys() {
    let world = World::enrolled();
    for n in 0..70 {
        world.capture(n);
        world.notebook.capture_incident(incident(Severity::Low)).unwrap();
    }
    world.pump();
    let state = world.hq.state.lock().unwrap();
    assert_eq!((state.records.len(), state.largest_batch), (140, 64));
    drop(state);
    assert_eq!(world.hq.requests("POST /v1/records"), 4);
}

#[test]
fn a_foreign_413_halves_the_next_batch() {
    let world = World::enrolled();
    for n in 0..64 {
        world.capture(n);
    }
    world.hq.fail("/v1/records", Fault::Foreign(413));
    let report = world.pump_with(&by_system());
    assert_eq!((report.stored, report.end), (64, PumpEnd::Done));
    assert_eq!(world.hq.state.lock().unwrap().largest_batch, 32);
}

#[test]
fn urgent_records_go_first() {
    let world = World::enrolled();
    let low = world.notebook.capture_incident(incident(Severity::Low)).unwrap().record;
    let urgent = world.notebook.capture_incident(incident(Severity::Critical)).unwrap().record;
    world.pump();
    let sent: Vec<_> = {
        let state = world.hq.state.lock().unwrap();
        state.sent.iter().map(|text| RecordId::of(text.as_bytes())).collect()
    };
    assert_eq!(sent, [urgent, low]);
}

#[test]
fn pauses_outlast_a_restart_and_a_jump_of_the_clock_does_not_stretch_them() {
    let mut world = World::enrolled();
    let id = world.capture(1);
    world.hq.fail("/v1/records", Fault::Refuse(ProblemCode::StoreUnavailable, Some(120)));
    let report = world.pump_with(&by_system());
    // As long as it was told, and up to half as long again; less what has passed since.
    assert!((100_000..=180_000).contains(&report.next_wakeup_ms.unwrap()));
    world = world.reopen();
    assert_eq!(world.pump_with(&by_system()).end, PumpEnd::Waiting);
    assert_eq!(world.pump().end, PumpEnd::Waiting, "nobody skips what headquarters asked for");
    // The wall clock falls back by ten years and the phone is started anew.
    world.clock.wall_ms.fetch_sub(315_360_000_000, std::sync::atomic::Ordering::SeqCst);
    *world.clock.boot.lock().unwrap() = "boot-2".into();
    world.clock.mono_ms.store(5, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(world.pump_with(&by_system()).stored, 1);
    assert_eq!(progress(&world, id), RecordProgress::Acked);
}

#[test]
fn our_own_pauses_end_with_another_network_or_the_observers_wish() {
    let world = World::enrolled();
    world.capture(1);
    world.hq.fail("/v1/records", Fault::DropRequest);
    assert_eq!(world.pump_with(&by_system()).end, PumpEnd::Waiting);
    assert_eq!(world.pump_with(&by_system()).stored, 0);
    world.notebook.network_changed().unwrap();
    assert_eq!(world.pump_with(&by_system()).stored, 1);
    world.capture(2);
    world.hq.fail("/v1/records", Fault::DropRequest);
    world.pump_with(&by_system());
    let asked = PumpBudget { started: Started::ByUser, ..PumpBudget::default() };
    assert_eq!(world.pump_with(&asked).stored, 1);
}

#[test]
fn a_sync_with_patience_waits_for_its_own_retries() {
    let world = World::enrolled();
    world.capture(1);
    for _ in 0..6 {
        world.hq.fail("/v1/records", Fault::DropRequest);
    }
    let budget = PumpBudget { wait_ms_max: u64::MAX, ms_max: 3_600_000, ..PumpBudget::default() };
    let report = world.pump_with(&budget);
    assert_eq!((report.stored, report.end), (1, PumpEnd::Done));
}

#[test]
fn a_sync_keeps_to_its_budget() {
    let world = World::enrolled();
    for n in 0..3 {
        world.capture(n);
    }
    let none = PumpBudget { bytes_max: 0, ..PumpBudget::default() };
    let report = world.pump_with(&none);
    assert_eq!((report.end, report.bytes_sent), (PumpEnd::Budget, 0));
    let report = world.pump_with(&PumpBudget { ms_max: 0, ..PumpBudget::default() });
    assert_eq!((report.end, report.next_wakeup_ms), (PumpEnd::Budget, Some(0)));
}

#[test]
fn an_interruption_ends_a_sync_at_its_next_step() {
    let world = World::enrolled();
    for _ in 0..3 {
        world.notebook.capture_incident(incident(Severity::Low)).unwrap();
        world.capture(1);
    }
    let world = Arc::new(world);
    let weak = Arc::downgrade(&world);
    *world.hq.watch.lock().unwrap() = Some(Box::new(move |_| {
        // From within the first exchange, as if from another thread.
        if let Some(world) = weak.upgrade() {
            world.notebook.interrupt();
        }
    }));
    let report = world.pump();
    assert_eq!((report.end, report.next_wakeup_ms), (PumpEnd::Interrupted, Some(0)));
    assert_eq!(report.stored, 3, "what was answered counts");
    assert_eq!(world.hq.requests("POST /v1/records"), 1);
    *world.hq.watch.lock().unwrap() = None;
    assert_eq!(world.pump().stored, 3);
}

#[test]
fn one_sync_at_a_time_and_a_capture_never_waits_for_it() {
    let world = Arc::new(World::enrolled());
    world.capture(1);
    let weak = Arc::downgrade(&world);
    *world.hq.watch.lock().unwrap() = Some(Box::new(move |line| {
        let Some(world) = weak.upgrade() else { return };
        if line.starts_with("POST /v1/records") && world.hq.requests("POST /v1/records") == 0 {
            // Another thread, as an app has one for captures.
            let captured =
                std::thread::scope(|scope| scope.spawn(|| world.capture(2)).join().unwrap());
            assert!(world.notebook.get(captured).is_ok());
            let second = world.notebook.pump_through(&PumpBudget::default(), world.hq.as_ref());
            assert!(matches!(second, Err(NotebookError::Busy)));
        }
    }));
    let report = world.pump();
    *world.hq.watch.lock().unwrap() = None;
    assert_eq!(report.stored, 2, "what was captured meanwhile goes along");
}

#[test]
fn decisions_and_revocations_come_down_the_feed_if_they_are_signed() {
    let world = World::enrolled();
    let (id, other) = (world.capture(1), world.capture(2));
    world.hq.decide(id, "the wrong precinct");
    let forged = world.hq.state_by(
        &world.hq.root,
        hattama_proto::statement::Decision {
            record: other,
            disposition: Disposition::SetAside,
            reason: "forged".into(),
            account: "nobody".into(),
            unit: None,
            copy: None,
            same_document_as: None,
        },
    );
    let kid = world.notebook.kid(Role::Results);
    let revocation =
        world.hq.state_by(&world.hq.hq, Revocation { kid, from_index: 0, reason: "lost".into() });
    world.hq.state.lock().unwrap().feed.extend([
        FeedKind::Decision { record: other, statement: forged },
        FeedKind::Revocation { statement: revocation },
        FeedKind::Unknown,
    ]);
    let report = world.pump();
    assert_eq!(report.alarms, [Alarm::Revoked(kid)]);
    let decision = world.notebook.get(id).unwrap().decision.unwrap();
    assert_eq!(decision.disposition, Disposition::SetAside);
    assert_eq!(decision.reason, "the wrong precinct");
    assert_eq!(world.notebook.get(other).unwrap().decision, None);
    assert!(world.pump().alarms.is_empty(), "each item is read once");
}

#[test]
fn a_newer_set_up_comes_down_the_feed_if_the_root_signed_it() {
    let world = World::enrolled();
    let forged = world.hq.sign_pack(3, &world.hq.hq);
    let older = world.hq.sign_pack(1, &world.hq.root);
    let newer = world.hq.sign_pack(2, &world.hq.root);
    for manifest in [forged, newer, older] {
        world.hq.state.lock().unwrap().feed.push(FeedKind::Pack { manifest });
    }
    world.hq.fail("/v1/packs", Fault::DropRequest);
    let report = world.pump();
    assert!(matches!(report.alarms.as_slice(), [Alarm::SetUpRefused(_)]), "{report:?}");
    assert_eq!(world.notebook.pack().unwrap().unwrap().version, 1);
    world.clock.pass(10_000_000);
    world.pump();
    assert_eq!(world.notebook.pack().unwrap().unwrap().version, 2);
    assert_eq!(world.reopen().notebook.pack().unwrap().unwrap().version, 2);
}

#[test]
fn a_sync_that_only_sends_pictures_again_does_not_ask_what_is_new_more_than_once_a_minute() {
    let world = World::enrolled();
    let (_, photo) = world.capture_with_photo(&hq::noise(1_000));
    let asked = || world.hq.requests("GET /v1/feed");
    let no_room = || world.hq.fail("PUT", Fault::Refuse(ProblemCode::Overloaded, Some(15)));
    no_room();
    world.pump_with(&by_system());
    assert_eq!(asked(), 2, "of both roles");
    for _ in 0..2 {
        no_room();
        world.clock.pass(25_000);
        world.pump_with(&by_system());
    }
    assert_eq!(asked(), 2);
    assert_eq!(world.hq.requests("PUT"), 3);

    no_room();
    world.clock.pass(25_000);
    world.pump_with(&by_system());
    assert_eq!(asked(), 4, "a minute has passed");

    // Whoever presses the button hears what there is, and so does a record that is on its way.
    no_room();
    world.pump();
    assert_eq!(asked(), 6);
    no_room();
    world.capture(7);
    world.clock.pass(25_000);
    world.pump_with(&by_system());
    assert_eq!(asked(), 8);

    // And once nothing is left.
    world.settle(5);
    assert!(world.hq.state.lock().unwrap().photos.contains_key(&photo));
    let before = asked();
    world.pump_with(&by_system());
    assert_eq!(asked(), before + 2);
}

#[test]
fn a_token_that_ran_out_stops_the_feed_and_nothing_else() {
    let world = World::enrolled();
    let id = world.capture(1);
    world.hq.fail("/v1/feed", Fault::Refuse(ProblemCode::Unauthorized, None));
    world.pump();
    assert_eq!(progress(&world, id), RecordProgress::Acked);
    world.pump();
    assert_eq!(world.hq.requests("GET /v1/feed"), 3, "two roles, then one");
}
