//! Whenever and however it is ended, what it leaves can be opened, and nothing in it is lost.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use hattama_client_core::{Notebook, PumpBudget, RecordProgress, Started, clock::SystemClock};
use hattama_tests::demo::{DemoFolder, DemoHeadquarters, Summary, observer_options};

use super::demo;

/// Enough for a play that is not over when the signal comes.
const PRECINCTS: usize = 40;

/// How long ending may take: people wait for it.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn interrupted_in_the_middle_of_the_play_everything_captured_arrives_later() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let status = end_after("observers at work:", "INT", &demo);
    assert_eq!(status.code(), Some(130));
    everything_captured_arrives(&DemoFolder::open(&demo));
}

#[test]
fn killed_in_the_middle_of_the_play_everything_captured_arrives_later() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let status = end_after("observers at work:", "KILL", &demo);
    assert_eq!(status.code(), None, "no handler ran");
    everything_captured_arrives(&DemoFolder::open(&demo));
}

#[test]
fn told_to_end_while_observers_enrol_it_leaves_a_headquarters_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    let status = end_after("archiving", "TERM", &demo);
    assert_eq!(status.code(), Some(130));
    let summary = reopened(&DemoFolder::open(&demo), |_| {});
    assert!(summary.records.is_empty());
    assert_eq!(summary.regions_that_do_not_add_up.len(), 2, "the publications are there");
}

#[test]
fn after_the_play_it_serves_until_it_is_told_to_end_and_that_is_success() {
    let folder = tempfile::tempdir().unwrap();
    let demo_folder = folder.path().join("demo");
    let mut child =
        demo(&demo_folder, 1).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("hattama serve --folder") && !text.contains("hattama -- serve --folder") {
        assert_ne!(said.read_line(&mut text).unwrap(), 0, "{text}");
    }
    assert_eq!(signal(child, "INT").code(), Some(0));
    let summary = reopened(&DemoFolder::open(&demo_folder), |_| {});
    assert_eq!(summary.precincts, 1);
}

/// Runs a demonstration until a line on stderr begins with `line`, then ends it by `name`.
fn end_after(line: &str, name: &str, folder: &Path) -> ExitStatus {
    let mut child =
        demo(folder, PRECINCTS).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut read = String::new();
    while !read.lines().any(|said| said.starts_with(line)) {
        assert_ne!(said.read_line(&mut read).unwrap(), 0, "{read}");
    }
    // Else the pipe fills, or closes and whoever writes to it fails.
    std::thread::spawn(move || said.read_to_string(&mut read));
    signal(child, name)
}

/// Sends a signal and waits for the end, not too long.
fn signal(mut child: Child, name: &str) -> ExitStatus {
    let sent = Instant::now();
    let id = child.id().to_string();
    let told = Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
    assert!(told.success());
    let status = child.wait().unwrap();
    assert!(sent.elapsed() < ENDS_WITHIN, "it took {:?}", sent.elapsed());
    status
}

/// Opens headquarters again, does something with it, and asks what it knows.
fn reopened(folder: &DemoFolder, work: impl FnOnce(&DemoHeadquarters)) -> Summary {
    let headquarters = DemoHeadquarters::reopen(folder).expect("it opens");
    work(&headquarters);
    let summary = headquarters.summary(Instant::now()).expect("the state root can be computed");
    headquarters.end();
    summary
}

/// Every record in a notebook reaches headquarters, and none twice.
fn everything_captured_arrives(folder: &DemoFolder) {
    let before = reopened(folder, |_| {});
    let notebooks: Vec<Notebook> = fs::read_dir(folder.observers())
        .unwrap()
        .map(|entry| {
            let options = observer_options(Arc::new(SystemClock));
            Notebook::open(&entry.unwrap().path(), options).expect("it opens")
        })
        .collect();
    let arrived_before: usize = before.records.values().sum();
    let receipted = count(&notebooks, |progress| progress != RecordProgress::Queued);
    let captured = count(&notebooks, |_| true);
    assert!(captured > receipted, "somebody was still without a network");
    // The signal may fall between headquarters' commit and the phone's.
    assert!((receipted..=captured).contains(&arrived_before), "{receipted} {arrived_before}");

    let after = reopened(folder, |_| notebooks.iter().for_each(send_everything));
    assert_eq!(after.records.values().sum::<usize>(), captured);
    assert_eq!(count(&notebooks, |progress| progress == RecordProgress::Acked), captured);
    assert_ne!(after.state_root, before.state_root);
    let again = reopened(folder, |_| notebooks.iter().for_each(send_everything));
    assert_eq!(again.state_root, after.state_root, "sending again changes nothing");
}

fn count(notebooks: &[Notebook], wanted: impl Fn(RecordProgress) -> bool) -> usize {
    let records = notebooks.iter().flat_map(|notebook| notebook.list(0, 1_000).unwrap());
    records.filter(|record| wanted(record.progress)).count()
}

fn send_everything(notebook: &Notebook) {
    let budget = PumpBudget { started: Started::ByUser, ..PumpBudget::default() };
    for _ in 0..100 {
        let report = notebook.pump(&budget).unwrap();
        assert!(report.alarms.is_empty(), "{report:?}");
        if notebook.outbox_summary().unwrap().is_empty() {
            return;
        }
    }
    panic!("nothing comes of it: {:?}", notebook.outbox_summary());
}
