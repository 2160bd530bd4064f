//! Stopping, pausing, and what the system does to apps.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use hattama_client_core::{
    ffi::{Conditions, KeyRole, Notebook, NotebookError, PumpEnd, Trouble},
    steps,
};

use crate::{
    app::{App, Line, budget, config},
    hq::noise,
};

/// What a pump may take beyond its budget, and an interruption at all.
const GRACE: Duration = Duration::from_secs(2);

/// Files of this process within `folder`.
#[cfg(target_os = "linux")]
fn open_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|path| path.starts_with(folder))
        .collect()
}

#[test]
fn a_pump_ends_within_its_budget_although_the_apps_network_does_not() {
    let app = App::enrolled();
    app.capture(&[]);
    app.line(Line::Silent);
    let began = Instant::now();
    let report = app.notebook.pump(budget(500)).unwrap();
    assert!(began.elapsed() < Duration::from_millis(500) + GRACE, "{:?}", began.elapsed());
    assert_eq!(report.end, PumpEnd::Budget);
    app.line(Line::Up);
    assert_eq!(app.notebook.pump(budget(30_000)).unwrap().stored, 1);
}

#[test]
fn an_interruption_ends_a_pump_and_a_second_pump_meanwhile_is_busy() {
    let app = App::enrolled();
    app.capture(&[]);
    app.line(Line::Silent);
    let before = app.network.taken.load(Ordering::SeqCst);
    let notebook = Arc::clone(&app.notebook);
    let pumping = std::thread::spawn(move || notebook.pump(budget(60_000)));
    while app.network.taken.load(Ordering::SeqCst) == before {
        std::thread::sleep(Duration::from_millis(5));
    }
    let busy = app.notebook.pump(budget(0)).unwrap_err();
    assert!(matches!(busy, NotebookError::Busy { .. }), "{busy:?}");
    app.capture(&[]);
    let began = Instant::now();
    app.notebook.interrupt();
    assert_eq!(pumping.join().unwrap().unwrap().end, PumpEnd::Interrupted);
    assert!(began.elapsed() < GRACE);
    assert_eq!(app.notebook.list(0, 10).unwrap().len(), 2, "a capture needs no turn");
}

#[test]
fn a_network_of_the_apps_that_panics_is_trouble_and_nothing_more() {
    let app = App::enrolled();
    app.capture(&[]);
    app.line(Line::Panics);
    let report = app.notebook.pump(budget(5_000)).unwrap();
    assert!(matches!(report.trouble, Some(Trouble::Network { .. })), "{report:?}");
    app.line(Line::Up);
    assert_eq!(app.notebook.pump(budget(30_000)).unwrap().stored, 1);
}

/// How many files of exports that are not whole lie in `folder`.
fn parts(folder: &std::path::Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".part")).count()
}

