//! The parts of an overload, one after the other.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;

use super::{
    super::{Outcome, memory, percentile, records::BATCH},
    OverloadOptions,
    caller::Target,
    load::{Pace, Tally, run},
    pool::Pool,
};

/// The closed load that finds the peak.
pub(super) const PEAK: Duration = Duration::from_secs(15);
/// Connections of it, as in `ingest`.
const PEAK_LANES: u16 = 32;

/// Between the parts: what one left is done before the next begins.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

/// The light load: records one by one, a few of a hundred of what is possible.
const LIGHT_PER_S: u32 = 100;
const LIGHT_LANES: u16 = 16;
const LIGHT: Duration = Duration::from_secs(20);
/// Before it, for what is made once.
const WARMING: Duration = Duration::from_secs(5);
/// A piece of it after the overload, and for how long there are such pieces.
const WINDOW: Duration = Duration::from_secs(5);
const RECOVERY: Duration = Duration::from_secs(90);

/// Phones at half the peak, alone.
const ALONE: Duration = Duration::from_secs(15);
/// And beside one flood.
const BESIDE: Duration = Duration::from_secs(30);
const HALF_LANES: u16 = 64;
/// A flood, as a multiple of the peak.
const FLOOD_TIMES: f64 = 4.0;
const FLOOD_LANES: u16 = 250;

/// Bodies that the light load needs at most.
pub(super) fn light_bodies() -> u64 {
    u64::from(LIGHT_PER_S) * (WARMING + LIGHT + RECOVERY + WINDOW).as_secs()
}

/// Bodies that so many minutes take where as much is taken as at the peak, and the peak after it, and some
/// to choose from.
pub(super) fn bodies_of_overload(peak: f64, minutes: u64) -> u64 {
    bodies(peak * 1.05, Duration::from_secs(minutes * 60) + PEAK) + 1_000
}

/// Bodies that phones at half the peak send.
pub(super) fn bodies_of_halves(peak: f64) -> u64 {
    bodies(peak / 2.0, ALONE + BESIDE * 2) + u64::from(HALF_LANES)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below 2^52")]
fn bodies(records_per_s: f64, of: Duration) -> u64 {
    (bodies_per_s(records_per_s) * of.as_secs_f64()).ceil() as u64
}

#[expect(clippy::cast_precision_loss, reason = "a batch is small")]
fn bodies_per_s(records_per_s: f64) -> f64 {
    records_per_s / BATCH as f64
}

/// What the parts share.
pub(super) struct Ground<'a> {
    pub(super) outcome: &'a mut Outcome,
    pub(super) target: Target,
    /// Headquarters' process.
    pub(super) pid: &'a str,
    pub(super) options: OverloadOptions,
}

