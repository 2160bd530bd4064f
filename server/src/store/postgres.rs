//! PostgreSQL: a pool of sessions, statements prepared once per session, many rows in one message.
//!
//! Isolation is *read committed* for a batch. That suffices because a decision is one statement:
//! an `insert ... on conflict` waits for the transaction that holds the key, and an
//! `update ... where version = $2` looks at the row again after waiting for it. Nothing is read
//! first and relied on later. Several queries of one call are one statement, so that they see one
//! moment.
//!
//! Sessions read only unless a batch says otherwise, so that a statement which writes through
//! [`Db::query`](super::Db::query) fails here as it does on SQLite.

mod address;
mod bind;
mod facts;
mod failure;
mod many;
mod news;
mod run;
mod snapshot;
mod tls;
mod turnstile;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use hattama_proto::time::UnixMillis;
use tokio::runtime::Handle;
use tokio_postgres::{Config, IsolationLevel};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::failure::{told, told_of_pool, told_of_start};
pub(super) use self::snapshot::PostgresSnapshot;
pub use self::{news::News, turnstile::Turnstile};
use super::migrate::{self, Applied, Dialect};
use super::pieces;
use super::{Batch, Row, Rows, StepOutcome, StoreError, Value};

/// Sessions per process. A server allows 100 by default: room for several processes and a human.
const SESSIONS_MAX: usize = 8;

/// How long a request may wait for a session to become free.
const WAIT: Duration = Duration::from_secs(10);

/// How long connecting may take; a session is checked within the same time.
const CONNECT: Duration = Duration::from_secs(5);

/// How long bytes may stay unacknowledged before the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(20);

/// A session that was used within this time is used again without a question: on a night a picture costs a
/// dozen of queries, and each question is as much work for the server as a small one of these.
const FRESH: Duration = Duration::from_secs(1);

/// For so long after a session was lost every one is asked: the same may have befallen the others.
const DOUBT: Duration = Duration::from_secs(10);

/// When a session was lost last.
type LostAt = Arc<Mutex<Option<Instant>>>;

/// How often a batch is run before its caller is told that the store is busy. From the second
/// time on no other batch runs beside it, so that a deadlock cannot come again.
const ATTEMPTS: u32 = 3;

/// What the advisory lock of batches is called: "Hattama?" as a big-endian number. A batch shares
/// it; one that is run again has it alone.
const BATCH_LOCK: i64 = 0x4861_7474_616d_613f;
const SHARED: &str = "select pg_advisory_xact_lock_shared($1)";
const ALONE: &str = "select pg_advisory_xact_lock($1)";

/// How long a batch that is run again waits for the others to end: they take well under a second.
/// With [`ATTEMPTS`] it bounds how long a phone waits, while a foreign session holds a table, before
/// it is told to come again: about eleven seconds.
const WAIT_FOR_BATCHES: &str = "set local lock_timeout to '5s'";

/// What the advisory lock of the migrations is called: "Hattama!" as a big-endian number.
const MIGRATION_LOCK: i64 = 0x4861_7474_616d_6121;

/// How long a process that starts waits for another that is applying migrations.
const WAIT_FOR_MIGRATIONS: &str = "set local lock_timeout to '20s'";

/// Said to each new session. Whoever waits for a row for half a second is likely in a deadlock,
/// which the server itself would look for only after a second, one by one; such a batch is run
/// again, alone. The other time-outs free what a lost process held; one that stands still in the
/// middle of a group holds up every other for ten seconds, a hundred times what a batch takes
/// between two messages. Durability is only ever raised: an operator may have asked for more than `on`, never for less.
const SESSION: &str = "\
    set timezone to 'UTC';
    set default_transaction_read_only to on;
    set statement_timeout to '120s';
    set lock_timeout to '500ms';
    set idle_in_transaction_session_timeout to '10s';
    select set_config('synchronous_commit', 'on', false)
     where current_setting('synchronous_commit') = 'off'";

/// How two tables keep what is long; said once, where it is not so yet. A record is signed text in base64,
/// in which there is nothing to compress, and most are short enough to lie in their row. What is known of a
/// unit is compressed again with each line that comes to it: by the quicker way, where the server has it.
const KEPT: &str = "
    do $$ begin
        if not exists (select from pg_catalog.pg_class
                        where oid = 'record'::regclass
                          and 'toast_tuple_target=8160' = any (reloptions)) then
            alter table record set (toast_tuple_target = 8160);
        end if;
    end $$;
    do $$ begin
        if exists (select from pg_catalog.pg_attribute
                    where attrelid = 'unit_entry_pack'::regclass and attname = 'entries'
                      and attcompression <> 'l') then
            alter table unit_entry_pack alter column entries set compression lz4;
        end if;
    exception when feature_not_supported then
        null; -- Built without it.
    end $$";

