//! What an app hears, and what it may do while it hears it.

use std::sync::{Arc, Mutex, OnceLock};

use hattama_client_core::ffi::{
    Alarm, FeedItem, Notebook, NotebookEvents, NotifyFailure, OutboxSummary,
};

use crate::{
    app::{App, Line, Network, budget, config, protocol},
    hq::Hq,
};

#[test]
fn captures_receipts_and_decisions_are_heard() {
    let app = App::enrolled();
    let made = app.capture(&[]);
    app.ear.wait_for("outbox 1 acked 0");
    app.notebook.pump(budget(30_000)).unwrap();
    app.ear.wait_for("outbox 0 acked 1");
    app.hq.decide(made.record.parse().unwrap(), "looked at");
    app.notebook.pump(budget(30_000)).unwrap();
    let decision = app.ear.wait_for("decision");
    assert!(decision.contains(&made.record) && decision.contains("looked at"), "{decision}");
    app.notebook.pump(budget(30_000)).unwrap();
    app.notebook.end().unwrap();
    let heard = app.ear.heard.lock().unwrap();
    assert_eq!(heard.iter().filter(|what| what.starts_with("decision")).count(), 1, "{heard:?}");
}

#[test]
fn a_receipt_that_does_not_prove_what_it_should_raises_an_alarm() {
    let app = App::enrolled();
    let made = app.capture(&[]);
    app.hq.fail("/v1/records", crate::hq::Fault::WrongReceipt);
    app.notebook.pump(budget(30_000)).unwrap();
    let alarm = app.ear.wait_for("alarm invalid-receipt");
    assert!(alarm.contains(&made.record), "{alarm}");
}

/// Calls the notebook back from within an event, as apps do.
#[derive(Default)]
struct Reentrant {
    notebook: OnceLock<std::sync::Weak<Notebook>>,
    did: Mutex<Vec<String>>,
}

impl NotebookEvents for Reentrant {
    fn outbox_changed(&self, _summary: OutboxSummary) -> Result<(), NotifyFailure> {
        let Some(notebook) = self.notebook.get().and_then(std::sync::Weak::upgrade) else {
            return Ok(());
        };
        let waits = notebook.outbox().map(|summary| summary.urgent.count);
        notebook.interrupt();
        let paused = notebook.pause().and_then(|()| notebook.resume());
        self.did.lock().unwrap().push(format!("{waits:?} {paused:?}"));
        // Even the end, from the notebook's own thread.
        notebook.end().map_err(|error| NotifyFailure::Failed { reason: error.to_string() })
    }

    fn feed(&self, _item: FeedItem) -> Result<(), NotifyFailure> {
        Err(NotifyFailure::Failed { reason: "thrown".to_owned() })
    }

    fn alarm(&self, _alarm: Alarm) -> Result<(), NotifyFailure> {
        Err(NotifyFailure::Failed { reason: "thrown".to_owned() })
    }
}

#[test]
fn an_event_may_call_the_notebook_back_and_even_end_it() {
    let folder = tempfile::tempdir().unwrap();
    let network = Network { hq: Hq::new(), line: Mutex::new(Line::Up), taken: 0.into() };
    let ear = Arc::new(Reentrant::default());
    let events: Arc<dyn NotebookEvents> = Arc::clone(&ear) as Arc<dyn NotebookEvents>;
    let notebook = Notebook::open(
        config(&folder.path().join("notebook")),
        None,
        Some(events),
        Some(Arc::new(network)),
        None,
    )
    .unwrap();
    ear.notebook.set(Arc::downgrade(&notebook)).unwrap();
    Arc::clone(&notebook).begin_capture(protocol(98)).commit().unwrap();
    for _ in 0..1000 {
        if notebook.outbox().is_err() && !ear.did.lock().unwrap().is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(*ear.did.lock().unwrap(), ["Ok(1) Ok(())"]);
    // The event's own end may still be on its way out.
    for _ in 0..1000 {
        match Notebook::open(config(&folder.path().join("notebook")), None, None, None, None) {
            Ok(again) => {
                assert_eq!(again.list(0, 10).unwrap().len(), 1, "what was captured is kept");
                return;
            }
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
    panic!("the folder is still taken");
}
