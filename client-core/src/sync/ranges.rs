//! How long a range of a photo should be. Pure.
//!
//! A range that the connection does not survive is sent again, a range costs one round trip: the
//! best length between the two is `rate × sqrt(2 × overhead × time between drops)`, as Young and
//! Daly found for checkpoints of long computations. All three are measured, averaged and kept.

use hattama_proto::limits::{CELL_BYTES, RANGE_BYTES_MAX};
use serde::{Deserialize, Serialize};

use crate::limits::RANGE_START_BYTES;

/// What was measured of the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Link {
    /// Bytes per second; 0 while unknown.
    rate: f64,
    /// Seconds that a request costs besides its bytes.
    overhead_s: f64,
    /// Mean seconds of transfer between two drops.
    between_drops_s: f64,
    /// Seconds of transfer since the last drop.
    since_drop_s: f64,
}

/// Weight of the newest measurement.
const NEWEST: f64 = 0.3;
/// Below this many bytes a request tells of the overhead, above of the rate.
const SMALL_BYTES: u64 = 8 * 1024;
/// Taken for the overhead before one was measured, in seconds.
const OVERHEAD_S: f64 = 0.5;
/// Taken for the time between drops before one was seen, in seconds.
const BETWEEN_DROPS_S: f64 = 120.0;

impl Link {
    /// A request of `bytes` was answered after `ms`.
    pub(crate) fn answered(&mut self, bytes: u64, ms: u64) {
        let seconds = seconds(ms);
        self.since_drop_s += seconds;
        if bytes < SMALL_BYTES {
            self.overhead_s = average(self.overhead_s, seconds);
        } else {
            // Never below a tenth: a measured overhead may have been of a worse moment.
            let moving = (seconds - self.overhead_s).max(seconds / 10.0).max(0.001);
            self.rate = average(self.rate, lossy(bytes) / moving);
        }
    }

    /// The connection was lost `ms` into a request.
    pub(crate) fn dropped(&mut self, ms: u64) {
        let up = self.since_drop_s + seconds(ms);
        self.between_drops_s = average(self.between_drops_s, up.max(0.1));
        self.since_drop_s = 0.0;
    }

    /// How long the next range should be, in bytes: whole cells.
    pub(crate) fn range_bytes(&self) -> u64 {
        if self.rate <= 0.0 {
            return RANGE_START_BYTES;
        }
        let overhead = if self.overhead_s > 0.0 { self.overhead_s } else { OVERHEAD_S };
        let between = if self.between_drops_s > 0.0 {
            self.between_drops_s.max(self.since_drop_s)
        } else {
            BETWEEN_DROPS_S.max(self.since_drop_s)
        };
        let best = self.rate * (2.0 * overhead * between).sqrt();
        let cells = (best / lossy(CELL_BYTES)).clamp(1.0, lossy(RANGE_BYTES_MAX / CELL_BYTES));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a small positive range just above"
        )]
        let cells = cells as u64;
        cells * CELL_BYTES
    }
}

fn average(old: f64, new: f64) -> f64 {
    if old > 0.0 { old + NEWEST * (new - old) } else { new }
}

fn seconds(ms: u64) -> f64 {
    lossy(ms) / 1000.0
}

/// Measurements need no more than 32 bits of whole numbers.
fn lossy(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_known_means_a_quarter_of_a_mebibyte() {
        assert_eq!(Link::default().range_bytes(), 256 * 1024);
    }

    #[test]
    fn a_slow_line_that_drops_gets_short_ranges_and_a_good_one_the_longest() {
        let mut slow = Link::default();
        slow.answered(1000, 900);
        slow.answered(65_536, 6300);
        for _ in 0..10 {
            slow.dropped(20_000);
        }
        assert!(slow.range_bytes() <= 96 * 1024, "{}", slow.range_bytes());
        let mut good = Link::default();
        good.answered(1000, 50);
        good.answered(262_144, 200);
        assert_eq!(good.range_bytes(), RANGE_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn a_range_is_whole_cells_within_the_limit(
            events in proptest::collection::vec((any::<bool>(), any::<u64>(), any::<u64>()), 0..30),
        ) {
            let mut link = Link::default();
            for (dropped, bytes, ms) in events {
                if dropped { link.dropped(ms) } else { link.answered(bytes, ms) }
                let range = link.range_bytes();
                prop_assert!(range % CELL_BYTES == 0);
                prop_assert!((CELL_BYTES..=RANGE_BYTES_MAX).contains(&range));
            }
        }
    }
}
