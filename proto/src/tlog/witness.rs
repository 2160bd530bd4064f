//! What a witness is asked and what it must answer: C2SP `tlog-witness@v1.0.0`. Pure.
//!
//! ```text
//! old 20852014                      size of the last checkpoint this witness cosigned
//! <base64>                          consistency proof, up to 63 hashes
//!                                   an empty line
//! <signed checkpoint>
//! ```
//!
//! The text travels over HTTP or on a stick; the rules are the same. They only judge. Checking and
//! storing must be one step, or two requests at once get two histories cosigned; that is the duty
//! of whoever calls [`judge`].

use std::fmt::Write as _;

use super::{
    checkpoint::{Checkpoint, CheckpointError, Origin, parse_decimal},
    hash::{Hash, empty_root},
    note::{NOTE_BYTES_MAX, NoteError, SignedNote},
    note_key::VerifierKey,
    proof::{ProofError, verify_consistency},
    receipt::PROOF_HASHES_MAX,
};

/// Longest request, in bytes: the longest note, and 63 lines of 45 bytes after the first.
pub const ADD_CHECKPOINT_BYTES_MAX: usize = NOTE_BYTES_MAX + 4 * 1024;

/// A request to cosign a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that this witness cosigned last, 0 if it never did.
    pub old_size: u64,
    /// Consistency proof from there.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, to the byte.
    pub note: String,
}

/// What a witness remembers of a log: the last tree it cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// Its size, in leaves.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Last {
    /// Of a log that was never cosigned.
    pub fn none() -> Self {
        Self { size: 0, root: empty_root() }
    }
}

/// Why a witness does not cosign, one variant per answer of the specification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// 400: the request is not one.
    #[error("the request is not an old size, hashes, an empty line and a checkpoint")]
    Malformed,
    /// 400: the old size is beyond the checkpoint.
    #[error("the old size {old} is larger than the checkpoint's {size}")]
    OldBeyond {
        /// The old size asked with, in leaves.
        old: u64,
        /// The checkpoint's, in leaves.
        size: u64,
    },
    /// 403: no key that is trusted for this log signed the checkpoint, or its signature is false.
    #[error("no key that is trusted for this log signed the checkpoint")]
    NotSigned(#[source] CheckpointError),
    /// 404: nobody told this witness about the log.
    #[error("this witness does not know the log {0}")]
    UnknownLog(String),
    /// 409: the witness is at another size; ask again from there.
    #[error("this witness cosigned size {known} last; ask again from there")]
    Stale {
        /// The size it cosigned last, in leaves.
        known: u64,
    },
    /// 422: the checkpoint does not continue the last one. Together they convict the log, if a
    /// right proof cannot be had.
    #[error("the checkpoint does not continue the last one")]
    NotConsistent(#[source] ProofError),
}

impl AddCheckpoint {
    /// The request as a text.
    pub fn to_text(&self) -> String {
        let mut text = format!("old {}\n", self.old_size);
        for hash in &self.proof {
            writeln!(text, "{}", hash.to_base64()).expect("a string takes everything");
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// Reads what [`to_text`](Self::to_text) writes.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > ADD_CHECKPOINT_BYTES_MAX {
            return Err(Refusal::Malformed);
        }
        let (head, note) = text.split_once("\n\n").ok_or(Refusal::Malformed)?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| line.strip_prefix("old "));
        let old_size = old_size.and_then(parse_decimal).ok_or(Refusal::Malformed)?;
        let proof: Vec<Hash> = lines
            .map(|line| Hash::from_base64(line).map_err(|_| Refusal::Malformed))
            .collect::<Result<_, _>>()?;
        if proof.len() > PROOF_HASHES_MAX || SignedNote::parse(note).is_err() {
            return Err(Refusal::Malformed);
        }
        Ok(Self { old_size, proof, note: note.to_owned() })
    }

    /// The log that the checkpoint claims to be of.
    pub fn claimed_origin(&self) -> &str {
        self.note.split('\n').next().unwrap_or_default()
    }
}

