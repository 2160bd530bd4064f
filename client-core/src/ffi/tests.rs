//! What no app can bring about on purpose: panics in the core, and events that nobody takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use super::{
    Alarm, FeedItem, Notebook, NotebookError, NotebookEvents, NotifyFailure, OutboxSummary,
    notifier::{Event, Notifier, Telling},
};
use crate::{
    Notebook as Core, NotebookOptions,
    clock::{Clock, Moment, SystemClock},
    limits::EVENTS_WAITING_MAX,
};

/// Panics once it is told to.
#[derive(Default)]
struct Cursed(AtomicBool);

impl Clock for Cursed {
    fn now(&self) -> Moment {
        assert!(!self.0.load(Ordering::SeqCst), "the clock fails on purpose");
        SystemClock.now()
    }
}

#[test]
fn a_panic_is_answered_and_the_notebook_refuses_everything_until_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Cursed::default());
    let options = || NotebookOptions {
        election: Some("exercise".parse().unwrap()),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..NotebookOptions::default()
    };
    let notebook = Notebook::around(Core::open(folder.path(), options()).unwrap(), None, None);
    notebook.outbox().unwrap();
    clock.0.store(true, Ordering::SeqCst);
    assert_eq!(notebook.outbox(), Err(NotebookError::broken()));
    clock.0.store(false, Ordering::SeqCst);
    assert_eq!(notebook.outbox(), Err(NotebookError::broken()));
    assert!(matches!(notebook.keys(), Err(NotebookError::Internal { .. })));
    let said: serde_json::Value = serde_json::from_str(&notebook.diagnostics().unwrap()).unwrap();
    assert_eq!(said["broken"], true, "it can still say how it is");
    notebook.end().unwrap();
    let again = Notebook::around(Core::open(folder.path(), options()).unwrap(), None, None);
    again.outbox().unwrap();
}

#[test]
fn a_panic_while_it_says_how_it_is_or_beside_another_notebook_is_answered_too() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Cursed::default());
    let open = |name: &str, clock: Arc<dyn Clock>| {
        let options = NotebookOptions {
            election: Some("exercise".parse().unwrap()),
            clock,
            ..NotebookOptions::default()
        };
        Notebook::around(Core::open(&folder.path().join(name), options).unwrap(), None, None)
    };
    let (cursed, sound) = (open("a", Arc::clone(&clock) as _), open("b", Arc::new(SystemClock)));
    clock.0.store(true, Ordering::SeqCst);
    assert_eq!(cursed.diagnostics(), Err(NotebookError::broken()));
    assert_eq!(cursed.outbox(), Err(NotebookError::broken()));
    assert_eq!(sound.follow(Arc::clone(&cursed)), Err(NotebookError::broken()));
    sound.outbox().unwrap();
    cursed.end().unwrap();
    assert!(matches!(sound.follow(cursed), Err(NotebookError::Internal { .. })));
    let ended = open("c", Arc::new(SystemClock));
    ended.end().unwrap();
    assert_eq!(sound.follow(ended), Err(NotebookError::closed()));
}

/// Waits for a word before it takes anything, then says what it took.
struct Slow {
    word: std::sync::Mutex<mpsc::Receiver<()>>,
    took: mpsc::Sender<String>,
}

impl NotebookEvents for Slow {
    fn outbox_changed(&self, summary: OutboxSummary) -> Result<(), NotifyFailure> {
        self.take(format!("outbox {}", summary.acked))
    }

    fn feed(&self, _item: FeedItem) -> Result<(), NotifyFailure> {
        panic!("the app fails on purpose")
    }

    fn alarm(&self, alarm: Alarm) -> Result<(), NotifyFailure> {
        self.take(alarm.detail)
    }
}

impl Slow {
    fn take(&self, what: String) -> Result<(), NotifyFailure> {
        self.word.lock().unwrap().recv().ok();
        self.took.send(what).map_err(|error| NotifyFailure::Failed { reason: error.to_string() })
    }
}

fn slow() -> (Notifier, mpsc::Sender<()>, mpsc::Receiver<String>) {
    let ((say, word), (took, taken)) = (mpsc::channel(), mpsc::channel());
    let word = std::sync::Mutex::new(word);
    (Notifier::start(Arc::new(Slow { word, took })).unwrap(), say, taken)
}

fn alarm(number: usize) -> Event {
    Event::Alarm(Alarm { code: "rejected".to_owned(), detail: number.to_string() })
}

fn next(taken: &mpsc::Receiver<String>) -> String {
    taken.recv_timeout(Duration::from_secs(10)).unwrap()
}

#[test]
fn of_two_summaries_that_wait_the_newer_is_told_and_nothing_else_is_lost() {
    let (notifier, say, taken) = slow();
    notifier.tell(alarm(0));
    // The thread holds the first; the others wait behind it.
    while notifier.waiting() > 0 {
        std::thread::yield_now();
    }
    for acked in 1..=3 {
        notifier.tell(Event::OutboxChanged(OutboxSummary { acked, ..OutboxSummary::default() }));
        notifier.tell(alarm(acked.try_into().unwrap()));
    }
    for _ in 0..8 {
        say.send(()).unwrap();
    }
    let told: Vec<_> = (0..5).map(|_| next(&taken)).collect();
    assert_eq!(told, ["0", "1", "2", "outbox 3", "3"]);
    notifier.end();
}

#[test]
fn an_app_that_takes_nothing_costs_a_bounded_memory_and_the_count_is_kept() {
    let (notifier, say, _taken) = slow();
    for number in 0..EVENTS_WAITING_MAX + 10 {
        notifier.tell(alarm(number));
    }
    let dropped = notifier.telling().dropped;
    assert!((9..=10).contains(&dropped), "{dropped}");
    drop(say);
    notifier.end();
}

#[test]
fn a_locked_notebook_tells_nothing_that_still_waited() {
    let folder = tempfile::tempdir().unwrap();
    let (notifier, say, taken) = slow();
    let core = Core::open(folder.path(), NotebookOptions::default()).unwrap();
    let notebook = Notebook::around(core, Some(notifier), None);
    let notifier = notebook.notifier.as_ref().unwrap();
    notifier.tell(alarm(0));
    while notifier.waiting() > 0 {
        std::thread::yield_now();
    }
    notifier.tell(alarm(1));
    notifier.tell(alarm(2));
    notebook.lock().unwrap();
    assert_eq!((notifier.waiting(), notifier.telling().dropped), (0, 2));
    notifier.tell(alarm(3));
    say.send(()).unwrap();
    say.send(()).unwrap();
    assert_eq!([next(&taken), next(&taken)], ["0", "3"]);
    notebook.end().unwrap();
}

#[test]
fn an_event_that_panics_is_counted_and_the_next_one_comes() {
    let (notifier, say, taken) = slow();
    let (record, reason) = ("r".to_owned(), String::new());
    notifier.tell(Event::Feed(FeedItem::Decision { record, counted: true, reason }));
    notifier.tell(alarm(7));
    say.send(()).unwrap();
    assert_eq!(next(&taken), "7");
    notifier.end();
    assert_eq!(notifier.telling(), Telling { told: 1, failed: 1, dropped: 0 });
}
