//! Guesses are slowed down and then locked out: per account, and per address. Pure but for its lock.
//!
//! Kept in memory only, under hashes with a secret of this process: no address is stored or logged. The
//! owner of an account is not locked out by somebody else's guesses: a browser that was in before shows
//! a cookie, and has a count of its own.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use hattama_proto::time::UnixMillis;
use ring::hmac;

use crate::random::{self, RandomError};

/// Wrong tries of one account before it has to wait: a tired person's.
const FREE_OF_ACCOUNT: u32 = 5;
/// Wrong tries from one address before it has to wait: a whole office's on a bad morning.
const FREE_OF_ADDRESS: u32 = 50;
/// The first wait, in milliseconds; each further wrong try doubles it.
const FIRST_WAIT_MS: i64 = 10_000;
/// The longest wait: fifteen minutes. At that rate four guesses an hour are left.
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1000;
/// How long wrong tries are remembered: a day.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;
/// Most counts at once; beyond it those that wait for nothing are forgotten first.
const COUNTS_MAX: usize = 100_000;

/// Whose tries are counted together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who<'a> {
    /// Of an account, from browsers that were never in.
    Account(&'a str),
    /// Of a browser that was in before, by its cookie.
    Device(&'a str),
    /// Of an address.
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    wrong: u32,
    last: UnixMillis,
    until: UnixMillis,
}

/// Counts wrong tries.
#[derive(Debug)]
pub(super) struct Guesses {
    secret: hmac::Key,
    counts: Mutex<HashMap<[u8; 16], Count>>,
}

impl Guesses {
    /// With a secret of this process.
    pub(super) fn new() -> Result<Self, RandomError> {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()?);
        Ok(Self { secret, counts: Mutex::default() })
    }

    fn key(&self, who: Who<'_>) -> [u8; 16] {
        let text = match who {
            Who::Account(name) => format!("account\n{name}"),
            Who::Device(cookie) => format!("device\n{cookie}"),
            Who::Address(ip) => format!("address\n{ip}"),
        };
        let tag = hmac::sign(&self.secret, text.as_bytes());
        tag.as_ref()[..16].try_into().expect("16 of 32 bytes")
    }

    /// Counts a try as wrong before it is looked at, so that tries at the same time count too; a right
    /// one is taken back by [`right`](Self::right).
    ///
    /// # Errors
    /// Seconds to wait, where one of them has to.
    pub(super) fn begin(&self, of: &[Who<'_>], now: UnixMillis) -> Result<(), u32> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<([u8; 16], u32)> = of
            .iter()
            .map(|who| {
                let free = match who {
                    Who::Address(_) => FREE_OF_ADDRESS,
                    Who::Account(_) | Who::Device(_) => FREE_OF_ACCOUNT,
                };
                (self.key(*who), free)
            })
            .collect();
        let waits = keys.iter().filter_map(|(key, _)| {
            let left_ms = counts.get(key)?.until.0 - now.0;
            // A clock set back must not lock for ever.
            (1..=LONGEST_WAIT_MS).contains(&left_ms).then_some(left_ms)
        });
        if let Some(left_ms) = waits.max() {
            return Err(u32::try_from(left_ms.div_euclid(1000) + 1).unwrap_or(u32::MAX));
        }
        if counts.len() + keys.len() > COUNTS_MAX {
            counts.retain(|_, count| count.until > now);
        }
        for (key, free) in keys {
            let count = counts.entry(key).or_default();
            if !(0..REMEMBERED_MS).contains(&(now.0 - count.last.0)) {
                *count = Count::default();
            }
            count.wrong = count.wrong.saturating_add(1);
            count.last = now;
            if let Some(beyond) = count.wrong.checked_sub(free) {
                let wait = FIRST_WAIT_MS.saturating_mul(1 << beyond.min(20));
                count.until = now.plus_ms(wait.min(LONGEST_WAIT_MS));
            }
        }
        Ok(())
    }

    /// The try was right: its account's or browser's count begins anew. An address keeps its own but for
    /// this try, or one right password would buy an address any number of guesses at others.
    pub(super) fn right(&self, of: &[Who<'_>]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for who in of {
            let key = self.key(*who);
            if let Who::Address(_) = who {
                if let Some(count) = counts.get_mut(&key) {
                    count.wrong = count.wrong.saturating_sub(1);
                    count.until = UnixMillis(0);
                }
            } else {
                counts.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: [Who<'_>; 1] = [Who::Account("a")];

    fn at(seconds: i64) -> UnixMillis {
        UnixMillis(1_000_000_000_000 + seconds * 1000)
    }

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let guesses = Guesses::new().unwrap();
        for _ in 0..FREE_OF_ACCOUNT {
            assert_eq!(guesses.begin(&NAME, at(0)), Ok(()));
        }
        assert_eq!(guesses.begin(&NAME, at(0)), Err(11));
        let mut now = 0;
        for wait in [10, 20, 40, 80, 160, 320, 640, 900, 900] {
            assert_eq!(guesses.begin(&NAME, at(now)), Err(wait + 1));
            now += i64::from(wait);
            assert_eq!(guesses.begin(&NAME, at(now)), Ok(()));
        }
        assert_eq!(guesses.begin(&[Who::Account("b")], at(now)), Ok(()));
    }

    #[test]
    fn the_owner_who_was_here_before_has_a_count_of_its_own() {
        let guesses = Guesses::new().unwrap();
        while guesses.begin(&NAME, at(0)).is_ok() {}
        let owner = [Who::Device("cookie")];
        assert_eq!(guesses.begin(&owner, at(0)), Ok(()));
        guesses.right(&owner);
        assert!(guesses.begin(&NAME, at(0)).is_err(), "the guesser still waits");
    }

    #[test]
    fn one_right_password_buys_an_address_nothing() {
        let guesses = Guesses::new().unwrap();
        let here = Who::Address([192, 0, 2, 1].into());
        for guess in 0..FREE_OF_ADDRESS {
            let name = guess.to_string();
            assert_eq!(guesses.begin(&[Who::Account(&name), here], at(0)), Ok(()), "{guess}");
        }
        guesses.right(&[Who::Account("0"), here]);
        let names: Vec<String> = (0..3).map(|number| format!("other{number}")).collect();
        let begun =
            names.iter().filter(|name| guesses.begin(&[Who::Account(name), here], at(0)).is_ok());
        assert_eq!(begun.count(), 1);
    }

    #[test]
    fn a_clock_set_back_locks_nobody_for_ever() {
        let guesses = Guesses::new().unwrap();
        while guesses.begin(&NAME, at(1_000_000)).is_ok() {}
        assert_eq!(guesses.begin(&NAME, at(0)), Ok(()));
    }
}
