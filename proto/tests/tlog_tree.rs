//! The tree and its proofs, for every size up to a bound, against two others: the definition in
//! RFC 6962 written down as it stands, and an implementation that is not ours.

use std::collections::HashMap;

use ct_merkle::{
    digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update},
    mem_backed_tree::MemoryBackedTree,
};
use hattama_proto::tlog::{
    Hash, ProofError, Tree, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

/// Above 256, so that a subtree of a whole tile and its neighbours are covered.
const SIZE_MAX: u64 = 300;

fn leaf(index: u64) -> Hash {
    leaf_hash(&index.to_be_bytes())
}

fn tree(size: u64) -> Tree {
    (0..size).map(leaf).collect()
}

/// RFC 6962 section 2.1, recursion for recursion. Remembers what it has hashed.
#[derive(Default)]
struct Definition {
    hashes: HashMap<(u64, u64), Hash>,
}

impl Definition {
    /// MTH over the leaves `from..to`.
    fn root(&mut self, from: u64, to: u64) -> Hash {
        if let Some(hash) = self.hashes.get(&(from, to)) {
            return *hash;
        }
        let hash = match to - from {
            0 => empty_root(),
            1 => leaf(from),
            count => {
                let split = from + largest_power_below(count);
                node_hash(&self.root(from, split), &self.root(split, to))
            }
        };
        self.hashes.insert((from, to), hash);
        hash
    }

    /// PATH of leaf `index` among the leaves `from..to`.
    fn path(&mut self, index: u64, from: u64, to: u64) -> Vec<Hash> {
        if to - from == 1 {
            return Vec::new();
        }
        let split = from + largest_power_below(to - from);
        let (mut path, sibling) = if index < split {
            (self.path(index, from, split), self.root(split, to))
        } else {
            (self.path(index, split, to), self.root(from, split))
        };
        path.push(sibling);
        path
    }

    /// SUBPROOF for the leaves `from..old` of `from..to`; `known` says the verifier has their root.
    fn subproof(&mut self, old: u64, from: u64, to: u64, known: Known) -> Vec<Hash> {
        if old == to {
            return match known {
                Known::Yes => Vec::new(),
                Known::No => vec![self.root(from, to)],
            };
        }
        let split = from + largest_power_below(to - from);
        let (mut proof, sibling) = if old <= split {
            (self.subproof(old, from, split, known), self.root(split, to))
        } else {
            (self.subproof(old, split, to, Known::No), self.root(from, split))
        };
        proof.push(sibling);
        proof
    }
}

#[derive(Clone, Copy)]
enum Known {
    Yes,
    No,
}

fn largest_power_below(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

#[test]
fn every_inclusion_proof_is_that_of_the_definition_and_verifies() {
    let mut definition = Definition::default();
    let tree = tree(SIZE_MAX);
    for size in 1..=SIZE_MAX {
        let view = tree.at(size).unwrap();
        let root = view.root();
        assert_eq!(root, definition.root(0, size), "root at {size}");
        for index in 0..size {
            let proof = view.inclusion_proof(index).unwrap();
            assert_eq!(proof, definition.path(index, 0, size), "{index} of {size}");
            assert_eq!(verify_inclusion(leaf(index), index, size, &proof, root), Ok(()));
        }
    }
}

#[test]
fn every_consistency_proof_is_that_of_the_definition_and_verifies() {
    let mut definition = Definition::default();
    let tree = tree(SIZE_MAX);
    for new in 1..=SIZE_MAX {
        let view = tree.at(new).unwrap();
        for old in 1..=new {
            let proof = view.consistency_proof(old).unwrap();
            assert_eq!(proof, definition.subproof(old, 0, new, Known::Yes), "{old} to {new}");
            let old_root = definition.root(0, old);
            assert_eq!(verify_consistency(old, old_root, new, view.root(), &proof), Ok(()));
        }
    }
}

#[test]
fn a_leaf_has_no_second_place() {
    let tree = tree(40);
    for size in 1..=40 {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let proof = tree.inclusion_proof(index, size).unwrap();
            for other in (0..size + 3).filter(|other| *other != index) {
                assert!(verify_inclusion(leaf(index), other, size, &proof, root).is_err());
            }
        }
    }
}

/// ring's SHA-256 in the form the foreign tree takes its hash. Only the hash is shared with ours.
#[derive(Clone)]
struct Sha256(ring::digest::Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }
}