#[cfg(target_os = "linux")]
#[test]
fn after_a_pause_under_load_no_file_of_the_notebook_is_open() {
    let app = App::enrolled();
    // Also outside the notebook: what it exports is its own until it is whole.
    let folder = app.folder.path().to_owned();
    let photo = app.file("photo.jpg", &noise(3_000_000));
    assert!(!open_files(&folder).is_empty(), "the control: an open notebook has files open");
    for round in 0..5_u64 {
        let load: Vec<_> = (0..5)
            .map(|kind| {
                let (notebook, photo) = (Arc::clone(&app.notebook), photo.clone());
                let out = folder.join("bundle.zip").display().to_string();
                std::thread::spawn(move || {
                    // For as long as the pause lets them: it must not wait for those who keep coming.
                    loop {
                        let done = match kind {
                            0 => notebook.pump(budget(2_000)).map(drop),
                            1 => {
                                let draft = crate::app::protocol(98);
                                let capture = Arc::clone(&notebook).begin_capture(draft);
                                capture.add_photo(photo.clone(), 1).unwrap();
                                capture.commit().map(drop)
                            }
                            2 => notebook.set_up("units".to_owned()).map(drop),
                            3 => notebook.plan_transfers(3, Conditions::default()).map(drop),
                            _ => {
                                let done =
                                    notebook.export_bundle(out.clone(), KeyRole::Results, true);
                                drop(std::fs::remove_file(&out));
                                done.map(drop)
                            }
                        };
                        match done {
                            Ok(()) => {}
                            // The pause itself waits for the sync, and lets no other begin.
                            Err(NotebookError::Busy { .. }) => {}
                            Err(NotebookError::Paused { .. }) => break,
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(20 * round));
        app.notebook.pause().unwrap();
        assert_eq!(open_files(&folder), Vec::<std::path::PathBuf>::new());
        assert_eq!(parts(&folder), 0, "an export that was not whole leaves nothing");
        for thread in load {
            thread.join().unwrap();
        }
        assert!(matches!(app.notebook.outbox(), Err(NotebookError::Paused { .. })));
        app.notebook.resume().unwrap();
        app.notebook.outbox().unwrap();
    }
}

#[test]
fn one_folder_is_open_once_and_free_again_after_the_end() {
    let app = App::enrolled();
    let again =
        || Notebook::open(config(&app.folder.path().join("notebook")), None, None, None, None);
    assert!(matches!(again(), Err(NotebookError::Busy { .. })));
    app.notebook.end().unwrap();
    app.notebook.end().unwrap();
    assert!(matches!(app.notebook.outbox(), Err(NotebookError::Paused { .. })));
    app.notebook.interrupt();
    let second = again().unwrap();
    assert!(second.enrolment().unwrap().is_some());
}

/// The same notebook as a new process would open it, after `harm` was done to its folder.
fn reopened(app: &App, harm: impl Fn(&std::path::Path)) -> Arc<Notebook> {
    app.notebook.end().unwrap();
    let folder = app.folder.path().join("notebook");
    harm(&folder);
    let (events, transport) = (Arc::clone(&app.ear), Arc::clone(&app.network));
    Notebook::open(config(&folder), None, Some(events), Some(transport), None).unwrap()
}

fn lose_the_set_up(notebook: &std::path::Path) {
    for entry in std::fs::read_dir(notebook.join("packs")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

#[test]
fn a_set_up_whose_files_are_gone_is_fetched_within_the_budget_or_it_is_trouble() {
    let app = App::enrolled();
    app.capture(&[]);
    let notebook = reopened(&app, lose_the_set_up);
    app.line(Line::Silent);
    let began = Instant::now();
    let report = notebook.pump(budget(500)).unwrap();
    assert!(began.elapsed() < Duration::from_millis(500) + GRACE, "{:?}", began.elapsed());
    assert_eq!((report.end, report.next_wakeup_ms), (PumpEnd::Budget, Some(0)));

    app.line(Line::Down);
    let report = notebook.pump(budget(30_000)).unwrap();
    assert!(matches!(report.trouble, Some(Trouble::Network { .. })), "{report:?}");
    assert_eq!(report.end, PumpEnd::Waiting);
    assert!(report.next_wakeup_ms.is_some_and(|ms| ms > 0), "{report:?}");
    let asked = app.network.taken.load(Ordering::SeqCst);
    let by_system = hattama_client_core::ffi::PumpBudget { by_user: false, ..budget(30_000) };
    assert_eq!(notebook.pump(by_system).unwrap().end, PumpEnd::Waiting);
    assert_eq!(app.network.taken.load(Ordering::SeqCst), asked, "the pause holds");

    app.line(Line::Up);
    let report = notebook.pump(budget(30_000)).unwrap();
    assert_eq!((report.stored, report.end), (1, PumpEnd::Done), "{report:?}");
}

#[test]
fn a_set_up_that_comes_back_altered_is_an_alarm_and_not_an_error() {
    let app = App::enrolled();
    app.capture(&[]);
    let notebook = reopened(&app, lose_the_set_up);
    let kept = app.hq.state.lock().unwrap().parts.clone();
    for bytes in app.hq.state.lock().unwrap().parts.values_mut() {
        bytes[0] ^= 1;
    }
    let report = notebook.pump(budget(30_000)).unwrap();
    assert_eq!(report.alarms[0].code, "set-up-refused", "{report:?}");
    assert_eq!((report.stored, report.end), (0, PumpEnd::Waiting));
    app.ear.wait_for("alarm set-up-refused");
    app.hq.state.lock().unwrap().parts = kept;
    assert_eq!(notebook.pump(budget(30_000)).unwrap().stored, 1);
}

#[test]
fn a_pause_in_the_middle_of_a_sync_loses_neither_its_report_nor_the_news() {
    let app = App::enrolled();
    let mut last = app.capture(&[]);
    app.notebook.pump(budget(30_000)).unwrap();
    // Long enough for the pause to go through, if it may.
    steps::observe(|step| {
        if step == "news-due" {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    for round in 0..3 {
        let reason = format!("looked at {round}");
        let decided = std::mem::replace(&mut last, app.capture(&[])).record;
        app.hq.decide(decided.parse().unwrap(), &reason);
        // The pause comes while the second feed is asked for: the record was receipted and the first
        // feed had brought the decision.
        let (notebook, mut feeds) = (Arc::clone(&app.notebook), 0);
        let (pausing, paused) = std::sync::mpsc::channel();
        *app.hq.watch.lock().unwrap() = Some(Box::new(move |line| {
            feeds += u32::from(line.starts_with("GET /v1/feed"));
            if feeds == 2 {
                let (notebook, pausing) = (Arc::clone(&notebook), pausing.clone());
                std::thread::spawn(move || pausing.send(notebook.pause()));
                std::thread::sleep(Duration::from_millis(10 * round));
            }
        }));
        let report = app.notebook.pump(budget(30_000)).unwrap();
        assert_eq!(report.stored, 1, "{report:?}");
        paused.recv().unwrap().unwrap();
        *app.hq.watch.lock().unwrap() = None;
        app.ear.wait_for(&format!("decision {decided} false {reason}"));
        app.notebook.resume().unwrap();
    }
    steps::forget();
}

#[test]
fn a_pause_ends_an_enrolment_and_going_on_in_the_next_election() {
    let app = App::new();
    app.line(Line::Silent);
    let invitation = app.hq.invitation().to_text();
    let notebook = Arc::clone(&app.notebook);
    ended_by_a_pause(&app, &app.notebook, move || notebook.enrol(invitation).map(drop));

    let app = App::enrolled();
    app.hq.announce("second-round");
    app.notebook.pump(budget(30_000)).unwrap();
    assert_eq!(app.notebook.succession().unwrap().as_deref(), Some("second-round"));
    let next = || {
        let config = hattama_client_core::ffi::NotebookConfig {
            election: None,
            ..config(&app.folder.path().join("next"))
        };
        Notebook::open(config, None, None, None, None).unwrap()
    };
    app.line(Line::Silent);
    for paused in 0..2 {
        let (old, new) = (Arc::clone(&app.notebook), next());
        let one = if paused == 0 { Arc::clone(&old) } else { Arc::clone(&new) };
        let other = Arc::clone(&new);
        ended_by_a_pause(&app, &one, move || old.follow(other).map(drop));
        one.resume().unwrap();
        new.end().unwrap();
    }
}

/// Pauses `notebook` once `work` waits for a silent network; both end.
fn ended_by_a_pause(
    app: &App,
    notebook: &Arc<Notebook>,
    work: impl FnOnce() -> Result<(), NotebookError> + Send + 'static,
) {
    let before = app.network.taken.load(Ordering::SeqCst);
    let working = std::thread::spawn(work);
    while app.network.taken.load(Ordering::SeqCst) == before {
        std::thread::sleep(Duration::from_millis(5));
    }
    let began = Instant::now();
    notebook.pause().unwrap();
    assert!(began.elapsed() < GRACE, "{:?}", began.elapsed());
    let ended = working.join().unwrap();
    assert!(matches!(ended, Err(NotebookError::Network { .. })), "{ended:?}");
}
