//! A copy of every record as a file of its own: `records/<role>-<seq>-<id>.jws`.
//!
//! With these and the photos the database can be rebuilt, and a copy of the folder is evidence
//! that needs no program of ours to be read.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{Read as _, Write as _},
    path::Path,
};

use hattama_proto::{
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
use crate::{at_rest::Files, error::NotebookError, steps::crash_point};

/// Folder of the copies.
pub(crate) const FOLDER: &str = "records";

impl Outbox {
    /// Writes the copies that are due.
    pub(super) fn write_due_sidecars(&mut self) -> Result<(), NotebookError> {
        let due: Vec<(String, String, i64, String)> = self
            .db
            .prepare_cached(
                "select r.id, r.role, r.seq, r.envelope
                 from sidecar_due d cross join record r on r.id = d.record order by r.rowid",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?;
        if due.is_empty() {
            return Ok(());
        }
        let folder = self.folder.join(FOLDER);
        for (id, role, seq, envelope) in &due {
            write(&folder, &self.files.name(&name(role, *seq, id)), envelope, &self.files)?;
        }
        File::open(&folder)?.sync_all()?;
        // Noted in the next transaction and not in one of its own, which would cost a flush of the
        // disk: after a crash the same files are written once more.
        self.copied.extend(due.into_iter().map(|(id, ..)| id));
        Ok(())
    }
}

/// Whole or not at all, whatever happens.
fn write(folder: &Path, name: &str, text: &str, files: &Files) -> Result<(), NotebookError> {
    let place = folder.join(name);
    // Written before and due once more. Replaced, the first one would stay on the disk without a name,
    // where no wipe reaches it.
    if files.read(&place).is_ok_and(|there| there.as_slice() == text.as_bytes()) {
        return Ok(());
    }
    let fresh = folder.join(format!(".{name}.new"));
    let mut file = files.create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.finish()?;
    fs::rename(fresh, place)?;
    Ok(())
}

/// Takes up every record that has a copy here and is not in the database. Returns how many.
pub(super) fn restore(outbox: &mut Outbox) -> Result<u32, NotebookError> {
    let folder = outbox.folder.join(FOLDER);
    let known: HashSet<String> = outbox
        .db
        .prepare("select role, seq, id from record")?
        .query_map([], |row| {
            let (role, id) = (row.get::<_, String>(0)?, row.get::<_, String>(2)?);
            Ok(outbox.files.name(&name(&role, row.get(1)?, &id)))
        })?
        .collect::<Result<_, _>>()?;
    let mut missing: Vec<(&str, u64, String)> = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let is_copy = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            // What begins with a dot was not finished.
            !name.starts_with('.') && !known.contains(name)
        });
        if is_copy
            && let Some(text) = copy_at(&path, &outbox.files)
            && let Some((verified, role)) = own(outbox, &text)?
            && let Ok(record) = Record::read(verified)
        {
            missing.push((role.name(), record.claims.seq, text));
        }
    }
    // In the order of each chain.
    missing.sort_unstable();
    let mut restored = 0;
    for (.., text) in missing {
        if restore_record(outbox, &text)? {
            restored += 1;
        }
    }
    Ok(restored)
}

/// The text in one file, if it is short enough for a record.
pub(super) fn copy_at(path: &Path, files: &Files) -> Option<String> {
    let file = files.at(path.to_owned());
    if file.content_len().ok()? > RECORD_BYTES_MAX as u64 {
        return None;
    }
    let mut text = String::new();
    file.open().ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Takes up one record by its exact string. False if it is not one of this notebook's, or the
/// database has it already.
pub(super) fn restore_record(outbox: &mut Outbox, text: &str) -> Result<bool, NotebookError> {
    let Some((verified, role)) = own(outbox, text)? else { return Ok(false) };
    let Ok(record) = Record::read(verified) else { return Ok(false) };
    let captured_at = record.claims.claimed_at.to_unix_millis();
    let sealed = outbox.lying_sealed(record.claims.body.photos())?;
    let tx = outbox.db.transaction()?;
    match insert(&tx, &NewRecord { record: &record, role, captured_at, sealed: &sealed }) {
        Ok(()) => {
            tx.commit()?;
            crash_point("record-restored");
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

/// What the copy of a record is called where names may say something.
fn name(role: &str, seq: i64, id: &str) -> String {
    format!("{role}-{seq:06}-{id}.jws")
}
