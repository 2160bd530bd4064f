//! Receipts that were checked, and decisions.

use hattama_proto::{
    id::{PhotoHash, RecordId},
    jws::Envelope,
    key::PublicKey,
    statement::{Decision, Statement},
};
use rusqlite::OptionalExtension as _;

use super::Outbox;
use crate::error::NotebookError;

impl Outbox {
    /// The receipt of a record.
    pub(crate) fn record_receipt(&self, id: RecordId) -> Result<Option<String>, NotebookError> {
        self.receipt("record", &id.to_hex())
    }

    /// The receipt of a photo.
    pub(crate) fn photo_receipt(&self, hash: PhotoHash) -> Result<Option<String>, NotebookError> {
        self.receipt("photo", &hash.to_hex())
    }

    fn receipt(&self, kind: &str, subject: &str) -> Result<Option<String>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select text from receipt where kind = ?1 and subject = ?2")?
            .query_row([kind, subject], |row| row.get(0))
            .optional()?)
    }

    /// What headquarters decided about a record last. Checked when it came, and checked again here.
    pub(super) fn decision(&self, id: RecordId) -> Result<Option<Decision>, NotebookError> {
        let found: Option<(String, String)> = self
            .db
            .prepare_cached("select statement, signer from decision where record = ?1")?
            .query_row([id.to_hex()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((text, key)) = found else { return Ok(None) };
        let read = || {
            let key = PublicKey::parse(&key).ok()?;
            let verified = Envelope::parse(&text).ok()?.verify(&key).ok()?;
            Statement::<Decision>::read(verified).ok()
        };
        Ok(read().map(|statement| statement.claims.body).filter(|body| body.record == id))
    }
}
