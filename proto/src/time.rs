//! Three separate facts: when headquarters received something, what a device's clock claimed, and
//! the order in which the device spoke. None of them refuses evidence.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00 UTC, leap seconds ignored. Stored as i64.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// This time `ms` milliseconds later, at most the end of time.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// RFC 3339 in UTC with whole seconds, for people and for exports.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_else(|_| format!("{} ms", self.0))
    }
}

/// What a device's clock claimed, RFC 3339 with offset, kept verbatim: `2005-12-04T22:15:00+06:00`.
///
/// A wrong clock is evidence too: 1970 and 2099 are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimedTime(String);

/// The text is not a time with an offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time with an offset; write it as 2005-12-04T22:15:00+06:00")]
pub struct ClaimedTimeError {
    /// What was written, cut to 64 characters.
    pub text: String,
}

impl ClaimedTime {
    /// The text as the device wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The instant it names. For comparing and sorting only; never for refusing.
    pub fn to_unix_millis(&self) -> UnixMillis {
        let instant: jiff::Timestamp =
            self.0.parse().expect("checked when the ClaimedTime was made");
        UnixMillis(instant.as_millisecond())
    }

    /// A claimed time in UTC, for a device that does not know its offset.
    pub fn from_unix_millis(at: UnixMillis) -> Self {
        let instant =
            jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Self(instant.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string())
    }
}

impl FromStr for ClaimedTime {
    type Err = ClaimedTimeError;

    fn from_str(text: &str) -> Result<Self, ClaimedTimeError> {
        let wrong = || ClaimedTimeError { text: text.chars().take(64).collect() };
        if text.len() > 64 {
            return Err(wrong());
        }
        // jiff accepts more spellings than RFC 3339; every other reader of a record may not.
        if is_rfc_3339(text) && text.parse::<jiff::Timestamp>().is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong())
        }
    }
}

/// Whether it has the shape of RFC 3339's `date-time`, with upper-case letters.
fn is_rfc_3339(text: &str) -> bool {
    fn shaped(text: &str, shape: &str) -> bool {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                _ => byte == shape,
            })
    }
    let Some((time, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else {
        return false;
    };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let digits = rest.len() - offset.len();
    shaped(time, "0000-00-00T00:00:00")
        && digits != 1
        && (offset == "Z" || shaped(offset, "+00:00") || shaped(offset, "-00:00"))
}

impl TryFrom<String> for ClaimedTime {
    type Error = ClaimedTimeError;

    fn try_from(text: String) -> Result<Self, ClaimedTimeError> {
        text.parse()
    }
}

impl From<ClaimedTime> for String {
    fn from(time: ClaimedTime) -> Self {
        time.0
    }
}

impl fmt::Display for ClaimedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_time_keeps_its_text_and_names_an_instant() {
        let time: ClaimedTime = "2005-12-04T22:15:00+06:00".parse().unwrap();
        assert_eq!(time.as_str(), "2005-12-04T22:15:00+06:00");
        assert_eq!(time.to_unix_millis().to_rfc3339(), "2005-12-04T16:15:00Z");
    }

    #[test]
    fn a_clock_in_1970_or_2099_is_accepted() {
        for text in ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59.999-11:00"] {
            assert!(text.parse::<ClaimedTime>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_time_without_offset_is_refused() {
        for text in [
            "2005-12-04T22:15:00",
            "2005-12-04",
            "",
            "now",
            "2005-12-04T22:15:00+06:00[Asia/Almaty]",
        ] {
            assert!(text.parse::<ClaimedTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_spelling_that_rfc_3339_does_not_have_is_refused() {
        for text in [
            "2005-12-04T22:15+06:00",
            "2005-12-04T22:15:00+06",
            "2005-12-04T22:15:00+0600",
            "2005-12-04T22:15:00+06:00:30",
            "2005-12-04T22:15:00,5Z",
            "2005-12-04T22:15:00.Z",
            "2005-12-04T221500Z",
            "2005-12-04T22Z",
            "2005-12-04t22:15:00z",
            "2005-12-04 22:15:00Z",
            "2005-12-04T24:00:00Z",
            "2005-02-30T22:15:00Z",
            "2005-12-04T22:15:0\u{661}Z",
        ] {
            assert!(text.parse::<ClaimedTime>().is_err(), "{text}");
        }
        for text in ["2005-12-04T22:15:00.5Z", "2005-12-04T23:59:60Z", "2005-12-04T22:15:00-00:00"]
        {
            assert!(text.parse::<ClaimedTime>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_time_made_from_milliseconds_reads_back() {
        let at = UnixMillis(1_133_712_900_123);
        let claimed = ClaimedTime::from_unix_millis(at);
        assert_eq!(claimed.as_str().parse::<ClaimedTime>().unwrap().to_unix_millis(), at);
    }
}
