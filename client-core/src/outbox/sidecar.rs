//! A copy of every record as a file of its own: `records/<role>-<seq>-<id>.jws`.
//!
//! With these and the photos the database can be rebuilt, and a copy of the folder is evidence
//! that needs no program of ours to be read.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use hattama_proto::{
    id::RecordId,
    jws::{Envelope, Verified},
    key::PublicKey,
    kind::Role,
    limits::RECORD_BYTES_MAX,
    record::Record,
};
use rusqlite::OptionalExtension as _;

use super::{
    Outbox,
    records::{NewRecord, insert, role},
};
use crate::error::NotebookError;

/// Folder of the copies.
pub(crate) const FOLDER: &str = "records";

impl Outbox {
    /// Writes the copies that are due.
    pub(super) fn write_due_sidecars(&mut self) -> Result<(), NotebookError> {
        let due: Vec<(String, String, i64, String)> = self
            .db
            .prepare_cached(
                "select r.id, r.role, r.seq, r.envelope
                 from sidecar_due d join record r on r.id = d.record order by r.rowid",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?;
        if due.is_empty() {
            return Ok(());
        }
        let folder = self.folder.join(FOLDER);
        for (id, role, seq, envelope) in &due {
            write(&folder, &format!("{role}-{seq:06}-{id}.jws"), envelope)?;
        }
        File::open(&folder)?.sync_all()?;
        // Noted in the next transaction and not in one of its own, which would cost a flush of the
        // disk: after a crash the same files are written once more.
        self.copied.extend(due.into_iter().map(|(id, ..)| id));
        Ok(())
    }
}

/// Whole or not at all, whatever happens.
fn write(folder: &Path, name: &str, text: &str) -> Result<(), NotebookError> {
    let fresh = folder.join(format!(".{name}.new"));
    let mut file = File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    fs::rename(fresh, folder.join(name))?;
    Ok(())
}

/// Takes up every record that has a copy here and is not in the database. Returns how many.
pub(super) fn restore(outbox: &mut Outbox) -> Result<u32, NotebookError> {
    let folder = outbox.folder.join(FOLDER);
    let known: HashSet<String> = outbox
        .db
        .prepare("select id from record")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut missing: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if id_in(&path).is_some_and(|id| !known.contains(id)) {
            missing.push(path);
        }
    }
    // By name: the order of each chain.
    missing.sort_unstable();
    let mut restored = 0;
    for path in missing {
        if let Ok(text) = fs::read_to_string(&path)
            && text.len() <= RECORD_BYTES_MAX
            && restore_record(outbox, &text)?
        {
            restored += 1;
        }
    }
    Ok(restored)
}

/// Takes up one record by its exact string. False if it is not one of this notebook's, or the
/// database has it already.
pub(super) fn restore_record(outbox: &mut Outbox, text: &str) -> Result<bool, NotebookError> {
    let Some((verified, role)) = own(outbox, text)? else { return Ok(false) };
    let Ok(record) = Record::read(verified) else { return Ok(false) };
    let captured_at = record.claims.claimed_at.to_unix_millis();
    let tx = outbox.db.transaction()?;
    match insert(&tx, &NewRecord { record: &record, role, captured_at }) {
        Ok(()) => {
            tx.commit()?;
            Ok(true)
        }
        Err(NotebookError::StorageFull) => Err(NotebookError::StorageFull),
        // There already, or its place in the chain is taken; the file stays where it is.
        Err(_) => Ok(false),
    }
}

/// The string verified by the key of this notebook that its header names.
fn own(outbox: &Outbox, text: &str) -> Result<Option<(Verified, Role)>, NotebookError> {
    let Ok(envelope) = Envelope::parse(text) else { return Ok(None) };
    let key: Option<(String, String)> = outbox
        .db
        .prepare_cached("select public_key, role from device_key where kid = ?1")?
        .query_row([envelope.kid().to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((key, role_name)) = key else { return Ok(None) };
    let key = PublicKey::parse(&key).map_err(|_| super::unreadable("public key"))?;
    let role = role(&role_name)?;
    Ok(envelope.verify(&key).ok().map(|verified| (verified, role)))
}

fn id_in(path: &Path) -> Option<&str> {
    let id = path.file_name()?.to_str()?.strip_suffix(".jws")?.rsplit('-').next()?;
    id.parse::<RecordId>().is_ok().then_some(id)
}
