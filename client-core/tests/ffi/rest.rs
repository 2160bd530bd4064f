//! Stopping, pausing, and what the system does to apps.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use hattama_client_core::ffi::{Notebook, NotebookError, PumpEnd, Trouble};

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

#[cfg(target_os = "linux")]
#[test]
fn after_a_pause_under_load_no_file_of_the_notebook_is_open() {
    let app = App::enrolled();
    let folder = app.folder.path().join("notebook");
    let photo = app.file("photo.jpg", &noise(3_000_000));
    assert!(!open_files(&folder).is_empty(), "the control: an open notebook has files open");
    for round in 0..5_u64 {
        let load: Vec<_> = (0..3)
            .map(|kind| {
                let (notebook, photo) = (Arc::clone(&app.notebook), photo.clone());
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
                            _ => notebook.set_up("units".to_owned()).map(drop),
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
    let again = || Notebook::open(config(&app.folder.path().join("notebook")), None, None, None);
    assert!(matches!(again(), Err(NotebookError::Busy { .. })));
    app.notebook.end().unwrap();
    app.notebook.end().unwrap();
    assert!(matches!(app.notebook.outbox(), Err(NotebookError::Paused { .. })));
    app.notebook.interrupt();
    let second = again().unwrap();
    assert!(second.enrolment().unwrap().is_some());
}
