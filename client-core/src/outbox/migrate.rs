//! The schema, one numbered file per version.
//!
//! A record is stored as the bytes that were signed, so no migration ever has to write one anew.
//! A database of a newer version is refused as it is.

use rusqlite::{Connection, TransactionBehavior};

use super::open::OpenError;

/// All migrations, oldest first. Released ones are never edited.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/0001_outbox.sql"),
    include_str!("migrations/0002_cosigned.sql"),
    include_str!("migrations/0003_epochs.sql"),
    include_str!("migrations/0004_messages.sql"),
    include_str!("migrations/0005_pruned.sql"),
    include_str!("migrations/0006_sealed.sql"),
];

/// The newest version this program knows.
pub(super) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Brings `db` to the newest version, each step in a transaction of its own.
pub(super) fn migrate(db: &mut Connection) -> Result<(), OpenError> {
    loop {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > NEWEST {
            return Err(OpenError::Newer { found, known: NEWEST });
        }
        let Some(next) = usize::try_from(found).ok().and_then(|done| MIGRATIONS.get(done)) else {
            return Ok(());
        };
        tx.execute_batch(next)?;
        tx.pragma_update(None, "user_version", found + 1)?;
        tx.commit()?;
    }
}
