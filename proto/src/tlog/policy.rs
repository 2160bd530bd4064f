//! Whom a receipt must satisfy: the log's key, the witnesses' keys, and how many of them.
//!
//! Its text form is C2SP `tlog-policy` (not yet tagged; as of 2026-06), so one file configures
//! phones, auditors and other people's tools.

use std::fmt::Write as _;

use super::{
    checkpoint::{Checkpoint, CheckpointError},
    cosignature::{Cosigned, CosignerKey, cosignatures},
    entry::LogEntry,
    note::{NOTE_SIGNATURES_MAX, SignedNote},
    note_key::VerifierKey,
    proof::verify_inclusion,
    receipt::{Receipt, ReceiptError},
};

/// Most witnesses of a policy: with the log's own, their lines must fit on a note.
pub const WITNESSES_MAX: usize = NOTE_SIGNATURES_MAX - 1;

/// Why keys do not make a policy. The fault of whoever wrote the set-up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// More must cosign than there are.
    #[error("{quorum} witnesses must cosign, but the policy names {known}")]
    Quorum {
        /// How many must cosign.
        quorum: usize,
        /// How many there are.
        known: usize,
    },
    /// Two witnesses share a name or a key; one cosignature would count twice.
    #[error("the witness {0} shares its name or its key with another; each needs its own")]
    Shared(String),
    /// More than [`WITNESSES_MAX`] witnesses.
    #[error("a policy has at most 31 witnesses")]
    TooMany,
}

/// The log's key, the witnesses and how many of them must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    log: VerifierKey,
    witnesses: Vec<CosignerKey>,
    quorum: usize,
}

/// A checkpoint whose log signature holds, and who cosigned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The policy's witnesses on it, each once.
    pub cosigned: Vec<Cosigned>,
    /// How many the policy demands.
    pub quorum: usize,
}

impl Witnessed {
    /// Whether as many cosigned as the policy demands.
    pub fn is_enough(&self) -> bool {
        self.cosigned.len() >= self.quorum
    }
}

impl Policy {
    /// A policy; every witness has a name and a key of its own.
    pub fn new(
        log: VerifierKey,
        witnesses: Vec<CosignerKey>,
        quorum: usize,
    ) -> Result<Self, PolicyError> {
        if quorum > witnesses.len() {
            return Err(PolicyError::Quorum { quorum, known: witnesses.len() });
        }
        if witnesses.len() > WITNESSES_MAX {
            return Err(PolicyError::TooMany);
        }
        for (at, one) in witnesses.iter().enumerate() {
            let shares = |other: &CosignerKey| {
                other.name() == one.name() || other.public_key() == one.public_key()
            };
            if witnesses[..at].iter().any(shares) || one.public_key() == log.public_key() {
                return Err(PolicyError::Shared(one.name().to_string()));
            }
        }
        Ok(Self { log, witnesses, quorum })
    }

    /// A policy that asks the log alone.
    pub const fn of_log(log: VerifierKey) -> Self {
        Self { log, witnesses: Vec::new(), quorum: 0 }
    }

    /// The log's key; its name is the log's.
    pub const fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[CosignerKey] {
        &self.witnesses
    }

    /// How many of them must have cosigned.
    pub const fn quorum(&self) -> usize {
        self.quorum
    }

    /// Reads a checkpoint: the log's signature must hold; who else signed is told, not demanded.
    pub fn read(&self, note: &str) -> Result<Witnessed, CheckpointError> {
        let checkpoint = Checkpoint::verify(note, self.log.name(), &self.log)?;
        let cosigned = cosignatures(&SignedNote::parse(note)?, &self.witnesses)?;
        Ok(Witnessed { checkpoint, cosigned, quorum: self.quorum })
    }

    /// The policy as a `tlog-policy` file.
    pub fn to_text(&self) -> String {
        let mut text = format!("log {}\n", self.log);
        let mut names = String::new();
        for (number, key) in self.witnesses.iter().enumerate() {
            let number = number + 1;
            writeln!(text, "witness w{number} {key}").expect("a string takes everything");
            write!(names, " w{number}").expect("a string takes everything");
        }
        if self.quorum == 0 {
            text.push_str("quorum none\n");
        } else {
            let quorum = self.quorum;
            writeln!(text, "group witnesses {quorum}{names}\nquorum witnesses")
                .expect("a string takes everything");
        }
        text
    }
}

