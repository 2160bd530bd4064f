//! A device's hash chain: order without a clock.
//!
//! Records are independent facts, so a gap is reported and never refused. Two records at one place
//! of a chain mean a cloned or restored phone, or a stolen key: both are kept.

use std::collections::BTreeMap;

use crate::id::RecordId;

/// A record's place in its key's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The record.
    pub id: RecordId,
    /// Its position, from 0.
    pub seq: u64,
    /// The record before it, as its signer said.
    pub prev: Option<RecordId>,
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChainFinding {
    /// Two records stand at one position.
    Fork {
        /// The position.
        seq: u64,
    },
    /// Nothing has arrived yet for these positions.
    Gap {
        /// First missing position.
        from: u64,
        /// Last missing position.
        to: u64,
    },
    /// A record names another predecessor than the one that stands before it.
    Broken {
        /// Position of the record.
        seq: u64,
    },
}

/// Looks over one key's records, in any order; duplicates are one record.
pub fn inspect(links: impl IntoIterator<Item = Link>) -> Vec<ChainFinding> {
    let mut by_seq: BTreeMap<u64, Vec<Link>> = BTreeMap::new();
    for link in links {
        let at = by_seq.entry(link.seq).or_default();
        if !at.contains(&link) {
            at.push(link);
        }
    }
    let mut findings = Vec::new();
    let mut expected = 0;
    let mut before: &[Link] = &[];
    for (seq, links) in &by_seq {
        if *seq > expected {
            findings.push(ChainFinding::Gap { from: expected, to: seq - 1 });
            before = &[];
        }
        if links.len() > 1 {
            findings.push(ChainFinding::Fork { seq: *seq });
        }
        let follows = |link: &Link| match link.prev {
            None => *seq == 0,
            Some(prev) => *seq > 0 && (before.is_empty() || before.iter().any(|b| b.id == prev)),
        };
        if !links.iter().all(follows) {
            findings.push(ChainFinding::Broken { seq: *seq });
        }
        before = links;
        expected = seq.saturating_add(1);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(seq: u64, id: u8, prev: Option<u8>) -> Link {
        let hash = |byte| RecordId::from_bytes([byte; 32]);
        Link { id: hash(id), seq, prev: prev.map(hash) }
    }

    #[test]
    fn a_whole_chain_in_any_order_has_no_findings() {
        assert_eq!(inspect([link(1, 2, Some(1)), link(0, 1, None), link(1, 2, Some(1))]), []);
    }

    #[test]
    fn a_gap_is_reported_and_what_follows_it_is_not_called_broken() {
        let found = inspect([link(0, 1, None), link(3, 4, Some(3))]);
        assert_eq!(found, [ChainFinding::Gap { from: 1, to: 2 }]);
    }

    #[test]
    fn two_records_at_one_position_are_a_fork() {
        let found = inspect([link(0, 1, None), link(0, 9, None), link(1, 2, Some(9))]);
        assert_eq!(found, [ChainFinding::Fork { seq: 0 }]);
    }

    #[test]
    fn a_record_that_names_another_predecessor_is_broken() {
        let found = inspect([link(0, 1, None), link(1, 2, Some(7))]);
        assert_eq!(found, [ChainFinding::Broken { seq: 1 }]);
        assert_eq!(inspect([link(0, 1, Some(3))]), [ChainFinding::Broken { seq: 0 }]);
    }
}