impl Ground<'_> {
    /// How long a record takes while there is little to do, 99 of 100.
    pub(super) fn base(&mut self, singles: &Pool) -> f64 {
        run(&self.target, singles, light(WARMING));
        let mut tally = run(&self.target, singles, light(LIGHT));
        assert!(tally.is_smooth(), "a light load is taken: {:?}", tally.refused);
        self.outcome.figure("base_p50_ms", percentile(&mut tally.took_ms, 50));
        let base_ms = percentile(&mut tally.took_ms, 99);
        self.outcome.figure("base_p99_ms", base_ms);
        base_ms
    }

    /// Records per second at the best.
    pub(super) fn peak(&mut self, name: &str, batches: &Pool) -> f64 {
        let pace = Pace { lanes: PEAK_LANES, per_s: None, lasting: PEAK };
        let before = memory::cpu_seconds_of(self.pid);
        let mut tally = run(&self.target, batches, pace);
        let used = memory::cpu_seconds_of(self.pid) - before;
        let peak = tally.goodput();
        for (what, value) in [
            ("records_per_s", peak),
            ("headquarters_cores", used / tally.lasted.as_secs_f64()),
            ("p99_ms", percentile(&mut tally.took_ms, 99)),
        ] {
            self.outcome.figure(format!("{name}_{what}"), value);
        }
        assert!(peak > 0.0, "headquarters takes records: {:?}", tally.refused);
        peak
    }

    /// Many times the peak; says when it ended, and how many records a second were taken.
    pub(super) fn overload(&mut self, batches: &Pool, peak: f64) -> (Instant, f64) {
        let offered = bodies_per_s(peak * f64::from(self.options.times));
        let lasting = Duration::from_secs(self.options.minutes * 60);
        let pace = Pace { lanes: self.options.connections, per_s: Some(offered), lasting };
        let cpu = || (memory::cpu_seconds(), memory::cpu_seconds_of(self.pid));
        let (begun, before) = (Instant::now(), cpu());
        let mut tally = run(&self.target, batches, pace);
        let (after, seconds) = (cpu(), tally.lasted.as_secs_f64());
        let goodput = tally.goodput();
        let sent = super::super::per_second(tally.sent * BATCH as u64, tally.lasted);
        for (name, value) in [
            ("overload_s", seconds),
            ("offered_over_peak", sent / peak),
            ("sent_late_p99_ms", percentile(&mut tally.late_ms, 99)),
            ("goodput_records_per_s", goodput),
            ("goodput_over_peak", goodput / peak),
            ("accepted_p50_ms", percentile(&mut tally.took_ms, 50)),
            ("accepted_p99_ms", percentile(&mut tally.took_ms, 99)),
            ("overload_headquarters_cores", (after.1 - before.1) / seconds),
            ("overload_load_cores", (after.0 - before.0) / seconds),
        ] {
            self.outcome.figure(name, value);
        }
        self.refusals(&tally);
        (begun + tally.lasted, goodput)
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn refusals(&mut self, tally: &Tally) {
        let mut of_other_kinds = 0;
        for (status, count) in &tally.refused {
            self.outcome.figure(format!("refused_{status}"), *count as f64);
            of_other_kinds += if matches!(status, 429 | 503) { 0 } else { *count };
        }
        self.outcome.figure("refusals_of_other_kinds", of_other_kinds as f64);
        let never_says_when = tally.never_says_when as f64;
        self.outcome.figure("refusals_without_retry_after", never_says_when);
        self.outcome.figure("unanswered", tally.unanswered as f64);
    }

    /// The light load again, until a piece of it is as it was before.
    pub(super) fn recovery(&mut self, singles: &Pool, base_ms: f64, ended: Instant) {
        let bound_ms = (base_ms * 1.5).max(base_ms + 10.0);
        loop {
            let mut tally = run(&self.target, singles, light(WINDOW));
            let is_calm = tally.is_smooth() && percentile(&mut tally.took_ms, 99) <= bound_ms;
            if is_calm || ended.elapsed() > RECOVERY {
                break;
            }
        }
        self.outcome.figure("recovered_s", ended.elapsed().as_secs_f64());
    }

    /// Phones at half the peak, alone and beside floods that come from addresses of their own.
    pub(super) fn strangers(
        &mut self,
        halves: &Pool,
        floods: [(&str, &Pool); 2],
        peak: f64,
        apart: &Runtime,
    ) {
        let half = |lasting| {
            let per_s = Some(bodies_per_s(peak / 2.0));
            run(&self.target, halves, Pace { lanes: HALF_LANES, per_s, lasting })
        };
        thread::sleep(PAUSE);
        let alone = half(ALONE).goodput();
        self.outcome.figure("enrolled_alone_records_per_s", alone);
        let elsewhere = Target { apart: Some(apart.handle().clone()), ..self.target.clone() };
        for (name, flood) in floods {
            thread::sleep(PAUSE);
            let pace = Pace {
                lanes: FLOOD_LANES,
                per_s: Some(bodies_per_s(peak * FLOOD_TIMES)),
                lasting: BESIDE,
            };
            let (mut beside, flood) = thread::scope(|scope| {
                let flood = scope.spawn(|| run(&elsewhere, flood, pace));
                (half(BESIDE), flood.join().expect("a flood"))
            });
            let p99_ms = percentile(&mut beside.took_ms, 99);
            let flooded = super::super::per_second(flood.sent * BATCH as u64, flood.lasted);
            for (what, value) in [
                ("enrolled_share_beside", beside.goodput() / alone),
                ("enrolled_p99_ms_beside", p99_ms),
                ("flood_over_peak_of", flooded / peak),
                ("flood_taken_over_peak_of", flood.goodput() / peak),
            ] {
                self.outcome.figure(format!("{what}_{name}"), value);
            }
        }
    }
}

fn light(lasting: Duration) -> Pace {
    Pace { lanes: LIGHT_LANES, per_s: Some(f64::from(LIGHT_PER_S)), lasting }
}
