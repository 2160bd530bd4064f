//! The log: what publishing, witnesses and consistency proofs cost beside ingest, how long proofs
//! are, how soon headquarters with many records takes the next, what it takes to check them all.
//!
//! ```text
//! beside     the same load through the front door, with and without them, in turn
//! prepared   one headquarters grows from size to size; at each:
//!            publish ──> proofs ──> start-up ──> fsck beside bare ring
//! ```
//!
//! The sizes are `--sizes`; the targets are meant for the largest of them, 1,000,000.

mod beside;
mod proofs;
mod whole;

use super::{Outcome, at_size, prepared::Prepared};

/// Sizes if nothing else was said: enough for every figure to mean something, in a minute.
pub(super) const SIZES: [u64; 2] = [10_000, 100_000];

pub(super) fn run(sizes: &[u64]) -> Outcome {
    let mut outcome = Outcome::new("log");
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    beside::compare(&mut outcome);
    let mut prepared = Prepared::new();
    for size in &sizes {
        prepared.grow(&mut outcome, *size, |outcome, log| proofs::measure(outcome, log, *size));
        whole::start_up(&mut outcome, &mut prepared);
        whole::check_everything(&mut outcome, &prepared);
    }
    // Below, what does not grow with the log weighs more than it should.
    if let Some(largest) = sizes.last() {
        outcome.at_most(&at_size("receipt_verify_us", *largest), 1_000.0);
        outcome.at_most(&at_size("start_up_s", *largest), 2.0);
        outcome.at_most(&at_size("fsck_over_ring_alone", *largest), 1.3);
    }
    outcome
}
