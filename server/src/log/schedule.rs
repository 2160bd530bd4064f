//! When the public log moves. Pure.
//!
//! A log that is published with every record tells whoever watches it *when* something arrived,
//! and so perhaps from whom. On the night of an election hundreds arrive together and a second
//! hides enough; on a quiet day only an hour or a day does.

use std::{fmt, str::FromStr, time::Duration};

use hattama_proto::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// How often the public log moves, at most: `log_publish` in `hattama.toml`.
///
/// Slots are counted from 1970 in UTC, so `daily` is midnight UTC and a restart changes nothing.
///
/// ```
/// use hattama_server::log::PublishSchedule;
/// let hourly: PublishSchedule = "hourly".parse()?;
/// assert_eq!("1h".parse(), Ok(hourly));
/// assert!("0s".parse::<PublishSchedule>().is_err());
/// # Ok::<(), hattama_server::log::ScheduleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublishSchedule {
    every_s: u32,
}

/// Why a text is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("say how often the log is published: \"1s\" to \"24h\", \"hourly\" or \"daily\"")]
pub struct ScheduleError;

const DAY_S: u32 = 24 * 60 * 60;

/// From this interval on, entries wait until there are [`FEW`] of them, in seconds.
const SLOW_FROM_S: u32 = 60;

/// New entries below which a slow log does not move. A device that enrols and sends one record
/// with three pictures makes about half of these, so one person's upload never stands alone.
const FEW: u64 = 10;

impl PublishSchedule {
    /// The slot that `now` is in; the log moves when this changes.
    pub fn slot(self, now: UnixMillis) -> i64 {
        now.0.div_euclid(self.every_ms())
    }

    /// When a slot begins, Unix milliseconds.
    pub const fn begins_ms(self, slot: i64) -> i64 {
        slot.saturating_mul(self.every_s as i64 * 1000)
    }

    /// How long this slot lasts yet.
    pub fn rest_of_slot(self, now: UnixMillis) -> Duration {
        let rest = self.every_ms() - now.0.rem_euclid(self.every_ms());
        Duration::from_millis(rest.unsigned_abs())
    }

    /// Least new entries with which the log moves, unless `log_publish_at_least` says another.
    pub const fn at_least(self) -> u64 {
        if self.every_s < SLOW_FROM_S { 1 } else { FEW }
    }

    fn every_ms(self) -> i64 {
        i64::from(self.every_s) * 1000
    }
}

impl Default for PublishSchedule {
    /// Every second: the night of an election.
    fn default() -> Self {
        Self { every_s: 1 }
    }
}

impl FromStr for PublishSchedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let every_s = match text {
            "hourly" => 60 * 60,
            "daily" => DAY_S,
            text => {
                let (number, unit) =
                    text.split_at_checked(text.len().saturating_sub(1)).ok_or(ScheduleError)?;
                let unit_s: u32 = match unit {
                    "s" => 1,
                    "m" => 60,
                    "h" => 60 * 60,
                    _ => return Err(ScheduleError),
                };
                let number: u32 = number.parse().map_err(|_| ScheduleError)?;
                number.checked_mul(unit_s).ok_or(ScheduleError)?
            }
        };
        if (1..=DAY_S).contains(&every_s) { Ok(Self { every_s }) } else { Err(ScheduleError) }
    }
}

impl TryFrom<String> for PublishSchedule {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        text.parse()
    }
}

impl fmt::Display for PublishSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.every_s {
            DAY_S => f.write_str("daily"),
            3600 => f.write_str("hourly"),
            every_s => write!(f, "{every_s}s"),
        }
    }
}

impl From<PublishSchedule> for String {
    fn from(schedule: PublishSchedule) -> Self {
        schedule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_as_it_is_written() {
        for (text, written) in
            [("1s", "1s"), ("90s", "90s"), ("2m", "120s"), ("60m", "hourly"), ("24h", "daily")]
        {
            let schedule: PublishSchedule = text.parse().unwrap();
            assert_eq!(schedule.to_string(), written);
            assert_eq!(written.parse(), Ok(schedule));
        }
        for text in ["", "s", "0s", "1", "-1s", "1.5s", "25h", "weekly", "5000000000h", "1ч"] {
            assert_eq!(text.parse::<PublishSchedule>(), Err(ScheduleError), "{text}");
        }
    }

    #[test]
    fn a_slot_ends_on_the_hour_whenever_headquarters_was_started() {
        let hourly: PublishSchedule = "hourly".parse().unwrap();
        let at = |ms: i64| UnixMillis(1_700_002_800_000 + ms);
        assert_eq!(hourly.slot(at(0)), hourly.slot(at(3_599_999)));
        assert_eq!(hourly.slot(at(0)) + 1, hourly.slot(at(3_600_000)));
        assert_eq!(hourly.rest_of_slot(at(3_599_000)), Duration::from_secs(1));
        assert_eq!(hourly.rest_of_slot(at(0)), Duration::from_secs(3600));
    }

    #[test]
    fn a_slow_log_waits_for_company_and_a_fast_one_does_not() {
        assert_eq!(PublishSchedule::default().at_least(), 1);
        assert_eq!("daily".parse::<PublishSchedule>().unwrap().at_least(), FEW);
    }
}
