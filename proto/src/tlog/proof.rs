//! Checking proofs without the tree: what a phone, a journalist or a court does.
//!
//! Both checks walk from one node up to the root. On the way the siblings' sides follow from the
//! node's index and the size alone, never from the proof, so a proof has exactly one acceptable
//! length and its hashes exactly one acceptable order.

use std::iter;

use super::hash::{Hash, empty_root, node_hash};

/// Why a proof proves nothing. Final: asking again for the same proof will not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The index does not exist at this size.
    #[error("leaf {index} cannot be in a tree of {size}")]
    IndexBeyondSize {
        /// The claimed index, from zero.
        index: u64,
        /// The size of the tree, in leaves.
        size: u64,
    },
    /// The newer tree is smaller: a log that forgot, or two checkpoints swapped.
    #[error("the tree shrank from {old} to {new}")]
    Shrank {
        /// The older size, in leaves.
        old: u64,
        /// The newer size, in leaves.
        new: u64,
    },
    /// The proof has fewer hashes than the index and sizes demand.
    #[error("the proof is too short")]
    TooShort,
    /// The proof has more hashes than the index and sizes demand.
    #[error("the proof is too long")]
    TooLong,
    /// The leaf and the proof lead to another root: the leaf is not in that tree.
    #[error("the leaf and the proof do not lead to the root")]
    NotIncluded,
    /// The proof does not lead to the older root.
    #[error("the proof does not lead to the older root")]
    OldRoot,
    /// The proof leads to the older root but not to the newer: history was rewritten.
    #[error("the proof does not lead to the newer root")]
    NewRoot,
}

/// Checks that `leaf` stands at `index` in the tree of `size` leaves under `root`.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize { index, size });
    }
    let mut node = leaf;
    let mut siblings = proof.iter();
    for side in sides(index, size - 1) {
        let sibling = siblings.next().ok_or(ProofError::TooShort)?;
        node = match side {
            Side::Left => node_hash(sibling, &node),
            Side::Right => node_hash(&node, sibling),
        };
    }
    if siblings.next().is_some() {
        return Err(ProofError::TooLong);
    }
    if node != root {
        return Err(ProofError::NotIncluded);
    }
    Ok(())
}

/// Checks that the tree of `old_size` leaves under `old_root` is the beginning of the tree of
/// `new_size` under `new_root`: nothing that was in it has been altered, moved or dropped.
///
/// Every tree begins with the empty one, so from size zero an empty proof suffices, as
/// `tlog-witness` demands; but a root that claims size zero must be the empty root.
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::Shrank { old: old_size, new: new_size });
    }
    if old_size == 0 && old_root != empty_root() {
        return Err(ProofError::OldRoot);
    }
    if old_size == 0 || old_size == new_size {
        if !proof.is_empty() {
            return Err(ProofError::TooLong);
        }
        if old_size == new_size && old_root != new_root {
            return Err(ProofError::NewRoot);
        }
        return Ok(());
    }

    // Both walks start at the largest complete subtree that ends where the old tree ends.
    let level = old_size.trailing_zeros();
    let index = (old_size >> level) - 1;
    let mut siblings = proof.iter();
    let start = match index {
        // It is the whole old tree, so its hash is known and not in the proof.
        0 => old_root,
        _ => *siblings.next().ok_or(ProofError::TooShort)?,
    };
    let (mut old, mut new) = (start, start);
    for side in sides(index, (new_size - 1) >> level) {
        let sibling = siblings.next().ok_or(ProofError::TooShort)?;
        match side {
            Side::Left => {
                old = node_hash(sibling, &old);
                new = node_hash(sibling, &new);
            }
            // What stands to the right came later; the old tree does not have it.
            Side::Right => new = node_hash(&new, sibling),
        }
    }
    if siblings.next().is_some() {
        return Err(ProofError::TooLong);
    }
    if old != old_root {
        return Err(ProofError::OldRoot);
    }
    if new != new_root {
        return Err(ProofError::NewRoot);
    }
    Ok(())
}

/// Where a node's sibling stands.
enum Side {
    Left,
    Right,
}

/// The siblings' sides on the way from node `index` to the root, where `last` is the index of the
/// last node of the same level.
fn sides(mut index: u64, mut last: u64) -> impl Iterator<Item = Side> {
    iter::from_fn(move || {
        // A last node without a left sibling moves up unchanged.
        while last > 0 && index == last && index.is_multiple_of(2) {
            index /= 2;
            last /= 2;
        }
        if last == 0 {
            return None;
        }
        let side = if index.is_multiple_of(2) { Side::Right } else { Side::Left };
        index /= 2;
        last /= 2;
        Some(side)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::{Tree, leaf_hash};

    fn tree(size: u64) -> Tree {
        (0..size).map(|index| leaf_hash(&index.to_be_bytes())).collect()
    }

    #[test]
    fn a_lone_leaf_is_its_own_root() {
        let leaf = leaf_hash(b"lone");
        assert_eq!(verify_inclusion(leaf, 0, 1, &[], leaf), Ok(()));
        assert_eq!(verify_inclusion(leaf, 0, 1, &[leaf], leaf), Err(ProofError::TooLong));
    }

    #[test]
    fn nothing_is_included_in_an_empty_tree() {
        let refused = verify_inclusion(leaf_hash(b""), 0, 0, &[], empty_root());
        assert_eq!(refused, Err(ProofError::IndexBeyondSize { index: 0, size: 0 }));
    }

    #[test]
    fn every_tree_begins_with_the_empty_one() {
        let root = tree(7).root();
        assert_eq!(verify_consistency(0, empty_root(), 7, root, &[]), Ok(()));
        assert_eq!(verify_consistency(0, empty_root(), 0, empty_root(), &[]), Ok(()));
        assert_eq!(verify_consistency(0, empty_root(), 7, root, &[root]), Err(ProofError::TooLong));
        assert_eq!(verify_consistency(0, root, 7, root, &[]), Err(ProofError::OldRoot));
    }

    #[test]
    fn a_rewritten_history_has_no_proof() {
        let honest = tree(9);
        let mut rewritten = tree(3);
        rewritten.extend((0..6_u8).map(|n| leaf_hash(&[n])));
        let (old, new) = (honest.root_at(5).unwrap(), rewritten.root());
        let proof = rewritten.consistency_proof(5, 9).unwrap();
        assert_eq!(verify_consistency(5, old, 9, new, &proof), Err(ProofError::OldRoot));
        let proof = honest.consistency_proof(5, 9).unwrap();
        assert_eq!(verify_consistency(5, old, 9, new, &proof), Err(ProofError::NewRoot));
    }

    #[test]
    fn sizes_at_the_end_of_the_range_do_not_overflow() {
        let leaf = leaf_hash(b"");
        let proof = [leaf; 64];
        for size in [1 << 63, u64::MAX - 1, u64::MAX] {
            for index in [0, size / 2, size - 1] {
                assert!(verify_inclusion(leaf, index, size, &proof, leaf).is_err());
                assert!(verify_consistency(index, leaf, size, leaf, &proof).is_err());
            }
        }
    }
}
