//! Receipts: one text that proves, offline and to anybody, that the log holds an entry.
//!
//! The form is C2SP `tlog-proof@v1`:
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! index 417
//! <base64>                     the sibling hashes, from the leaf's own up to below the root
//!                              an empty line
//! <signed checkpoint>          verbatim, witnesses' lines included
//! ```
//!
//! The specification allows an `extra` line before the index. It is not covered by any proof or
//! signature, so it could be used to tell two people different things under one valid receipt; our
//! receipts never have one, and one that does is refused.

use std::fmt::Write as _;

use super::{
    checkpoint::{Checkpoint, CheckpointError, Origin, parse_decimal},
    entry::LogEntry,
    hash::Hash,
    note::{NOTE_BYTES_MAX, NoteError, SignedNote},
    note_key::VerifierKey,
    proof::{ProofError, verify_inclusion},
};

/// Most sibling hashes: one per doubling of the largest log.
pub const PROOF_HASHES_MAX: usize = 63;

/// Longest receipt, in bytes: the longest note, and 63 lines of 45 bytes after the two first.
pub const RECEIPT_BYTES_MAX: usize = NOTE_BYTES_MAX + 4 * 1024;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1\n";

/// A receipt, not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where in the log the entry stands, from zero.
    pub index: u64,
    /// The sibling hashes from the leaf's own up to below the root.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, to the byte.
    pub checkpoint_note: String,
}

