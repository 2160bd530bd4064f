//! A body takes its place in its key's chain.
//!
//! Boot names and times since boot are facts of the device, not of the key: written as they are,
//! they would tell anybody who sees an incident and a protocol that one phone made both. So each
//! key gives boots names of its own and counts from a moment of its own; differences within one
//! boot stay what they are, which is all that is read from them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::{
    id::{ElectionId, Kid, RecordId, to_hex},
    record::{Body, Claims, Seen},
};
use uuid::Uuid;

use crate::{
    clock::Moment,
    random::{RandomSource, RandomUnavailable},
};

/// Where a record will stand.
pub(crate) struct Place {
    /// The election.
    pub(crate) election: ElectionId,
    /// The key that will sign.
    pub(crate) kid: Kid,
    /// That key's last record.
    pub(crate) head: Option<(u64, RecordId)>,
    /// The last checkpoint verified on behalf of that key.
    pub(crate) seen: Option<Seen>,
}

/// The claims of a record made now.
pub(crate) fn claims(
    place: Place,
    body: Body,
    now: &Moment,
    random: &dyn RandomSource,
) -> Result<Claims<Body>, RandomUnavailable> {
    Ok(Claims {
        uid: fresh_uid(now, random)?,
        election: place.election,
        seq: place.head.map_or(0, |(seq, _)| seq + 1),
        prev: place.head.map(|(_, id)| id),
        nonce: fresh_nonce(random)?,
        claimed_at: now.claimed(),
        boot: to_hex(&secret("boot", place.kid, &now.boot)[..8]),
        mono_ms: now.mono_ms.saturating_add(head_start_ms(place.kid, &now.boot)),
        seen: place.seen,
        place: None,
        on_behalf: None,
        body,
    })
}

/// Up to 34 years, and far below what JSON numbers hold.
fn head_start_ms(kid: Kid, boot: &str) -> u64 {
    secret("mono", kid, boot)[..5].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// The device's own name of a boot is random and never leaves it, which makes this a secret.
fn secret(what: &str, kid: Kid, boot: &str) -> Vec<u8> {
    let input = format!("hattama-{what}/v1 {kid} {boot}");
    ring::digest::digest(&ring::digest::SHA256, input.as_bytes()).as_ref().to_vec()
}

/// A fresh identity: a UUID of version 7.
pub(crate) fn fresh_uid(
    now: &Moment,
    random: &dyn RandomSource,
) -> Result<Uuid, RandomUnavailable> {
    let mut bytes = [0; 10];
    random.fill(&mut bytes)?;
    let millis = u64::try_from(now.wall.0).unwrap_or(0);
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}

/// 128 fresh random bits, as base64url.
pub(crate) fn fresh_nonce(random: &dyn RandomSource) -> Result<String, RandomUnavailable> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_keys_of_one_phone_share_neither_boot_nor_time_since_boot() {
        let kids = [1, 2].map(|n| Kid::from_bytes([n; 32]));
        let [a, b] = kids.map(|kid| secret("boot", kid, "boot-1"));
        assert_ne!(a, b);
        let [a, b] = kids.map(|kid| head_start_ms(kid, "boot-1"));
        assert_ne!(a, b);
        assert!(a < 1 << 40);
    }
}
