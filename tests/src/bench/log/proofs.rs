//! How long proofs are, how many tiles a reader fetches, how long a phone takes to verify.

use std::{collections::BTreeSet, time::Instant};

use hattama_proto::tlog::{
    Checkpoint, Hash, KeyName, LogEntry, NoteSigner, Receipt, TILE_WIDTH, Tree,
};
use hattama_server::log::LogView;

use crate::bench::{Outcome, at_size};

/// Receipts that are verified for one figure.
const RECEIPTS: u64 = 2_000;
/// Hashes of one level that a tile holds, as a power of two.
const TILE_HEIGHT: u32 = TILE_WIDTH.trailing_zeros();

/// What a log of this size gives out.
pub(super) fn measure(outcome: &mut Outcome, log: &LogView, size: u64) {
    let (leaves, note) = log.newest().expect("it was published");
    let (mut longest, mut hashes, mut tiles) = (0, 0, 0);
    for step in 0..RECEIPTS {
        let index = step * (leaves - 1) / RECEIPTS;
        let proof = log.at(leaves, |at| at.inclusion_proof(index)).and_then(Result::ok);
        let proof = proof.expect("the leaf is there");
        hashes = hashes.max(proof.len());
        tiles = tiles.max(tiles_of(index, leaves).len());
        let receipt = Receipt { index, proof, checkpoint_note: note.to_string() };
        longest = longest.max(receipt.to_text().len());
    }
    // From a third of the log: the longest way there is.
    let consistency: Vec<Hash> =
        log.at(leaves, |at| at.consistency_proof(leaves / 3)).and_then(Result::ok).expect("older");
    for (what, value) in [
        ("receipt_bytes", longest),
        ("inclusion_hashes", hashes),
        ("consistency_hashes", consistency.len()),
        ("tiles_read_for_one_entry", tiles),
    ] {
        outcome.figure(at_size(what, size), f64::from(u32::try_from(value).expect("short")));
    }
    verify(outcome, size);
}

/// What a phone does with each receipt: reads the text, checks path and signature.
fn verify(outcome: &mut Outcome, size: u64) {
    let signer = NoteSigner::from_seed(KeyName::new("bench.example").expect("a name"), &[3; 32]);
    let key = signer.verifier_key();
    let entry = |index: u64| {
        let mut subject = [0; 32];
        subject[..8].copy_from_slice(&index.to_be_bytes());
        LogEntry::Record(subject)
    };
    let tree: Tree = (0..size).map(|index| entry(index).leaf_hash()).collect();
    let checkpoint = Checkpoint { origin: key.name().clone(), size, root: tree.root() };
    let checkpoint_note = checkpoint.sign(&signer);
    let at = tree.at(size).expect("it is this long");
    let texts: Vec<(LogEntry, String)> = (0..RECEIPTS)
        .map(|step| {
            let index = step * (size - 1) / RECEIPTS;
            let proof = at.inclusion_proof(index).expect("the leaf is there");
            let checkpoint_note = checkpoint_note.clone();
            (entry(index), Receipt { index, proof, checkpoint_note }.to_text())
        })
        .collect();
    let begun = Instant::now();
    for (entry, text) in &texts {
        let receipt = Receipt::parse(text).expect("ours");
        receipt.verify(entry, key.name(), key).expect("it holds");
    }
    let each = begun.elapsed().as_secs_f64() * 1e6 / 2_000.0;
    outcome.figure(at_size("receipt_verify_us", size), each);
}

/// The tiles, by level and index, that prove one entry and the root to somebody who has the
/// checkpoint only: the entry's own hash, its siblings, and what the right edge is made of.
fn tiles_of(index: u64, size: u64) -> BTreeSet<(u32, u64)> {
    let mut nodes = vec![(0, index)];
    let (mut begin, mut end) = (0, size);
    // The halves that do not hold the leaf; each falls into complete subtrees.
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            complete_subtrees(middle, end, &mut nodes);
            end = middle;
        } else {
            complete_subtrees(begin, middle, &mut nodes);
            begin = middle;
        }
    }
    nodes.into_iter().map(|(level, place)| tile_of(level, place)).collect()
}

/// Largest power of two below `count`.
const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

fn complete_subtrees(mut begin: u64, end: u64, nodes: &mut Vec<(u32, u64)>) {
    while begin < end {
        let level = (u64::BITS - 1 - (end - begin).leading_zeros()).min(begin.trailing_zeros());
        nodes.push((level, begin >> level));
        begin += 1 << level;
    }
}

/// A node lies in the tile that holds the hashes it is made of.
fn tile_of(level: u32, place: u64) -> (u32, u64) {
    let tile_level = level / TILE_HEIGHT;
    let first = place << (level % TILE_HEIGHT);
    (tile_level, first / TILE_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_of_a_small_log_needs_one_tile_and_of_a_larger_one_one_more_per_level() {
        assert_eq!(tiles_of(3, 200).len(), 1);
        assert_eq!(tiles_of(0, 256).len(), 1);
        // Its own, the last one at the right edge, and the one above them.
        assert_eq!(tiles_of(0, 700), BTreeSet::from([(0, 0), (0, 2), (1, 0)]));
        // The leaf of the last tile: the full ones left of it come from above.
        assert_eq!(tiles_of(699, 700), BTreeSet::from([(0, 2), (1, 0)]));
    }
}