/// Tells a new database from one that somebody has filled.
const TABLES: &str = "select tablename from pg_catalog.pg_tables
     where schemaname = current_schema() order by tablename";

/// A pool of sessions. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Postgres {
    pool: Pool,
    /// For sessions beside the pool.
    line: Arc<news::Line>,
    lost_at: LostAt,
    /// Where connections live: a worker that first needs one may end before the others do.
    runtime: Handle,
}

impl Postgres {
    pub(super) async fn open(url: &str, now: UnixMillis) -> Result<Self, StoreError> {
        let postgres = Self::connect(url)?;
        postgres.refuse_unless_utf8().await?;
        postgres.apply_migrations(now).await?;
        Ok(postgres)
    }

    /// Writes nothing; see [`Db::open_reading`](super::Db).
    pub(super) async fn open_reading(url: &str) -> Result<Option<Self>, StoreError> {
        let postgres = Self::connect(url)?;
        postgres.refuse_unless_utf8().await?;
        let client = postgres.client().await?;
        let tables = client.query(TABLES, &[]).await.map_err(told)?;
        if tables.is_empty() {
            return Ok(None);
        }
        if !tables.iter().any(|row| row.get::<_, &str>(0) == "migration") {
            return Err(StoreError::Foreign { place: "the PostgreSQL database".to_owned() });
        }
        let applied = applied(client.query(migrate::APPLIED, &[]).await.map_err(told)?.as_slice());
        migrate::refuse_unless_current(migrate::MIGRATIONS, &applied)?;
        drop(client);
        Ok(Some(postgres))
    }

