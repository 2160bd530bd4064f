//! The tree as the sequencer keeps it: every complete subtree's hash, in memory.
//!
//! `levels[k][i]` is the hash over leaves `i * 2^k .. (i + 1) * 2^k`. These never change once they
//! exist, so an append touches only ends, and every earlier size can be proved at any time.
//! What does change is the ragged right edge, where the subtrees are not complete; [`TreeAt`]
//! computes it once per size and answers any number of proofs from it.
//!
//! Cost: 64 bytes per leaf, one hash per push on average, a root or a view in `log2(n)` hashes, a
//! proof from a view in no hash at all.
//!
//! Invariant: `levels[k].len() == len >> k`, and the last level is not empty.

use super::hash::{Hash, empty_root, node_hash};

/// An append-only Merkle tree (RFC 6962 section 2.1), except that an append which was not
/// committed can be taken back with [`truncate`](Self::truncate).
///
/// ```
/// use hattama_proto::tlog::{Tree, leaf_hash, verify_inclusion};
/// let tree: Tree = [b"a", b"b", b"c"].map(|entry| leaf_hash(entry)).into_iter().collect();
/// let proof = tree.inclusion_proof(1, 3)?;
/// verify_inclusion(leaf_hash(b"b"), 1, 3, &proof, tree.root())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    levels: Vec<Vec<Hash>>,
}

/// Why the tree cannot answer. The caller asked for what is not there (yet).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The tree has not grown to that size.
    #[error("size {size} was asked for, but the tree has {len} leaves")]
    SizeBeyondTree {
        /// The size asked for, in leaves.
        size: u64,
        /// The size of the tree, in leaves.
        len: u64,
    },
    /// At that size there is no such leaf.
    #[error("leaf {index} was asked for in a tree of {size}")]
    IndexBeyondSize {
        /// The index asked for, from zero.
        index: u64,
        /// The size it was asked for at, in leaves.
        size: u64,
    },
}

impl Tree {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// How many leaves there are.
    pub fn len(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Whether there is no leaf yet.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Appends a leaf and returns its index.
    pub fn push(&mut self, leaf: Hash) -> u64 {
        let index = self.len();
        let mut complete = leaf;
        // The new leaf completes one subtree per trailing one bit of its index.
        let completed = index.trailing_ones() as usize;
        for level in 0..=completed {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(complete);
            if level < completed {
                complete = node_hash(&hashes[hashes.len() - 2], &complete);
            }
        }
        index
    }

    /// Takes back every leaf from `size` on, exactly as if it had never been pushed. Does nothing
    /// when there are none.
    ///
    /// For a commit that failed, before anybody saw its checkpoint: a signed size is for ever.
    pub fn truncate(&mut self, size: u64) {
        for (level, hashes) in self.levels.iter_mut().enumerate() {
            hashes.truncate(usize::try_from(size >> level).unwrap_or(usize::MAX));
        }
        self.levels.retain(|hashes| !hashes.is_empty());
    }

    /// The leaf at `index`, if there is one.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.levels.first()?.get(usize::try_from(index).ok()?).copied()
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        self.root_at(self.len()).expect("the tree has its own size")
    }

    /// The root over the first `size` leaves.
    pub fn root_at(&self, size: u64) -> Result<Hash, TreeError> {
        Ok(self.at(size)?.root())
    }

    /// The tree as it was at `size`. Take it once when many proofs are wanted for one checkpoint.
    pub fn at(&self, size: u64) -> Result<TreeAt<'_>, TreeError> {
        let len = self.len();
        if size > len {
            return Err(TreeError::SizeBeyondTree { size, len });
        }
        Ok(TreeAt::new(self, size))
    }

    /// Proves that leaf `index` is in the tree of `size`: RFC 6962 section 2.1.1.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
        self.at(size)?.inclusion_proof(index)
    }

    /// Proves that the tree of `old` leaves is the beginning of the one of `new`: RFC 6962 section
    /// 2.1.2.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
        self.at(new)?.consistency_proof(old)
    }
}

impl Extend<Hash> for Tree {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<T: IntoIterator<Item = Hash>>(leaves: T) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }
}

/// A tree as it was at one size, with the hashes of its ragged right edge worked out.
#[derive(Clone, Debug)]
pub struct TreeAt<'a> {
    tree: &'a Tree,
    size: u64,
    /// `edge[k]` is the hash over what stands right of the last complete subtree of level `k`,
    /// that is over leaves `(size >> k) << k .. size`; none where nothing does.
    edge: Vec<Option<Hash>>,
}

impl<'a> TreeAt<'a> {
    fn new(tree: &'a Tree, size: u64) -> Self {
        let levels = (u64::BITS - size.leading_zeros()) as usize;
        let mut view = Self { tree, size, edge: Vec::with_capacity(levels + 1) };
        let mut edge = None;
        view.edge.push(edge);
        for level in 0..levels {
            // An odd one out joins the edge from the left.
            if (size >> level) % 2 == 1 {
                let last = view.complete(level)[view.count(level) - 1];
                edge = Some(edge.map_or(last, |edge| node_hash(&last, &edge)));
            }
            view.edge.push(edge);
        }
        view
    }

