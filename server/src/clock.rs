//! The one place that reads headquarters' clock.

use std::time::{SystemTime, UNIX_EPOCH};

use hattama_proto::time::UnixMillis;

/// A clock as an argument, so that tests can set it.
pub type Clock = fn() -> UnixMillis;

/// An hour, in milliseconds.
pub const HOUR_MS: i64 = 60 * 60 * 1000;

/// A day, in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// What this machine's clock says. A clock before 1970 reads as 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn system() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
