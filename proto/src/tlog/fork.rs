//! Two signed heads of one log that nothing joins, as a text that anybody can judge.
//!
//! ```text
//! hattama-fork/v1
//! --- known checkpoint
//! <signed note>
//! --- shown checkpoint
//! <signed note>
//! --- consistency proof
//! <base64>                          the proof that came along, if any
//! ```
//!
//! A checkpoint has no line that begins with three hyphens, so the three parts are cut apart at
//! these lines by any tool.
//!
//! What such a file proves depends on the sizes. **Two roots at one size** convict the log by
//! themselves: it signed two histories. **Two sizes** with a proof that does not hold prove that
//! the log answered wrongly, but not to a stranger: whoever holds two honest heads can put a wrong
//! proof beside them. Then the file is a demand that the log cannot evade: it shows a proof that
//! joins the two heads, or it stands convicted. [`Fork::verdict`] tells the two apart.

use std::fmt::Write as _;

use super::{
    checkpoint::{Checkpoint, CheckpointError},
    hash::Hash,
    note::{NOTE_BYTES_MAX, NoteError, SignedNote},
    note_key::VerifierKey,
    proof::{ProofError, verify_consistency},
    receipt::PROOF_HASHES_MAX,
};

/// Longest file, in bytes: two notes, a proof and the lines between.
pub const FORK_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX + 4 * 1024;

const FIRST: &str = "hattama-fork/v1\n";
const KNOWN: &str = "--- known checkpoint\n";
const SHOWN: &str = "--- shown checkpoint\n";
const PROOF: &str = "--- consistency proof\n";

/// Two signed heads and the proof that came with the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The head that was verified first, to the byte.
    pub known: String,
    /// The head that was shown later, to the byte.
    pub shown: String,
    /// The consistency proof that was given for the two, if any.
    pub proof: Vec<Hash>,
}

/// Why a file says nothing about the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForkError {
    /// It is not of the form above.
    #[error("the file is not two checkpoints and a proof in the form hattama-fork/v1")]
    Form,
    /// A head in it is not one of this log.
    #[error("one of the two checkpoints is not signed by this log")]
    Checkpoint(#[source] CheckpointError),
}

/// What a file proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Two roots at one size: the log signed two histories.
    Convicts {
        /// The size, in leaves.
        size: u64,
        /// The root it signed first.
        known: Hash,
        /// The root it signed besides.
        shown: Hash,
    },
    /// Two sizes, and the proof does not join them: the log owes one that does.
    Owes {
        /// The smaller size, in leaves.
        old: u64,
        /// The larger size, in leaves.
        new: u64,
        /// Why the proof at hand does not hold.
        why: ProofError,
    },
    /// The heads agree, or the proof joins them.
    Agrees,
}

