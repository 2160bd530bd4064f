//! Whether a headquarters takes records as fast when it has a million as when it has few.
//!
//! One headquarters for each size, all served at once and loaded in turn, so that all meet the same
//! machine. Devices enrolled and precincts of the register grow with the size, as in a country.

use std::{thread, time::Duration};

use super::{
    Outcome, at_size, ingest::Load, memory, percentile, prepared::Prepared, served::Served,
};

/// Protocols of one precinct.
const PER_PRECINCT: u64 = 10;
/// How often each is loaded.
const ROUNDS: u64 = 5;
/// Records of each time.
const RECORDS: u64 = 19_200;

/// At these sizes.
pub(super) fn run(sizes: &[u64]) -> Outcome {
    let mut outcome = Outcome::new("growth");
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    let mut grown: Vec<Prepared> = sizes
        .iter()
        .map(|size| {
            let mut one = Prepared::in_turn(size + ROUNDS * RECORDS, PER_PRECINCT);
            one.grow(&mut outcome, *size, |_, _| ());
            one
        })
        .collect();
    let mut served = Vec::new();
    for (size, one) in sizes.iter().zip(&grown) {
        let before = memory::resident_bytes();
        let serving = Served::start(one.folder());
        serving.runtime.block_on(serving.headquarters.warm()).expect("it is read ahead");
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let more = memory::resident_bytes().saturating_sub(before) as f64 / 1e6;
        outcome.figure(at_size("memory_mb", *size), more);
        // A large file is read as a whole beside what is served, once after each start.
        while serving.headquarters.is_being_checked() {
            thread::sleep(Duration::from_millis(100));
        }
        served.push(serving);
    }
    let mut rates: Vec<Vec<f64>> = sizes.iter().map(|_| Vec::new()).collect();
    let mut written: Vec<f64> = sizes.iter().map(|_| 0.0).collect();
    for _ in 0..ROUNDS {
        for (at, (one, served)) in grown.iter_mut().zip(&served).enumerate() {
            let load = Load::of(&one.sign(RECORDS));
            let before = memory::written_bytes();
            rates[at].push(load.push(&[served.address]));
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let kib = (memory::written_bytes() - before) as f64 / 1024.0;
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            let records = (ROUNDS * RECORDS) as f64;
            written[at] += kib / records;
        }
    }
    for (size, kib) in sizes.iter().zip(written) {
        outcome.figure(at_size("written_kib_per_record", *size), kib);
    }
    let middles: Vec<f64> = rates.iter_mut().map(|rates| percentile(rates, 50)).collect();
    for (size, rate) in sizes.iter().zip(&middles) {
        outcome.figure(at_size("records_per_s", *size), *rate);
    }
    if let (Some(few), Some(many)) = (middles.first(), middles.last()) {
        outcome.figure("largest_over_smallest", many / few);
        outcome.at_least("largest_over_smallest", 0.9);
    }
    served.into_iter().for_each(Served::stop);
    outcome
}
