//! Figures and times as pages write them. Pure.

use hattama_proto::time::UnixMillis;
use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};

/// Between groups of three digits: narrow, and never broken at the end of a line.
const GROUP: char = '\u{202f}';

/// `1234567` as `1 234 567`.
pub(super) fn figure(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + 6);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text
}

/// A figure that may be missing; a dash stands for "nobody could read it" or "not there".
pub(super) fn figure_or_dash(value: Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), figure)
}

/// `+12` or `−12`, with a real minus sign.
pub(super) fn signed(value: i128) -> String {
    let size = figure(u64::try_from(value.unsigned_abs()).unwrap_or(u64::MAX));
    match value {
        0 => size,
        1.. => format!("+{size}"),
        _ => format!("−{size}"),
    }
}

/// Bytes for people.
pub(super) fn kilobytes(bytes: u64) -> String {
    format!("{}{GROUP}kB", figure(bytes.div_ceil(1000)))
}

/// A time that a device or an observer claimed, shorter: `2005-12-05 16:41 +06:00`. The record keeps
/// it as it was written.
pub(super) fn claimed(time: &str) -> String {
    let (Some(date), Some(minutes)) = (time.get(..10), time.get(11..16)) else {
        return time.to_owned();
    };
    // Seconds and their fraction have no sign and no letter.
    let rest = &time[16..];
    let offset = rest.find(['+', '-', 'Z']).map_or("", |at| &rest[at..]);
    format!("{date} {minutes} {offset}")
}

/// A moment in the time zone of the election; UTC where this machine does not know the zone.
pub(super) fn moment(at: UnixMillis, zone: &str) -> String {
    let Ok(at) = Timestamp::from_millisecond(at.0) else { return format!("{} ms", at.0) };
    match TimeZone::get(zone) {
        Ok(zone) => ZonedDateTime::new(at, zone).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => format!("{} UTC", at.strftime("%Y-%m-%d %H:%M:%S")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(figure(0), "0");
        assert_eq!(figure(999), "999");
        assert_eq!(figure(1_000), "1\u{202f}000");
        assert_eq!(figure(12_345_678), "12\u{202f}345\u{202f}678");
        assert_eq!(figure_or_dash(None), "–");
    }

    #[test]
    fn a_difference_carries_its_sign() {
        assert_eq!(signed(0), "0");
        assert_eq!(signed(1_200), "+1\u{202f}200");
        assert_eq!(signed(-7), "−7");
    }

    #[test]
    fn a_claimed_time_loses_its_seconds_only() {
        assert_eq!(claimed("2005-12-05T16:41:00+06:00"), "2005-12-05 16:41 +06:00");
        assert_eq!(claimed("2005-12-05T16:41:00.140Z"), "2005-12-05 16:41 Z");
        assert_eq!(claimed("soon"), "soon");
    }

    #[test]
    fn a_moment_is_told_in_the_zone_of_the_election() {
        let noon = UnixMillis(1_133_676_000_000);
        assert_eq!(moment(noon, "UTC"), "2005-12-04 06:00:00");
        assert_eq!(moment(noon, "nowhere"), "2005-12-04 06:00:00 UTC");
    }
}
