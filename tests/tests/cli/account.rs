//! `hattama account`: fetched, saved, held against the log and the folder, and refused when it lies.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::programs::Bench;

/// Longest wait for a publication that comes every second.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `init` printed under this heading.
fn printed(made: &str, heading: &str) -> String {
    let line = made.lines().find(|line| line.starts_with(heading)).unwrap();
    line.split_whitespace().last().unwrap().to_owned()
}

fn record(bench: &Bench, unit: &str) {
    let observed = ["not-obtained", "--unit", unit, "--missing", "copy-refused"];
    bench.observer(observed).done();
}

#[test]
fn an_account_is_fetched_saved_and_checked_by_anybody() {
    let mut bench = Bench::new();
    let made = bench.init();
    let (key, vkey) = (printed(&made, "statement key"), printed(&made, "log key"));
    bench.hattama(["account"]).refused(2, "say a FILE, --server or --folder");
    let serving = bench.serve();
    let invited =
        bench.hattama(["invite", "--label", "A", "--org", "o", "--unit", "tiny-1", "--json"]);
    let invitation = invited.json()["invitation"].as_str().unwrap().to_owned();
    bench.observer(["enrol", &invitation]).done();
    record(&bench, "101");
    record(&bench, "102");
    bench.observer(["sync"]).done();

    let (url, saved) = (serving.url.clone(), bench.arg("account.jws"));
    let from_server = ["account", "--server", &url, "--key", &key, "--log", &url, "--vkey", &vkey];
    let begun = Instant::now();
    let shown = loop {
        let ran = bench.hattama(from_server.into_iter().chain(["--json", "--save", &saved]));
        if ran.code == 0 {
            let shown = ran.json();
            if shown["account"]["body"]["total"]["received"] == 2 {
                break shown;
            }
        }
        assert!(begun.elapsed() < PATIENCE, "it was not published");
    };
    assert_eq!(shown["account"]["body"]["total"]["received"], 2, "{shown}");
    assert!(shown["checked"].to_string().contains("size and root are those"), "{shown}");
    let page = bench.hattama(from_server).done();
    assert!(page.contains("Checked: headquarters of tiny-exercise signed this"), "{page}");
    assert!(page.lines().any(|line| line.starts_with("all ")), "{page}");
    let page = bench.hattama(["account", &saved, "--key", &vkey]);
    page.refused(2, "--key");
    let held = bench.hattama(["verify", "--key", &key, &saved]).done();
    assert!(held.contains("of 2 records") && held.contains("it adds up"), "{held}");
    #[cfg(unix)]
    assert_eq!(serving.terminate(), 0);
    #[cfg(not(unix))]
    drop(serving);
    offline(&bench, &key, &vkey, &saved);
}

fn offline(bench: &Bench, key: &str, vkey: &str, saved: &str) {
    let (folder, log) = (bench.arg("hq"), bench.arg("hq/log"));
    let held =
        bench.hattama(["account", saved, "--key", key, "--log", &log, "--vkey", vkey]).done();
    assert!(held.contains("as many records among its first"), "{held}");
    let held = bench.hattama(["account", saved, "--folder", &folder]).done();
    assert!(held.contains("every record and decision in the folder"), "{held}");
    let own = bench.hattama(["account", "--folder", &folder]).done();
    assert!(own.contains("made anew"), "{own}");
    let held = bench.hattama(["fsck", "--folder", &folder, "--account", saved]).done();
    assert!(held.contains("The account of 2 records at"), "{held}");

    let mut text = fs::read_to_string(saved).unwrap();
    let middle = text.len() / 2;
    let other = if &text[middle..=middle] == "A" { "B" } else { "A" };
    text.replace_range(middle..=middle, other);
    let altered = bench.arg("altered.jws");
    fs::write(&altered, text).unwrap();
    for command in [
        vec!["account", &altered, "--key", key],
        vec!["account", &altered, "--folder", &folder],
        vec!["fsck", "--folder", &folder, "--account", &altered],
    ] {
        bench.hattama(command).refused(1, "does not verify under headquarters' key");
    }
    bench.hattama(["verify", "--key", key, &altered]).refused(1, "1 of 1 files do not hold");
}
