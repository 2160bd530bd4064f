//! One moment of the whole store, for whoever reads all of it while others write.

use super::{
    Db, Row, StoreError, Value,
    db::{Engine, refuse_nul},
    postgres::PostgresSnapshot,
    sqlite::SqliteSnapshot,
};

/// One moment of a database. Nobody who writes waits for it, and it sees nothing of what they write.
///
/// Let go of it soon: while it lasts, SQLite's write-ahead log grows and PostgreSQL clears nothing
/// away. Let go of, it ends by itself.
#[derive(Debug)]
pub struct Snapshot(Moment);

#[derive(Debug)]
enum Moment {
    Sqlite(SqliteSnapshot),
    Postgres(PostgresSnapshot),
}

impl Db {
    /// The moment at which this is called, or one soon after.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let moment = match self.engine_of() {
            Engine::Sqlite(sqlite) => Moment::Sqlite(sqlite.snapshot().await?),
            Engine::Postgres(postgres) => Moment::Postgres(postgres.snapshot().await?),
        };
        Ok(Snapshot(moment))
    }
}

impl Snapshot {
    /// The rows that a reading statement answers at that moment.
    pub async fn query(
        &self,
        statement: &'static str,
        row: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        refuse_nul(row)?;
        match &self.0 {
            Moment::Sqlite(moment) => moment.query(statement, row).await,
            Moment::Postgres(moment) => moment.query(statement, row).await,
        }
    }
}