impl HashMarker for Sha256 {}

impl OutputSizeUser for Sha256 {
    type OutputSize = ct_merkle::array::typenum::U32;
}

impl Update for Sha256 {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

impl FixedOutput for Sha256 {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(self.0.finish().as_ref());
    }
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[test]
fn a_foreign_tree_has_the_same_roots_and_the_same_proofs() {
    let mut foreign = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let mut ours = Tree::new();
    for size in 1..=SIZE_MAX {
        foreign.push((size - 1).to_be_bytes().to_vec());
        ours.push(leaf(size - 1));
        assert_eq!(foreign.root().as_bytes().as_slice(), ours.root().as_bytes());
        let view = ours.at(size).unwrap();
        for index in 0..size {
            let at = usize::try_from(index).unwrap();
            let theirs = foreign.prove_inclusion(at);
            assert_eq!(theirs.as_bytes(), bytes(&view.inclusion_proof(index).unwrap()));
            if index > 0 {
                let theirs = foreign.prove_consistency(usize::try_from(size - index).unwrap());
                assert_eq!(theirs.as_bytes(), bytes(&view.consistency_proof(index).unwrap()));
            }
        }
    }
}

/// A change that makes an honest proof dishonest.
#[derive(Clone, Debug)]
enum Damage {
    FlipBit(usize),
    Drop(usize),
    Repeat(usize),
    Swap(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<usize>().prop_map(Damage::FlipBit),
        any::<usize>().prop_map(Damage::Drop),
        any::<usize>().prop_map(Damage::Repeat),
        any::<usize>().prop_map(Damage::Swap),
    ]
}

fn damaged(proof: &[Hash], damage: &Damage) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    let count = proof.len();
    match (count, damage) {
        (0, _) => proof.push(leaf(0)),
        (_, Damage::FlipBit(at)) => {
            let hash = &mut proof[at % count];
            let mut bytes = *hash.as_bytes();
            bytes[at / count % 32] ^= 1 << (at / count / 32 % 8);
            *hash = Hash::from_bytes(bytes);
        }
        (_, Damage::Drop(at)) => drop(proof.remove(at % count)),
        (_, Damage::Repeat(at)) => proof.insert(at % count, proof[at % count]),
        (1, Damage::Swap(_)) => proof.clear(),
        (_, Damage::Swap(at)) => proof.swap(at % count, (at + 1) % count),
    }
    proof
}

/// A size and something below it.
fn below(limit: u64) -> impl Strategy<Value = (u64, u64)> {
    (1..limit).prop_flat_map(|size| (0..size, Just(size)))
}

proptest! {
    #[test]
    fn a_damaged_inclusion_proof_proves_nothing((index, size) in below(2_000), damage in damage()) {
        let tree = tree(size);
        let proof = damaged(&tree.inclusion_proof(index, size).unwrap(), &damage);
        prop_assert!(verify_inclusion(leaf(index), index, size, &proof, tree.root()).is_err());
    }

    #[test]
    fn a_damaged_consistency_proof_proves_nothing((old, new) in below(2_000), damage in damage()) {
        let tree = tree(new);
        let (old_root, new_root) = (tree.root_at(old).unwrap(), tree.root());
        let proof = damaged(&tree.consistency_proof(old, new).unwrap(), &damage);
        prop_assert!(verify_consistency(old, old_root, new, new_root, &proof).is_err());
    }

    #[test]
    fn growing_and_taking_back_in_any_order_is_as_if_grown_at_once(
        steps in proptest::collection::vec((0_u64..50, 0_u64..50), 0..20),
    ) {
        let mut tree = Tree::new();
        for (grown, taken) in steps {
            let size = tree.len();
            tree.extend((size..size + grown).map(leaf));
            tree.truncate(tree.len().saturating_sub(taken));
        }
        prop_assert_eq!(&tree, &self::tree(tree.len()));
    }

    #[test]
    fn checking_never_panics(
        (index, size) in any::<(u64, u64)>(),
        proof in proptest::collection::vec(any::<[u8; 32]>().prop_map(Hash::from_bytes), 0..70),
    ) {
        let root = leaf(0);
        prop_assert!(verify_inclusion(root, index, size, &proof, root).is_err() || size == 1);
        let verdict = verify_consistency(index, root, size, root, &proof);
        if index > size {
            prop_assert_eq!(verdict, Err(ProofError::Shrank { old: index, new: size }));
        }
    }
}
