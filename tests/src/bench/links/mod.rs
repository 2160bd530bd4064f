//! Slow links: phones of 50 kbit/s with loss bring their reports and photographs while thousands of
//! connections lie idle at the same headquarters; lines that break; and the worst line on which everything
//! still has to come to an end.
//!
//! Phones are real notebooks with the bundled transport, headquarters is a real `hattama serve` behind TLS,
//! and between them every packet goes over an emulated link ([`emulator`], [`mod@line`]) between two network
//! namespaces ([`ground`]): this has to be run by root on Linux with `ip`, `python3` and `openssl`, and says
//! that it was skipped where it cannot.
//!
//! | who | line | does |
//! |---|---|---|
//! | most phones | 50 kbit/s, 600 ms, 5 % lost each way | 20 reports; a protocol and a photograph of 300 KB; one with preview and thumbnail |
//! | six | the same | a photograph of 2 MB, three of them cut off ten times |
//! | two | 8 kbit/s, 2 s, 20 % lost each way | 20 reports; then a protocol and a photograph of 60 KB |
//! | the idle | no limits | half never say a word, half keep the connection of one request |

mod emulator;
mod ground;
mod headquarters;
mod idle;
mod line;
mod packet;
mod phones;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use serde::Deserialize;

use self::{
    emulator::Emulator,
    headquarters::Serving,
    idle::Idle,
    line::Nature,
    phones::{Observer, Took, cut_off, open_files_max},
};
use super::{Crowd, Outcome, photograph, records};
use crate::form::plain_photo;

/// Reports of a phone.
const REPORTS: usize = 20;
/// Bytes of a photograph: of most phones, of those that are cut off, and on the worst line.
const PHOTOGRAPH: usize = 300_000;
const LONG: usize = 2_000_000;
const SHORT: usize = 60_000;
/// Phones with a long photograph, half of which are cut off so often and for so long.
const LONG_PHONES: usize = 6;
const CUTS: u64 = 10;
const DARK: Duration = Duration::from_secs(3);
/// Phones on the worst line.
const WORST_PHONES: usize = 2;
/// The links of each kind; that of the idle is the last.
const FIRST_LONG: usize = 100;
const FIRST_WORST: usize = 110;
const IDLE_LINK: usize = emulator::LINKS - 1;
/// How long any phone may try before it counts as one that never comes to an end.
const PATIENCE: Duration = Duration::from_secs(40 * 60);

/// Runs it in namespaces of its own.
pub(super) fn run(crowd: Crowd) -> Outcome {
    let outcome = Outcome::new("links");
    let ground = match ground::Ground::make() {
        Ok(ground) => ground,
        Err(why) => {
            eprintln!("skipped: {why}");
            return Outcome { skipped: Some(why), holds: false, ..outcome };
        }
    };
    let folder = tempfile::tempdir().expect("a scratch folder");
    let found = folder.path().join("found.json");
    ground.run(&[crowd.phones.to_string(), crowd.idle.to_string()], &found);
    let text = std::fs::read(&found).expect("what ended well has said what it found");
    let Found { figures, targets, holds } =
        serde_json::from_slice(&text).expect("figures are plain data");
    Outcome { figures, targets, holds, ..outcome }
}

/// What was found inside.
#[derive(Deserialize)]
struct Found {
    figures: BTreeMap<String, f64>,
    targets: BTreeMap<String, f64>,
    holds: bool,
}

/// The part that runs between the namespaces, with the devices as its input and output. The words are
/// headquarters' namespace, the file for what is found, and the size of the crowd.
pub(super) fn inside(words: &[String]) {
    let [namespace, found, phones, idle] = words else { panic!("four words: {words:?}") };
    let crowd = Crowd {
        phones: phones.parse().expect("a number of phones"),
        idle: idle.parse().expect("a number of connections"),
    };
    let outcome = measure(namespace, crowd);
    let text = serde_json::to_vec(&outcome).expect("figures are plain data");
    std::fs::write(Path::new(found), text).expect("there is room");
    // Threads that wait for packets end with the process.
}

