//! The journal: what happened, for a coordinator to read. Ids and counts only.

use hattama_proto::time::UnixMillis;
use rusqlite::Connection;

use super::Outbox;
use crate::{JournalLine, error::NotebookError, limits::JOURNAL_LINES_MAX};

impl Outbox {
    /// Writes one line.
    pub(crate) fn note(
        &self,
        at: UnixMillis,
        code: &str,
        detail: &str,
    ) -> Result<(), NotebookError> {
        write(&self.db, at, code, detail)
    }

    /// The newest lines, newest first.
    pub(crate) fn journal(&self, limit: u32) -> Result<Vec<JournalLine>, NotebookError> {
        Ok(self
            .db
            .prepare_cached("select at_ms, code, detail from journal order by n desc limit ?1")?
            .query_map([limit], |row| {
                Ok(JournalLine {
                    at: UnixMillis(row.get(0)?),
                    code: row.get(1)?,
                    detail: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?)
    }
}

/// Writes one line, within whatever transaction is open.
pub(super) fn write(
    db: &Connection,
    at: UnixMillis,
    code: &str,
    detail: &str,
) -> Result<(), NotebookError> {
    db.prepare_cached("insert into journal (at_ms, code, detail) values (?1, ?2, ?3)")?
        .execute((at.0, code, detail))?;
    db.prepare_cached("delete from journal where n <= (select max(n) from journal) - ?1")?
        .execute([JOURNAL_LINES_MAX])?;
    Ok(())
}
