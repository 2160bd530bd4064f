//! ECDSA signatures in two forms: Android's keystore and Apple's Secure Enclave give DER, JWS wants 64
//! bytes (RFC 7518, section 3.4: r and s, 32 bytes each, big-endian).

/// Length of the fixed form, in bytes.
pub const SIGNATURE_BYTES: usize = 64;

/// Length of r and of s, in bytes.
const NUMBER_BYTES: usize = 32;

/// The fixed form of a signature in DER, strictly read (ITU-T X.690): a sequence of two positive integers
/// as short as they can be and nothing behind them. None for everything else: a second spelling of one
/// signature is nobody's mistake but a forger's.
pub fn fixed_of_der(der: &[u8]) -> Option<[u8; SIGNATURE_BYTES]> {
    let (content, rest) = element(der, 0x30)?;
    if !rest.is_empty() {
        return None;
    }
    let (r, rest) = element(content, 0x02)?;
    let (s, rest) = element(rest, 0x02)?;
    if !rest.is_empty() {
        return None;
    }
    let mut fixed = [0; SIGNATURE_BYTES];
    let (first, second) = fixed.split_at_mut(NUMBER_BYTES);
    place(r, first)?;
    place(s, second)?;
    Some(fixed)
}

/// The content of an element with this tag, and what stands behind it. Both numbers together have at
/// most 70 bytes, so a length has one byte, and a longer spelling of it is another signature's.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    if found != tag || length >= 0x80 {
        return None;
    }
    rest.split_at_checked(usize::from(length))
}

/// Writes a positive integer to the right of `place`.
fn place(number: &[u8], place: &mut [u8]) -> Option<()> {
    let digits = match number {
        [] => return None,
        // A zero stands before a first digit that would read as a sign, and nowhere else.
        [0, next, ..] if *next >= 0x80 => &number[1..],
        [0, ..] => return None,
        [first, ..] if *first >= 0x80 => return None,
        _ => number,
    };
    let from = place.len().checked_sub(digits.len())?;
    place[from..].copy_from_slice(digits);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// DER of two numbers, written as X.690 says.
    fn der(fixed: &[u8; SIGNATURE_BYTES]) -> Vec<u8> {
        let integer = |number: &[u8]| {
            let from = number.iter().position(|byte| *byte != 0).unwrap_or(NUMBER_BYTES - 1);
            let mut digits = number[from..].to_vec();
            if digits[0] >= 0x80 {
                digits.insert(0, 0);
            }
            [&[0x02, u8::try_from(digits.len()).unwrap()], &digits[..]].concat()
        };
        let content = [integer(&fixed[..NUMBER_BYTES]), integer(&fixed[NUMBER_BYTES..])].concat();
        [&[0x30, u8::try_from(content.len()).unwrap()], &content[..]].concat()
    }

    proptest! {
        #[test]
        fn every_signature_comes_back_from_der(
            mut fixed in proptest::collection::vec(any::<u8>(), SIGNATURE_BYTES),
            zeros in 0_usize..NUMBER_BYTES,
        ) {
            // Short numbers are the ones that go wrong.
            fixed[..zeros].fill(0);
            fixed[NUMBER_BYTES - 1] |= 1;
            fixed[SIGNATURE_BYTES - 1] |= 1;
            let fixed: [u8; SIGNATURE_BYTES] = fixed.try_into().unwrap();
            prop_assert_eq!(fixed_of_der(&der(&fixed)), Some(fixed));
        }

        #[test]
        fn whatever_is_read_has_one_spelling(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(fixed) = fixed_of_der(&bytes) {
                prop_assert_eq!(der(&fixed), bytes);
            }
        }
    }
}
