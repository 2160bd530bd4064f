//! When things happen, in minutes from 0:00 of election day, in the time of the commission.

use std::ops::Range;

use hattama_proto::time::ClaimedTime;
use jiff::{SignedDuration, civil};

use crate::exercise::chance::Chance;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// The minutes of a phase of the set-up in which something is reported.
pub(super) fn phase(code: &str) -> Range<i64> {
    match code {
        "campaign" => -25 * DAY..-2 * DAY,
        "preparation" => -DAY + 10 * HOUR..-DAY + 20 * HOUR,
        "opening" => 6 * HOUR + 30..7 * HOUR + 30,
        "voting" => 7 * HOUR + 30..20 * HOUR,
        "count" => 20 * HOUR..DAY + 2 * HOUR,
        "tabulation" => DAY + 2 * HOUR..DAY + 12 * HOUR,
        _ => DAY + 12 * HOUR..3 * DAY,
    }
}

/// A minute in which a precinct's protocol is signed.
pub(super) const PROTOCOLS: Range<i64> = 21 * HOUR + 30..DAY + 3 * HOUR;

/// Some minute of `range`; by day, where the range is days.
pub(super) fn within(range: &Range<i64>, chance: &mut Chance) -> i64 {
    let minutes = u64::try_from(range.end - range.start).expect("no range is empty");
    let minute = range.start + i64::try_from(chance.bits() % minutes).expect("less than a year");
    if range.end - range.start > DAY {
        minute.div_euclid(DAY) * DAY + 9 * HOUR + minute.rem_euclid(11 * HOUR)
    } else {
        minute
    }
}

/// The minute as a phone in the country claims it.
pub(super) fn claimed(minute: i64) -> ClaimedTime {
    let text = written(minute, "%Y-%m-%dT%H:%M:00+06:00");
    text.parse().expect("it is written as a claimed time is")
}

/// The minute as it is written by hand on a protocol.
pub(super) fn on_paper(minute: i64) -> String {
    written(minute, "%d.%m.%Y %H:%M")
}

fn written(minute: i64, format: &str) -> String {
    let midnight = civil::date(2005, 12, 4).at(0, 0, 0, 0);
    let time = midnight.checked_add(SignedDuration::from_mins(minute));
    time.expect("within a year of the day").strftime(format).to_string()
}
