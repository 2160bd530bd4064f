//! Statements: each is the string that was logged. Their signatures were verified with the book.

use hattama_proto::{
    id::StatementId,
    jws::Envelope,
    key::PublicKey,
    statement::{Statement, StatementBody},
    tlog::LogEntry,
};

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

/// A statement of one kind.
pub(super) struct Said<B> {
    /// Its place in the log.
    pub(super) position: u64,
    /// Its identity.
    pub(super) id: StatementId,
    /// What it says.
    pub(super) body: B,
}

/// All statements of a kind, in the order of the log, each with its signature verified.
pub(super) async fn all<B: StatementBody>(
    db: &Db,
    hq: &PublicKey,
) -> Result<Vec<Said<B>>, FsckError> {
    let (mut said, mut after) = (Vec::new(), None);
    loop {
        let page = store::statements::of_kind(db, B::KIND, after, 500).await?;
        let Some(last) = page.last() else { return Ok(said) };
        after = Some(last.position);
        for stored in page {
            let position = stored.position;
            let statement = Envelope::parse(&stored.jws)
                .and_then(|envelope| envelope.verify(hq))
                .ok()
                .and_then(|verified| Statement::<B>::read(verified).ok())
                .ok_or(Lie::Signature(position))?;
            let id = StatementId::of(stored.jws.as_bytes());
            said.push(Said { position, id, body: statement.claims.body });
        }
    }
}