impl Fork {
    /// The fork as a text file; by custom its name ends in `.fork`.
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST}{KNOWN}{}{SHOWN}{}{PROOF}", self.known, self.shown);
        for hash in &self.proof {
            writeln!(text, "{}", hash.to_base64()).expect("a string takes everything");
        }
        text
    }

    /// Reads what [`to_text`](Self::to_text) writes. Proves nothing yet.
    pub fn parse(text: &str) -> Result<Self, ForkError> {
        if text.len() > FORK_BYTES_MAX {
            return Err(ForkError::Form);
        }
        let parts = || {
            let rest = text.strip_prefix(FIRST)?.strip_prefix(KNOWN)?;
            let (known, rest) = rest.split_once(SHOWN)?;
            let (shown, proof) = rest.split_once(PROOF)?;
            let proof: Vec<Hash> = proof
                .split_terminator('\n')
                .map(|line| Hash::from_base64(line).ok())
                .collect::<Option<_>>()?;
            let notes: Result<Vec<_>, NoteError> =
                [known, shown].into_iter().map(SignedNote::parse).collect();
            let whole = proof.is_empty() || text.ends_with('\n');
            (notes.is_ok() && whole && proof.len() <= PROOF_HASHES_MAX).then(|| Self {
                known: known.to_owned(),
                shown: shown.to_owned(),
                proof,
            })
        };
        parts().ok_or(ForkError::Form)
    }

    /// What the file proves about the log of this key, to somebody who trusts nobody else.
    ///
    /// `answer` is a proof that the log gave later, in its defence.
    pub fn verdict(
        &self,
        key: &VerifierKey,
        answer: Option<&[Hash]>,
    ) -> Result<Verdict, ForkError> {
        let read =
            |note: &str| Checkpoint::verify(note, key.name(), key).map_err(ForkError::Checkpoint);
        let (known, shown) = (read(&self.known)?, read(&self.shown)?);
        if known.size == shown.size {
            return Ok(if known.root == shown.root {
                Verdict::Agrees
            } else {
                Verdict::Convicts { size: known.size, known: known.root, shown: shown.root }
            });
        }
        // An older head that is shown later is owed a proof the other way round.
        let (old, new) = if known.size < shown.size { (known, shown) } else { (shown, known) };
        let joins =
            |proof: &[Hash]| verify_consistency(old.size, old.root, new.size, new.root, proof);
        let held = joins(&self.proof).or_else(|why| answer.map_or(Err(why), joins));
        Ok(match held {
            Ok(()) => Verdict::Agrees,
            Err(why) => Verdict::Owes { old: old.size, new: new.size, why },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::{NoteSigner, Origin, Tree, leaf_hash};

    fn tree(leaves: &[u8]) -> Tree {
        leaves.iter().map(|leaf| leaf_hash(&[*leaf])).collect()
    }

    fn signer() -> NoteSigner {
        NoteSigner::from_seed(Origin::new("log.example").unwrap(), &[5; 32])
    }

    fn note(tree: &Tree) -> String {
        let origin = Origin::new("log.example").unwrap();
        Checkpoint { origin, size: tree.len(), root: tree.root() }.sign(&signer())
    }

    fn fork(known: &Tree, shown: &Tree) -> Fork {
        let proof = shown.consistency_proof(known.len(), shown.len()).unwrap_or_default();
        Fork { known: note(known), shown: note(shown), proof }
    }

    fn verdict(fork: &Fork) -> Verdict {
        fork.verdict(signer().verifier_key(), None).unwrap()
    }

    #[test]
    fn a_file_is_read_back_to_the_byte() {
        for fork in [fork(&tree(&[1, 2]), &tree(&[1, 3, 4])), fork(&tree(&[1]), &tree(&[2]))] {
            assert_eq!(Fork::parse(&fork.to_text()), Ok(fork.clone()));
            assert_eq!(
                Fork::parse(&fork.to_text().replace("fork/v1", "fork/v2")),
                Err(ForkError::Form)
            );
            assert_eq!(Fork::parse(fork.to_text().trim_end()).ok(), None);
        }
    }

    #[test]
    fn two_roots_at_one_size_convict_and_two_sizes_are_owed_a_proof() {
        let convicts = verdict(&fork(&tree(&[1, 2, 3]), &tree(&[1, 9, 3])));
        assert!(matches!(convicts, Verdict::Convicts { size: 3, .. }));
        let owes = verdict(&fork(&tree(&[1, 2, 3]), &tree(&[1, 9, 3, 4])));
        assert!(matches!(owes, Verdict::Owes { old: 3, new: 4, .. }));
    }

    #[test]
    fn honest_heads_never_convict_whatever_proof_stands_beside_them() {
        let (old, new) = (tree(&[1, 2, 3]), tree(&[1, 2, 3, 4, 5]));
        assert_eq!(verdict(&fork(&old, &new)), Verdict::Agrees);
        assert_eq!(verdict(&fork(&old, &old)), Verdict::Agrees);
        let slander = Fork { proof: vec![old.root()], ..fork(&old, &new) };
        assert!(matches!(verdict(&slander), Verdict::Owes { .. }));
        // The log clears itself, also where the older head was shown later.
        let answer = new.consistency_proof(3, 5).unwrap();
        for fork in [slander, fork(&new, &old)] {
            let verdict = fork.verdict(signer().verifier_key(), Some(&answer));
            assert_eq!(verdict, Ok(Verdict::Agrees));
        }
    }

    #[test]
    fn heads_of_another_log_prove_nothing() {
        let stranger = NoteSigner::from_seed(Origin::new("log.example").unwrap(), &[6; 32]);
        let refused = fork(&tree(&[1]), &tree(&[2])).verdict(stranger.verifier_key(), None);
        assert!(matches!(refused, Err(ForkError::Checkpoint(_))));
    }
}
