//! Reading what can be read out of a damaged database.
//!
//! Works on a copy, so that the damaged file stays as it was found. Each table is read row by row
//! from both ends until the damage is met. Records are taken up only if their signatures hold, and
//! start as queued: headquarters answers `duplicate` with the receipt for those it has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use hattama_proto::id::{PhotoHash, RecordId};
use rusqlite::{Connection, types::Value};

use super::{
    Outbox, cipher,
    open::{FILE, OpenError},
    sidecar::{self, restore_record},
};
use crate::{Salvage, at_rest::Files, error::NotebookError};

/// Tables copied as they are. Queue states are not among them: they are found out again.
const TABLES: [(&str, &str); 13] = [
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
    ("pruned", "hash, at_ms, why, gone"),
    ("arrived", "kind, subject, position, cosigned"),
    ("sealed_photo", "hash, sha256, bytes"),
];

/// Copies what `damaged` still gives into `fresh`, which has the schema and this notebook's keys.
pub(super) fn salvage(damaged: &Path, fresh: &mut Outbox) -> Result<Salvage, NotebookError> {
    let mut salvage = Salvage { kept_as: String::new(), records: 0, receipts: 0 };
    let folder = fresh.folder().join("tmp").join("salvage");
    let copy = copied(damaged, &folder)?;
    for (table, columns) in TABLES {
        let copied = copy_table(&copy, fresh, table, columns)?;
        if table == "receipt" {
            salvage.receipts = copied;
        }
    }
    for envelope in rows(&copy, &fresh.files, "record", "envelope") {
        if let [Value::Text(text)] = envelope.as_slice()
            && restore_record(fresh, text)?
        {
            salvage.records += 1;
        }
    }
    fs::remove_dir_all(&folder)?;
    Ok(salvage)
}

/// What can be found of records and receipts in a notebook's folder, whoever wrote it.
#[derive(Default)]
pub(crate) struct Found {
    /// Signed strings, each once.
    pub(crate) records: BTreeSet<String>,
    /// Receipts by the id of what they are for; cosigned ones where there are any.
    pub(crate) receipts: BTreeMap<String, String>,
    /// Photographs that the database knows of: where names say nothing, they tell whose file is whose.
    pub(crate) photos: BTreeSet<PhotoHash>,
}

/// Looks into the copies of the records and into the database, of which a copy is made in `beside`.
pub(crate) fn find(folder: &Path, files: &Files, beside: &Path) -> Result<Found, NotebookError> {
    let mut found = Found::default();
    fs::create_dir_all(beside)?;
    let database = copied(&folder.join(FILE), beside)?;
    for row in rows(&database, files, "record", "envelope") {
        if let [Value::Text(text)] = row.as_slice() {
            found.records.insert(text.clone());
        }
    }
    for row in rows(&database, files, "photo", "hash") {
        if let [Value::Text(hash)] = row.as_slice() {
            found.photos.extend(hash.parse::<PhotoHash>().ok());
        }
    }
    for table in ["receipt", "cosigned_receipt"] {
        for row in rows(&database, files, table, "subject, text") {
            if let [Value::Text(subject), Value::Text(text)] = row.as_slice()
                && subject.parse::<RecordId>().is_ok()
            {
                found.receipts.insert(subject.clone(), text.clone());
            }
        }
    }
    let copies = folder.join(sidecar::FOLDER);
    if copies.is_dir() {
        for entry in fs::read_dir(copies)? {
            found.records.extend(sidecar::copy_at(&entry?.path(), files));
        }
    }
    Ok(found)
}

/// A copy of a database with what was not checkpointed yet. SQLite writes beside what it reads.
fn copied(database: &Path, folder: &Path) -> Result<PathBuf, NotebookError> {
    fs::create_dir_all(folder)?;
    let copy = folder.join(FILE);
    for suffix in ["", "-wal"] {
        let from = cipher::companion(database, suffix);
        if from.exists() {
            fs::copy(from, cipher::companion(&copy, suffix))?;
        }
    }
    Ok(copy)
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
    for row in rows(old, &fresh.files, table, columns) {
        // A row that does not fit was damaged too.
        copied += u32::try_from(insert.execute(rusqlite::params_from_iter(row)).unwrap_or(0))
            .unwrap_or(0);
    }
    Ok(copied)
}

/// All rows that can be reached from either end; some twice.
fn rows(old: &Path, files: &Files, table: &str, columns: &str) -> Vec<Vec<Value>> {
    let count = columns.split(',').count();
    let mut found = Vec::new();
    for order in ["asc", "desc"] {
        let sql = format!("select {columns} from {table} order by rowid {order}");
        // Anew each time: a cipher that met one damaged page gives nothing more.
        let Ok(old) = reopened(old, files) else { continue };
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

fn reopened(old: &Path, files: &Files) -> Result<Connection, OpenError> {
    let db = Connection::open(old)?;
    if let Some(rest) = files.rest() {
        cipher::unlock(&db, rest)?;
    }
    Ok(db)
}