fn measure(namespace: &str, crowd: Crowd) -> Outcome {
    let mut outcome = Outcome::new("links");
    let (phones, theirs) = ground::devices(namespace).expect("the devices were handed over");
    let emulator = Emulator::start(&phones, &theirs).expect("threads can be started");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let long = FIRST_LONG..FIRST_LONG + LONG_PHONES;
    let worst = FIRST_WORST..FIRST_WORST + WORST_PHONES;
    let links: Vec<usize> =
        (1..=usize::from(crowd.phones)).chain(long.clone()).chain(worst.clone()).collect();
    let made = headquarters::make(folder.path(), &links);
    let serving = made.serve(namespace);
    let observers: Vec<Observer> = links
        .iter()
        .zip(&made.invitations)
        .map(|(link, invitation)| Observer::enrol(*link, &made.election, invitation))
        .collect();

    let idle = hold_idle(&mut outcome, &serving, crowd.idle, &made.pin);
    for link in &links {
        let nature = if worst.contains(link) { Nature::WORST } else { Nature::SLOW };
        emulator.become_like(*link, Some(nature));
    }
    let (most, others): (Vec<&Observer>, Vec<&Observer>) =
        observers.iter().partition(|observer| observer.link < FIRST_LONG);
    let (long, worst): (Vec<&Observer>, Vec<&Observer>) =
        others.into_iter().partition(|observer| long.contains(&observer.link));
    thread::scope(|scope| {
        let long = scope.spawn(|| long_photographs(&emulator, &long));
        let worst = scope.spawn(|| {
            let reports = reports(&emulator, &worst);
            (reports, photographs(&emulator, &worst, &file(99, SHORT)))
        });
        let sent = reports(&emulator, &most);
        tell(&mut outcome, "reports", &sent, |took| took.records);
        outcome.at_most("reports_max_s", 30.0);
        let sent = photographs(&emulator, &most, &file(98, PHOTOGRAPH));
        tell(&mut outcome, "photograph", &sent, |took| took.all);
        outcome.at_most("photograph_max_s", 120.0);
        // As large, and fine: its preview is nearly as large as itself.
        let picture = photograph::of(1280, 960, PHOTOGRAPH);
        outcome.figure("lanes_original_bytes", figure(picture.len() as u64));
        let sent = photographs(&emulator, &most, &picture);
        tell(&mut outcome, "lanes_figures", &sent, |took| took.records);
        tell(&mut outcome, "lanes_preview", &sent, |took| took.previews);
        tell(&mut outcome, "lanes_original", &sent, |took| took.all);
        let (reports, photographs) = worst.join().expect("it ends");
        tell(&mut outcome, "worst_line_reports", &reports, |took| took.records);
        tell(&mut outcome, "worst_line_photograph", &photographs, |took| took.all);
        tell_of_cuts(&mut outcome, &long.join().expect("it ends"));
    });
    outcome.figure("headquarters_open_files_at_end", figure(serving.open_files() as u64));
    outcome.figure("headquarters_peak_memory_mb", figure(serving.memory_bytes().1) / 1e6);
    drop(idle);
    outcome
}

/// Holds idle connections from now on, and tells what they cost headquarters.
fn hold_idle(outcome: &mut Outcome, serving: &Serving, wanted: usize, pin: &str) -> Idle {
    let spare = 512;
    let most = open_files_max().map_or(wanted, |files| files.saturating_sub(spare));
    if most < wanted {
        eprintln!("only {most} idle connections: this process may open no more files");
    }
    let (memory, files) = (serving.memory_bytes().0, serving.open_files());
    let idle = Idle::open(wanted.min(most), IDLE_LINK, pin);
    // Those that headquarters has not taken yet it will.
    thread::sleep(Duration::from_secs(1));
    let held = serving.open_files().saturating_sub(files);
    outcome.figure("idle_connections", figure(held as u64));
    let more = serving.memory_bytes().0.saturating_sub(memory);
    outcome.figure("idle_memory_kb_each", figure(more) / 1e3 / figure(held.max(1) as u64));
    idle
}

/// Every phone captures its reports while it has no network, and then all find one in the same second.
fn reports(emulator: &Arc<Emulator>, observers: &[&Observer]) -> Vec<Took> {
    let reports = records::reports();
    for observer in observers {
        (0..REPORTS).for_each(|number| {
            observer.report(&reports[(observer.link * 7 + number) % reports.len()]);
        });
    }
    together(emulator, observers)
}

