//! The edge cases of Ed25519: published vectors against the one call that verifies.
//!
//! Verifiers differ on them. Ours must go on agreeing with Go and OpenSSL, because a court will
//! use one of those; a change of crypto crate that breaks this is noticed here.

use super::PublicKey;
use crate::key::thumbprint;

const CCTV: &str = include_str!("../../vectors/ed25519/cctv.txt");
const WYCHEPROOF: &str = include_str!("../../vectors/ed25519/wycheproof.txt");

/// A key without the check for small order, because the vectors are about such keys.
fn unchecked(hex: &str) -> PublicKey {
    let bytes = from_hex(hex).try_into().expect("a key has 32 bytes");
    PublicKey { bytes, kid: thumbprint(&bytes) }
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

struct Case<'a> {
    key: PublicKey,
    signature: Vec<u8>,
    message: &'a str,
    flags: &'a str,
}

fn cctv() -> Vec<Case<'static>> {
    let lines = || CCTV.lines().filter(|line| !line.starts_with('#'));
    let keys: Vec<_> =
        lines().filter_map(|line| line.strip_prefix("key ")).map(unchecked).collect();
    lines()
        .filter(|line| !line.starts_with("key "))
        .map(|line| {
            let [key, signature, message, flags] =
                line.split('|').collect::<Vec<_>>().try_into().unwrap();
            let key = keys[key.parse::<usize>().unwrap()];
            Case { key, signature: from_hex(signature), message, flags }
        })
        .collect()
}

#[test]
fn the_914_edge_cases_of_cctv_are_judged_as_go_and_openssl_judge_them() {
    let cases = cctv();
    assert_eq!(cases.len(), 914);
    let mut accepted = 0;
    for (number, case) in cases.iter().enumerate() {
        // By the vectors' own description: refused are a residue of low order and an R that is
        // not canonical, and nothing else.
        let expected = !case.flags.contains(['L', 'n']);
        let found = case.key.verifies(case.message.as_bytes(), &case.signature);
        assert_eq!(found, expected, "vector {number}, flags {}", case.flags);
        accepted += u32::from(found);
    }
    assert_eq!(accepted, 208);
}

#[test]
fn the_fourteen_keys_of_small_order_in_cctv_are_no_keys() {
    let mut refused = std::collections::BTreeSet::new();
    for case in cctv() {
        let small = case.flags.contains('a');
        assert_eq!(PublicKey::new(case.key.bytes).is_err(), small, "{}", case.key);
        if small {
            refused.insert(case.key.bytes);
        }
    }
    assert_eq!(refused.len(), 14);
}

#[test]
fn the_151_vectors_of_wycheproof_are_judged_as_they_say() {
    let (mut key, mut judged) = (None, 0);
    for line in WYCHEPROOF.lines().filter(|line| !line.starts_with('#')) {
        if let Some(hex) = line.strip_prefix("key ") {
            key = Some(unchecked(hex));
            continue;
        }
        let [number, result, signature, message, flags] =
            line.split('|').collect::<Vec<_>>().try_into().unwrap();
        let found = key.unwrap().verifies(&from_hex(message), &from_hex(signature));
        assert_eq!(found, result == "valid", "vector {number}, {flags}");
        judged += 1;
    }
    assert_eq!(judged, 151);
}