/// Judges a request about the log `origin`, whose key is `key`, by a witness that cosigned `last`.
/// The checkpoint that comes back may be cosigned once it is stored in the place of `last`.
pub fn judge(
    request: &AddCheckpoint,
    origin: &Origin,
    key: &VerifierKey,
    last: Last,
) -> Result<Checkpoint, Refusal> {
    let new = match Checkpoint::verify(&request.note, origin, key) {
        Ok(checkpoint) => checkpoint,
        Err(CheckpointError::Origin(other)) => return Err(Refusal::UnknownLog(other.to_string())),
        Err(error @ CheckpointError::Note(NoteError::NoKnownSignature | NoteError::Forged(_))) => {
            return Err(Refusal::NotSigned(error));
        }
        Err(_) => return Err(Refusal::Malformed),
    };
    if request.old_size > new.size {
        return Err(Refusal::OldBeyond { old: request.old_size, size: new.size });
    }
    if request.old_size != last.size {
        return Err(Refusal::Stale { known: last.size });
    }
    verify_consistency(last.size, last.root, new.size, new.root, &request.proof)
        .map_err(Refusal::NotConsistent)?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::{NoteSigner, Tree, leaf_hash};

    fn tree(size: u64) -> Tree {
        (0..size).map(|index| leaf_hash(&index.to_be_bytes())).collect()
    }

    fn signer() -> NoteSigner {
        NoteSigner::from_seed(Origin::new("log.example").unwrap(), &[5; 32])
    }

    fn checkpoint(tree: &Tree) -> Checkpoint {
        let origin = Origin::new("log.example").unwrap();
        Checkpoint { origin, size: tree.len(), root: tree.root() }
    }

    fn request(tree: &Tree, old_size: u64) -> AddCheckpoint {
        let proof = tree.consistency_proof(old_size, tree.len()).unwrap();
        AddCheckpoint { old_size, proof, note: checkpoint(tree).sign(&signer()) }
    }

    fn ask(request: &AddCheckpoint, last: Last) -> Result<u64, Refusal> {
        let key = signer().verifier_key().clone();
        judge(request, key.name(), &key, last).map(|checkpoint| checkpoint.size)
    }

    fn last(tree: &Tree) -> Last {
        Last { size: tree.len(), root: tree.root() }
    }

    #[test]
    fn a_request_is_read_back_to_the_byte() {
        let request = request(&tree(9), 4);
        assert_eq!(AddCheckpoint::parse(&request.to_text()), Ok(request.clone()));
        assert_eq!(request.claimed_origin(), "log.example");
        for text in ["", "old 1\n", "old 01\n\n", "ol 1\n\nx", "old -1\n\n"] {
            assert_eq!(AddCheckpoint::parse(text), Err(Refusal::Malformed), "{text:?}");
        }
        let line = format!("{}\n", Hash::from_bytes([0; 32]).to_base64());
        let long = request.to_text().replacen('\n', &format!("\n{}", line.repeat(64)), 1);
        assert_eq!(AddCheckpoint::parse(&long), Err(Refusal::Malformed));
    }

    #[test]
    fn a_log_that_grows_is_cosigned_step_by_step() {
        assert_eq!(ask(&request(&tree(4), 0), Last::none()), Ok(4));
        assert_eq!(ask(&request(&tree(9), 4), last(&tree(4))), Ok(9));
        assert_eq!(ask(&request(&tree(9), 9), last(&tree(9))), Ok(9), "the time moves on");
    }

    #[test]
    fn every_refusal_of_the_specification_has_its_case() {
        let known = last(&tree(4));
        assert_eq!(ask(&request(&tree(9), 0), known), Err(Refusal::Stale { known: 4 }));
        assert_eq!(ask(&request(&tree(3), 0), known), Err(Refusal::Stale { known: 4 }));
        let beyond = AddCheckpoint { old_size: 10, ..request(&tree(9), 4) };
        assert_eq!(ask(&beyond, known), Err(Refusal::OldBeyond { old: 10, size: 9 }));

        let mut other = tree(3);
        other.extend((0..6_u8).map(|n| leaf_hash(&[n])));
        let inconsistent = |request: AddCheckpoint, last| {
            matches!(ask(&request, last), Err(Refusal::NotConsistent(_)))
        };
        assert!(inconsistent(request(&other, 4), known));
        assert!(inconsistent(request(&other, 9), last(&tree(9))), "two roots at one size");
        let padded = AddCheckpoint { proof: vec![tree(1).root()], ..request(&tree(4), 0) };
        assert!(inconsistent(padded, Last::none()), "a proof from nothing is empty");

        let stranger = NoteSigner::from_seed(Origin::new("log.example").unwrap(), &[6; 32]);
        let forged =
            AddCheckpoint { note: checkpoint(&tree(9)).sign(&stranger), ..request(&tree(9), 4) };
        assert!(matches!(ask(&forged, known), Err(Refusal::NotSigned(_))));
        let key = signer().verifier_key().clone();
        let elsewhere = Origin::new("other.example").unwrap();
        let refused = judge(&request(&tree(9), 4), &elsewhere, &key, known);
        assert!(matches!(refused, Err(Refusal::UnknownLog(_))));
    }
}
