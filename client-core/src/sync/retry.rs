//! When to try again. Pure: the dice are thrown by the caller.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Moment,
    limits::{BACKOFF_BASE_MS, BACKOFF_ORIGINALS_MS_MAX},
};

/// Whether a pause may be skipped by whoever presses "send now".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Firmness {
    /// Our own guess.
    Soft,
    /// Headquarters said so.
    Hard,
}

/// The end of a pause, in a form that survives restarts and jumps of the clock.
///
/// Within one boot only the time since boot counts. After a reboot the wall clock has to do, and
/// if it went backwards the pause is over: one request too early costs less than a queue that
/// stands still for years.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deadline {
    wait_ms: u64,
    boot: String,
    mono_ms: u64,
    wall_ms: i64,
    hard: bool,
}

impl Deadline {
    /// A pause of `wait_ms` from `now`; at most an hour, whoever asks.
    pub(crate) fn after(wait_ms: u64, now: &Moment, firmness: Firmness) -> Self {
        Self {
            wait_ms: wait_ms.min(BACKOFF_ORIGINALS_MS_MAX),
            boot: now.boot.clone(),
            mono_ms: now.mono_ms,
            wall_ms: now.wall.0,
            hard: firmness == Firmness::Hard,
        }
    }

    /// The stored form.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("numbers and a string are JSON")
    }

    /// Reads the stored form. What does not read is no pause.
    pub(crate) fn read(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok()
    }

    /// How long the whole pause is, in milliseconds.
    pub(crate) const fn wait_ms(&self) -> u64 {
        self.wait_ms
    }

    /// How much of it is left, in milliseconds.
    pub(crate) fn remaining_ms(&self, now: &Moment) -> u64 {
        let elapsed = if self.boot == now.boot {
            now.mono_ms.checked_sub(self.mono_ms)
        } else {
            u64::try_from(now.wall.0.saturating_sub(self.wall_ms)).ok()
        };
        let wait = self.wait_ms.min(BACKOFF_ORIGINALS_MS_MAX);
        elapsed.map_or(0, |elapsed| wait.saturating_sub(elapsed))
    }
}

/// The next pause after one of `previous_ms` (0 for none yet): between the base and three times
/// the last, at random, so that phones cut off together do not come back together.
pub fn next_wait_ms(previous_ms: u64, cap_ms: u64, dice: u64) -> u64 {
    let top = previous_ms.max(BACKOFF_BASE_MS).saturating_mul(3).min(cap_ms.max(BACKOFF_BASE_MS));
    let span = top - BACKOFF_BASE_MS + 1;
    (BACKOFF_BASE_MS + dice % span).min(cap_ms)
}

/// How long to wait where headquarters said for how many seconds: never less, and up to half as long
/// again, at random, so that phones told at one moment do not come back at one moment.
pub fn told_wait_ms(seconds: u32, dice: u64) -> u64 {
    let told = u64::from(seconds) * 1000;
    told + dice % (told / 2 + 1)
}

#[cfg(test)]
mod tests {
    use hattama_proto::time::UnixMillis;
    use proptest::prelude::*;

    use super::*;

    fn moment(boot: &str, mono_ms: u64, wall_ms: i64) -> Moment {
        Moment { wall: UnixMillis(wall_ms), offset_s: 0, mono_ms, boot: boot.to_owned() }
    }

    #[test]
    fn a_jump_of_the_wall_clock_does_not_move_a_pause_within_one_boot() {
        let deadline = Deadline::after(5000, &moment("a", 100, 1_000_000), Firmness::Soft);
        for wall in [0, 1_000_000, i64::MAX, i64::MIN] {
            assert_eq!(deadline.remaining_ms(&moment("a", 2100, wall)), 3000);
        }
    }

    #[test]
    fn after_a_reboot_with_an_older_wall_clock_the_pause_is_over() {
        let deadline = Deadline::after(5000, &moment("a", 100, 1_000_000), Firmness::Soft);
        assert_eq!(deadline.remaining_ms(&moment("b", 1, 999_999)), 0);
        assert_eq!(deadline.remaining_ms(&moment("b", 1, 1_002_000)), 3000);
    }

    #[test]
    fn a_text_that_does_not_read_is_no_pause() {
        assert_eq!(Deadline::read(Some("tomorrow")), None);
        let deadline = Deadline::after(5, &moment("a", 1, 2), Firmness::Hard);
        assert_eq!(Deadline::read(Some(&deadline.to_text())), Some(deadline));
    }

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_its_cap(
            previous: u64, cap in 1_u64..10_000_000, dice: u64,
        ) {
            prop_assert!(next_wait_ms(previous, cap, dice) <= cap);
        }

        #[test]
        fn what_headquarters_asks_for_is_kept_and_at_most_half_as_long_again(
            seconds: u32, dice: u64,
        ) {
            let told = u64::from(seconds) * 1000;
            prop_assert!((told..=told + told / 2).contains(&told_wait_ms(seconds, dice)));
        }

        #[test]
        fn a_first_pause_is_at_least_the_base(dice: u64) {
            let wait = next_wait_ms(0, 300_000, dice);
            prop_assert!((BACKOFF_BASE_MS..=3 * BACKOFF_BASE_MS).contains(&wait));
        }

        #[test]
        fn what_is_left_never_exceeds_an_hour(
            wait: u64, mono: u64, wall: i64, later: u64, later_wall: i64, same: bool,
        ) {
            let deadline = Deadline::after(wait, &moment("a", mono, wall), Firmness::Hard);
            let now = moment(if same { "a" } else { "b" }, later, later_wall);
            prop_assert!(deadline.remaining_ms(&now) <= BACKOFF_ORIGINALS_MS_MAX);
        }
    }
}
