//! Statements: each is the string that was logged. Their signatures were verified with the book.

use hattama_proto::{id::StatementId, tlog::LogEntry};

use super::{FsckError, Lie, Met};
use crate::store::{self, Db};

/// Checks every statement against its leaf; says how many there are.
pub(super) async fn check(db: &Db, entries: &[LogEntry]) -> Result<u64, FsckError> {
    let mut met = Met::new(entries);
    for stored in store::statements::all(db).await? {
        let id = StatementId::of(stored.jws.as_bytes());
        met.meet(stored.position, LogEntry::Statement(*id.as_bytes()))
            .map_err(|_| Lie::Bytes(stored.position))?;
    }
    Ok(met.all(|entry| matches!(entry, LogEntry::Statement(_)))?)
}
