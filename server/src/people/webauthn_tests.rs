//! A software authenticator against the verifier: an honest answer is taken, every flipped bit refused.

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};

use super::*;

const ORIGIN: &str = "https://hq.example.org:8443";
const NOW: UnixMillis = UnixMillis(1_000_000_000_000);

/// A key with its counter.
struct Authenticator {
    key: EcdsaKeyPair,
    count: u32,
}

fn client(kind: &str, challenge: &str, origin: &str) -> ClientData {
    let bytes = serde_json::json!({
        "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false,
    });
    ClientData { bytes: bytes.to_string().into_bytes(), origin: ORIGIN.to_owned() }
}

impl Authenticator {
    fn new() -> Self {
        let random = SystemRandom::new();
        let signing = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
        Self {
            key: EcdsaKeyPair::from_pkcs8(signing, document.as_ref(), &random).unwrap(),
            count: 0,
        }
    }

    fn said(&self, host: &str, flags: u8) -> Vec<u8> {
        let host = digest(&SHA256, host.as_bytes());
        [host.as_ref(), &[flags], &self.count.to_be_bytes()].concat()
    }

    fn attestation(&self, host: &str) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut said = self.said(host, USER_PRESENT | HOLDS_KEY);
        said.extend([0; 16]);
        said.extend([0, 4]);
        said.extend(b"key1");
        said.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        said.extend(&point[1..33]);
        said.extend([0x22, 0x58, 32]);
        said.extend(&point[33..]);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(said.len()).unwrap());
        object.extend(said);
        object
    }

    fn assert(&self, client_data: ClientData, host: &str, flags: u8) -> Asserted {
        let authenticator = self.said(host, flags);
        let asked = digest(&SHA256, &client_data.bytes);
        let signed = [&authenticator[..], asked.as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        Asserted {
            credential: "a2V5MQ".to_owned(),
            client_data,
            authenticator,
            signature: signature.as_ref().to_vec(),
        }
    }
}

fn registered(attestation: Vec<u8>) -> Registered {
    Registered { client_data: client("webauthn.create", "c", ORIGIN), attestation }
}

#[test]
fn an_honest_key_is_registered_and_known_again() {
    let mut authenticator = Authenticator::new();
    let key = check_registration(&registered(authenticator.attestation("hq.example.org"))).unwrap();
    assert_eq!(key.credential, "a2V5MQ");
    assert_eq!(key.public_key, authenticator.key.public_key().as_ref());
    authenticator.count = 7;
    let asked = client("webauthn.get", "c", ORIGIN);
    let asserted = authenticator.assert(asked, "hq.example.org", USER_PRESENT);
    assert_eq!(check_assertion(&asserted, &key.public_key).unwrap(), 7);
}

#[test]
fn another_page_host_purpose_or_an_untouched_key_is_refused() {
    let key = Authenticator::new();
    let public = key.key.public_key().as_ref();
    let here = "hq.example.org";
    let get = |origin| client("webauthn.get", "c", origin);
    for wrong in [
        key.assert(get("https://hq.example.org"), here, USER_PRESENT),
        key.assert(get("https://evil.example"), here, USER_PRESENT),
        key.assert(client("webauthn.create", "c", ORIGIN), here, USER_PRESENT),
        key.assert(get(ORIGIN), "evil.example", USER_PRESENT),
        key.assert(get(ORIGIN), "hq.example.org:8443", USER_PRESENT),
        key.assert(get(ORIGIN), here, 0),
    ] {
        assert!(check_assertion(&wrong, public).is_err(), "{wrong:?}");
    }
    let other = Authenticator::new();
    let good = key.assert(get(ORIGIN), here, USER_PRESENT);
    assert!(check_assertion(&good, other.key.public_key().as_ref()).is_err());
    let mut framed = good;
    framed.client_data.bytes = String::from_utf8(framed.client_data.bytes)
        .unwrap()
        .replace("\"crossOrigin\":false", "\"crossOrigin\":true")
        .into_bytes();
    assert!(check_assertion(&framed, public).is_err());
}

#[test]
fn every_flipped_bit_of_an_assertion_is_refused() {
    let key = Authenticator::new();
    let public = key.key.public_key().as_ref();
    let asked = client("webauthn.get", "c", ORIGIN);
    let good = key.assert(asked, "hq.example.org", USER_PRESENT);
    assert!(check_assertion(&good, public).is_ok());
    for part in 0..3 {
        let mut at = 0;
        loop {
            let mut bad = good.clone();
            let bytes = match part {
                0 => &mut bad.authenticator,
                1 => &mut bad.signature,
                _ => &mut bad.client_data.bytes,
            };
            if at == bytes.len() * 8 {
                break;
            }
            bytes[at / 8] ^= 1 << (at % 8);
            assert!(check_assertion(&bad, public).is_err(), "part {part}, bit {at}");
            at += 1;
        }
    }
}

#[test]
fn a_registration_that_is_cut_or_says_something_else_is_refused() {
    let attestation = Authenticator::new().attestation("hq.example.org");
    for length in 0..attestation.len() {
        assert!(check_registration(&registered(attestation[..length].to_vec())).is_err());
    }
    let mut longer = attestation.clone();
    longer.push(0);
    assert!(check_registration(&registered(longer)).is_err());
    // ES256 (-7) becomes another algorithm; `none` another attestation.
    for (from, to) in [(&[3, 0x26][..], [3, 0x27]), (b"ne", *b"ny")] {
        let at = attestation.windows(2).position(|two| two == from).unwrap();
        let mut other = attestation.clone();
        other[at..at + 2].copy_from_slice(&to);
        assert!(check_registration(&registered(other)).is_err());
    }
    assert!(
        check_registration(&registered(Authenticator::new().attestation("else.example"))).is_err()
    );
}

#[test]
fn a_challenge_serves_one_account_for_five_minutes_at_whoever_has_the_key() {
    let (seal, again, other) = (Seal::new(&[1; 32]), Seal::new(&[1; 32]), Seal::new(&[2; 32]));
    let data = |challenge: &str| client("webauthn.get", challenge, ORIGIN);
    let one = give_challenge(&seal, "a", NOW).unwrap();
    assert_eq!(take_challenge(&again, &data(&one), "a", NOW).unwrap(), one);
    assert!(take_challenge(&other, &data(&one), "a", NOW).is_err());
    assert!(take_challenge(&seal, &data(&one), "b", NOW).is_err());
    let late = NOW.plus_ms(CHALLENGE_MS + 1);
    assert!(take_challenge(&seal, &data(&one), "a", late).is_err());
    assert!(take_challenge(&seal, &data(&one), "a", NOW.plus_ms(-1)).is_err());
    for changed in ["", "invented", &one[1..], &format!("A{}", &one[1..one.len() - 1])] {
        assert!(take_challenge(&seal, &data(changed), "a", NOW).is_err(), "{changed}");
    }
    assert_ne!(give_challenge(&seal, "a", NOW).unwrap(), one);
}

#[test]
fn a_host_has_no_port() {
    assert_eq!(host_of("https://hq.example.org"), "hq.example.org");
    assert_eq!(host_of("http://localhost:8480"), "localhost");
    assert_eq!(host_of("http://[::1]:80"), "[::1]");
}
