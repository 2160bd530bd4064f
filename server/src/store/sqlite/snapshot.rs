//! One moment of a file: a connection of its own whose read transaction stays open.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::run::{self, Mishap};
use super::{Sqlite, connect};
use crate::store::{Row, Rows, StoreError, Value};

/// Makes the moment that of the first read, and not of a later one.
const LOOK: &str = "select count(*) from migration";

/// One moment of a file. It ends with the connection.
#[derive(Debug)]
pub(in crate::store) struct SqliteSnapshot {
    place: String,
    connection: Arc<Mutex<Connection>>,
}

impl Sqlite {
    pub(in crate::store) async fn snapshot(&self) -> Result<SqliteSnapshot, StoreError> {
        let path = Arc::clone(&self.path);
        let place = path.display().to_string();
        let begin = move || -> Result<Connection, Mishap> {
            let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.execute_batch("begin")?;
            connection.query_row(LOOK, [], |row| row.get::<_, i64>(0))?;
            Ok(connection)
        };
        let connection = blocking(place.clone(), begin).await?;
        Ok(SqliteSnapshot { place, connection: Arc::new(Mutex::new(connection)) })
    }
}

impl SqliteSnapshot {
    pub(in crate::store) async fn query(
        &self,
        statement: &'static str,
        row: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Rows::default();
        rows.push(row.iter().cloned());
        let connection = Arc::clone(&self.connection);
        let read = move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            run::queries(&connection, statement, &rows)
        };
        let answers = blocking(self.place.clone(), read).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }
}

async fn blocking<T: Send + 'static>(
    place: String,
    work: impl FnOnce() -> Result<T, Mishap> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(move || work().map_err(|mishap| mishap.told(&place)))
        .await
        .map_err(|stopped| StoreError::Unavailable(stopped.into()))?
}
