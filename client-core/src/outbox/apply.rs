//! Applying what an answer changes, all of it or nothing.

use hattama_proto::{
    id::{PhotoHash, to_hex},
    time::UnixMillis,
    tlog::LogEntry,
};
use rusqlite::Transaction;

use super::{Outbox, arrived, epochs, journal, messages, settings};
use crate::{
    KeepReceipts,
    error::NotebookError,
    steps::crash_point,
    sync::{Change, There},
};

impl Outbox {
    /// Applies `changes` in one transaction. Durable once it returns.
    pub(crate) fn apply(
        &mut self,
        changes: &[Change],
        now: UnixMillis,
    ) -> Result<(), NotebookError> {
        if changes.is_empty() {
            return Ok(());
        }
        let tx = self.db.transaction()?;
        for change in changes {
            apply(&tx, change, self.keep, now)?;
        }
        crash_point("answer-before-commit");
        tx.commit()?;
        crash_point("answer-committed");
        Ok(())
    }
}

/// A record or photo that is done stays so, whatever arrives late: every statement names the
/// states it may leave.
fn apply(
    tx: &Transaction<'_>,
    change: &Change,
    keep: KeepReceipts,
    now: UnixMillis,
) -> Result<(), NotebookError> {
    match change {
        Change::RecordDone { id, held, reason, receipt } => {
            put_receipt(tx, keep, ("record", &id.to_hex()), receipt)?;
            let state = if *held { "held" } else { "acked" };
            tx.prepare_cached(
                "update outbox set state = ?2, reason = ?3, owed = 0, deadline = null
                 where record = ?1",
            )?
            .execute((id.to_hex(), state, reason))?;
        }
        Change::Cosigned { entry, receipt } => {
            let kind = if matches!(entry, LogEntry::Photo(_)) { "photo" } else { "record" };
            arrived::note_cosigned(tx, kind, &to_hex(entry.subject()))?;
            tx.prepare_cached(
                "insert into cosigned_receipt (kind, subject, text)
                 select kind, subject, ?3 from receipt where kind = ?1 and subject = ?2
                 on conflict do nothing",
            )?
            .execute((kind, to_hex(entry.subject()), receipt))?;
        }
        Change::RecordRejected { id, reason } => {
            tx.prepare_cached(
                "update outbox set state = 'rejected', reason = ?2, deadline = null
                 where record = ?1 and state in ('queued', 'suspect')",
            )?
            .execute((id.to_hex(), reason))?;
        }
        Change::RecordWaits { id, reason, deadline } => {
            tx.prepare_cached(
                "update outbox set attempts = attempts + 1, reason = ?2, owed = 0, deadline = ?3
                 where record = ?1 and state in ('queued', 'suspect')",
            )?
            .execute((id.to_hex(), reason, deadline.to_text()))?;
        }
        Change::RecordOwed { id, reason, deadline } => {
            let deadline = deadline.as_ref().map(crate::sync::Deadline::to_text);
            tx.prepare_cached(
                "update outbox set attempts = attempts + 1, reason = ?2, owed = 1, deadline = ?3
                 where record = ?1 and state in ('queued', 'suspect')",
            )?
            .execute((id.to_hex(), reason, deadline))?;
        }
        Change::RecordNotThere { id } => {
            tx.prepare_cached(
                "update outbox set owed = 0 where record = ?1 and state in ('queued', 'suspect')",
            )?
            .execute([id.to_hex()])?;
        }
        Change::RecordSuspect { id, deadline } => {
            tx.prepare_cached(
                "update outbox set state = 'suspect', reason = 'unreadable-there',
                     attempts = attempts + 1, deadline = ?2
                 where record = ?1 and state in ('queued', 'suspect')",
            )?
            .execute((id.to_hex(), deadline.to_text()))?;
        }
        Change::Paused { class, attempts, deadline } => {
            tx.prepare_cached(
                "insert into backoff (class, attempts, deadline) values (?1, ?2, ?3)
                 on conflict (class) do update
                     set attempts = excluded.attempts, deadline = excluded.deadline",
            )?
            .execute((class.name(), attempts, deadline.to_text()))?;
        }
        Change::Works { class } => {
            tx.prepare_cached("delete from backoff where class = ?1")?.execute([class.name()])?;
        }
        Change::Fact { name, value } => settings::set(tx, name, value.as_deref())?,
        Change::Forked { known, shown, proof, why } => {
            tx.prepare_cached(
                "insert into fork_proof (found_at_ms, known_note, shown_note, proof, why)
                 values (?1, ?2, ?3, ?4, ?5) on conflict do nothing",
            )?
            .execute((now.0, known, shown, proof, why))?;
        }
        Change::Epoch { id, epoch, statement } => epochs::begin(tx, (id, statement), epoch, now)?,
        Change::Decided { record, issued_at, signer, statement } => {
            // Only about own records: the key into `record` says which those are.
            tx.prepare_cached(
                "insert into decision (record, issued_at, signer, statement)
                 select id, ?2, ?3, ?4 from record where id = ?1
                 on conflict (record) do update
                     set issued_at = excluded.issued_at, signer = excluded.signer,
                         statement = excluded.statement
                     where excluded.issued_at >= issued_at",
            )?
            .execute((record.to_hex(), issued_at, signer.to_string(), statement))?;
        }
        Change::Message { id, signer, statement } => {
            messages::keep(tx, *id, signer, statement, now)?;
        }
        Change::TokenGone { role } => {
            tx.prepare_cached("update enrolment set token = null where role = ?1")?
                .execute([role.name()])?;
        }
        Change::Note { code, detail } => journal::write(tx, now, code, detail)?,
        Change::PhotoCells { hash, .. }
        | Change::PhotoThere { hash, .. }
        | Change::PhotoWaits { hash, .. }
        | Change::PhotoReset { hash }
        | Change::PhotoDone { hash, .. }
        | Change::PhotoLost { hash }
        | Change::PhotoWanted { hash } => apply_photo(tx, *hash, change, keep)?,
    }
    Ok(())
}

