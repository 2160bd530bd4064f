//! One character changed, and it is no evidence any more.
//!
//! Refused means: it cannot be taken apart, or the signature does not hold. What must never happen
//! is that an altered string verifies.

use hattama_proto::{
    jws::Envelope,
    key::PublicKey,
    record::{Body, sign_record},
};

use crate::examples::{self, Signer};

fn example() -> (String, PublicKey) {
    let key = Signer::Incidents.key();
    let body = Body::Incident(examples::incident());
    let text = sign_record(&key, &examples::claims(0, None, body)).unwrap();
    assert!((900..1_600).contains(&text.len()), "about a kilobyte: {}", text.len());
    (text, key.public())
}

/// Whether bytes off the network verify, by a key that is right for the original.
fn verifies(bytes: &[u8], key: &PublicKey) -> bool {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| Envelope::parse(text).ok())
        .is_some_and(|envelope| envelope.verify(key).is_ok())
}

#[test]
fn the_unaltered_envelope_verifies() {
    let (text, key) = example();
    assert!(verifies(text.as_bytes(), &key));
}

#[test]
fn every_single_bit_flip_is_refused() {
    let (text, key) = example();
    let mut bytes = text.into_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(!verifies(&bytes, &key), "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    }
}

#[test]
fn every_other_character_at_every_place_is_refused() {
    let (text, key) = example();
    let mut bytes = text.into_bytes();
    for at in 0..bytes.len() {
        let original = bytes[at];
        for other in *b"A_-.=+/ 0" {
            if other != original {
                bytes[at] = other;
                assert!(!verifies(&bytes, &key), "{other} at {at}");
            }
        }
        bytes[at] = original;
    }
}

#[test]
fn every_truncation_at_either_end_is_refused() {
    let (text, key) = example();
    for cut in 0..text.len() {
        assert!(!verifies(&text.as_bytes()[..cut], &key), "cut to {cut}");
        assert!(!verifies(&text.as_bytes()[cut + 1..], &key), "cut up to {cut}");
    }
}

#[test]
fn every_insertion_of_one_byte_is_refused() {
    let (text, key) = example();
    for at in 0..=text.len() {
        for byte in *b"\0\t\n\r .=-_A/+~\x80\xff" {
            let mut bytes = text.clone().into_bytes();
            bytes.insert(at, byte);
            assert!(!verifies(&bytes, &key), "{byte:#x} inserted at {at}");
        }
    }
}

#[test]
fn every_removal_of_one_byte_is_refused() {
    let (text, key) = example();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes.remove(at);
        assert!(!verifies(&bytes, &key), "without byte {at}");
    }
}

#[test]
fn every_swap_of_two_neighbours_is_refused() {
    let (text, key) = example();
    let mut bytes = text.into_bytes();
    for at in 1..bytes.len() {
        if bytes[at - 1] != bytes[at] {
            bytes.swap(at - 1, at);
            assert!(!verifies(&bytes, &key), "bytes {} and {at}", at - 1);
            bytes.swap(at - 1, at);
        }
    }
}

#[test]
fn a_string_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
    use hattama_proto::{jws::VerifyError, limits::RECORD_BYTES_MAX};
    let longest = "A".repeat(RECORD_BYTES_MAX);
    assert_eq!(Envelope::parse(&longest).unwrap_err(), VerifyError::Malformed);
    assert_eq!(Envelope::parse(&format!("{longest}A")).unwrap_err(), VerifyError::TooLarge);
}
