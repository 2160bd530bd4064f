//! Whether the log goes on from where it was, and by which clock. Pure.

use hattama_proto::time::UnixMillis;

use crate::store::facts::LogFacts;

use super::finding::Finding;

/// 1 January 2026: this program is not older. A clock before it has not been set.
const CLOCK_MIN: UnixMillis = UnixMillis(1_767_225_600_000);

/// How far the clock may have gone back since the last checkpoint, in milliseconds: two machines
/// that sign one after the other are hardly nearer to each other.
const BACK_MS: i64 = 60_000;

/// What the signer's head file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadFacts {
    /// There is none.
    Missing,
    /// The tree that was signed last has so many leaves.
    Leaves(u64),
    /// It cannot be read; what was said of it.
    Unreadable(String),
}

/// Judges the store's log against the signer's head, and the clock against both.
pub(super) fn log(store: Option<LogFacts>, head: &HeadFacts, now: UnixMillis) -> Vec<Finding> {
    vec![growth(store.unwrap_or_default().leaves, head), clock(store, now)]
}

/// What findings about the log and its signed head are called.
pub const LOG: &str = "log";

fn growth(leaves: u64, head: &HeadFacts) -> Finding {
    let about = LOG;
    match head {
        HeadFacts::Leaves(signed) if leaves < *signed => Finding::will_lose(
            about,
            format!(
                "the store holds {leaves} entries and {signed} were signed for: it looks like an \
                 older backup, or like another database"
            ),
            "restore the newest backup of the database, or name the right one; only if there is no \
             newer one: hattama serve --folder HQ --new-epoch --reason '...'",
        ),
        HeadFacts::Leaves(signed) => Finding::sound(
            about,
            format!("{leaves} entries in the store; the signed head has {signed}"),
        ),
        HeadFacts::Missing if leaves == 0 => Finding::sound(about, "nothing was signed yet"),
        HeadFacts::Missing => Finding::to_know(
            about,
            format!(
                "the store holds {leaves} entries and keys/log.head is missing: an older backup \
                 of the store would not be noticed"
            ),
            "restore HQ/keys/log.head from its backup before serving",
        ),
        HeadFacts::Unreadable(said) => Finding::will_lose(
            about,
            format!("the signer's head cannot be used: {said}"),
            "restore HQ/keys/log.head from its backup; never delete it",
        ),
    }
}

fn clock(store: Option<LogFacts>, now: UnixMillis) -> Finding {
    let about = "clock";
    let mend = "timedatectl set-ntp true, or: date --set 'YYYY-MM-DD HH:MM:SS'";
    if now < CLOCK_MIN {
        let reason = "this machine's clock is before the year 2026; invitations would not expire \
                      as people expect, and times of receipt would be wrong";
        return Finding::to_know(about, reason, mend);
    }
    let last = store.and_then(|log| log.last_signed_at).map_or(now.0, |at| at.0);
    if now.0 < last - BACK_MS {
        let reason = format!(
            "this machine's clock is {} s before the last checkpoint was signed; order does not \
             depend on it, times of receipt do",
            (last - now.0) / 1000
        );
        return Finding::to_know(about, reason, mend);
    }
    Finding::sound(about, "not before the last checkpoint")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    const NOW: UnixMillis = UnixMillis(1_795_000_000_000);

    fn levels(leaves: u64, head: &HeadFacts, signed_at: Option<i64>) -> [Level; 2] {
        let store = LogFacts { leaves, last_signed_at: signed_at.map(UnixMillis) };
        let findings = log(Some(store), head, NOW);
        [findings[0].level, findings[1].level]
    }

    #[test]
    fn a_store_that_is_behind_the_signed_head_would_lose_evidence() {
        assert_eq!(levels(9, &HeadFacts::Leaves(10), None)[0], Level::WillLose);
        assert_eq!(levels(10, &HeadFacts::Leaves(10), None)[0], Level::Sound);
        // A crash between commit and head file leaves the head one group behind.
        assert_eq!(levels(30, &HeadFacts::Leaves(10), None)[0], Level::Sound);
    }

    #[test]
    fn a_head_that_is_gone_is_to_be_known_and_a_damaged_one_stops() {
        assert_eq!(levels(0, &HeadFacts::Missing, None)[0], Level::Sound);
        assert_eq!(levels(4, &HeadFacts::Missing, None)[0], Level::ToKnow);
        assert_eq!(levels(4, &HeadFacts::Unreadable("x".into()), None)[0], Level::WillLose);
    }

    #[test]
    fn a_clock_that_went_back_is_to_be_known_and_stops_nobody() {
        let at = |ms| levels(1, &HeadFacts::Leaves(1), Some(NOW.0 + ms))[1];
        assert_eq!(
            (at(-5_000), at(30_000), at(3_600_000)),
            (Level::Sound, Level::Sound, Level::ToKnow)
        );
        let unset = log(None, &HeadFacts::Missing, UnixMillis(0));
        assert_eq!(unset[1].level, Level::ToKnow);
    }
}
