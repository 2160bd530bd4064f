//! How often somebody may give a wrong passphrase. Pure.

use hattama_proto::time::UnixMillis;

/// Wrong passphrases before the account waits. A person mistypes; a guesser needs millions.
const TRIES_MAX: u32 = 5;

/// How long it waits then, in ms.
const LOCK_MS: i64 = 10 * 60 * 1000;

/// What one account tried.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tries {
    wrong: u32,
    last: Option<UnixMillis>,
}

impl Tries {
    /// Seconds to wait before the next try; none if it may be now.
    pub(super) fn wait_s(&self, now: UnixMillis) -> Option<u32> {
        let until = self.last?.plus_ms(LOCK_MS);
        (self.wrong >= TRIES_MAX && until > now)
            .then(|| u32::try_from((until.0 - now.0) / 1000 + 1).unwrap_or(u32::MAX))
    }

    /// Notes a try before its result is known, so that many at once count as many.
    pub(super) fn begin(&mut self, now: UnixMillis) {
        if self.last.is_some_and(|last| last.plus_ms(LOCK_MS) <= now) {
            self.wrong = 0;
        }
        self.wrong += 1;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_wrong_ones_the_account_waits_and_then_may_again() {
        let mut tries = Tries::default();
        let now = UnixMillis(1_000_000);
        for _ in 0..TRIES_MAX {
            assert_eq!(tries.wait_s(now), None);
            tries.begin(now);
        }
        assert_eq!(tries.wait_s(now), Some(601));
        let later = now.plus_ms(LOCK_MS);
        assert_eq!(tries.wait_s(later), None);
        tries.begin(later);
        assert_eq!(tries.wait_s(later), None);
    }
}