    /// The size of this view, in leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over these leaves.
    pub fn root(&self) -> Hash {
        self.edge.last().copied().flatten().unwrap_or_else(empty_root)
    }

    /// The hashes of all complete subtrees of `2^level` leaves, left to right. Every eighth level
    /// cut into runs of 256 makes the tiles of `tlog-tiles`.
    pub fn complete(&self, level: usize) -> &'a [Hash] {
        self.tree.levels.get(level).map_or(&[], |hashes| &hashes[..self.count(level)])
    }

    /// Proves that leaf `index` is in this tree.
    pub fn inclusion_proof(&self, index: u64) -> Result<Vec<Hash>, TreeError> {
        if index >= self.size {
            return Err(TreeError::IndexBeyondSize { index, size: self.size });
        }
        Ok(self.siblings(0, index, Vec::new()))
    }

    /// Proves that the tree of `old` leaves is the beginning of this one.
    ///
    /// Empty when `old` is zero (everything begins with nothing) or this very size.
    pub fn consistency_proof(&self, old: u64) -> Result<Vec<Hash>, TreeError> {
        if old > self.size {
            return Err(TreeError::SizeBeyondTree { size: old, len: self.size });
        }
        if old == 0 || old == self.size {
            return Ok(Vec::new());
        }
        // The largest complete subtree that ends where the old tree ends. If it *is* the old tree,
        // whoever checks the proof knows its hash.
        let level = old.trailing_zeros() as usize;
        let index = (old >> level) - 1;
        let mut proof = Vec::new();
        if index > 0 {
            proof.push(self.complete(level)[narrow(index)]);
        }
        Ok(self.siblings(level, index, proof))
    }

    /// Appends to `path` the siblings of a node, from beside it up to below the root.
    fn siblings(&self, mut level: usize, mut index: u64, mut path: Vec<Hash>) -> Vec<Hash> {
        while (self.size - 1) >> level > 0 {
            let sibling = index ^ 1;
            let complete = self.size >> level;
            if sibling < complete {
                path.push(self.complete(level)[narrow(sibling)]);
            } else if sibling == complete {
                path.extend(self.edge[level]);
            }
            // Otherwise nothing stands beside it, and it moves up unchanged.
            index >>= 1;
            level += 1;
        }
        path
    }

    fn count(&self, level: usize) -> usize {
        narrow(self.size >> level)
    }
}

fn narrow(within_tree: u64) -> usize {
    usize::try_from(within_tree).expect("the tree is in memory, so its sizes are usize")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::leaf_hash;

    fn leaves(count: u64) -> impl Iterator<Item = Hash> {
        (0..count).map(|index| leaf_hash(&index.to_be_bytes()))
    }

    #[test]
    fn a_tree_of_nothing_has_the_empty_root() {
        let tree = Tree::new();
        assert!(tree.is_empty());
        assert_eq!(tree.root(), empty_root());
        assert_eq!(tree.consistency_proof(0, 0), Ok(vec![]));
        assert_eq!(
            tree.inclusion_proof(0, 0),
            Err(TreeError::IndexBeyondSize { index: 0, size: 0 })
        );
    }

    #[test]
    fn taking_back_leaves_no_trace() {
        for before in 0..40 {
            for added in 0..40 {
                let fresh: Tree = leaves(before).collect();
                let mut tree = fresh.clone();
                tree.extend(leaves(added));
                tree.truncate(before);
                assert_eq!(tree, fresh, "{before} + {added}");
            }
        }
        let mut tree: Tree = leaves(5).collect();
        tree.truncate(6);
        tree.truncate(u64::MAX);
        assert_eq!(tree.len(), 5);
    }

    #[test]
    fn pushing_tells_the_index() {
        let mut tree = Tree::new();
        for (expected, leaf) in (0..).zip(leaves(9)) {
            assert_eq!(tree.push(leaf), expected);
            assert_eq!(tree.leaf(expected), Some(leaf));
        }
        assert_eq!(tree.leaf(9), None);
    }

    #[test]
    fn what_is_beyond_the_tree_is_refused() {
        let tree: Tree = leaves(5).collect();
        let beyond = TreeError::SizeBeyondTree { size: 6, len: 5 };
        assert_eq!(tree.root_at(6), Err(beyond));
        assert_eq!(tree.inclusion_proof(0, 6), Err(beyond));
        assert_eq!(tree.consistency_proof(1, 6), Err(beyond));
        assert_eq!(tree.consistency_proof(6, 5), Err(beyond));
        assert_eq!(
            tree.inclusion_proof(4, 4),
            Err(TreeError::IndexBeyondSize { index: 4, size: 4 })
        );
    }

    #[test]
    fn a_view_shows_the_complete_subtrees_of_its_size_only() {
        let tree: Tree = leaves(600).collect();
        let view = tree.at(300).unwrap();
        assert_eq!(view.complete(0).len(), 300);
        assert_eq!(view.complete(8), [tree.root_at(256).unwrap()]);
        assert_eq!(view.complete(9), []);
        assert_eq!(view.complete(63), []);
    }
}
