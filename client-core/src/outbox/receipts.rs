//! Receipts that were checked, and decisions.

use hattama_proto::{
    id::{Kid, PhotoHash, RecordId},
    jws::Envelope,
    key::PublicKey,
    statement::{Decision, Statement},
    tlog::LogEntry,
};
use rusqlite::OptionalExtension as _;

use super::{Outbox, read};
use crate::error::NotebookError;

/// Most records and photos that one sync asks about: one full request of each key.
const UNCOSIGNED_MAX: u32 = 512;

impl Outbox {
    /// The receipt of a record.
    pub(crate) fn record_receipt(&self, id: RecordId) -> Result<Option<String>, NotebookError> {
        self.receipt("record", &id.to_hex())
    }

    /// The receipt of a photo.
    pub(crate) fn photo_receipt(&self, hash: PhotoHash) -> Result<Option<String>, NotebookError> {
        self.receipt("photo", &hash.to_hex())
    }

    /// The cosigned receipt where there is one, else the first.
    fn receipt(&self, kind: &str, subject: &str) -> Result<Option<String>, NotebookError> {
        Ok(self
            .db
            .prepare_cached(
                "select coalesce(cosigned_receipt.text, receipt.text)
                 from receipt left join cosigned_receipt using (kind, subject)
                 where kind = ?1 and subject = ?2",
            )?
            .query_row([kind, subject], |row| row.get(0))
            .optional()?)
    }

    /// Records and photos whose receipt witnesses have not cosigned yet, records first and the oldest
    /// first, each with a key that speaks of it.
    pub(crate) fn uncosigned(&self) -> Result<Vec<(Kid, LogEntry)>, NotebookError> {
        let rows = self
            .db
            .prepare_cached(
                "select record.kid, owed.kind, owed.subject
                 from (select kind, subject from receipt
                       except select kind, subject from cosigned_receipt
                       union select kind, subject from arrived where cosigned = 0) owed
                 join record on record.id = case owed.kind
                     when 'record' then owed.subject
                     else (select min(record) from record_photo where hash = owed.subject) end
                 order by owed.kind desc, record.seq limit ?1",
            )?
            .query_map([UNCOSIGNED_MAX], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<Vec<(String, String, String)>, _>>()?;
        rows.iter()
            .map(|(kid, kind, subject)| {
                let hash = read::<RecordId>("subject of a receipt", subject)?;
                let entry = match kind.as_str() {
                    "photo" => LogEntry::Photo(*hash.as_bytes()),
                    _ => LogEntry::Record(*hash.as_bytes()),
                };
                Ok((read("kid", kid)?, entry))
            })
            .collect()
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
