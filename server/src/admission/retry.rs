//! When whoever was refused is asked to come again. Pure: no dice, a sequence that spreads evenly.

/// Shortest wait on average, in seconds.
const FLOOR_S: f64 = 2.0;

/// How much longer they wait of whom more come than can be taken.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// What each refused one for each admitted one adds to the wait, in seconds.
    step_s: f64,
    /// Longest wait on average, in seconds.
    ceiling_s: f64,
}

/// A minute after a flood has ended all are back.
const SOON: Patience = Patience { step_s: 4.0, ceiling_s: 40.0 };

/// Photographs follow their record when there is room, whole nights long: thousands of phones that ask
/// again every quarter of a minute would take the processors from the very photographs that they wait for.
const WHEN_THERE_IS_ROOM: Patience = Patience { step_s: 12.0, ceiling_s: 100.0 };

/// After so many milliseconds a request counts half.
const HALF_MS: f64 = 4000.0;

/// The golden ratio's fraction: its multiples fill an interval evenly, whatever their number.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// How one lane has fared lately.
#[derive(Clone, Debug)]
pub(super) struct Retry {
    patience: Patience,
    admitted: f64,
    refused: f64,
    at_ms: u64,
    turn: f64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { patience: SOON, admitted: 0.0, refused: 0.0, at_ms: 0, turn: 0.0 }
    }
}

impl Retry {
    /// For what may wait longer.
    pub(super) fn patient() -> Self {
        Self { patience: WHEN_THERE_IS_ROOM, ..Self::default() }
    }

    /// One was admitted.
    pub(super) fn admitted(&mut self, now_ms: u64) {
        self.fade(now_ms);
        self.admitted += 1.0;
    }

    /// One was refused: after how many seconds it is to come again, from half of what the load asks for
    /// to half as much again.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 150")]
    pub(super) fn refused(&mut self, now_ms: u64) -> u32 {
        self.fade(now_ms);
        self.refused += 1.0;
        let load = self.refused / self.admitted.max(1.0);
        let Patience { step_s, ceiling_s } = self.patience;
        let middle_s = (FLOOR_S + step_s * load).min(ceiling_s);
        self.turn = (self.turn + GOLDEN).fract();
        (middle_s * (0.5 + self.turn)).round().max(1.0) as u32
    }

    fn fade(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms) as f64;
        let left = 0.5_f64.powf(passed_ms / HALF_MS);
        self.admitted *= left;
        self.refused *= left;
        self.at_ms = self.at_ms.max(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn after(admitted: u32, refused: u32) -> Vec<u32> {
        let mut retry = Retry::default();
        (0..admitted).for_each(|_| retry.admitted(1000));
        (0..refused).map(|_| retry.refused(1000)).collect()
    }

    #[test]
    fn the_more_are_refused_the_later_they_are_asked_to_come() {
        assert!(after(1000, 10).iter().all(|wait_s| (1..=3).contains(wait_s)));
        let last = |waits: Vec<u32>| waits[waits.len() - 20..].iter().sum::<u32>();
        assert!(last(after(1000, 9000)) > 4 * last(after(1000, 1000)));
    }

    #[test]
    fn nobody_waits_longer_than_a_minute_and_they_do_not_come_together() {
        let waits = after(0, 10_000);
        assert!(waits.iter().all(|wait_s| (1..=60).contains(wait_s)));
        let distinct: BTreeSet<u32> = waits[9_000..].iter().copied().collect();
        assert!(distinct.len() > 30, "{distinct:?}");
    }

    #[test]
    fn photographs_wait_longer_and_never_longer_than_two_minutes_and_a_half() {
        let mut patient = Retry::patient();
        (0..1000).for_each(|_| patient.admitted(1000));
        let waits: Vec<u32> = (0..10_000).map(|_| patient.refused(1000)).collect();
        assert!(waits.iter().all(|wait_s| (1..=150).contains(wait_s)));
        let sum = |waits: &[u32]| waits[5_000..].iter().sum::<u32>();
        assert!(sum(&waits) > 2 * sum(&after(1000, 10_000)));
    }

    #[test]
    fn what_was_is_forgotten() {
        let mut retry = Retry::default();
        assert!((0..10_000).map(|_| retry.refused(0)).all(|wait_s| wait_s >= 1));
        assert!(retry.refused(200_000) < 10);
    }
}
