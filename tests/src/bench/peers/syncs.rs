//! How often a server asks the disk for certainty: counted by `strace` from outside, because what a
//! document says of durability may not be what a program does.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::tree::Tree;

/// Every call that waits for the disk.
const CALLS: [&str; 4] = ["fsync", "fdatasync", "sync_file_range", "syncfs"];

/// How long attaching may take.
const ATTACH: Duration = Duration::from_secs(20);

/// Runs a load and counts the calls of the tree meanwhile; none where `strace` is missing or not
/// allowed, which is said.
pub(super) fn counted<T>(tree: &Tree, load: impl FnOnce() -> T) -> (T, Option<u64>) {
    let scratch = tempfile::NamedTempFile::new().expect("a scratch file");
    let processes = tree.processes();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-e", &format!("trace={}", CALLS.join(",")), "-o"]);
    strace.arg(scratch.path());
    for process in &processes {
        strace.args(["-p", &process.to_string()]);
    }
    let started = strace.stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
    let Ok(mut strace) = started else {
        eprintln!("syncs are not counted: strace is not installed");
        return (load(), None);
    };
    let said = BufReader::new(strace.stderr.take().expect("it was asked for"));
    let (tell, told) = mpsc::channel();
    // Reads to the end, so that the other never waits to be read.
    let reader = thread::spawn(move || {
        for line in said.lines().map_while(Result::ok).filter(|line| line.contains(" attached")) {
            drop(tell.send(line));
        }
    });
    let attached = (0..processes.len()).all(|_| told.recv_timeout(ATTACH).is_ok());
    let done = load();
    // Told to stop, it lets go of everybody and writes what it counted.
    let stop = Command::new("kill").args(["-INT", &strace.id().to_string()]).status();
    assert!(stop.is_ok_and(|status| status.success()) || !attached, "strace listens");
    strace.wait().expect("it was started");
    reader.join().expect("it only reads");
    if !attached {
        eprintln!("syncs are not counted: strace may not look at other processes here");
        return (done, None);
    }
    let summary = std::fs::read_to_string(scratch.path()).unwrap_or_default();
    (done, Some(summary.lines().filter_map(calls).sum()))
}

/// The calls of one line of the summary: share, seconds, microseconds each, calls, perhaps errors,
/// the name.
fn calls(line: &str) -> Option<u64> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    CALLS.contains(fields.last()?).then(|| fields.get(3)?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn a_summary_is_read_with_errors_and_without_and_its_total_is_no_call() {
        let summary = "% time     seconds  usecs/call     calls    errors syscall\n\
                       ------ ----------- ----------- --------- --------- ----------------\n\
                       \u{20}60.00    0.000300          12        25           fdatasync\n\
                       \u{20}40.00    0.000200          20         7         1 fsync\n\
                       ------ ----------- ----------- --------- --------- ----------------\n\
                       100.00    0.000500          15        32         1 total\n";
        assert_eq!(summary.lines().filter_map(calls).collect::<Vec<_>>(), [25, 7]);
    }
}
