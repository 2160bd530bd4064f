//! How many records' requests are worked on at once: as many as are done in time. Pure.
//!
//! Nobody can say beforehand what a machine with its disk and database takes. So it is measured: work that
//! is done quickly while all places are taken allows one more, work that takes too long takes some away.
//!
//! Not below what fills a group of the log. A commit to the disk takes the same time for one record as for
//! a thousand, so fewer places than that make nothing quicker, and everything less.

/// Work on a batch is to take no longer, in milliseconds: with the wait before it a receipt comes within
/// a second.
const GOAL_MS: f64 = 400.0;

/// What one piece of work counts in the mean.
const NEWS: f64 = 0.125;

/// What is left of the places when work takes too long.
const CUT: f64 = 0.85;

/// The number of places.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    limit: f64,
    /// How long work takes, as a mean that follows: one slow moment of a disk says nothing.
    mean_ms: f64,
    least: f64,
    most: f64,
    /// When it was cut last: what was begun before that says nothing new.
    cut_ms: u64,
}

impl Pace {
    /// For so many cores.
    pub(super) fn new(cores: usize) -> Self {
        let cores = f64::from(u32::try_from(cores.clamp(1, 64)).unwrap_or(1));
        let (limit, least, most) = (cores * 32.0, cores * 24.0, cores * 128.0);
        Self { limit, mean_ms: 0.0, least, most, cut_ms: 0 }
    }

    /// Places that there are.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "24 to 8192")]
    pub(super) const fn places(&self) -> u32 {
        self.limit as u32
    }

    /// Work took so long while so many places were taken.
    pub(super) fn done(&mut self, took_ms: f64, inside: u32, now_ms: u64) {
        self.mean_ms += (took_ms - self.mean_ms) * NEWS;
        if self.mean_ms > GOAL_MS {
            if now_ms.saturating_sub(self.cut_ms) as f64 >= GOAL_MS {
                self.limit = (self.limit * CUT).max(self.least);
                self.cut_ms = now_ms;
            }
        } else if self.mean_ms < GOAL_MS / 2.0 && inside >= self.places() {
            self.limit = (self.limit + 1.0 / self.limit).min(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slow_work_takes_places_away_once_a_goal_and_quick_work_gives_them_back() {
        let mut pace = Pace::new(2);
        assert_eq!(pace.places(), 64);
        (0..100).for_each(|_| pace.done(1000.0, 64, 1000));
        assert_eq!(pace.places(), 54, "what was begun together says one thing");
        (0..40_u64).for_each(|again| pace.done(1000.0, 54, 2000 + again * 500));
        assert_eq!(pace.places(), 48, "as many as fill a group stay");
        (0..40_000).for_each(|_| pace.done(1.0, pace.places(), 99_000));
        assert_eq!(pace.places(), 256);
    }

    #[test]
    fn places_that_nobody_needs_are_not_added() {
        let mut pace = Pace::new(2);
        (0..1000).for_each(|_| pace.done(1.0, 3, 1000));
        assert_eq!(pace.places(), 64);
    }

    #[test]
    fn one_slow_moment_takes_nothing_away() {
        let mut pace = Pace::new(2);
        (0..20).for_each(|_| pace.done(100.0, 10, 1000));
        pace.done(2000.0, 10, 1000);
        assert_eq!(pace.places(), 64);
    }

    proptest! {
        #[test]
        fn there_are_always_some_places_and_never_too_many(
            cores in 0_usize..1000, done in prop::collection::vec((0.0..5000.0, 0_u32..500, 0_u64..9000), 0..300),
        ) {
            let mut pace = Pace::new(cores);
            let mut now_ms = 0;
            for (took_ms, inside, later_ms) in done {
                now_ms += later_ms;
                pace.done(took_ms, inside, now_ms);
                prop_assert!((24..=8192).contains(&pace.places()));
            }
        }
    }
}
