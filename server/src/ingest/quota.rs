//! How much unknown devices may leave here: by key after verification, by address second.
//!
//! Enrolled devices are not limited: election night is when they all speak. One address may be a
//! whole town behind one carrier, so its share is large. Nothing is stored of an address; its
//! count is forgotten with the hour.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use hattama_proto::{id::Kid, time::UnixMillis};

/// Length of the window, in milliseconds: one hour.
const WINDOW_MS: i64 = 60 * 60 * 1000;

/// Bytes of records that one unknown key may leave in an hour: some two hundred protocols, more
/// than anybody writes who has merely not been enrolled yet.
const KEY_BYTES_MAX: u64 = 512 * 1024;

/// Bytes of records that unknown keys behind one address may leave in an hour.
const ADDRESS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Most keys and addresses remembered at once; beyond it unknown devices wait for the next hour.
const REMEMBERED_MAX: usize = 200_000;

/// Counts what unknown devices left within the hour.
#[derive(Debug, Default)]
pub struct Quota {
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    since: UnixMillis,
    keys: HashMap<Kid, u64>,
    addresses: HashMap<IpAddr, u64>,
}

impl Quota {
    /// Takes `bytes` for an unknown key; otherwise tells how many seconds to wait.
    pub fn take(
        &self,
        kid: Kid,
        address: Option<IpAddr>,
        bytes: usize,
        now: UnixMillis,
    ) -> Result<(), u32> {
        let bytes = bytes as u64;
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock set back starts a new hour too, or nobody could speak until it has caught up.
        if now >= window.since.plus_ms(WINDOW_MS) || now < window.since {
            *window = Window { since: now, ..Window::default() };
        }
        let full = window.keys.len() + window.addresses.len() >= REMEMBERED_MAX;
        let of_key = window.keys.get(&kid).copied().unwrap_or(0) + bytes;
        let of_address =
            address.map_or(0, |ip| window.addresses.get(&ip).copied().unwrap_or(0) + bytes);
        if full || of_key > KEY_BYTES_MAX || of_address > ADDRESS_BYTES_MAX {
            let left_ms = window.since.plus_ms(WINDOW_MS).0 - now.0;
            return Err(u32::try_from(left_ms / 1000).unwrap_or(0).max(1));
        }
        window.keys.insert(kid, of_key);
        if let Some(ip) = address {
            window.addresses.insert(ip, of_address);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_waits_for_the_next_hour_when_its_share_is_used_up() {
        let quota = Quota::default();
        let kid = Kid::from_bytes([1; 32]);
        let half = 300 * 1024;
        assert_eq!(quota.take(kid, None, half, UnixMillis(0)), Ok(()));
        assert_eq!(quota.take(kid, None, half, UnixMillis(1000)), Err(3599));
        assert_eq!(quota.take(Kid::from_bytes([2; 32]), None, half, UnixMillis(1000)), Ok(()));
        assert_eq!(quota.take(kid, None, half, UnixMillis(WINDOW_MS)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_stops_nobody() {
        let quota = Quota::default();
        let kid = Kid::from_bytes([1; 32]);
        let all = 512 * 1024;
        assert_eq!(quota.take(kid, None, all, UnixMillis(WINDOW_MS * 9)), Ok(()));
        assert_eq!(quota.take(kid, None, all, UnixMillis(5)), Ok(()));
    }
}
