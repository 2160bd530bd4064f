//! The only place that reads a clock.
//!
//! A phone has two: the wall clock, which people and networks set and which may jump, and the time
//! since boot, which only runs. A [`Moment`] holds both, so that waits survive a jump of the one
//! and a reboot resets the other.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use hattama_proto::{
    id::to_hex,
    time::{ClaimedTime, UnixMillis},
};
use serde::{Deserialize, Serialize};

/// What all clocks of the device said at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub wall: UnixMillis,
    /// Seconds by which local time is ahead of UTC.
    pub offset_s: i32,
    /// Milliseconds since boot.
    pub mono_ms: u64,
    /// Names the boot; never leaves the phone as it is.
    pub boot: String,
}

impl Moment {
    /// The wall clock with its offset, as a record claims it.
    pub fn claimed(&self) -> ClaimedTime {
        let written = || {
            let offset = jiff::tz::Offset::from_seconds(self.offset_s).ok()?;
            let at = jiff::Timestamp::from_millisecond(self.wall.0).ok()?;
            let local = at.to_zoned_datetime(jiff::tz::TimeZone::fixed(offset));
            local.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string().parse().ok()
        };
        written().unwrap_or_else(|| ClaimedTime::from_unix_millis(self.wall))
    }
}

/// Headquarters' clock beside the phone's, as of the last answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Anchor {
    server_ms: i64,
    wall_ms: i64,
    mono_ms: u64,
    boot: String,
}

impl Anchor {
    /// Headquarters said `server` at `now`.
    pub(crate) fn new(server: UnixMillis, now: &Moment) -> Self {
        Self {
            server_ms: server.0,
            wall_ms: now.wall.0,
            mono_ms: now.mono_ms,
            boot: now.boot.clone(),
        }
    }

    /// The stored form.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("numbers and a string are JSON")
    }

    /// Reads the stored form.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// By how much the phone's wall clock is ahead of headquarters', in milliseconds: counted on
    /// from the time since boot, or as it was then if the phone was started anew.
    pub(crate) fn ahead_ms(&self, now: &Moment) -> i64 {
        let since = now.mono_ms.checked_sub(self.mono_ms).and_then(|ms| i64::try_from(ms).ok());
        match since {
            Some(since) if self.boot == now.boot => {
                now.wall.0.saturating_sub(self.server_ms.saturating_add(since))
            }
            _ => self.wall_ms.saturating_sub(self.server_ms),
        }
    }
}

/// A device's clocks. Tests have one of their own.
pub trait Clock: Send + Sync {
    /// Reads all of them.
    fn now(&self) -> Moment;

    /// Waits. A simulated clock jumps instead.
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// The clocks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let wall = wall();
        Moment { wall, offset_s: offset_s(wall), mono_ms: mono_ms(), boot: boot().to_owned() }
    }
}

fn wall() -> UnixMillis {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    let now = std::time::SystemTime::now();
    let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    UnixMillis(match now.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => ms(after),
        Err(before) => -ms(before.duration()),
    })
}

fn offset_s(wall: UnixMillis) -> i32 {
    jiff::Timestamp::from_millisecond(wall.0)
        .map_or(0, |at| jiff::tz::TimeZone::system().to_offset(at).seconds())
}

/// Linux and Android count suspended time in `/proc/uptime`; elsewhere the process's own count
/// has to do, and then [`boot`] names the process.
fn mono_ms() -> u64 {
    static STARTED: OnceLock<Instant> = OnceLock::new();
    let uptime = || {
        let text = std::fs::read_to_string("/proc/uptime").ok()?;
        let seconds = text.split_whitespace().next()?;
        let (whole, part) = seconds.split_once('.')?;
        let hundredths: u64 = part.get(..2)?.parse().ok()?;
        Some(whole.parse::<u64>().ok()? * 1000 + hundredths * 10)
    };
    uptime().unwrap_or_else(|| {
        let elapsed = STARTED.get_or_init(Instant::now).elapsed();
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    })
}

fn boot() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map_or_else(
            |_| {
                let salt = format!("{} {}", std::process::id(), wall().0);
                to_hex(ring::digest::digest(&ring::digest::SHA256, salt.as_bytes()).as_ref())
            },
            |text| text.trim().to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_claimed_with_its_offset() {
        let moment = Moment {
            wall: UnixMillis(1_133_712_900_123),
            offset_s: 6 * 3600,
            mono_ms: 0,
            boot: String::new(),
        };
        assert_eq!(moment.claimed().as_str(), "2005-12-04T22:15:00.123+06:00");
        assert_eq!(moment.claimed().to_unix_millis(), moment.wall);
    }

    #[test]
    fn an_impossible_offset_falls_back_to_utc_and_an_impossible_year_to_1970() {
        let mut moment =
            Moment { wall: UnixMillis(0), offset_s: i32::MAX, mono_ms: 0, boot: String::new() };
        assert_eq!(moment.claimed().as_str(), "1970-01-01T00:00:00.000+00:00");
        moment.wall = UnixMillis(i64::MAX);
        assert_eq!(moment.claimed().to_unix_millis(), UnixMillis(0));
    }

    #[test]
    fn time_since_boot_only_runs() {
        let (first, second) = (SystemClock.now(), SystemClock.now());
        assert!(second.mono_ms >= first.mono_ms);
        assert_eq!(first.boot, second.boot);
    }
}
