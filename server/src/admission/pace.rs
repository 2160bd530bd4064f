//! How much of records is worked on at once: as much as is done in time. Pure.
//!
//! Nobody can say beforehand what a machine with its disk and database takes. So it is measured: work that
//! is done quickly while all places are taken allows more, work that takes too long takes some away.
//!
//! Counted by the size of what was sent, in KiB, and not by requests: a phone sends one record and somebody
//! who was offline for days sends sixty-four, and what takes time is checking and storing each. A number of
//! requests that is right for one is forty times too small or too large for the other.

/// Work on a request is to take no longer on average, in milliseconds: with the wait before it, and what
/// the slowest take longer than the mean, a receipt comes within a second.
const GOAL_MS: f64 = 300.0;

/// Below this mean, in milliseconds, there may be more.
const QUICK_MS: f64 = 200.0;

/// What is left when work takes too long.
const CUT: f64 = 0.85;

/// How much more there may be, in KiB, once as much as there is now was done quickly: one full batch.
const STEP_KIB: f64 = 128.0;

/// At first, at least and at most for each core, in KiB. A commit to the disk takes as long for one record
/// as for hundreds, so less than the least makes nothing quicker.
const FIRST_KIB: f64 = 2048.0;
const LEAST_KIB: f64 = 256.0;
const MOST_KIB: f64 = 8192.0;

/// What one request counts in the mean: one slow moment of a disk says nothing.
const NEWS: f64 = 0.125;

/// How much may be worked on.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    limit_kib: f64,
    /// How long work takes, as a mean that follows.
    mean_ms: f64,
    least_kib: f64,
    most_kib: f64,
    /// When it was cut last: what was begun before that says nothing new.
    cut_ms: u64,
}

impl Pace {
    /// For so many cores.
    pub(super) fn new(cores: usize) -> Self {
        let cores = f64::from(u32::try_from(cores.clamp(1, 64)).unwrap_or(1));
        Self {
            limit_kib: cores * FIRST_KIB,
            mean_ms: 0.0,
            least_kib: cores * LEAST_KIB,
            most_kib: cores * MOST_KIB,
            cut_ms: 0,
        }
    }

    /// How much may be worked on at once, in KiB.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "256 to 524,288")]
    pub(super) const fn kib(&self) -> u32 {
        self.limit_kib as u32
    }

    /// Work on so many KiB took so long while so many were worked on.
    pub(super) fn done(&mut self, took_ms: f64, kib: u32, inside_kib: u32, now_ms: u64) {
        self.mean_ms += (took_ms - self.mean_ms) * NEWS;
        if self.mean_ms > GOAL_MS {
            if now_ms.saturating_sub(self.cut_ms) as f64 >= GOAL_MS {
                self.limit_kib = (self.limit_kib * CUT).max(self.least_kib);
                self.cut_ms = now_ms;
            }
        } else if self.mean_ms < QUICK_MS && f64::from(inside_kib) >= self.limit_kib - STEP_KIB {
            let more_kib = STEP_KIB * f64::from(kib) / self.limit_kib;
            self.limit_kib = (self.limit_kib + more_kib.min(STEP_KIB)).min(self.most_kib);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slow_work_takes_some_away_once_a_goal_and_quick_work_gives_it_back() {
        let mut pace = Pace::new(2);
        assert_eq!(pace.kib(), 4096);
        (0..100).for_each(|_| pace.done(1000.0, 100, 100, 1000));
        assert_eq!(pace.kib(), 3481, "what was begun together says one thing");
        (0..40_u64).for_each(|again| pace.done(1000.0, 100, 3481, 2000 + again * 500));
        assert_eq!(pace.kib(), 512, "less makes nothing quicker");
        (0..40_000).for_each(|_| pace.done(1.0, 100, pace.kib(), 99_000));
        assert_eq!(pace.kib(), 16_384);
    }

    #[test]
    fn what_nobody_needs_is_not_added() {
        let mut pace = Pace::new(2);
        (0..1000).for_each(|_| pace.done(1.0, 100, 300, 1000));
        assert_eq!(pace.kib(), 4096);
    }

    #[test]
    fn one_slow_moment_takes_nothing_away() {
        let mut pace = Pace::new(2);
        (0..20).for_each(|_| pace.done(100.0, 2, 10, 1000));
        pace.done(1500.0, 2, 10, 1000);
        assert_eq!(pace.kib(), 4096);
    }

    proptest! {
        #[test]
        fn there_is_always_some_and_never_too_much(
            cores in 0_usize..1000,
            done in prop::collection::vec((0.0..5000.0, 1_u32..2000, 0_u32..50_000, 0_u64..9000), 0..300),
        ) {
            let mut pace = Pace::new(cores);
            let mut now_ms = 0;
            for (took_ms, kib, inside, later_ms) in done {
                now_ms += later_ms;
                pace.done(took_ms, kib, inside, now_ms);
                prop_assert!((256..=524_288).contains(&pace.kib()));
            }
        }
    }
}
