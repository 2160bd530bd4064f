//! One moment of a database: a session out of the pool whose transaction stays open.

use deadpool_postgres::{ClientWrapper, Object};

use super::failure::told;
use super::{Postgres, run};
use crate::store::{Row, StoreError, Value};

/// Between two pages a piece is written to a disk or stick that may be slow, so the session may be idle
/// for longer than others may.
const BEGIN: &str = "set idle_in_transaction_session_timeout to '1h';
     begin isolation level repeatable read read only;
     select count(*) from migration";

/// One moment of a database. It ends with the session, which is never used for anything else.
pub(in crate::store) struct PostgresSnapshot {
    client: ClientWrapper,
}

impl std::fmt::Debug for PostgresSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresSnapshot").finish_non_exhaustive()
    }
}

impl Postgres {
    pub(in crate::store) async fn snapshot(&self) -> Result<PostgresSnapshot, StoreError> {
        let client = Object::take(self.client().await?);
        client.batch_execute(BEGIN).await.map_err(told)?;
        Ok(PostgresSnapshot { client })
    }
}

impl PostgresSnapshot {
    pub(in crate::store) async fn query(
        &self,
        statement: &'static str,
        row: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let prepared = self.client.prepare_cached(statement).await.map_err(told)?;
        run::query(&self.client, &prepared, row).await
    }
}
