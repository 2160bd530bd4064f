//! The database's cipher, where the notebook is encrypted at rest: SQLCipher, if this build has it.
//!
//! A plain SQLite takes `pragma key` without a word and goes on in clear. So it is asked for its cipher
//! before it is given a key, and the file is looked at once something is in it: whatever is not certain
//! is refused.

use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension as _};
use zeroize::Zeroizing;

use super::open::OpenError;
use crate::{at_rest::Rest, error::NotebookError, steps::crash_point};

/// How a database in clear begins.
const CLEAR: &[u8; 16] = b"SQLite format 3\0";

/// Whether this build has the cipher; without it a notebook that is encrypted stays closed.
pub(crate) fn check_build() -> Result<(), NotebookError> {
    check(&Connection::open_in_memory()?)
}

fn check(db: &Connection) -> Result<(), NotebookError> {
    let version: Option<String> =
        db.query_row("pragma cipher_version", [], |row| row.get(0)).optional()?;
    version.map(drop).ok_or(NotebookError::NoCipher)
}

/// Gives the key to a connection that has not read anything yet.
pub(super) fn unlock(db: &Connection, rest: &Rest) -> Result<(), OpenError> {
    check(db)?;
    // It would tell standard error about pages it cannot read. And what it frees, it writes over.
    db.execute_batch("pragma cipher_log_level = none; pragma cipher_memory_security = on;")?;
    let key = rest.database_key();
    let sql = Zeroizing::new(format!("pragma key = \"{}\"", key.as_str()));
    db.execute_batch(&sql)?;
    Ok(())
}

/// Finds pages that are not what was written: each has a code that only the key makes.
pub(super) fn check_pages(db: &Connection) -> Result<(), OpenError> {
    let wrong: Option<String> =
        db.query_row("pragma cipher_integrity_check", [], |row| row.get(0)).optional()?;
    wrong.map_or(Ok(()), |page| Err(OpenError::Damaged(page)))
}

/// Refuses a database of which anything lies on the disk in clear.
pub(super) fn check_file(path: &Path) -> Result<(), OpenError> {
    if is_clear(path)? {
        let reason = "the database is not encrypted although it should be; nothing was written";
        return Err(OpenError::Other(NotebookError::Storage { reason: reason.to_owned() }));
    }
    Ok(())
}

/// Whether there is a database in clear at `path`.
pub(crate) fn is_clear(path: &Path) -> Result<bool, NotebookError> {
    let mut start = [0; CLEAR.len()];
    match File::open(path).and_then(|mut file| file.read_exact(&mut start)) {
        Ok(()) => Ok(&start == CLEAR),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes the database at `path`, which is in clear, into a new file at `beside`, encrypted. The caller
/// renames it. What had not been checkpointed is brought into the file first, and no companion is left.
pub(crate) fn encrypt(path: &Path, beside: &Path, rest: &Rest) -> Result<(), NotebookError> {
    let db = Connection::open(path)?;
    check(&db)?;
    db.execute_batch("pragma cipher_log_level = none; pragma cipher_memory_security = on;")?;
    db.pragma_update(None, "temp_store", "memory")?;
    db.pragma_update(None, "wal_checkpoint", "truncate").or_else(super::ignore_rows)?;
    // One file with no companion: a WAL in clear must not outlive it.
    db.pragma_update(None, "journal_mode", "delete").or_else(super::ignore_rows)?;
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let key = rest.database_key();
    let name = beside.to_str().ok_or_else(|| NotebookError::Storage {
        reason: "the folder's name is not UTF-8".to_owned(),
    })?;
    db.execute("attach database ?1 as sealed key ?2", (name, key.as_str()))?;
    db.query_row("select sqlcipher_export('sealed')", [], |_| Ok(()))?;
    db.pragma_update(Some("sealed"), "user_version", version)?;
    db.execute_batch("detach database sealed")?;
    db.close().map_err(|(_, error)| error)?;
    for suffix in ["-wal", "-journal", "-shm"] {
        remove(&companion(path, suffix))?;
    }
    File::open(beside)?.sync_all()?;
    if is_clear(beside)? {
        return Err(NotebookError::NoCipher);
    }
    crash_point("database-sealed");
    Ok(())
}

/// A file that lies beside a database.
pub(crate) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), NotebookError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
