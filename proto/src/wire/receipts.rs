//! Receipts as they travel: each with its own proof, all sharing one checkpoint.

use serde::{Deserialize, Serialize};

use crate::tlog::{Hash, Receipt};

/// What differs from receipt to receipt in one answer. With the answer's checkpoint it becomes a
/// [`Receipt`], which the phone checks and keeps as a `tlog-proof` file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPart {
    /// Position in the log.
    pub index: u64,
    /// Inclusion proof, leaf's sibling first, standard base64.
    pub proof: Vec<String>,
}

impl ReceiptPart {
    /// Splits off what is particular to one receipt.
    pub fn new(index: u64, proof: &[Hash]) -> Self {
        Self { index, proof: proof.iter().map(Hash::to_base64).collect() }
    }

    /// Puts the receipt together again; `None` if a hash is not one.
    pub fn with_checkpoint(&self, checkpoint: &str) -> Option<Receipt> {
        let proof =
            self.proof.iter().map(|hash| Hash::from_base64(hash).ok()).collect::<Option<_>>()?;
        Some(Receipt { index: self.index, proof, checkpoint_note: checkpoint.to_owned() })
    }
}

/// What a receipt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// A record.
    Record,
    /// A verified photo.
    Photo,
}

/// One receipt with its subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectReceipt {
    /// What it is for.
    pub kind: ReceiptKind,
    /// The record's id or the photo's hash, in hex.
    pub subject: String,
    /// The receipt.
    pub receipt: ReceiptPart,
}

/// Answer to `GET /v1/receipts?kid=&after=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptsReply {
    /// Receipts in log order.
    pub receipts: Vec<SubjectReceipt>,
    /// The signed checkpoint they share; none if the log is empty.
    pub checkpoint: Option<String>,
    /// Pass this as `after` for the next page; none when that was all.
    pub next: Option<u64>,
}
