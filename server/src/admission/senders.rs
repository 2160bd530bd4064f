//! Which senders were lied for: who claims a key that headquarters knows and cannot sign with it.
//!
//! One address may be a whole town behind one carrier, so nobody is shut out for their neighbours: the
//! worst that happens is the lane of unknown keys, which always moves. A key that has proved itself from
//! an address keeps its own lane there, whatever others behind it do. Nothing is stored of an address; all
//! of it is forgotten after ten minutes.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};

use hattama_proto::id::Kid;

use super::lane::Lane;

/// After how many milliseconds everything is forgotten.
const WINDOW_MS: u64 = 10 * 60 * 1000;

/// Strings without a valid signature that an address may send in a window before keys that have not
/// proved themselves there are lowered: as many as one batch has.
const LIES_MAX: u32 = 64;

/// Requests of one key from one address that are worked on at once. A phone makes one; where addresses say
/// nothing, whoever knows the key's name can take them, for as long as it keeps eight under way.
const TURNS_MAX: u32 = 8;

/// Most keys and addresses that are remembered, some 20 MB; what comes later is taken as fresh.
const REMEMBERED_MAX: usize = 100_000;

/// A key and where it was heard.
pub(super) type Sender = (Option<IpAddr>, Kid);

/// What senders did lately.
#[derive(Debug, Default)]
pub(super) struct Senders {
    since_ms: u64,
    keys: HashMap<Sender, Word>,
    addresses: HashMap<IpAddr, Word>,
    under_way: HashMap<Sender, u32>,
}

/// Strings with a valid signature, and without.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    good: u32,
    bad: u32,
}

impl Word {
    const fn add(&mut self, (good, bad): (u32, u32)) {
        self.good = self.good.saturating_add(good);
        self.bad = self.bad.saturating_add(bad);
    }
}

impl Senders {
    /// The lane of a key that headquarters knows.
    pub(super) fn lane(&mut self, (from, kid): Sender, now_ms: u64) -> Lane {
        self.forget(now_ms);
        let lowered = match self.keys.get(&(network(from), kid)) {
            Some(word) => word.bad > word.good,
            None => {
                let address = network(from).and_then(|from| self.addresses.get(&from));
                address.is_some_and(|word| word.bad > LIES_MAX && word.bad > word.good)
            }
        };
        if lowered { Lane::Unknown } else { Lane::Enrolled }
    }

    /// What came of a request that claimed this key.
    pub(super) fn note(&mut self, (from, kid): Sender, word: (u32, u32), now_ms: u64) {
        self.forget(now_ms);
        if word == (0, 0) {
            return;
        }
        let (from, full) = (network(from), self.keys.len() >= REMEMBERED_MAX);
        if !full || self.keys.contains_key(&(from, kid)) {
            self.keys.entry((from, kid)).or_default().add(word);
        }
        let Some(from) = from else { return };
        if self.addresses.len() < REMEMBERED_MAX || self.addresses.contains_key(&from) {
            self.addresses.entry(from).or_default().add(word);
        }
    }

    /// One more is under way; false where it has enough.
    pub(super) fn begin(&mut self, (from, kid): Sender) -> bool {
        let turns = self.under_way.entry((network(from), kid)).or_default();
        let may = *turns < TURNS_MAX;
        *turns += u32::from(may);
        may
    }

    /// One is done.
    pub(super) fn end(&mut self, (from, kid): Sender) {
        let sender = (network(from), kid);
        if let Some(turns) = self.under_way.get_mut(&sender) {
            *turns -= 1;
            if *turns == 0 {
                self.under_way.remove(&sender);
            }
        }
    }

    fn forget(&mut self, now_ms: u64) {
        if now_ms >= self.since_ms + WINDOW_MS {
            self.since_ms = now_ms;
            self.keys.clear();
            self.addresses.clear();
        }
    }
}

/// An IPv6 customer has a whole /64; an IPv4 address stands for itself.
fn network(from: Option<IpAddr>) -> Option<IpAddr> {
    from.map(|from| match from.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        ip => ip,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOWN: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

    fn kid(number: u8) -> Kid {
        Kid::from_bytes([number; 32])
    }

    #[test]
    fn a_liar_lowers_itself_and_those_of_its_address_who_have_not_proved_themselves() {
        let mut senders = Senders::default();
        senders.note((TOWN, kid(1)), (1, 0), 0);
        senders.note((TOWN, kid(2)), (0, 65), 0);
        assert_eq!(senders.lane((TOWN, kid(1)), 1), Lane::Enrolled, "it has proved itself");
        assert_eq!(senders.lane((TOWN, kid(2)), 1), Lane::Unknown, "it lied");
        assert_eq!(senders.lane((TOWN, kid(3)), 1), Lane::Unknown, "nobody knows yet");
        assert_eq!(senders.lane((None, kid(2)), 1), Lane::Enrolled, "from elsewhere");
        senders.note((TOWN, kid(3)), (1, 0), 2);
        assert_eq!(senders.lane((TOWN, kid(3)), 3), Lane::Enrolled, "one record is enough");
        assert_eq!(senders.lane((TOWN, kid(2)), WINDOW_MS), Lane::Enrolled, "it is forgotten");
    }

    #[test]
    fn a_few_broken_strings_lower_nobody_else() {
        let mut senders = Senders::default();
        senders.note((TOWN, kid(2)), (0, 3), 0);
        assert_eq!(senders.lane((TOWN, kid(3)), 1), Lane::Enrolled);
    }

    #[test]
    fn a_customer_of_ipv6_is_one_sender() {
        let at = |text: &str| Some(text.parse().unwrap());
        let mut senders = Senders::default();
        senders.note((at("2001:db8:1:2::1"), kid(2)), (0, 65), 0);
        assert_eq!(senders.lane((at("2001:db8:1:2:ffff::9"), kid(3)), 1), Lane::Unknown);
        assert_eq!(senders.lane((at("2001:db8:1:3::1"), kid(3)), 1), Lane::Enrolled);
    }

    #[test]
    fn one_key_has_so_many_turns_and_gets_them_back() {
        let mut senders = Senders::default();
        assert!((0..TURNS_MAX).all(|_| senders.begin((TOWN, kid(1)))));
        assert!(!senders.begin((TOWN, kid(1))));
        assert!(senders.begin((None, kid(1))), "from elsewhere it is somebody else");
        senders.end((TOWN, kid(1)));
        assert!(senders.begin((TOWN, kid(1))));
        (0..TURNS_MAX).for_each(|_| senders.end((TOWN, kid(1))));
        senders.end((None, kid(1)));
        assert!(senders.under_way.is_empty());
    }
}
