//! When a phone captures. Pure.

use super::NightOptions;

/// Whether a phone captures a record while nobody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InShutdown {
    Captures,
    Rests,
}

/// Each phone captures once in each of its shares of the night, at random within it: together that is the
/// rate that was asked for, and no two phones keep step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    share_ms: u64,
    night_ms: u64,
    shutdown_ms: u64,
}

impl Schedule {
    pub(super) fn of(options: &NightOptions) -> Self {
        let share_ms = (options.phones * 1000 / options.per_second.max(1)).max(1);
        let (night_ms, shutdown_ms) = (options.night_ms(), options.shutdown_ms());
        Self { share_ms, night_ms, shutdown_ms }
    }

    /// When a phone that has captured so many records captures the next, in milliseconds from the
    /// beginning; none when it captures no more. `dice` are the phone's own, and fall alike for one throw.
    pub(super) fn next(
        &self,
        captured: u64,
        in_shutdown: InShutdown,
        dice: impl Fn(u64) -> u64,
    ) -> Option<u64> {
        let at = |number: u64| number * self.share_ms + dice(number) % self.share_ms;
        if at(captured) < self.night_ms {
            return Some(at(captured));
        }
        // The first that falls behind the night is the one of the shutdown.
        let is_first = captured.checked_sub(1).is_none_or(|last| at(last) < self.night_ms);
        (is_first && in_shutdown == InShutdown::Captures)
            .then(|| self.night_ms + dice(u64::MAX) % self.shutdown_ms)
    }
}

/// Dice of one phone that fall alike in every night.
pub(super) fn dice(phone: u64, throw: u64) -> u64 {
    // splitmix64
    let mut state = phone.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ throw;
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT: Schedule = Schedule { share_ms: 7_000, night_ms: 60_000, shutdown_ms: 10_000 };

    /// All captures of a phone.
    fn captures(phone: u64, in_shutdown: InShutdown) -> Vec<u64> {
        let mut captures = Vec::new();
        while let Some(at) =
            NIGHT.next(captures.len() as u64, in_shutdown, |throw| dice(phone, throw))
        {
            captures.push(at);
        }
        captures
    }

    #[test]
    fn a_phone_captures_once_in_each_of_its_shares_and_never_after_the_night() {
        for phone in 0..500 {
            let captures = captures(phone, InShutdown::Rests);
            for (number, at) in (0_u64..).zip(&captures) {
                assert_eq!(at / NIGHT.share_ms, number);
            }
            assert!(captures.iter().all(|at| *at < NIGHT.night_ms));
        }
    }

    #[test]
    fn all_phones_together_keep_the_rate() {
        let all: usize = (0..2_000).map(|phone| captures(phone, InShutdown::Rests).len()).sum();
        let asked = 2_000.0 * 60.0 / 7.0;
        assert!((all as f64 / asked - 1.0).abs() < 0.02, "{all} of {asked}");
    }

    #[test]
    fn a_phone_that_storms_captures_once_while_nobody_is_there_however_short_the_night() {
        let short = Schedule { night_ms: 10, ..NIGHT };
        for (schedule, phone) in (0..500).flat_map(|phone| [(NIGHT, phone), (short, phone)]) {
            let mut captured = 0;
            let next = |captured| {
                schedule.next(captured, InShutdown::Captures, |throw| dice(phone, throw))
            };
            let mut meanwhile = 0;
            while let Some(at) = next(captured) {
                captured += 1;
                meanwhile += u64::from(at >= schedule.night_ms);
                assert!(at < schedule.night_ms + schedule.shutdown_ms);
            }
            assert_eq!(meanwhile, 1);
        }
    }
}
