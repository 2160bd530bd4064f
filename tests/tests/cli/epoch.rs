//! `hattama serve --new-epoch`: an older backup is refused, then gone on from, and the observer is
//! told and sends again.

use std::fs;

use hattama_tests::world::copy_folder;

use crate::programs::{Bench, Serving};

fn record(bench: &Bench, unit: &str) {
    bench.observer(["not-obtained", "--unit", unit, "--missing", "copy-refused"]).done();
    bench.observer(["sync"]).done();
}

/// Lets it finish and close its store.
fn stop(serving: Serving) {
    #[cfg(unix)]
    assert_eq!(serving.terminate(), 0);
    #[cfg(not(unix))]
    drop(serving);
}

#[test]
fn a_headquarters_goes_on_from_a_backup_and_its_observers_send_again() {
    let mut bench = Bench::new();
    bench.init();
    let serving = bench.serve();
    let port = serving.url.rsplit_once('/').unwrap().1.to_owned();
    let invitation = bench.hattama(["invite", "--label", "One", "--org", "observers"]).done();
    bench.observer(["enrol", invitation.trim()]).done();
    record(&bench, "101");
    stop(serving);
    let (hq, backup) = (bench.path("hq"), bench.path("backup"));
    copy_folder(&hq, &backup);
    let serving = bench.serve_with(&["--listen", &port]);
    record(&bench, "102");
    stop(serving);

    // The disk with the store breaks; the one with the keys does not.
    fs::remove_file(hq.join("hq.db")).unwrap();
    for rest in ["hq.db-wal", "hq.db-shm"] {
        let _gone = fs::remove_file(hq.join(rest));
    }
    fs::copy(backup.join("hq.db"), hq.join("hq.db")).unwrap();
    let folder = bench.arg("hq");
    bench.hattama(["serve", "--folder", &folder]).refused(4, "hattama serve --new-epoch");
    bench.hattama(["doctor", "--folder", &folder]).refused(1, "--new-epoch");
    let epoch = ["--listen", &port, "--new-epoch", "--reason", "the disk broke"];
    let serving = bench.serve_with(&epoch);

    let told = bench.observer(["sync"]);
    let words = format!("{}{}", told.out, told.err);
    assert!(words.contains("headquarters was restored from a backup and lost"), "{words}");
    bench.observer(["sync"]).done();
    let shown = bench.hattama(["units", "show", "102", "--json"]).json();
    assert_eq!(shown["entries"].as_array().map(Vec::len), Some(1), "{shown}");
    let receipts = bench.arg("receipts");
    bench.observer(["receipts", "--export", &receipts]).done();
    let files: Vec<String> = fs::read_dir(&receipts)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for kept in ["epoch-1.jws", ".lost.tlog-proof"] {
        assert!(files.iter().any(|name| name.ends_with(kept)), "{kept}: {files:?}");
    }
    stop(serving);

    // From here on it is served like any other.
    stop(bench.serve_with(&["--listen", &port]));
    let found = bench.hattama(["fsck", "--folder", &folder]).done();
    assert!(found.contains("A new epoch begins at index"), "{found}");
}
