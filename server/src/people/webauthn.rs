//! Keys in people's hands (WebAuthn level 2): ES256, attestation `none`, as a second factor.
//!
//! What is checked: the challenge is ours, for this account, young and used once; the page that asked
//! stood on an address of ours; the authenticator spoke for this host, with somebody touching it; the
//! signature holds; the counter did not go back. What an authenticator says about its maker is not asked
//! for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hattama_proto::time::UnixMillis;
use ring::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use serde::Deserialize;

use super::{PeopleError, cbor::Cbor, seal::Seal, totp::same};
use crate::random;

/// How long a challenge can be answered, in milliseconds: to find the key and touch it.
const CHALLENGE_MS: i64 = 5 * 60 * 1000;
/// What a challenge is derived for.
const CHALLENGE: &str = "passkey challenge";
/// What of a challenge is not its proof: when it was given, and 16 random bytes.
const SAID_BYTES: usize = 24;
/// Longest part of an answer that is read, in bytes.
const PART_BYTES_MAX: usize = 4 * 1024;
/// Longest name of a key at its authenticator, in bytes (the specification's limit).
const CREDENTIAL_BYTES_MAX: usize = 1023;

/// Flags of the authenticator.
const USER_PRESENT: u8 = 0x01;
const HOLDS_KEY: u8 = 0x40;
const HOLDS_EXTENSIONS: u8 = 0x80;

/// A challenge for a key of this account, base64url. It is its own proof, so that every process of a
/// headquarters knows the challenges of the others.
pub(super) fn give_challenge(
    seal: &Seal,
    account: &str,
    now: UnixMillis,
) -> Result<String, PeopleError> {
    let said = [&now.0.to_be_bytes()[..], &random::bytes::<16>()?].concat();
    let tag = seal.derived(CHALLENGE, &challenged(account, &said));
    Ok(URL_SAFE_NO_PAD.encode([&said[..], &tag].concat()))
}

/// The challenge in `client_data`, if it was given to this account and is young. Whoever takes it has to
/// use it up.
pub(super) fn take_challenge(
    seal: &Seal,
    client_data: &ClientData,
    account: &str,
    now: UnixMillis,
) -> Result<String, PeopleError> {
    let challenge = client_data.challenge()?;
    let bytes = URL_SAFE_NO_PAD.decode(&challenge).map_err(|_| PeopleError::Wrong)?;
    let (said, tag) = bytes.split_at_checked(SAID_BYTES).ok_or(PeopleError::Wrong)?;
    let at = said.first_chunk().map(|at| UnixMillis(i64::from_be_bytes(*at)));
    let proved = same(&seal.derived(CHALLENGE, &challenged(account, said)), tag);
    let fits = proved && at.is_some_and(|at| is_young(at, now));
    if fits { Ok(challenge) } else { Err(PeopleError::Wrong) }
}

/// What a challenge is proved over.
fn challenged(account: &str, said: &[u8]) -> String {
    format!("{account}\n{}", URL_SAFE_NO_PAD.encode(said))
}

fn is_young(at: UnixMillis, now: UnixMillis) -> bool {
    (0..=CHALLENGE_MS).contains(&now.0.saturating_sub(at.0))
}

/// What the browser says it asked: the exact bytes, which are part of what is signed; and the address
/// it must have asked from.
#[derive(Clone, Debug)]
pub struct ClientData {
    /// The JSON.
    pub bytes: Vec<u8>,
    /// `https://hq.example.org`, as the browser was asked under.
    pub origin: String,
}

#[derive(Deserialize)]
struct Client {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

impl ClientData {
    fn read(&self) -> Result<Client, PeopleError> {
        if self.bytes.len() > PART_BYTES_MAX {
            return Err(PeopleError::Wrong);
        }
        serde_json::from_slice(&self.bytes).map_err(|_| PeopleError::Wrong)
    }

    fn challenge(&self) -> Result<String, PeopleError> {
        Ok(self.read()?.challenge)
    }

    fn check(&self, what: &str) -> Result<(), PeopleError> {
        let client = self.read()?;
        let holds = client.r#type == what && client.origin == self.origin && !client.cross_origin;
        if holds { Ok(()) } else { Err(PeopleError::Wrong) }
    }