impl Receipt {
    /// Checks that the log committed to `entry`, and tells which witnesses of `policy` cosigned the
    /// checkpoint that proves it.
    ///
    /// A receipt without enough cosignatures still holds the log to its word; whether it shows the
    /// same log as everybody else's, [`Witnessed::is_enough`] tells. A line in the name of a witness
    /// that it did not make spoils the receipt.
    pub fn verify_by(&self, entry: &LogEntry, policy: &Policy) -> Result<Witnessed, ReceiptError> {
        let witnessed = policy.read(&self.checkpoint_note).map_err(ReceiptError::Checkpoint)?;
        let Checkpoint { size, root, .. } = witnessed.checkpoint;
        verify_inclusion(entry.leaf_hash(), self.index, size, &self.proof, root)
            .map_err(ReceiptError::NotIncluded)?;
        Ok(witnessed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::{Cosigner, KeyName, NoteError, NoteSigner, Tree};

    fn log() -> NoteSigner {
        NoteSigner::from_seed(KeyName::new("log.example").unwrap(), &[1; 32])
    }

    fn witness(n: u8) -> Cosigner {
        Cosigner::from_seed(KeyName::new(&format!("w{n}.example")).unwrap(), &[n; 32])
    }

    fn policy(quorum: usize) -> Policy {
        let keys = [2, 3, 4].map(|n| witness(n).key().clone());
        Policy::new(log().verifier_key().clone(), keys.to_vec(), quorum).unwrap()
    }

    fn receipt(cosigned: &[u8]) -> (LogEntry, Receipt) {
        let entry = |n: u8| LogEntry::Record([n; 32]);
        let tree: Tree = (0..6).map(|n| entry(n).leaf_hash()).collect();
        let origin = KeyName::new("log.example").unwrap();
        let checkpoint = Checkpoint { origin, size: 6, root: tree.root() };
        let lines = cosigned.iter().map(|n| witness(*n).cosign(&checkpoint.to_text(), 100));
        let note = SignedNote::parse(&checkpoint.sign(&log())).unwrap().with(lines).unwrap();
        let proof = tree.inclusion_proof(2, 6).unwrap();
        (entry(2), Receipt { index: 2, proof, checkpoint_note: note.to_string() })
    }

    #[test]
    fn the_policy_counts_its_own_witnesses_only() {
        for (cosigned, counted) in [(&[][..], 0), (&[2][..], 1), (&[2, 3], 2), (&[2, 9, 8], 1)] {
            let (entry, receipt) = receipt(cosigned);
            let witnessed = receipt.verify_by(&entry, &policy(2)).unwrap();
            assert_eq!(witnessed.cosigned.len(), counted);
            assert_eq!(witnessed.is_enough(), counted >= 2);
        }
    }

    #[test]
    fn a_cosignature_of_another_checkpoint_spoils_the_receipt() {
        let (entry, mut receipt) = receipt(&[2]);
        let line = witness(3).cosign("log.example\n5\n", 100);
        receipt.checkpoint_note.push_str(&format!("{line}\n"));
        assert!(matches!(
            receipt.verify_by(&entry, &policy(1)),
            Err(ReceiptError::Checkpoint(CheckpointError::Note(NoteError::Forged(_))))
        ));
    }

    #[test]
    fn one_key_never_counts_twice() {
        let key = log().verifier_key().clone();
        let twice = CosignerKey::new(
            KeyName::new("other.example").unwrap(),
            *witness(2).key().public_key(),
        );
        let refused = Policy::new(key.clone(), vec![witness(2).key().clone(), twice], 1);
        assert!(matches!(refused, Err(PolicyError::Shared(_))));
        let own = CosignerKey::new(KeyName::new("w.example").unwrap(), *key.public_key());
        assert!(matches!(Policy::new(key.clone(), vec![own], 1), Err(PolicyError::Shared(_))));
        assert!(matches!(Policy::new(key, Vec::new(), 1), Err(PolicyError::Quorum { .. })));
    }

    #[test]
    fn a_policy_is_written_as_other_tools_read_it() {
        let text = policy(2).to_text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("log log.example+"));
        assert!(lines[1].starts_with("witness w1 w2.example+"));
        assert_eq!(lines[4..], ["group witnesses 2 w1 w2 w3", "quorum witnesses"]);
        assert!(Policy::of_log(log().verifier_key().clone()).to_text().ends_with("quorum none\n"));
    }
}
