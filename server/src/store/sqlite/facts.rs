//! What a file says of itself, read without writing.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::run::Mishap;
use super::{Sqlite, check, connect, wait_for_the_disk};
use crate::store::StoreError;
use crate::store::facts::{self, FileFacts, LogFacts, WholeCheck};

const HAS_LOG: &str = "select count(*) = 2 from sqlite_schema where type = 'table' and name in ('log_leaf', 'checkpoint')";

impl Sqlite {
    /// Blocks. Refuses a damaged file unless the check was left out.
    pub(in crate::store) fn facts(path: &Path, whole: WholeCheck) -> Result<FileFacts, StoreError> {
        let mut facts = FileFacts {
            path: path.to_owned(),
            engine_version: rusqlite::version().to_owned(),
            journal_mode: None,
            synchronous: memory_level().map_err(|mishap| mishap.told("in memory"))?,
            check: None,
            log: None,
        };
        if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
            return Ok(facts);
        }
        if whole == WholeCheck::Make {
            check::refuse_unless_sound(path)?;
            facts.check = Some("ok".to_owned());
        }
        let asked = || -> Result<_, Mishap> {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            Ok((level(&connection)?, mode, log(&connection)?))
        };
        let (level, mode, log) =
            asked().map_err(|mishap| mishap.told(&path.display().to_string()))?;
        facts.synchronous = level;
        facts.journal_mode = Some(mode);
        facts.log = log;
        Ok(facts)
    }
}

/// The level that a new file would get.
fn memory_level() -> Result<i64, Mishap> {
    level(&Connection::open_in_memory()?)
}

fn level(connection: &Connection) -> Result<i64, Mishap> {
    wait_for_the_disk(connection)?;
    Ok(connection.pragma_query_value(None, "synchronous", |row| row.get(0))?)
}

fn log(connection: &Connection) -> Result<Option<LogFacts>, Mishap> {
    if !connection.query_row(HAS_LOG, [], |row| row.get::<_, bool>(0))? {
        return Ok(None);
    }
    let leaf = connection.query_row(facts::LAST_LEAF, [], |row| row.get(0))?;
    let signed = connection.query_row(facts::LAST_SIGNED, [], |row| row.get(0)).optional()?;
    Ok(Some(facts::log_facts(leaf, signed)))
}
