//! Messages of headquarters, as they are kept.

use hattama_proto::{
    id::StatementId,
    jws::Envelope,
    key::PublicKey,
    statement::{Message, Statement},
    time::UnixMillis,
};
use rusqlite::Transaction;

use super::{Outbox, unreadable};
use crate::error::NotebookError;

/// A message as it is kept.
pub(crate) struct KeptMessage {
    /// Its statement.
    pub(crate) statement: Statement<Message>,
    /// When it came.
    pub(crate) received_at: UnixMillis,
    /// When it was first opened.
    pub(crate) read_at: Option<UnixMillis>,
}

impl Outbox {
    /// All messages, newest first.
    pub(crate) fn messages(&self) -> Result<Vec<KeptMessage>, NotebookError> {
        let mut kept = self.db.prepare_cached(
            "select signer, statement, received_at_ms, read_at_ms from message order by n desc",
        )?;
        let mut rows = kept.query([])?;
        let mut messages = Vec::new();
        while let Some(row) = rows.next()? {
            let (signer, text) = (row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            messages.push(KeptMessage {
                statement: checked(&signer, &text).ok_or_else(|| unreadable("message"))?,
                received_at: UnixMillis(row.get(2)?),
                read_at: row.get::<_, Option<i64>>(3)?.map(UnixMillis),
            });
        }
        Ok(messages)
    }

    /// Notes that a message was opened, the first time only. Whether there is one.
    pub(crate) fn open_message(
        &self,
        id: StatementId,
        now: UnixMillis,
    ) -> Result<bool, NotebookError> {
        let touched = self
            .db
            .prepare_cached(
                "update message set read_at_ms = coalesce(read_at_ms, ?2) where id = ?1",
            )?
            .execute((id.to_hex(), now.0))?;
        Ok(touched > 0)
    }
}

/// Checks again what was checked when it came: a database can be altered.
fn checked(signer: &str, text: &str) -> Option<Statement<Message>> {
    let key = PublicKey::parse(signer).ok()?;
    let verified = Envelope::parse(text).ok()?.verify(&key).ok()?;
    Statement::read(verified).ok()
}

/// Keeps a message, once.
pub(super) fn keep(
    tx: &Transaction<'_>,
    id: StatementId,
    signer: &PublicKey,
    statement: &str,
    now: UnixMillis,
) -> Result<(), NotebookError> {
    tx.prepare_cached(
        "insert into message (id, signer, statement, received_at_ms) values (?1, ?2, ?3, ?4)
         on conflict do nothing",
    )?
    .execute((id.to_hex(), signer.to_string(), statement, now.0))?;
    Ok(())
}