/// The same with a protocol and a photograph, another one of each phone.
fn photographs(emulator: &Arc<Emulator>, observers: &[&Observer], picture: &[u8]) -> Vec<Took> {
    let protocols = records::protocols(&[]);
    for observer in observers {
        let mut bytes = picture.to_vec();
        bytes.extend(observer.link.to_be_bytes());
        observer.protocol(&protocols[observer.link % protocols.len()], &bytes);
    }
    together(emulator, observers)
}

/// A photograph of so many bytes of which no small pictures can be made, so that nothing else travels.
fn file(seed: u64, bytes: usize) -> Vec<u8> {
    let mut file = plain_photo(seed, bytes);
    file[0] = 0;
    file
}

fn together(emulator: &Arc<Emulator>, observers: &[&Observer]) -> Vec<Took> {
    thread::scope(|scope| {
        let all: Vec<_> = observers
            .iter()
            .map(|observer| scope.spawn(|| observer.sync(emulator, PATIENCE)))
            .collect();
        all.into_iter().map(|one| one.join().expect("it ends")).collect()
    })
}

/// Long photographs, half of them on lines that are cut; with how often they were.
fn long_photographs(emulator: &Arc<Emulator>, observers: &[&Observer]) -> Vec<(u64, Took)> {
    let protocols = records::protocols(&[]);
    thread::scope(|scope| {
        let all: Vec<_> = observers
            .iter()
            .map(|observer| {
                let seed = observer.link as u64;
                let protocol = &protocols[observer.link % protocols.len()];
                observer.protocol(protocol, &file(seed, LONG));
                scope.spawn(move || {
                    let over = AtomicBool::new(false);
                    let often = if observer.link % 2 == 0 { CUTS } else { 0 };
                    thread::scope(|scope| {
                        let cutting = scope.spawn(|| {
                            cut_off(emulator, observer.link, (often, LONG as u64, DARK), &over)
                        });
                        let took = observer.sync(emulator, PATIENCE);
                        over.store(true, std::sync::atomic::Ordering::SeqCst);
                        (cutting.join().expect("it ends"), took)
                    })
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().expect("it ends")).collect()
    })
}

fn tell_of_cuts(outcome: &mut Outcome, all: &[(u64, Took)]) {
    let average = |cut: bool, of: &dyn Fn(&Took) -> f64| {
        let values: Vec<f64> =
            all.iter().filter(|(cuts, _)| (*cuts > 0) == cut).map(|(_, took)| of(took)).collect();
        values.iter().sum::<f64>() / figure(values.len().max(1) as u64)
    };
    let up = |took: &Took| figure(took.up);
    let seconds = |took: &Took| took.all.unwrap_or(PATIENCE).as_secs_f64();
    outcome.figure("long_photograph_s", average(false, &seconds));
    outcome.figure("long_photograph_cut_ten_times_s", average(true, &seconds));
    outcome.figure(
        "cuts_fewest",
        figure(all.iter().map(|one| one.0).filter(|cuts| *cuts > 0).min().unwrap_or(0)),
    );
    outcome.figure("cut_extra_bytes_share", average(true, &up) / average(false, &up) - 1.0);
    outcome.at_least("cuts_fewest", figure(CUTS));
    outcome.at_most("cut_extra_bytes_share", 0.15);
}

/// Tells how long it took and what was carried until the end of that sync; that it ended for everybody is
/// always a target.
fn tell(outcome: &mut Outcome, what: &str, all: &[Took], of: impl Fn(&Took) -> Option<Duration>) {
    let mut times: Vec<f64> = all.iter().filter_map(of).map(|time| time.as_secs_f64()).collect();
    times.sort_unstable_by(f64::total_cmp);
    let finished = format!("{what}_unfinished");
    outcome.figure(finished.clone(), figure((all.len() - times.len()) as u64));
    outcome.at_most(&finished, 0.0);
    if let (Some(median), Some(last)) = (times.get(times.len() / 2), times.last()) {
        outcome.figure(format!("{what}_p50_s"), *median);
        outcome.figure(format!("{what}_max_s"), *last);
    }
    let mean = |of: fn(&Took) -> u64| {
        figure(all.iter().map(of).sum::<u64>()) / figure(all.len().max(1) as u64)
    };
    outcome.figure(format!("{what}_up_kb"), mean(|took| took.up) / 1e3);
    outcome.figure(format!("{what}_down_kb"), mean(|took| took.down) / 1e3);
    outcome.figure(format!("{what}_connections"), mean(|took| took.connections));
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
const fn figure(count: u64) -> f64 {
    count as f64
}
