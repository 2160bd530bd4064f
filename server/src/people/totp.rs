//! One-time codes from a clock (RFC 6238): HMAC-SHA1, six digits, thirty seconds. Pure.
//!
//! SHA-1 because every authenticator app knows it and several know nothing else; as an HMAC it is not
//! touched by collisions. Works without internet, and with a phone whose clock is half a minute off.

use ring::hmac;

use hattama_proto::time::UnixMillis;

/// Bytes of a secret: those of the hash, as RFC 4226 asks for.
pub const SECRET_BYTES: usize = 20;

/// Length of a time step, in milliseconds.
const STEP_MS: i64 = 30_000;

/// Steps before and after the present one whose code is taken: clocks of phones are off by that much,
/// and a person needs time to type.
const STEPS_OFF: u64 = 1;

/// Alphabet of base32, in which apps take a secret that is typed.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The time step of a moment.
pub const fn step_at(now: UnixMillis) -> u64 {
    (now.0 / STEP_MS).unsigned_abs()
}

/// The code of a time step.
pub fn code(secret: &[u8], step: u64) -> String {
    let number = truncated(secret, step) % 1_000_000;
    format!("{number:06}")
}

/// RFC 4226, 5.3.
fn truncated(secret: &[u8], counter: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[tag.len() - 1] & 0xf);
    let four = [tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]];
    u32::from_be_bytes(four)
}

/// The step whose code `typed` is, if it is one of now and none that was used: later than `used`.
pub fn step_of(secret: &[u8], typed: &str, used: Option<u64>, now: UnixMillis) -> Option<u64> {
    let typed: String = typed.chars().filter(|one| !one.is_whitespace()).collect();
    let present = step_at(now);
    let mut found = None;
    // All are computed, whichever fits: the time taken says nothing.
    for step in present.saturating_sub(STEPS_OFF)..=present + STEPS_OFF {
        let fits = same(code(secret, step).as_bytes(), typed.as_bytes());
        if fits && used.is_none_or(|used| step > used) {
            found = Some(step);
        }
    }
    found
}

/// Compares without stopping at the first difference.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// A secret as apps take it when it is typed.
pub fn base32(secret: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in secret {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(BASE32[((bits >> count) & 31) as usize]));
        }
    }
    if count > 0 {
        text.push(char::from(BASE32[((bits << (5 - count)) & 31) as usize]));
    }
    text
}

/// What a QR code of a secret says. Names are ASCII letters, digits, dots and hyphens.
pub fn address(secret: &[u8], account: &str, headquarters: &str) -> String {
    let plain = |text: &str| -> String {
        let keep =
            |one: char| if one.is_ascii_alphanumeric() || "-._".contains(one) { one } else { '-' };
        text.chars().map(keep).collect()
    };
    let (account, issuer) = (plain(account), format!("Hattama-{}", plain(headquarters)));
    format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_vectors_of_rfc_4226_and_rfc_6238_hold() {
        let of_4226 = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, expected) in of_4226.into_iter().enumerate() {
            assert_eq!(code(SECRET, counter as u64), expected);
        }
        // RFC 6238, appendix B, SHA1; eight digits.
        for (seconds, expected) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let step = step_at(UnixMillis(seconds * 1000));
            assert_eq!(truncated(SECRET, step) % 100_000_000, expected);
        }
    }

    #[test]
    fn a_code_is_taken_half_a_minute_early_or_late_and_never_twice() {
        let now = UnixMillis(1_000_000_000_000);
        let present = step_at(now);
        for step in present - 1..=present + 1 {
            assert_eq!(step_of(SECRET, &code(SECRET, step), None, now), Some(step));
        }
        for step in [present - 2, present + 2] {
            assert_eq!(step_of(SECRET, &code(SECRET, step), None, now), None);
        }
        let typed = code(SECRET, present);
        let spaced = format!(" {} {} ", &typed[..3], &typed[3..]);
        assert_eq!(step_of(SECRET, &spaced, Some(present - 1), now), Some(present));
        assert_eq!(step_of(SECRET, &typed, Some(present), now), None);
        assert_eq!(step_of(SECRET, "", None, now), None);
    }

    #[test]
    fn a_secret_is_written_as_rfc_4648_has_it() {
        for (bytes, expected) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), expected);
        }
    }
}
