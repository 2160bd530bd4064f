//! The clock of an observer's phone: it shows the day of the story, and runs as fast as ours.

use std::sync::Mutex;

use hattama_client_core::clock::{Clock, Moment, SystemClock};
use hattama_proto::time::{ClaimedTime, UnixMillis};

/// Seconds by which the time of the commission is ahead of UTC.
const OFFSET_S: i32 = 6 * 3600;

/// Shows the time it was last set to and what has passed since.
pub(super) struct StoryClock(Mutex<Set>);

#[derive(Clone, Copy)]
struct Set {
    shown: UnixMillis,
    at_mono_ms: u64,
}

impl StoryClock {
    /// Shows `at`.
    pub(super) fn at(at: &ClaimedTime) -> Self {
        Self(Mutex::new(Set { shown: at.to_unix_millis(), at_mono_ms: SystemClock.now().mono_ms }))
    }

    /// Sets it on to `at`. It is never set back: two acts of one minute stay in order.
    pub(super) fn set_on(&self, at: &ClaimedTime) {
        let now = self.now();
        let at = at.to_unix_millis();
        if at > now.wall {
            *self.set() = Set { shown: at, at_mono_ms: now.mono_ms };
        }
    }

    fn set(&self) -> std::sync::MutexGuard<'_, Set> {
        self.0.lock().expect("nobody panics while setting a clock")
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Moment {
        let real = SystemClock.now();
        let Set { shown, at_mono_ms } = *self.set();
        let passed = real.mono_ms.saturating_sub(at_mono_ms);
        let wall = shown.plus_ms(i64::try_from(passed).unwrap_or(i64::MAX));
        Moment { wall, offset_s: OFFSET_S, ..real }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> ClaimedTime {
        text.parse().unwrap()
    }

    #[test]
    fn it_shows_the_day_of_the_story_and_is_never_set_back() {
        let clock = StoryClock::at(&time("2005-12-04T21:00:00+06:00"));
        assert!(clock.now().claimed().as_str().starts_with("2005-12-04T21:00:0"));
        clock.set_on(&time("2005-12-04T22:15:00+06:00"));
        clock.set_on(&time("2005-12-04T21:30:00+06:00"));
        assert!(clock.now().claimed().as_str().starts_with("2005-12-04T22:15:0"));
    }
}
