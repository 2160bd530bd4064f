//! Legal deadlines: until when the law lets somebody complain, or has somebody publish.

use serde::{Deserialize, Serialize};

use super::{ElectionPart, Names};
use crate::{
    id::DeadlineCode,
    time::{ClaimedTime, UnixMillis},
};

/// Milliseconds in an hour.
const HOUR_MS: i64 = 60 * 60 * 1000;

/// One legal deadline. What the law says is data of the set-up: no country is in code.
///
/// ```
/// # use hattama_proto::pack::{Due, LegalDeadline};
/// let text = r#"{"code":"complaint","names":{"en":"Complaint"},"hours_after_polls_close":72,"law":"art. 20"}"#;
/// let deadline: LegalDeadline = serde_json::from_str(text).unwrap();
/// assert_eq!(deadline.due, Due::HoursAfterPollsClose(72));
/// assert_eq!(serde_json::to_string(&deadline).unwrap(), text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalDeadline {
    /// Its code.
    pub code: DeadlineCode,
    /// What has to be done by then, and by whom.
    pub names: Names,
    /// By when.
    #[serde(flatten)]
    pub due: Due,
    /// Where the law says so: its name and article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
}

/// By when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Due {
    /// At this moment.
    #[serde(rename = "at")]
    At(ClaimedTime),
    /// So many hours after the last polls close.
    #[serde(rename = "hours_after_polls_close")]
    HoursAfterPollsClose(u32),
}

impl Due {
    /// The moment; none where it is counted from the close of the polls and nobody said when that is.
    pub fn moment(&self, polls_close_at: Option<UnixMillis>) -> Option<UnixMillis> {
        match self {
            Self::At(at) => Some(at.to_unix_millis()),
            Self::HoursAfterPollsClose(hours) => {
                polls_close_at.map(|close| close.plus_ms(i64::from(*hours) * HOUR_MS))
            }
        }
    }
}

impl ElectionPart {
    /// When the last polls close, as a moment.
    pub fn polls_close(&self) -> Option<UnixMillis> {
        self.polls_close_at.as_ref().map(ClaimedTime::to_unix_millis)
    }

    /// Every deadline with its moment, the earliest first, those without one last.
    pub fn deadlines_in_order(&self) -> Vec<(Option<UnixMillis>, &LegalDeadline)> {
        let close = self.polls_close();
        let mut all: Vec<_> =
            self.deadlines.iter().map(|deadline| (deadline.due.moment(close), deadline)).collect();
        all.sort_by_key(|(due, _)| (due.is_none(), *due));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_counted_from_the_close_of_the_polls_and_from_nothing_else() {
        let close = UnixMillis(1_000);
        let after = Due::HoursAfterPollsClose(24);
        assert_eq!(after.moment(Some(close)), Some(UnixMillis(86_401_000)));
        assert_eq!(after.moment(None), None);
        let at = Due::At("2005-12-07T20:00:00+06:00".parse().unwrap());
        assert_eq!(at.moment(None), at.moment(Some(close)));
    }
}