fn apply_photo(
    tx: &Transaction<'_>,
    hash: PhotoHash,
    change: &Change,
    keep: KeepReceipts,
) -> Result<(), NotebookError> {
    let hash = hash.to_hex();
    match change {
        Change::PhotoCells { have, .. } => {
            tx.prepare_cached(
                "update photo_out set have = ?2, there = ?3, reason = null, deadline = null
                 where hash = ?1 and state = 'queued'",
            )?
            .execute((&hash, have.as_bytes(), There::Partial.name()))?;
        }
        Change::PhotoThere { there, .. } => {
            tx.prepare_cached(
                "update photo_out set there = ?2 where hash = ?1 and state = 'queued'",
            )?
            .execute((&hash, there.name()))?;
        }
        Change::PhotoWaits { reason, deadline, .. } => {
            tx.prepare_cached(
                "update photo_out set attempts = attempts + 1, reason = ?2, deadline = ?3
                 where hash = ?1 and state = 'queued'",
            )?
            .execute((&hash, reason, deadline.to_text()))?;
        }
        Change::PhotoReset { .. } => {
            tx.prepare_cached(
                "update photo_out set have = x'', there = 'unknown'
                 where hash = ?1 and state = 'queued'",
            )?
            .execute([&hash])?;
        }
        Change::PhotoDone { receipt, .. } => {
            put_receipt(tx, keep, ("photo", &hash), receipt)?;
            tx.prepare_cached(
                "update photo_out set state = 'verified', reason = null, deadline = null
                 where hash = ?1",
            )?
            .execute([&hash])?;
        }
        Change::PhotoLost { .. } => {
            tx.prepare_cached(
                "update photo_out set state = 'lost' where hash = ?1 and state = 'queued'",
            )?
            .execute([&hash])?;
        }
        Change::PhotoWanted { .. } => {
            tx.prepare_cached(
                "update photo_out set wanted = 1, deadline = null
                 where hash = ?1 and state = 'queued'",
            )?
            .execute([&hash])?;
        }
        _ => unreachable!("only changes of photos come here"),
    }
    Ok(())
}

/// The first receipt stays: it proves the earliest time.
fn put_receipt(
    tx: &Transaction<'_>,
    keep: KeepReceipts,
    (kind, subject): (&str, &str),
    text: &str,
) -> Result<(), NotebookError> {
    if keep == KeepReceipts::No {
        return arrived::note(tx, kind, subject, text);
    }
    tx.prepare_cached(
        "insert into receipt (kind, subject, text) values (?1, ?2, ?3) on conflict do nothing",
    )?
    .execute((kind, subject, text))?;
    Ok(())
}
