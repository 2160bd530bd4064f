//! Whether a file may be used at all. Looks without writing, so that a refused file stays as it
//! is to the last byte: it may be the only copy of evidence.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, ffi};

use super::FileCheck;
use super::run::{Mishap, extended_code};
use crate::store::StoreError;

/// What every file of SQLite begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Length of a file's header, in bytes.
const HEADER_BYTES: usize = 100;

/// Marks a file as ours, in its header: "Htma" as a big-endian number.
const APPLICATION_ID: i32 = 0x4874_6d61;

/// Refuses a damaged file and one of another program. An empty file is sound: it is new.
pub(super) fn refuse_unless_sound(path: &Path) -> Result<(), StoreError> {
    let length = refuse_unless_begun(path)?;
    if length == 0 { Ok(()) } else { refuse_unless_whole(path) }
}

/// As [`refuse_unless_sound`] for a file of at most `checked_first` bytes. Of a larger one only the
/// beginning, the length and the list of tables are looked at, and the rest is still to be checked.
pub(super) fn refuse_unless_sound_so_far(
    path: &Path,
    checked_first: u64,
) -> Result<Option<FileCheck>, StoreError> {
    let length = refuse_unless_begun(path)?;
    if length == 0 {
        return Ok(None);
    }
    if length <= checked_first {
        return refuse_unless_whole(path).map(|()| None);
    }
    match reading(path).and_then(|connection| tables(&connection)) {
        Ok(_) => FileCheck::of(path).map(Some),
        Err(error) if extended_code(&error) == Some(ffi::SQLITE_READONLY_ROLLBACK) => Ok(None),
        Err(error) => Err(Mishap::from(error).told(&path.display().to_string())),
    }
}

/// Refuses what does not begin as a database, and what ends before the length that it begins with.
/// Tells the file's length in bytes.
fn refuse_unless_begun(path: &Path) -> Result<u64, StoreError> {
    let place = path.display().to_string();
    let damaged =
        |detail: &str| StoreError::Damaged { place: place.clone(), detail: detail.to_owned() };
    let unreadable = |source: std::io::Error| StoreError::Unavailable(source.into());

    let mut beginning = Vec::with_capacity(HEADER_BYTES);
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    file.take(HEADER_BYTES as u64).read_to_end(&mut beginning).map_err(unreadable)?;
    if beginning.is_empty() {
        return Ok(0);
    }
    if !beginning.starts_with(MAGIC) {
        return Err(damaged("it does not begin as a database"));
    }
    // While there is a write-ahead log, the missing pages may be in it.
    if !has_log(path) && pages_bytes(&beginning).is_some_and(|bytes| length < bytes) {
        return Err(damaged("it ends before its last page"));
    }
    Ok(length)
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// The length that the header gives, in bytes, where it gives one (<https://sqlite.org/fileformat.html>).
fn pages_bytes(header: &[u8]) -> Option<u64> {
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let page = u64::from(u16::from_be_bytes(header.get(16..18)?.try_into().ok()?));
    let page = if page == 1 { 65_536 } else { page };
    // Valid only if the same writer left both.
    let counted = number(24)? == number(92)?;
    counted.then_some(u64::from(number(28)?) * page)
}

fn refuse_unless_whole(path: &Path) -> Result<(), StoreError> {
    let place = path.display().to_string();
    match quick_check(path) {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(detail) => Err(StoreError::Damaged { place, detail }),
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
    if id != 0 || tables(connection)? != 0 {
        let place = connection.path().unwrap_or_default().to_owned();
        return Err(StoreError::Foreign { place }.into());
    }
    Ok(false)
}

/// How many tables, indices and the like there are.
fn tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))
}

fn quick_check(path: &Path) -> rusqlite::Result<String> {
    reading(path)?.pragma_query_value(None, "quick_check", |row| row.get(0))
}

/// A connection that changes nothing.
pub(super) fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(super::BUSY_TIMEOUT)?;
    Ok(connection)
}
