//! When a receiver that did not answer is told again, and when it is given up. Pure.

use hattama_proto::time::UnixMillis;

use crate::store::webhooks::Webhook;

/// First pause after a failure, in milliseconds.
const PAUSE_MS: i64 = 2_000;

/// Longest pause: an hour, so that a receiver that came back in the morning knows by breakfast.
const PAUSE_MS_MAX: i64 = 60 * 60 * 1000;

/// How long nothing may be taken before a receiver is given up: a long weekend, in milliseconds.
const GIVEN_UP_MS: i64 = 3 * 24 * 60 * 60 * 1000;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was taken.
    Told,
    /// It was not.
    Later {
        /// Not before then.
        next_try: UnixMillis,
        /// Not at all, until somebody takes it up again.
        given_up: bool,
    },
}

/// What an answer with this status means, or that none came.
pub(super) fn outcome(webhook: &Webhook, status: Option<u16>, now: UnixMillis) -> Outcome {
    if status.is_some_and(|status| (200..300).contains(&status)) {
        return Outcome::Told;
    }
    let doublings = u32::try_from(webhook.failures).unwrap_or(u32::MAX).min(20);
    let pause = PAUSE_MS.saturating_mul(1 << doublings).min(PAUSE_MS_MAX);
    let since = webhook.failing_since.unwrap_or(now);
    // 410: the receiver says that it wants nothing more.
    let given_up = status == Some(410) || now.0.saturating_sub(since.0) >= GIVEN_UP_MS;
    Outcome::Later { next_try: now.plus_ms(pause), given_up }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Scope;

    fn webhook(failures: u64, failing_since: Option<i64>) -> Webhook {
        Webhook {
            id: "w".to_owned(),
            url: String::new(),
            secret: String::new(),
            scope: Scope::default(),
            actor: String::new(),
            created_at: UnixMillis(0),
            state: "active".to_owned(),
            told: 0,
            failures,
            failing_since: failing_since.map(UnixMillis),
            next_try: UnixMillis(0),
            last_answer: None,
            last_try: None,
        }
    }

    #[test]
    fn pauses_grow_to_an_hour_and_after_three_days_it_is_given_up() {
        let now = UnixMillis(1_000_000_000);
        let pause = |failures| match outcome(&webhook(failures, Some(now.0)), Some(500), now) {
            Outcome::Later { next_try, given_up: false } => next_try.0 - now.0,
            other => panic!("{other:?}"),
        };
        assert_eq!([pause(0), pause(1), pause(2)], [2_000, 4_000, 8_000]);
        assert_eq!([pause(11), pause(60), pause(u64::MAX)], [PAUSE_MS_MAX; 3]);
        let days = now.plus_ms(GIVEN_UP_MS);
        let late = outcome(&webhook(80, Some(now.0)), None, days);
        assert!(matches!(late, Outcome::Later { given_up: true, .. }));
        assert_eq!(outcome(&webhook(80, Some(now.0)), Some(204), days), Outcome::Told);
        let gone = outcome(&webhook(0, None), Some(410), now);
        assert!(matches!(gone, Outcome::Later { given_up: true, .. }));
        let moved = outcome(&webhook(0, None), Some(301), now);
        assert!(matches!(moved, Outcome::Later { given_up: false, .. }), "no redirect is followed");
    }
}
