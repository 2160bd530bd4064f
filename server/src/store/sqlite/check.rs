//! Whether a file may be used at all. Looks without writing, so that a refused file stays as it
//! is to the last byte: it may be the only copy of evidence.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, ffi};

use super::run::{Mishap, extended_code};
use crate::store::StoreError;

/// What every file of SQLite begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Marks a file as ours, in its header: "Htma" as a big-endian number.
const APPLICATION_ID: i32 = 0x4874_6d61;

/// Refuses a damaged file and one of another program. An empty file is sound: it is new.
pub(super) fn refuse_unless_sound(path: &Path) -> Result<(), StoreError> {
    let place = path.display().to_string();
    let damaged = |detail: String| StoreError::Damaged { place: place.clone(), detail };
    let unreadable = |source: std::io::Error| StoreError::Unavailable(source.into());

    let mut beginning = Vec::with_capacity(MAGIC.len());
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAGIC.len() as u64).read_to_end(&mut beginning).map_err(unreadable)?;
    if beginning.is_empty() {
        return Ok(());
    }
    if beginning != MAGIC {
        return Err(damaged("it does not begin as a database".to_owned()));
    }
    match quick_check(path) {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(damaged(verdict)),
        // Left by a power cut during the very first write, before the write-ahead log: only a
        // writing connection may roll it back, and it does so when it opens.
        Err(error) if extended_code(&error) == Some(ffi::SQLITE_READONLY_ROLLBACK) => Ok(()),
        Err(error) => Err(Mishap::from(error).told(&place)),
    }
}

/// Marks a new file as ours; refuses one that another program has filled.
pub(super) fn claim(connection: &Connection) -> Result<(), Mishap> {
    if is_ours(connection)? {
        return Ok(());
    }
    Ok(connection.pragma_update(None, "application_id", APPLICATION_ID)?)
}

/// Whether the file is ours already; refuses one that another program has filled.
pub(super) fn is_ours(connection: &Connection) -> Result<bool, Mishap> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID {
        return Ok(true);
    }
    let tables: i64 =
        connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    if id != 0 || tables != 0 {
        let place = connection.path().unwrap_or_default().to_owned();
        return Err(StoreError::Foreign { place }.into());
    }
    Ok(false)
}

fn quick_check(path: &Path) -> rusqlite::Result<String> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(super::BUSY_TIMEOUT)?;
    connection.pragma_query_value(None, "quick_check", |row| row.get(0))
}