/// Why a receipt proves nothing. The sender's fault, and final for this text; the entry may still
/// be in the log, and another receipt may prove it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Longer than [`RECEIPT_BYTES_MAX`].
    #[error("the receipt is longer than 260 KiB")]
    TooLong,
    /// The first line is not that of a `tlog-proof@v1`.
    #[error("the text does not begin like a receipt")]
    FirstLine,
    /// It carries an `extra` line, which nothing vouches for.
    #[error("the receipt has an extra line, which nothing vouches for")]
    Extra,
    /// No index line, or not a number as we write it.
    #[error("the receipt has no proper index")]
    Index,
    /// A line before the empty one is not a hash.
    #[error("the receipt has a malformed hash")]
    Hash,
    /// More than [`PROOF_HASHES_MAX`] hashes.
    #[error("the receipt has more than 63 hashes")]
    TooManyHashes,
    /// No empty line, hence no checkpoint.
    #[error("the receipt breaks off before its checkpoint")]
    NoCheckpoint,
    /// What follows the empty line is not a signed note.
    #[error("the receipt's checkpoint is not a signed note")]
    Note(#[source] NoteError),
    /// The checkpoint is not one of this log, signed by this key.
    #[error("the receipt's checkpoint was refused")]
    Checkpoint(#[source] CheckpointError),
    /// The checkpoint is good, but the entry is not in its tree at this index.
    #[error("the receipt does not prove this entry")]
    NotIncluded(#[source] ProofError),
}

impl Receipt {
    /// The receipt as a text file; by custom its name ends in `.tlog-proof`.
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}index {}\n", self.index);
        for hash in &self.proof {
            writeln!(text, "{}", hash.to_base64()).expect("a string takes everything");
        }
        text.push('\n');
        text.push_str(&self.checkpoint_note);
        text
    }

    /// Reads what [`to_text`](Self::to_text) writes, and nothing else. Proves nothing yet.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::TooLong);
        }
        let rest = text.strip_prefix(FIRST_LINE).ok_or(ReceiptError::FirstLine)?;
        if rest.starts_with("extra ") {
            return Err(ReceiptError::Extra);
        }
        let (index, mut rest) = rest
            .strip_prefix("index ")
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(ReceiptError::Index)?;
        let index = parse_decimal(index).ok_or(ReceiptError::Index)?;

        let mut proof = Vec::new();
        let checkpoint_note = loop {
            let (line, after) = rest.split_once('\n').ok_or(ReceiptError::NoCheckpoint)?;
            if line.is_empty() {
                break after;
            }
            if proof.len() == PROOF_HASHES_MAX {
                return Err(ReceiptError::TooManyHashes);
            }
            proof.push(Hash::from_base64(line).map_err(|_| ReceiptError::Hash)?);
            rest = after;
        };
        SignedNote::parse(checkpoint_note).map_err(ReceiptError::Note)?;
        Ok(Self { index, proof, checkpoint_note: checkpoint_note.to_owned() })
    }

    /// Checks that the log `origin`, by its `key`, committed to `entry`.
    ///
    /// The entry is not in the receipt: make it from the bytes you hold, never from what somebody
    /// says their hash is. Returns the checkpoint that commits to it.
    pub fn verify(
        &self,
        entry: &LogEntry,
        origin: &Origin,
        key: &VerifierKey,
    ) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = Checkpoint::verify(&self.checkpoint_note, origin, key)
            .map_err(ReceiptError::Checkpoint)?;
        verify_inclusion(
            entry.leaf_hash(),
            self.index,
            checkpoint.size,
            &self.proof,
            checkpoint.root,
        )
        .map_err(ReceiptError::NotIncluded)?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::{KeyName, NoteSigner, Tree};

    fn signer() -> NoteSigner {
        NoteSigner::from_seed(KeyName::new("log.example").unwrap(), &[6; 32])
    }

    fn entry(number: u8) -> LogEntry {
        LogEntry::Record([number; 32])
    }

    /// The receipt of entry 2 in a log of 5.
    fn receipt() -> Receipt {
        let tree: Tree = (0..5).map(|number| entry(number).leaf_hash()).collect();
        let signer = signer();
        let origin = signer.verifier_key().name().clone();
        Receipt {
            index: 2,
            proof: tree.inclusion_proof(2, 5).unwrap(),
            checkpoint_note: Checkpoint { origin, size: 5, root: tree.root() }.sign(&signer),
        }
    }

    fn verify(receipt: &Receipt, entry: &LogEntry) -> Result<Checkpoint, ReceiptError> {
        let key = signer().verifier_key().clone();
        receipt.verify(entry, key.name(), &key)
    }

    #[test]
    fn a_receipt_survives_paper_and_proves_its_entry_only() {
        let receipt = Receipt::parse(&receipt().to_text()).unwrap();
        assert_eq!(verify(&receipt, &entry(2)).unwrap().size, 5);
        for other in [entry(1), LogEntry::Photo([2; 32])] {
            let refused = verify(&receipt, &other);
            assert_eq!(refused, Err(ReceiptError::NotIncluded(ProofError::NotIncluded)));
        }
    }

    #[test]
    fn a_witness_may_add_its_line_and_the_receipt_still_proves() {
        let mut receipt = receipt();
        receipt.checkpoint_note.push_str("\u{2014} witness.example AAAAAGNvc2lnbmF0dXJl\n");
        let receipt = Receipt::parse(&receipt.to_text()).unwrap();
        assert!(verify(&receipt, &entry(2)).is_ok());
    }

    #[test]
    fn another_key_or_log_proves_nothing() {
        let receipt = receipt();
        let key = signer().verifier_key().clone();
        let stranger = NoteSigner::from_seed(key.name().clone(), &[7; 32]);
        assert!(matches!(
            receipt.verify(&entry(2), key.name(), stranger.verifier_key()),
            Err(ReceiptError::Checkpoint(CheckpointError::Note(NoteError::NoKnownSignature)))
        ));
        let other = Origin::new("other.example").unwrap();
        assert!(matches!(
            receipt.verify(&entry(2), &other, &key),
            Err(ReceiptError::Checkpoint(CheckpointError::Origin(_)))
        ));
    }

    #[test]
    fn a_misshapen_receipt_is_refused_with_its_cause() {
        let good = receipt().to_text();
        let refused = |from: &str, to: &str| {
            let altered = good.replacen(from, to, 1);
            assert_ne!(altered, good, "{from}");
            Receipt::parse(&altered).unwrap_err()
        };
        assert_eq!(refused("@v1", "@v2"), ReceiptError::FirstLine);
        assert_eq!(refused("c2sp", "\nc2sp"), ReceiptError::FirstLine);
        assert_eq!(refused("index", "extra AAAA\nindex"), ReceiptError::Extra);
        for index in ["02", "+2", "", " 2", "2 ", "-2", "18446744073709551616"] {
            assert_eq!(refused("index 2", &format!("index {index}")), ReceiptError::Index);
        }
        assert_eq!(refused("index 2\n", "index 2\n \n"), ReceiptError::Hash);
        assert_eq!(refused("\n", "\r\n"), ReceiptError::FirstLine);
        assert_eq!(refused("\nlog.example", "log.example"), ReceiptError::Hash);
        let line = format!("index 2\n{}\n", Hash::from_bytes([0; 32]).to_base64());
        let sixty_four = format!("index 2\n{}", line[8..].repeat(64));
        assert_eq!(refused("index 2\n", &sixty_four), ReceiptError::TooManyHashes);
        assert_eq!(Receipt::parse(&line).unwrap_err(), ReceiptError::FirstLine);
        assert_eq!(
            Receipt::parse(&format!("{FIRST_LINE}{line}")).unwrap_err(),
            ReceiptError::NoCheckpoint
        );
        assert!(matches!(
            Receipt::parse(&format!("{FIRST_LINE}{line}\n")).unwrap_err(),
            ReceiptError::Note(NoteError::Form)
        ));
        let long = format!("{FIRST_LINE}{}", "x".repeat(RECEIPT_BYTES_MAX));
        assert_eq!(Receipt::parse(&long).unwrap_err(), ReceiptError::TooLong);
    }
}
