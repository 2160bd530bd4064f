//! The one place that knows which engine runs.

use hattama_proto::time::UnixMillis;

use super::{
    Batch, DatabaseUrl, FileCheck, News, Postgres, Row, Rows, Sqlite, StepOutcome, StoreError,
    StoreMeter, Turnstile, Value, migrate,
};

/// An open database. Cheap to clone; all clones share its threads or its pool.
///
/// ```no_run
/// # use hattama_server::store::{Batch, Db, StoreError};
/// # async fn example() -> Result<(), StoreError> {
/// # let now = hattama_proto::time::UnixMillis(0);
/// let db = Db::open(&"sqlite:/srv/hattama/hq.db".parse()?, now).await?;
/// let marks = db
///     .commit(Batch::new().many(
///         "insert into fork (kid, seq, found_at_ms) values ($1, $2, $3)
///          on conflict (kid, seq) do nothing",
///         vec![["k".into(), 3.into(), 0.into()], ["k".into(), 4.into(), 0.into()]],
///     ))
///     .await?;
/// let all_are_new = marks[0].affected == 2;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    meter: StoreMeter,
}

#[derive(Clone, Debug)]
pub(super) enum Engine {
    /// A file of this machine.
    Sqlite(Sqlite),
    /// A server that other processes may share.
    Postgres(Postgres),
}

impl From<Engine> for Db {
    fn from(engine: Engine) -> Self {
        Self { engine, meter: StoreMeter::default() }
    }
}

impl Db {
    /// Opens the database and brings its schema up to date. `now` dates what is applied.
    ///
    /// Checks a file of SQLite as a whole first, which takes about a second per gigabyte. Refuses
    /// a damaged or foreign file, a newer schema and an edited migration, and leaves them as
    /// they are. Call it within the runtime that lives as long as the database is used.
    pub async fn open(url: &DatabaseUrl, now: UnixMillis) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || Sqlite::open(&path, now))
                    .await
                    .map_err(|stopped| StoreError::Unavailable(stopped.into()))?
                    .map(|sqlite| Engine::Sqlite(sqlite).into())
            }
            DatabaseUrl::Postgres(text) => {
                Ok(Engine::Postgres(Postgres::open(text, now).await?).into())
            }
        }
    }

    /// As [`Db::open`], but a file of more than `checked_first` bytes is opened after a look at its
    /// beginning, its length and its tables. The check of the whole comes back: whoever uses the
    /// database makes it meanwhile, and stops using it if it finds damage.
    pub async fn open_before_checked(
        url: &DatabaseUrl,
        now: UnixMillis,
        checked_first: u64,
    ) -> Result<(Self, Option<FileCheck>), StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let path = path.clone();
                let open = move || Sqlite::open_before_checked(&path, now, checked_first);
                let opened = tokio::task::spawn_blocking(open)
                    .await
                    .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
                opened.map(|(sqlite, rest)| (Engine::Sqlite(sqlite).into(), rest))
            }
            DatabaseUrl::Postgres(_) => Ok((Self::open(url, now).await?, None)),
        }
    }

    /// Opens a database to read it, and writes nothing to it: no schema, no settings. `None` where
    /// there is nothing yet: no file, an empty one, or a database without a table.
    ///
    /// Refuses what [`Db::open`] refuses, and an older schema, which only that brings up to date. A
    /// commit to it fails.
    pub async fn open_reading(url: &DatabaseUrl) -> Result<Option<Self>, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let path = path.clone();
                let opened = tokio::task::spawn_blocking(move || Sqlite::open_reading(&path))
                    .await
                    .map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
                Ok(opened?.map(|sqlite| Engine::Sqlite(sqlite).into()))
            }
            DatabaseUrl::Postgres(text) => {
                let opened = Postgres::open_reading(text).await?;
                Ok(opened.map(|postgres| Engine::Postgres(postgres).into()))
            }
        }
    }

    pub(super) const fn engine_of(&self) -> &Engine {
        &self.engine
    }

    /// The engine's name, for people.
    pub fn engine(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite(_) => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }

    /// What other processes than `own` will have logged; none where no other process can.
    pub fn news(&self, own: &str) -> Option<News> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => Some(postgres.news(own)),
        }
    }

    /// Where this process stands in line with others that log; none where no other process can.
    pub fn turnstile(&self) -> Option<Turnstile> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => Some(postgres.turnstile()),
        }
    }

    /// Whether other processes may use it too, now.
    pub const fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// How long it takes.
    pub fn meter(&self) -> &StoreMeter {
        &self.meter
    }

    /// Whether it answers at all, now.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.query("select 1", &[]).await.map(drop)
    }

    /// The number of the last migration: what the schema of every open database is at.
    pub fn schema_number() -> i64 {
        migrate::last_number()
    }

    /// The rows that a reading statement answers, as one moment saw them.
    pub async fn query(
        &self,
        statement: &'static str,
        row: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        refuse_nul(row)?;
        let work = async {
            match &self.engine {
                Engine::Sqlite(sqlite) => sqlite.query(statement, row).await,
                Engine::Postgres(postgres) => postgres.query(statement, row).await,
            }
        };
        self.meter.measure("read", work).await
    }

    /// The first row that a reading statement answers, if it answers any.
    pub async fn query_opt(
        &self,
        statement: &'static str,
        row: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(statement, row).await?.into_iter().next())
    }

    /// One answer per row of values, all from one and the same moment, in one crossing.
    pub async fn query_many(
        &self,
        statement: &'static str,
        rows: impl Into<Rows>,
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let rows = rows.into();
        refuse_nul(rows.values())?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let work = async {
            match &self.engine {
                Engine::Sqlite(sqlite) => sqlite.query_many(statement, rows).await,
                Engine::Postgres(postgres) => postgres.query_many(statement, rows).await,
            }
        };
        self.meter.measure("read", work).await
    }

    /// Runs all steps as one transaction. Durable once it returns; nothing is stored on an error
    /// (but see [`StoreError::Unavailable`]).
    ///
    /// Once polled, the batch runs to its end even if this future is dropped.
    pub async fn commit(&self, batch: Batch) -> Result<Vec<StepOutcome>, StoreError> {
        batch.steps.iter().try_for_each(|step| refuse_nul(step.rows.values()))?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let work = async {
            match &self.engine {
                Engine::Sqlite(sqlite) => sqlite.commit(batch).await,
                Engine::Postgres(postgres) => postgres.commit(batch).await,
            }
        };
        self.meter.measure("commit", work).await
    }

    /// Finishes what was handed over and lets go of the file or the connections, for all clones.
    /// Every later call answers [`StoreError::Unavailable`].
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close(),
        }
    }
}

/// Refused here, before any engine, so that no text is stored on one engine only.
pub(super) fn refuse_nul(values: &[Value]) -> Result<(), StoreError> {
    let holds_nul =
        |value: &Value| matches!(value, Value::Text(text) if text.as_bytes().contains(&0));
    if values.iter().any(holds_nul) { Err(StoreError::NulInText) } else { Ok(()) }
}
