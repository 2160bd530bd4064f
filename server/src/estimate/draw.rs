//! Drawing a sample that anybody can draw again.
//!
//! Every precinct's ticket is `SHA-256(seed, newline, code)`; the smallest tickets of a stratum are
//! its sample. Once the seed is published, for instance as dice thrown before witnesses, anybody
//! with the register and `sha256sum` comes to the same precincts, and nobody can steer them. A
//! larger sample from the same seed contains the smaller one.

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};

/// The ticket of a precinct under a seed.
#[must_use]
pub fn ticket(seed: &str, code: &str) -> [u8; 32] {
    let mut words = Vec::with_capacity(seed.len() + 1 + code.len());
    words.extend_from_slice(seed.as_bytes());
    words.push(b'\n');
    words.extend_from_slice(code.as_bytes());
    let mut ticket = [0; 32];
    ticket.copy_from_slice(digest(&SHA256, &words).as_ref());
    ticket
}

/// The sample of one stratum, in the order drawn; all of it when it has no more than asked for.
#[must_use]
pub fn draw<'a>(
    seed: &str,
    codes: impl IntoIterator<Item = &'a str>,
    count: usize,
) -> Vec<&'a str> {
    let mut tickets: Vec<_> = codes.into_iter().map(|code| (ticket(seed, code), code)).collect();
    tickets.sort_unstable();
    tickets.dedup();
    tickets.truncate(count);
    tickets.into_iter().map(|(_, code)| code).collect()
}

/// How many of `count` go to each stratum, in proportion to its size: largest remainders, ties to
/// the stratum that comes first. Every stratum that has a precinct gets one while there are enough,
/// for a stratum without a precinct cannot be estimated.
#[must_use]
pub fn allocate<S: Ord + Clone>(sizes: &BTreeMap<S, usize>, count: usize) -> BTreeMap<S, usize> {
    let all: usize = sizes.values().sum();
    let count = count.min(all);
    if all == 0 {
        return sizes.keys().map(|stratum| (stratum.clone(), 0)).collect();
    }
    let mut given: BTreeMap<S, usize> =
        sizes.iter().map(|(stratum, size)| (stratum.clone(), size * count / all)).collect();
    let mut order: Vec<(usize, &S)> =
        sizes.iter().map(|(stratum, size)| (size * count % all, stratum)).collect();
    order.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let mut left = count - given.values().sum::<usize>();
    for (_, stratum) in order {
        if left == 0 {
            break;
        }
        if given[stratum] < sizes[stratum] {
            *given.entry(stratum.clone()).or_default() += 1;
            left -= 1;
        }
    }
    while let Some(without) = sizes.keys().find(|s| sizes[*s] > 0 && given[*s] == 0) {
        let Some(most) = given.iter().filter(|(_, n)| **n > 1).max_by_key(|(_, n)| **n) else {
            break;
        };
        let most = most.0.clone();
        given.entry(most).and_modify(|n| *n -= 1);
        given.insert(without.clone(), 1);
    }
    given
}
