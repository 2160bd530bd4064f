//! When whoever was refused is asked to come again. Pure: no dice, a sequence that spreads evenly.

/// Shortest wait on average, in seconds, and what each refused one for each admitted one adds.
const FLOOR_S: f64 = 2.0;
const STEP_S: f64 = 4.0;

/// Longest wait on average, in seconds: a minute after a flood has ended all are back.
const CEILING_S: f64 = 40.0;

/// After so many milliseconds a request counts half.
const HALF_MS: f64 = 4000.0;

/// The golden ratio's fraction: its multiples fill an interval evenly, whatever their number.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// How one lane has fared lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Retry {
    admitted: f64,
    refused: f64,
    at_ms: u64,
    turn: f64,
}

impl Retry {
    /// One was admitted.
    pub(super) fn admitted(&mut self, now_ms: u64) {
        self.fade(now_ms);
        self.admitted += 1.0;
    }

    /// One was refused: after how many seconds it is to come again, from half of what the load asks for
    /// to half as much again.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 60")]
    pub(super) fn refused(&mut self, now_ms: u64) -> u32 {
        self.fade(now_ms);
        self.refused += 1.0;
        let load = self.refused / self.admitted.max(1.0);
        let middle_s = (FLOOR_S + STEP_S * load).min(CEILING_S);
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
    fn what_was_is_forgotten() {
        let mut retry = Retry::default();
        assert!((0..10_000).map(|_| retry.refused(0)).all(|wait_s| wait_s >= 1));
        assert!(retry.refused(200_000) < 10);
    }
}
