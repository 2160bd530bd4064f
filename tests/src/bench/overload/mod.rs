//! More than a machine can do, for minutes: what is still taken and how fast, what is refused and how,
//! what it leaves behind, and whether a flood of strangers keeps phones out.
//!
//! Headquarters is a process of its own, on SQLite and a folder; the load shares the machine with it, so
//! it is as cheap as it can be (blocking sockets, and bodies that were signed before), and where there are
//! two cores it has others than headquarters.
//!
//! ```text
//! light load ─> closed load: the peak ─> times the peak, by the clock ─> light load, until it is as before
//!            ─> the peak again ─> half the peak: alone, beside unknown keys, beside lies
//! ```

mod caller;
mod cores;
mod kept;
mod load;
mod options;
mod phases;
mod pool;
mod senders;

use std::thread;

use tokio::runtime::Runtime;

pub(super) use self::options::OverloadOptions;
use self::{caller::Target, cores::Cores, phases::Ground, pool::Pool, senders::Senders};
use super::{Outcome, headquarters::BenchHeadquarters, memory, records::BATCH, serving::Serving};

/// Records of the closed load: twice what any machine took so far.
const PEAK_RECORDS: u64 = 20_000 * phases::PEAK.as_secs();

/// Bodies of each flood, sent again and again.
const FLOOD_BODIES: u64 = 1_000;

/// Base, peak, overload, recovery, strangers, and what is there afterwards.
pub(super) fn run(options: OverloadOptions) -> Outcome {
    let mut outcome = Outcome::new("overload");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let more = options.more_precincts();
    let hq = BenchHeadquarters::start_in_a_large_country(more, |_| ());
    let mut senders = Senders::enrol(&hq, more);
    let (folder, _, _hq_scratch) = hq.close();

    eprintln!("signing what the light load and the peak need");
    let mut singles = Pool::new(scratch.path(), "singles", 1);
    senders.fill(&mut singles, phases::light_bodies());
    let mut batches = Pool::new(scratch.path(), "batches", BATCH);
    senders.fill(&mut batches, options.records.min(PEAK_RECORDS) / BATCH as u64);

    let cores = if options.share_cores { None } else { Cores::divided() };
    let serving = Serving::start_on(cores.as_ref().map(Cores::of_headquarters), &folder);
    outcome.figure("cores_apart", f64::from(u8::from(cores.is_some())));
    let apart = Runtime::new().expect("threads");
    let target = Target { address: serving.address, apart: None };
    let pid = serving.pid();
    let mut ground = Ground { outcome: &mut outcome, target, pid: &pid, options };
    cores.iter().for_each(Cores::keep_to_the_load);
    let base_ms = ground.base(&singles);
    let peak = ground.peak("peak", &batches);

    cores.iter().for_each(Cores::have_all);
    eprintln!("signing what the overload and half of the peak need");
    let signed = options.records / BATCH as u64;
    let needed = phases::bodies_of_overload(peak, options.minutes).min(signed);
    let missing = needed.saturating_sub(batches.waiting() as u64);
    senders.fill(&mut batches, missing);
    let mut halves = Pool::new(scratch.path(), "halves", BATCH);
    senders.fill(&mut halves, phases::bodies_of_halves(peak));
    let mut unknown = Pool::repeating(scratch.path(), "unknown", BATCH);
    senders.fill_with_unknown(&mut unknown, FLOOD_BODIES);
    let mut lies = Pool::repeating(scratch.path(), "lies", BATCH);
    senders.fill_with_lies(&mut lies, FLOOD_BODIES);
    cores.iter().for_each(Cores::keep_to_the_load);
    thread::sleep(phases::PAUSE);

    let (ended, goodput) = ground.overload(&batches, peak);
    ground.recovery(&singles, base_ms, ended);
    // The store has several times as many records by now, and each costs more, as `growth` measures. This
    // tells what of it overload costs; the target is against the peak before.
    let after = ground.peak("peak_after", &batches);
    ground.outcome.figure("goodput_over_peak_after", goodput / after);
    ground.strangers(
        &halves,
        [("unknown_keys", &unknown), ("bad_signatures", &lies)],
        peak,
        &apart,
    );
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    outcome.figure("peak_memory_mb", memory::peak_bytes_of(&pid) as f64 / 1e6);
    drop(serving);

    let kept = kept::acknowledged_and_lost(&folder, &[&singles, &batches, &halves, &unknown]);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    for (name, count) in [("acknowledged_records", kept.0), ("acknowledged_and_lost", kept.1)] {
        outcome.figure(name, count as f64);
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    outcome.at_least("overload_s", options.minutes as f64 * 60.0);
    // A little less than was meant: what a machine offers beside headquarters is not more than this exact.
    outcome.at_least("offered_over_peak", f64::from(options.times) * 0.9);
    outcome.at_most("accepted_p99_ms", 1_000.0);
    outcome.at_least("goodput_over_peak", 0.8);
    outcome.at_most("refusals_of_other_kinds", 0.0);
    outcome.at_most("refusals_without_retry_after", 0.0);
    outcome.at_most("peak_memory_mb", 512.0);
    outcome.at_most("recovered_s", 60.0);
    outcome.at_least("enrolled_share_beside_unknown_keys", 0.5);
    outcome.at_least("enrolled_share_beside_bad_signatures", 0.5);
    outcome.at_most("acknowledged_and_lost", 0.0);
    outcome
}
