//! Bech32, in which age writes its keys: five bits a letter and a sum that finds slips of the pen.

use zeroize::{Zeroize as _, Zeroizing};

/// The alphabet.
const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Letters of the sum at the end.
const SUM: usize = 6;

/// Writes 32 bytes under the name `prefix`, which is in small letters.
pub(super) fn encode(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    let mut values = Zeroizing::new(Vec::with_capacity(64));
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            values.push((held >> bits & 31).to_le_bytes()[0]);
        }
        held &= (1 << bits) - 1;
    }
    values.push((held << (5 - bits) & 31).to_le_bytes()[0]);
    held.zeroize();
    let sum = sum(prefix, values.iter().copied().chain([0; SUM])) ^ 1;
    let mut text = Zeroizing::new(String::with_capacity(80));
    text.push_str(prefix);
    text.push('1');
    let check = (0..SUM).map(|place| (sum >> (5 * (SUM - 1 - place)) & 31).to_le_bytes()[0]);
    for value in values.iter().copied().chain(check) {
        text.push(char::from(LETTERS[usize::from(value)]));
    }
    text
}

/// Reads what [`encode`] writes, in small letters or in capitals; none if it is anything else.
pub(super) fn decode(prefix: &str, text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let is_small = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_capital = !text.bytes().any(|byte| byte.is_ascii_lowercase());
    if !is_small && !is_capital {
        return None;
    }
    let text = Zeroizing::new(text.to_ascii_lowercase());
    let letters = text.strip_prefix(prefix)?.strip_prefix('1')?;
    let mut values = Zeroizing::new(Vec::with_capacity(64));
    for letter in letters.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        values.push(u8::try_from(value).ok()?);
    }
    if sum(prefix, values.iter().copied()) != 1 {
        return None;
    }
    let content = &values[..values.len().checked_sub(SUM)?];
    let mut bytes = Zeroizing::new([0; 32]);
    let (mut bits, mut held, mut at) = (0_u32, 0_u32, 0);
    for value in content {
        held = held << 5 | u32::from(*value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *bytes.get_mut(at)? = (held >> bits & 0xff).to_le_bytes()[0];
            at += 1;
            held &= (1 << bits) - 1;
        }
    }
    // One way to write each key: no letter too many, and nothing in the bits that are left.
    let whole = at == bytes.len() && bits < 5 && held == 0;
    whole.then_some(bytes)
}

fn sum(prefix: &str, values: impl Iterator<Item = u8>) -> u32 {
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    high.chain([0]).chain(low).chain(values).fold(1, step)
}

/// One step of the sum.
fn step(sum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let mut next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    for (bit, part) in GENERATOR.iter().enumerate() {
        if top >> bit & 1 == 1 {
            next ^= part;
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_in_small_letters_and_in_capitals() {
        for first in 0..=u8::MAX {
            let mut bytes = [0x5a; 32];
            bytes[0] = first;
            bytes[31] = first.rotate_left(3);
            let text = encode("age", &bytes);
            assert_eq!(*decode("age", &text).unwrap(), bytes);
            assert_eq!(*decode("age", &text.to_ascii_uppercase()).unwrap(), bytes);
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_found() {
        let text = encode("age", &[7; 32]);
        for at in 0..text.len() {
            for letter in ['q', 'p', 'z', '1', 'b', 'Q', ' '] {
                let mut wrong: Vec<char> = text.chars().collect();
                if wrong[at] == letter {
                    continue;
                }
                wrong[at] = letter;
                let wrong: String = wrong.into_iter().collect();
                assert!(decode("age", &wrong).is_none(), "{wrong}");
            }
            assert!(decode("age", &text[..at]).is_none());
        }
        assert!(decode("age", &format!("{}q", *text)).is_none());
        assert!(decode("ago", &text).is_none());
        assert!(decode("age", "age1").is_none());
        assert!(decode("age", "").is_none());
    }
}
