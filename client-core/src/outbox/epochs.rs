//! What headquarters lost when it was restored from a backup goes back into the queue; the receipts
//! for it are kept aside.

use hattama_proto::{statement::Epoch, time::UnixMillis, tlog::Receipt};
use rusqlite::Transaction;

use super::{Outbox, journal};
use crate::error::NotebookError;

/// A receipt for something that headquarters lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostReceipt {
    /// `record` or `photo`.
    pub kind: String,
    /// Its hash, in hex.
    pub subject: String,
    /// The receipt, as it was checked when it came.
    pub receipt: String,
}

impl Outbox {
    /// Receipts that were kept aside, oldest epoch first.
    pub(crate) fn lost_receipts(&self) -> Result<Vec<LostReceipt>, NotebookError> {
        let rows = self
            .db
            .prepare_cached(
                "select kind, subject, coalesce(cosigned, text) from lost_receipt
                 join epoch on epoch.id = lost_receipt.epoch order by epoch.n, kind, subject",
            )?
            .query_map([], |row| {
                Ok(LostReceipt { kind: row.get(0)?, subject: row.get(1)?, receipt: row.get(2)? })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The signed statements of all epochs that were heard of, oldest first.
    pub(crate) fn epochs(&self) -> Result<Vec<String>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select statement from epoch order by n")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?)
    }
}

/// Takes an epoch that was heard of: once, because what is sent again gets receipts at the very
/// places that were lost.
pub(super) fn begin(
    tx: &Transaction<'_>,
    (id, statement): (&str, &str),
    epoch: &Epoch,
    now: UnixMillis,
) -> Result<(), NotebookError> {
    let new = tx
        .prepare_cached(
            "insert into epoch (id, heard_at_ms, statement) values (?1, ?2, ?3)
             on conflict do nothing",
        )?
        .execute((id, now.0, statement))?;
    if new == 0 {
        return Ok(());
    }
    let receipts = tx
        .prepare_cached("select kind, subject, text from receipt")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(String, String, String)>, _>>()?;
    // Also beyond what is said to be lost: there may have been an epoch that nobody told us of.
    for (kind, subject, text) in receipts {
        let index = Receipt::parse(&text).map(|receipt| receipt.index);
        if index.is_ok_and(|index| index >= epoch.kept.size) {
            set_aside(tx, id, &kind, &subject)?;
            send_again(tx, &kind, &subject, now)?;
        }
    }
    // Where receipts are not kept there is nothing to set aside.
    let arrived = tx
        .prepare_cached("select kind, subject from arrived where position >= ?1")?
        .query_map([epoch.kept.size.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(String, String)>, _>>()?;
    for (kind, subject) in arrived {
        tx.prepare_cached("delete from arrived where kind = ?1 and subject = ?2")?
            .execute([&kind, &subject])?;
        send_again(tx, &kind, &subject, now)?;
    }
    Ok(())
}

fn set_aside(
    tx: &Transaction<'_>,
    epoch: &str,
    kind: &str,
    subject: &str,
) -> Result<(), NotebookError> {
    tx.prepare_cached(
        "insert into lost_receipt (epoch, kind, subject, text, cosigned)
         select ?1, kind, subject, receipt.text, cosigned_receipt.text
         from receipt left join cosigned_receipt using (kind, subject)
         where kind = ?2 and subject = ?3",
    )?
    .execute((epoch, kind, subject))?;
    for table in ["cosigned_receipt", "receipt"] {
        tx.prepare_cached(&format!("delete from {table} where kind = ?1 and subject = ?2"))?
            .execute((kind, subject))?;
    }
    Ok(())
}

/// Puts back into the queue what headquarters lost. An original whose file was pruned cannot be sent:
/// that is said, and it is not taken for damage.
fn send_again(
    tx: &Transaction<'_>,
    kind: &str,
    subject: &str,
    now: UnixMillis,
) -> Result<(), NotebookError> {
    let again = match kind {
        "record" => {
            "update outbox set state = 'queued', reason = 'lost-there', owed = 0, deadline = null
             where record = ?1 and state in ('acked', 'held')"
        }
        _ => {
            "update photo_out set
                 state = case when hash in (select hash from pruned) then 'lost' else 'queued' end,
                 reason = 'lost-there', there = 'unknown',
                 have = x'', deadline = null
             where hash = ?1 and state = 'verified'"
        }
    };
    tx.prepare_cached(again)?.execute([subject])?;
    let pruned = tx.prepare_cached("select 1 from pruned where hash = ?1")?.exists([subject])?;
    if kind == "photo" && pruned {
        journal::write(tx, now, "gone-for-resend", subject)?;
    }
    Ok(())
}
