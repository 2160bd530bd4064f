//! Whose a device's token is, remembered: a phone shows its token with each picture, and what the store
//! says of a token is never changed.

use std::collections::HashMap;

use hattama_proto::{id::Kid, time::UnixMillis};

/// Tokens that are remembered: about ten megabytes. Beyond that all are asked for anew.
const OWNERS_MAX: usize = 1 << 16;

/// By the token's hash: whose, and until when.
#[derive(Debug, Default)]
pub(super) struct Owners(HashMap<String, (Kid, UnixMillis)>);

impl Owners {
    /// Whose it is, none if it has run out; nothing at all where it is not remembered.
    pub(super) fn of(&self, token_hash: &str, now: UnixMillis) -> Option<Option<Kid>> {
        self.0.get(token_hash).map(|(kid, until)| (now < *until).then_some(*kid))
    }

    /// The store has said so.
    pub(super) fn remember(&mut self, token_hash: String, kid: Kid, until: UnixMillis) {
        if self.0.len() >= OWNERS_MAX {
            self.0.clear();
        }
        self.0.insert(token_hash, (kid, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_has_run_out_is_nobodys_though_it_is_remembered() {
        let kid = Kid::from_bytes([7; 32]);
        let mut owners = Owners::default();
        assert_eq!(owners.of("a", UnixMillis(0)), None, "the store is asked");
        owners.remember("a".to_owned(), kid, UnixMillis(10));
        assert_eq!(owners.of("a", UnixMillis(9)), Some(Some(kid)));
        assert_eq!(owners.of("a", UnixMillis(10)), Some(None));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let mut owners = Owners::default();
        for number in 0..=OWNERS_MAX {
            owners.remember(number.to_string(), Kid::from_bytes([7; 32]), UnixMillis(10));
        }
        assert!(owners.0.len() <= OWNERS_MAX);
        assert!(owners.of(&OWNERS_MAX.to_string(), UnixMillis(0)).is_some());
    }
}