    /// The host that keys are made for: that of the origin, without its port.
    fn host(&self) -> &str {
        host_of(&self.origin)
    }
}

/// The host of an origin, without its port.
pub fn host_of(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|one| one.is_ascii_digit()) => {
            name
        }
        _ => host,
    }
}

/// The answer of `navigator.credentials.create`.
#[derive(Clone, Debug)]
pub struct Registered {
    /// What the browser asked.
    pub client_data: ClientData,
    /// The attestation object.
    pub attestation: Vec<u8>,
}

/// The answer of `navigator.credentials.get`.
#[derive(Clone, Debug)]
pub struct Asserted {
    /// The key's name at its authenticator, base64url.
    pub credential: String,
    /// What the browser asked.
    pub client_data: ClientData,
    /// What the authenticator says.
    pub authenticator: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// A key that was registered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NewKey {
    pub(super) credential: String,
    pub(super) public_key: Vec<u8>,
    pub(super) sign_count: u64,
}

/// The head of what an authenticator says: flags, counter, and what follows.
fn head<'a>(said: &'a [u8], host: &str) -> Result<(u8, u64, &'a [u8]), PeopleError> {
    let wrong = PeopleError::Wrong;
    if said.len() > PART_BYTES_MAX {
        return Err(wrong);
    }
    let (host_hash, rest) = said.split_first_chunk::<32>().ok_or(PeopleError::Wrong)?;
    let ([flags], rest) = rest.split_first_chunk::<1>().ok_or(PeopleError::Wrong)?;
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(PeopleError::Wrong)?;
    let for_us = same(host_hash, digest(&SHA256, host.as_bytes()).as_ref());
    if !for_us || flags & USER_PRESENT == 0 {
        return Err(wrong);
    }
    Ok((*flags, u64::from(u32::from_be_bytes(*count)), rest))
}

/// The key of a registration whose challenge was taken.
pub(super) fn check_registration(registered: &Registered) -> Result<NewKey, PeopleError> {
    registered.client_data.check("webauthn.create")?;
    read_key(&registered.attestation, registered.client_data.host()).ok_or(PeopleError::Wrong)
}

fn read_key(attestation: &[u8], host: &str) -> Option<NewKey> {
    if attestation.len() > PART_BYTES_MAX {
        return None;
    }
    let (object, rest) = Cbor::read(attestation)?;
    if !rest.is_empty() || object.get(&Cbor::Text("fmt"))? != &Cbor::Text("none") {
        return None;
    }
    let said = object.get(&Cbor::Text("authData"))?.bytes()?;
    let (flags, count, rest) = head(said, host).ok()?;
    if flags & HOLDS_KEY == 0 || flags & HOLDS_EXTENSIONS != 0 {
        return None;
    }
    let (_maker, rest) = rest.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    if !(1..=CREDENTIAL_BYTES_MAX).contains(&length) {
        return None;
    }
    let (credential, rest) = rest.split_at_checked(length)?;
    let (key, rest) = Cbor::read(rest)?;
    // RFC 9053: kty EC2, alg ES256, crv P-256.
    let says = |label, value| key.get(&Cbor::Int(label)) == Some(&Cbor::Int(value));
    if !rest.is_empty() || !says(1, 2) || !says(3, -7) || !says(-1, 1) {
        return None;
    }
    let coordinate = |label| key.get(&Cbor::Int(label))?.bytes().filter(|it| it.len() == 32);
    let (x, y) = (coordinate(-2)?, coordinate(-3)?);
    Some(NewKey {
        credential: URL_SAFE_NO_PAD.encode(credential),
        public_key: [&[4], x, y].concat(),
        sign_count: count,
    })
}

/// The counter of an assertion whose challenge was taken, if this key signed it.
pub(super) fn check_assertion(asserted: &Asserted, key: &[u8]) -> Result<u64, PeopleError> {
    asserted.client_data.check("webauthn.get")?;
    let (_flags, count, _) = head(&asserted.authenticator, asserted.client_data.host())?;
    let asked = digest(&SHA256, &asserted.client_data.bytes);
    let signed = [&asserted.authenticator[..], asked.as_ref()].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(&signed, &asserted.signature)
        .map_err(|_| PeopleError::Wrong)?;
    Ok(count)
}

#[cfg(test)]
#[path = "webauthn_tests.rs"]
mod tests;
