//! What answers are checked against: the keys that the signed set-up names. Pure.

use hattama_proto::{
    id::{ElectionId, PhotoHash, RecordId},
    jws::Envelope,
    key::PublicKey,
    statement::{Statement, StatementBody},
    tlog::{LogEntry, Origin, Policy, Receipt, VerifierKey},
    wire::ReceiptPart,
};

use crate::error::NotebookError;

/// Headquarters, as the set-up names it.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    /// The election.
    pub(crate) election: ElectionId,
    /// Signs set-ups.
    pub(crate) root: PublicKey,
    /// Signs statements.
    pub(crate) hq: PublicKey,
    /// The log's name.
    pub(crate) origin: Origin,
    /// Signs checkpoints.
    pub(crate) log: VerifierKey,
    /// Whom a receipt must satisfy to be called cosigned; the log's key is in it once more.
    pub(crate) policy: Policy,
    /// Version of the set-up in use.
    pub(crate) pack_version: u32,
}

impl Trust {
    /// The receipt of a record, if it proves what it should.
    pub(crate) fn record_receipt(
        &self,
        id: RecordId,
        part: &ReceiptPart,
        checkpoint: &str,
    ) -> Result<String, String> {
        self.receipt(&LogEntry::Record(*id.as_bytes()), part, checkpoint)
    }

    /// The receipt of a photo, if it proves what it should.
    pub(crate) fn photo_receipt(
        &self,
        hash: PhotoHash,
        part: &ReceiptPart,
        checkpoint: &str,
    ) -> Result<String, String> {
        self.receipt(&LogEntry::Photo(*hash.as_bytes()), part, checkpoint)
    }

    /// Whether a receipt that is kept still proves that headquarters has a photo; `cosigned` if as many
    /// witnesses as the set-up asks for have to stand by it.
    pub(crate) fn proves_photo(&self, hash: PhotoHash, text: &str, cosigned: bool) -> bool {
        let entry = LogEntry::Photo(*hash.as_bytes());
        let Ok(receipt) = Receipt::parse(text) else { return false };
        match cosigned {
            true => {
                receipt.verify_by(&entry, &self.policy).is_ok_and(|witnessed| witnessed.is_enough())
            }
            false => receipt.verify(&entry, &self.origin, &self.log).is_ok(),
        }
    }

    /// The receipt of a record or photo, if it proves what it should and enough witnesses cosigned
    /// it.
    pub(crate) fn cosigned_receipt(
        &self,
        entry: &LogEntry,
        part: &ReceiptPart,
        checkpoint: &str,
    ) -> Result<Option<String>, String> {
        let receipt: Receipt =
            part.with_checkpoint(checkpoint).ok_or("a hash of the proof is malformed")?;
        let witnessed =
            receipt.verify_by(entry, &self.policy).map_err(|error| error.to_string())?;
        Ok(witnessed.is_enough().then(|| receipt.to_text()))
    }

    fn receipt(
        &self,
        entry: &LogEntry,
        part: &ReceiptPart,
        checkpoint: &str,
    ) -> Result<String, String> {
        let receipt: Receipt =
            part.with_checkpoint(checkpoint).ok_or("a hash of the proof is malformed")?;
        receipt.verify(entry, &self.origin, &self.log).map_err(|error| error.to_string())?;
        Ok(receipt.to_text())
    }

    /// A statement signed by headquarters about this election.
    pub(crate) fn statement<B: StatementBody>(
        &self,
        text: &str,
    ) -> Result<Statement<B>, NotebookError> {
        statement(text, &self.hq, &self.election)
    }
}

/// A statement about `election` signed by `key`.
pub(crate) fn statement<B: StatementBody>(
    text: &str,
    key: &PublicKey,
    election: &ElectionId,
) -> Result<Statement<B>, NotebookError> {
    let verified = Envelope::parse(text)
        .and_then(|envelope| envelope.verify(key))
        .map_err(NotebookError::untrusted)?;
    let statement = Statement::<B>::read(verified).map_err(NotebookError::untrusted)?;
    if statement.claims.election != *election {
        return Err(NotebookError::untrusted("it is about another election"));
    }
    Ok(statement)
}
