//! A secret in shares of which any two give it back, and one alone gives nothing.
//!
//! Shamir's scheme over GF(2^8) with a line: the share of holder `x` is `secret + slope * x`, byte by
//! byte, in the field of AES. One share is consistent with every secret.

use super::seal::KEY_BYTES;
use crate::random::{self, RandomError};

/// Most holders. A custody that more people share than fit around a table is none.
pub const HOLDERS_MAX: usize = 20;

/// One holder's share.
#[derive(Clone)]
pub struct Share {
    /// Which point of the line it is, from 1.
    pub number: u8,
    /// The point.
    pub bytes: [u8; KEY_BYTES],
}

/// Splits `secret` among `holders` people, numbered from 1.
pub fn split(secret: &[u8; KEY_BYTES], holders: u8) -> Result<Vec<Share>, RandomError> {
    let slope = random::bytes::<KEY_BYTES>()?;
    let point = |number: u8| Share {
        number,
        bytes: std::array::from_fn(|at| secret[at] ^ times(slope[at], number)),
    };
    Ok((1..=holders).map(point).collect())
}

/// The secret that two shares give; none if they are one and the same point.
pub fn join(one: &Share, other: &Share) -> Option<[u8; KEY_BYTES]> {
    if one.number == other.number || one.number == 0 || other.number == 0 {
        return None;
    }
    // Where the line through both crosses zero; subtraction is the same as addition here.
    let apart = inverse(one.number ^ other.number);
    Some(std::array::from_fn(|at| {
        let slope = times(one.bytes[at] ^ other.bytes[at], apart);
        one.bytes[at] ^ times(slope, one.number)
    }))
}

/// Multiplication modulo x^8 + x^4 + x^3 + x + 1, without a branch or a table that depends on the
/// secret.
const fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    let mut bit = 0;
    while bit < 8 {
        product ^= a & (b & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
        b >>= 1;
        bit += 1;
    }
    product
}

/// The number that gives 1 with `a`: `a` to the power of 254.
const fn inverse(a: u8) -> u8 {
    let (mut power, mut square, mut bit) = (1, a, 1);
    while bit < 8 {
        square = times(square, square);
        power = times(power, square);
        bit += 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, section 4.2.
        assert_eq!(times(0x57, 0x83), 0xc1);
        assert_eq!(times(0x57, 0x13), 0xfe);
        for a in 1..=255 {
            assert_eq!(times(a, inverse(a)), 1, "{a}");
        }
    }

    proptest! {
        #[test]
        fn any_two_give_the_secret_back(secret: [u8; 32], holders in 2u8..=20) {
            let shares = split(&secret, holders).unwrap();
            for one in &shares {
                for other in &shares {
                    let joined = join(one, other);
                    prop_assert_eq!(joined, (one.number != other.number).then_some(secret));
                }
            }
        }

        /// For every secret there is a slope under which the share that somebody holds is its share.
        #[test]
        fn one_share_fits_every_secret(share: [u8; 32], secret: [u8; 32], number in 1u8..=20) {
            let slope: [u8; 32] =
                std::array::from_fn(|at| times(share[at] ^ secret[at], inverse(number)));
            let again: [u8; 32] = std::array::from_fn(|at| secret[at] ^ times(slope[at], number));
            prop_assert_eq!(again, share);
        }
    }
}
