//! What a phone's core costs whoever holds the phone: committing a protocol with a photograph and its
//! small pictures, plain and encrypted, through Rust, Python and Kotlin; and opening a full notebook.
//!
//! The cipher cannot be built into this program (features are unified, ADR 0025), so the core is built
//! apart, into `target/bench-phone`, and programs around it are asked in turn: each round all of them, so that
//! all meet the same machine. Python needs the generator of `make python`, Kotlin the classes of `make
//! kotlin`; without them it says that they were not measured.

mod built;
mod child;

use std::{path::Path, time::Duration};

use self::{built::Built, child::Asked};
use super::{Outcome, photograph};

/// Size of the photograph, in bytes.
const BYTES: usize = 2_000_000;
/// Commits of each that count, and those before that do not: caches, a JVM that compiles.
const ROUNDS: usize = 100;
const WARM_UP: usize = 15;
/// What the full notebook holds, and how often it is opened.
const RECORDS: u32 = 1_000;
const PHOTOS: u32 = 3_000;
const OPENINGS: usize = 40;

pub(super) fn run() -> Outcome {
    let mut outcome = Outcome::new("phone");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let built = match Built::by_cargo() {
        Ok(built) => built,
        Err(why) => {
            eprintln!("not measured: {why}");
            outcome.holds = false;
            return outcome;
        }
    };
    commits(&mut outcome, &built, folder.path());
    openings(&mut outcome, &built, folder.path());
    outcome
}

fn commits(outcome: &mut Outcome, built: &Built, folder: &Path) {
    let mut all = vec![
        start(&built.rust(), "rust", folder, "plain"),
        start(&built.rust(), "encrypted", folder, "encrypted"),
    ];
    for (name, command) in [("python", built.python(folder)), ("kotlin", built.kotlin())] {
        match command {
            Ok(command) => all.push(start(&command, name, folder, "plain")),
            Err(why) => eprintln!("{name}: not measured: {why}"),
        }
    }
    // Eight megapixels: what a phone's camera makes of a sheet of paper.
    let picture = photograph::of(3264, 2448, BYTES);
    outcome.figure("photograph_bytes", figure(picture.len() as u64));
    let count = all.len();
    for round in 0..WARM_UP + ROUNDS {
        for turn in 0..count {
            let asked = &mut all[(turn + round) % count];
            // Each is another file: what comes after a JPEG's end is no part of the picture.
            let mut bytes = picture.clone();
            bytes.extend(format!("{round} {turn}").bytes());
            let path = folder.join("photo.jpg");
            std::fs::write(&path, &bytes).expect("room");
            asked.commit(&path);
        }
    }
    for asked in &mut all {
        asked.commits.drain(..WARM_UP);
        let (name, times) = (asked.name, sorted(&asked.commits));
        outcome.figure(format!("commit_{name}_p50_ms"), ms(times[times.len() / 2]));
        outcome.figure(format!("commit_{name}_p99_ms"), ms(times[times.len() * 99 / 100]));
        let peak = asked.ask("peak");
        outcome.figure(format!("peak_{name}_mb"), figure(peak) / 1e6);
    }
    for (name, most) in [("encrypted", 1.25), ("python", 1.05), ("kotlin", 1.05)] {
        let p50 = |name: &str| outcome.figures.get(&format!("commit_{name}_p50_ms")).copied();
        let (Some(one), Some(rust)) = (p50(name), p50("rust")) else { continue };
        let ratio = format!("{name}_over_rust");
        outcome.figure(ratio.clone(), one / rust);
        outcome.at_most(&ratio, most);
    }
    outcome.at_most("peak_rust_mb", 256.0);
}

fn openings(outcome: &mut Outcome, built: &Built, folder: &Path) {
    let mut all: Vec<Asked> = ["plain", "encrypted"]
        .into_iter()
        .map(|kept| start(&built.rust(), kept, folder, kept))
        .collect();
    for asked in &mut all {
        asked.ask(&format!("fill {RECORDS} {PHOTOS}"));
    }
    for _ in 0..OPENINGS {
        all.iter_mut().for_each(Asked::open);
    }
    for asked in &all {
        let times = sorted(&asked.opens);
        let name = format!("open_{}_warm_p50_ms", asked.name);
        outcome.figure(name.clone(), ms(times[times.len() / 2]));
        outcome.at_most(&name, 50.0);
    }
}

fn start(command: &built::Run, name: &'static str, folder: &Path, kept: &str) -> Asked {
    let mut asked = Asked::start(name, &mut command.command()).expect("it starts");
    // Of a run of its own: `commits` and `openings` both have one that is plain.
    let folder = tempfile::Builder::new().prefix(name).tempdir_in(folder).expect("room").keep();
    asked.ask(&format!("notebook {} {kept}", folder.display()));
    asked
}

fn sorted(times: &[Duration]) -> Vec<Duration> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "bytes of one process are far below 2^52")]
const fn figure(count: u64) -> f64 {
    count as f64
}
