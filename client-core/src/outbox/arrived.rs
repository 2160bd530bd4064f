//! Receipts where none are kept: that one was checked, and its place in the log.
//!
//! What is destroyed is written over in the database (`secure_delete`), and the file is then written
//! anew, so that no page that was free before holds any of it. Flash keeps what was written over for a
//! while, and a database that was set aside as damaged is left as it is.

use hattama_proto::tlog::Receipt;
use rusqlite::{Connection, Transaction};

use super::{Outbox, ignore_rows, settings, unreadable};
use crate::{KeepReceipts, error::NotebookError, steps::crash_point};

/// Set while receipts were destroyed in the tables and may still be found in the file.
const DUE: &str = "receipts-to-write-over";

impl Outbox {
    /// Keeps receipts from now on, or none; those that are there are destroyed then.
    pub(crate) fn keep_receipts(&mut self, keep: KeepReceipts) -> Result<(), NotebookError> {
        self.keep = keep;
        if keep == KeepReceipts::Yes {
            return Ok(());
        }
        self.db.pragma_update(None, "secure_delete", "on").or_else(ignore_rows)?;
        let any: bool = self.db.query_row(
            "select exists (select 1 from receipt) or exists (select 1 from lost_receipt)",
            [],
            |row| row.get(0),
        )?;
        if any {
            self.reduce()?;
        }
        if self.setting(DUE)?.is_some() && self.write_over().is_ok() {
            self.set(&[(DUE, None)])?;
        }
        Ok(())
    }

    fn reduce(&mut self) -> Result<(), NotebookError> {
        let tx = self.db.transaction()?;
        let receipts = tx
            .prepare(
                "select kind, subject, receipt.text, cosigned_receipt.text is not null
                 from receipt left join cosigned_receipt using (kind, subject)",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<Vec<(String, String, String, bool)>, _>>()?;
        for (kind, subject, text, cosigned) in receipts {
            // One that does not read any more proved nothing; what it was for is asked about again.
            if note(&tx, &kind, &subject, &text).is_ok() && cosigned {
                note_cosigned(&tx, &kind, &subject)?;
            }
        }
        for table in ["cosigned_receipt", "receipt", "lost_receipt"] {
            tx.execute(&format!("delete from {table}"), [])?;
        }
        settings::set(&tx, DUE, Some("1"))?;
        crash_point("receipts-before-commit");
        tx.commit()?;
        crash_point("receipts-destroyed");
        Ok(())
    }

    /// Leaves nothing in the file that no table holds. On a full disk it is due until the next opening.
    fn write_over(&self) -> Result<(), NotebookError> {
        let checkpoint = |db: &Connection| {
            db.pragma_update(None, "wal_checkpoint", "truncate").or_else(ignore_rows)
        };
        checkpoint(&self.db)?;
        self.db.execute_batch("vacuum")?;
        Ok(checkpoint(&self.db)?)
    }
}

/// Notes that a receipt was checked, and where in the log it is. The first one stays.
pub(super) fn note(
    tx: &Transaction<'_>,
    kind: &str,
    subject: &str,
    receipt: &str,
) -> Result<(), NotebookError> {
    let receipt = Receipt::parse(receipt).map_err(|_| unreadable("receipt"))?;
    tx.prepare_cached(
        "insert into arrived (kind, subject, position) values (?1, ?2, ?3) on conflict do nothing",
    )?
    .execute((kind, subject, receipt.index.cast_signed()))?;
    Ok(())
}

/// Notes that witnesses have cosigned it.
pub(super) fn note_cosigned(
    tx: &Transaction<'_>,
    kind: &str,
    subject: &str,
) -> Result<(), NotebookError> {
    tx.prepare_cached("update arrived set cosigned = 1 where kind = ?1 and subject = ?2")?
        .execute([kind, subject])?;
    Ok(())
}