    fn connect(url: &str) -> Result<Self, StoreError> {
        let (config, tls) = settings(url)?;
        let line = Arc::new(news::Line { config: config.clone(), tls: tls.clone() });
        let lost_at = LostAt::default();
        let lost = Arc::clone(&lost_at);
        let pool = Pool::builder(manager(config, tls))
            .max_size(SESSIONS_MAX)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(CONNECT))
            .recycle_timeout(Some(CONNECT))
            .runtime(Runtime::Tokio1)
            .pre_recycle(Hook::async_fn(move |client, metrics| {
                let trusted = metrics.last_used() < FRESH && !is_in_doubt(&lost);
                Box::pin(async move { if trusted { Ok(()) } else { sign_of_life(client).await } })
            }))
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(
                    async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) },
                )
            }))
            .build()
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self { pool, line, lost_at, runtime: Handle::current() })
    }

    pub(super) async fn query(
        &self,
        statement: &'static str,
        row: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let (postgres, row) = (self.clone(), row.to_vec());
        self.to_its_end(async move {
            let client = postgres.client().await?;
            let prepared = client.prepare_cached(statement).await.map_err(told)?;
            run::query(&client, &prepared, &row).await
        })
        .await
    }

    pub(super) async fn query_many(
        &self,
        statement: &'static str,
        rows: Rows,
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let postgres = self.clone();
        self.to_its_end(async move {
            let client = postgres.client().await?;
            run::queries(&client, statement, &rows).await
        })
        .await
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<Vec<StepOutcome>, StoreError> {
        let postgres = self.clone();
        self.to_its_end(async move { postgres.commit_patiently(&batch).await }).await
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }

    /// What others than `own` will commit to the log.
    pub(super) fn news(&self, own: &str) -> News {
        News::new(Arc::clone(&self.line), own.to_owned())
    }

    /// A place in the queue of those that log.
    pub(super) fn turnstile(&self) -> Turnstile {
        Turnstile::new(Arc::clone(&self.line))
    }

    /// A task of its own: it runs to its end even if the caller stops waiting, so a batch is
    /// never cut off, and a session never comes back to the pool with an answer still under way.
    async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.runtime.spawn(work).await;
        let done = done.map_err(|stopped| StoreError::Unavailable(stopped.into()))?;
        if matches!(done, Err(StoreError::Unavailable(_))) {
            *self.lost_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        done
    }

    async fn commit_patiently(&self, batch: &Batch) -> Result<Vec<StepOutcome>, StoreError> {
        let mut settled = self.commit_once(batch, SHARED).await;
        for _ in 1..ATTEMPTS {
            let Err(StoreError::Busy(_)) = settled else { break };
            settled = self.commit_once(batch, ALONE).await;
        }
        settled
    }

    async fn commit_once(
        &self,
        batch: &Batch,
        lock: &'static str,
    ) -> Result<Vec<StepOutcome>, StoreError> {
        let mut client = self.client().await?;
        // Whatever the server's default is. An early return drops the transaction, which sends a
        // rollback.
        let transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .read_only(false)
            .start()
            .await
            .map_err(told_of_start)?;
        if lock == ALONE {
            transaction.batch_execute(WAIT_FOR_BATCHES).await.map_err(told)?;
        }
        let lock = transaction.prepare_cached(lock).await.map_err(told)?;
        let outcomes = run::steps(&transaction, (&lock, BATCH_LOCK), batch).await?;
        transaction.commit().await.map_err(told)?;
        Ok(outcomes)
    }

    async fn client(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(told_of_pool)
    }

    /// In another encoding, bytes that nobody checked could come back as another text.
    async fn refuse_unless_utf8(&self) -> Result<(), StoreError> {
        let client = self.client().await?;
        let row = client.query_one("show server_encoding", &[]).await.map_err(told)?;
        match row.get::<_, &str>(0) {
            "UTF8" => Ok(()),
            other => {
                let text = format!("the database is encoded as {other}: create it as UTF8");
                Err(StoreError::Unavailable(text.into()))
            }
        }
    }

    /// One transaction under a lock, so that processes which start together do not collide.
    async fn apply_migrations(&self, now: UnixMillis) -> Result<(), StoreError> {
        let dialect = Dialect::Postgres;
        let mut client = self.client().await?;
        let transaction =
            client.build_transaction().read_only(false).start().await.map_err(told)?;
        transaction.batch_execute(WAIT_FOR_MIGRATIONS).await.map_err(told)?;
        transaction.execute(ALONE, &[&MIGRATION_LOCK]).await.map_err(told)?;
        let table = dialect.translate(migrate::MIGRATION_TABLE);
        transaction.batch_execute(&table).await.map_err(told)?;
        let rows = transaction.query(migrate::APPLIED, &[]).await.map_err(told)?;
        let applied = applied(&rows);
        for pending in migrate::plan(migrate::MIGRATIONS, &applied)? {
            let migration = pending.migration;
            let text = dialect.translate(migration.text);
            transaction.batch_execute(&text).await.map_err(told)?;
            let sha256 = migrate::sha256_hex(migration.text);
            transaction
                .execute(migrate::NOTE, &[&pending.number, &migration.name, &sha256, &now.0])
                .await
                .map_err(told)?;
        }
        transaction.batch_execute(KEPT).await.map_err(told)?;
        transaction.batch_execute(pieces::TABLE).await.map_err(told)?;
        transaction.batch_execute(pieces::AS_THEY_COME).await.map_err(told)?;
        let old = now.plus_ms(-pieces::LENT_MS);
        transaction.execute(pieces::GIVE_UP_OLD, &[&old.0]).await.map_err(told)?;
        transaction.commit().await.map_err(told)
    }
}

fn applied(rows: &[tokio_postgres::Row]) -> Vec<Applied> {
    let read = |row: &tokio_postgres::Row| Applied {
        number: row.get(0),
        name: row.get(1),
        sha256: row.get(2),
    };
    rows.iter().map(read).collect()
}

/// How a session is opened, and how it is secured.
fn settings(url: &str) -> Result<(Config, MakeRustlsConnect), StoreError> {
    let address::Address { mut config, authority } =
        address::parse(url).map_err(StoreError::Url)?;
    config.connect_timeout(CONNECT).tcp_user_timeout(SILENCE);
    if config.get_application_name().is_none() {
        config.application_name("hattama");
    }
    Ok((config, tls::connector(authority.as_deref())?))
}

/// A session whose connection has ended is not used again; see [`sign_of_life`].
fn manager(config: Config, tls: MakeRustlsConnect) -> Manager {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Manager::from_config(config, tls, recycling)
}

fn is_in_doubt(lost_at: &LostAt) -> bool {
    let lost_at = *lost_at.lock().unwrap_or_else(PoisonError::into_inner);
    lost_at.is_some_and(|lost_at| lost_at.elapsed() < DOUBT)
}

/// What a session that rested is asked before it is used: one way to the server and back, for which one
/// that was cut off without a word is found before anything depends on it. A server that was restarted has
/// ended its connections, which is seen without asking.
async fn sign_of_life(client: &ClientWrapper) -> Result<(), HookError> {
    match tokio::time::timeout(CONNECT, client.simple_query("")).await {
        Ok(answered) => answered.map(drop).map_err(HookError::Backend),
        Err(_) => Err(HookError::message("no answer")),
    }
}
