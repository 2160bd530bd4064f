//! Opening the database: durable settings, schema, and what to do with a damaged file.
//!
//! A damaged file is never written to again. It is renamed, a fresh database takes its place, and
//! whatever can still be read from the old one or from the copies in `records/` goes in there.

use std::{
    fs::{self, File},
    path::Path,
};

use hattama_proto::{key::PublicKey, kind::Role, time::UnixMillis};
use rusqlite::{Connection, ErrorCode};

use super::{Held, Outbox, cipher, ignore_rows, migrate::migrate, salvage, sidecar};
use crate::{
    KeepReceipts, Opened,
    at_rest::{Files, Rest},
    error::NotebookError,
};

/// Name of the database in the notebook's folder.
pub(crate) const FILE: &str = "outbox.db";

/// Why a database cannot be opened as it is.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// SQLite finds it damaged.
    Damaged(String),
    /// A newer version wrote it.
    Newer { found: i64, known: i64 },
    /// Anything else: no room, no permission.
    Other(NotebookError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Other(error.into()),
        }
    }
}

impl From<NotebookError> for OpenError {
    fn from(error: NotebookError) -> Self {
        Self::Other(error)
    }
}

impl From<OpenError> for NotebookError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged(reason) => Self::Storage { reason },
            OpenError::Newer { found, known } => Self::NewerDatabase { found, known },
            OpenError::Other(error) => error,
        }
    }
}

/// Opens the outbox in `folder` for a notebook with these public keys.
pub(crate) fn open(
    folder: &Path,
    keys: &[(Role, PublicKey)],
    files: &Files,
    now: UnixMillis,
    lock: Option<Held>,
) -> Result<(Outbox, Opened), NotebookError> {
    let path = folder.join(FILE);
    let mut opened = Opened::default();
    let with = |db| Outbox {
        db,
        folder: folder.to_owned(),
        files: files.clone(),
        copied: Vec::new(),
        keep: KeepReceipts::Yes,
        lock: None,
    };
    let mut outbox = match connect(&path, files.rest()) {
        Ok(db) => {
            insert_keys(&db, keys)?;
            with(db)
        }
        Err(OpenError::Damaged(_)) => {
            // Made beside it first: a crash on the way finds the damaged file again.
            let beside = folder.join("tmp").join(FILE);
            let mut fresh = with(connect(&beside, files.rest())?);
            insert_keys(&fresh.db, keys)?;
            let mut salvage = salvage::salvage(&path, &mut fresh)?;
            fresh.close()?;
            salvage.kept_as = set_aside(&path, now)?;
            fs::rename(&beside, &path)?;
            File::open(folder)?.sync_all()?;
            opened.salvage = Some(salvage);
            with(connect(&path, files.rest())?)
        }
        Err(error) => return Err(error.into()),
    };
    outbox.lock = lock;
    outbox.write_due_sidecars()?;
    if outbox.remove_pruned().is_err() {
        // Due again at the next opening; a file that does not go is no reason to stay closed.
        outbox.note(now, "pruned-file-stays", "")?;
    }
    // Also after a database was deleted or emptied: the copies know better.
    opened.restored = sidecar::restore(&mut outbox)?;
    match &mut opened.salvage {
        Some(salvage) => {
            salvage.records += opened.restored;
            let detail = format!("{} records, {} receipts", salvage.records, salvage.receipts);
            outbox.note(now, "database-damaged", &detail)?;
        }
        None if opened.restored > 0 => {
            outbox.note(now, "records-restored", &opened.restored.to_string())?;
        }
        None => {}
    }
    Ok((outbox, opened))
}

fn connect(path: &Path, rest: Option<&Rest>) -> Result<Connection, OpenError> {
    let rested = is_at_rest(path);
    let mut db = Connection::open(path)?;
    if let Some(rest) = rest {
        cipher::unlock(&db, rest)?;
    }
    // Group commit on a phone is one record: FULL makes each commit survive a loss of power.
    db.pragma_update(None, "journal_mode", "wal").or_else(ignore_rows)?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", "on")?;
    // Android has no folder for temporary files.
    db.pragma_update(None, "temp_store", "memory")?;
    // On Apple's systems a plain fsync does not reach the disk.
    db.pragma_update(None, "fullfsync", "on")?;
    db.pragma_update(None, "checkpoint_fullfsync", "on")?;
    match rest {
        // It was checked as a whole when it was opened last and brought to rest since. Nothing but its
        // bytes can have changed, and each page has a code that says so; looking at every row besides
        // takes ten times as long, because the cipher locks and wipes each piece of memory.
        Some(_) if rested => cipher::check_pages(&db)?,
        _ => check(&db)?,
    }
    migrate(&mut db)?;
    if rest.is_some() {
        cipher::check_file(path)?;
    }
    Ok(db)
}

/// Whether there is a database that was closed in order: no companion is left.
fn is_at_rest(path: &Path) -> bool {
    let len = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    len(path) > 0 && !cipher::companion(path, "-wal").exists()
}

fn check(db: &Connection) -> Result<(), OpenError> {
    let verdict: String = db.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged(verdict)) }
}

/// Renames the database and its companions; a name is never used twice.
fn set_aside(path: &Path, now: UnixMillis) -> Result<String, NotebookError> {
    let aside = (0..)
        .map(|n| match n {
            0 => path.with_file_name(format!("{FILE}.damaged-{}", now.0)),
            n => path.with_file_name(format!("{FILE}.damaged-{}-{n}", now.0)),
        })
        .find(|aside| !aside.exists())
        .expect("some name is free");
    for suffix in ["-wal", "-shm", ""] {
        match fs::rename(cipher::companion(path, suffix), cipher::companion(&aside, suffix)) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(aside.file_name().expect("it was just named").to_string_lossy().into_owned())
}

fn insert_keys(db: &Connection, keys: &[(Role, PublicKey)]) -> Result<(), NotebookError> {
    for (role, key) in keys {
        db.execute(
            "insert into device_key (kid, role, public_key) values (?1, ?2, ?3)
             on conflict (kid) do nothing",
            (key.kid().to_string(), role.name(), key.to_string()),
        )?;
    }
    Ok(())
}
