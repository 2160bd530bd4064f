//! Reading what can be read out of a damaged database.
//!
//! Works on a copy, so that the damaged file stays as it was found. Each table is read row by row
//! from both ends until the damage is met. Records are taken up only if their signatures hold, and
//! start as queued: headquarters answers `duplicate` with the receipt for those it has.

use std::{fs, path::Path};

use rusqlite::{Connection, types::Value};

use super::{
    Outbox, cipher,
    open::{FILE, OpenError},
    sidecar::restore_record,
};
use crate::{Salvage, error::NotebookError};

/// Tables copied as they are. Queue states are not among them: they are found out again.
const TABLES: [(&str, &str); 10] = [
    ("setting", "name, value"),
    ("device_key", "kid, role, public_key"),
    ("enrolment", "role, invitation, request, statement, token, token_expires_at"),
    ("fork_proof", "found_at_ms, known_note, shown_note, proof, why"),
    ("journal", "at_ms, code, detail"),
    ("receipt", "kind, subject, text"),
    ("cosigned_receipt", "kind, subject, text"),
    ("epoch", "id, heard_at_ms, statement"),
    ("message", "id, signer, statement, received_at_ms, read_at_ms"),
    ("lost_receipt", "epoch, kind, subject, text, cosigned"),
];

/// Copies what `damaged` still gives into `fresh`, which has the schema and this notebook's keys.
pub(super) fn salvage(damaged: &Path, fresh: &mut Outbox) -> Result<Salvage, NotebookError> {
    let mut salvage = Salvage { kept_as: String::new(), records: 0, receipts: 0 };
    let folder = fresh.folder().join("tmp").join("salvage");
    fs::create_dir_all(&folder)?;
    let copy = folder.join(FILE);
    for suffix in ["", "-wal"] {
        let with = |path: &Path| format!("{}{suffix}", path.display());
        if Path::new(&with(damaged)).exists() {
            fs::copy(with(damaged), with(&copy))?;
        }
    }
    for (table, columns) in TABLES {
        let copied = copy_table(&copy, fresh, table, columns)?;
        if table == "receipt" {
            salvage.receipts = copied;
        }
    }
    for envelope in rows(&copy, fresh, "record", "envelope") {
        if let [Value::Text(text)] = envelope.as_slice()
            && restore_record(fresh, text)?
        {
            salvage.records += 1;
        }
    }
    fs::remove_dir_all(&folder)?;
    Ok(salvage)
}

fn copy_table(
    old: &Path,
    fresh: &Outbox,
    table: &str,
    columns: &str,
) -> Result<u32, NotebookError> {
    let places: Vec<String> =
        (1..=columns.split(',').count()).map(|place| format!("?{place}")).collect();
    let sql = format!(
        "insert into {table} ({columns}) values ({}) on conflict do nothing",
        places.join(", ")
    );
    let mut insert = fresh.db.prepare(&sql)?;
    let mut copied = 0;
    for row in rows(old, fresh, table, columns) {
        // A row that does not fit was damaged too.
        copied += u32::try_from(insert.execute(rusqlite::params_from_iter(row)).unwrap_or(0))
            .unwrap_or(0);
    }
    Ok(copied)
}

/// All rows that can be reached from either end; some twice.
fn rows(old: &Path, fresh: &Outbox, table: &str, columns: &str) -> Vec<Vec<Value>> {
    let count = columns.split(',').count();
    let mut found = Vec::new();
    for order in ["asc", "desc"] {
        let sql = format!("select {columns} from {table} order by rowid {order}");
        // Anew each time: a cipher that met one damaged page gives nothing more.
        let Ok(old) = reopened(old, fresh) else { continue };
        let Ok(mut statement) = old.prepare(&sql) else { continue };
        let Ok(mut rows) = statement.query([]) else { continue };
        let mut complete = true;
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    found.extend((0..count).map(|i| row.get(i)).collect::<Result<_, _>>().ok());
                }
                Ok(None) => break,
                Err(_) => {
                    complete = false;
                    break;
                }
            }
        }
        if complete {
            break;
        }
    }
    found
}

fn reopened(old: &Path, fresh: &Outbox) -> Result<Connection, OpenError> {
    let db = Connection::open(old)?;
    if let Some(rest) = fresh.files.rest() {
        cipher::unlock(&db, rest)?;
    }
    Ok(db)
}
