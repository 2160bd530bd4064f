//! SQLite: one writer thread, two readers, one file.
//!
//! A batch crosses to the writer once and is one `begin immediate` transaction, synced to disk
//! before it is answered (`synchronous=FULL`). Batches that are waiting share one sync: each is
//! a savepoint of its own, so that one which fails takes back only itself. Readers see the last
//! committed state and never wait for the writer (write-ahead log).
//!
//! Another process may read and write the file too; whoever must be alone holds a lock of its own.

mod carry;
mod check;
mod facts;
mod run;
mod snapshot;
mod threads;
mod whole;

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hattama_proto::time::UnixMillis;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};

use self::carry::Carrier;
use self::run::Mishap;
pub(super) use self::snapshot::SqliteSnapshot;
use self::threads::Threads;
pub use self::whole::{FileCheck, FileCheckStop, FileChecked};
use super::migrate::{self, Applied, Dialect};
use super::{Batch, Row, Rows, StepOutcome, StoreError, Value};

/// How many connections read. Two, because headquarters runs on small machines and one long
/// export must not stop every page.
const READERS: usize = 2;

/// How long to wait for another process that writes. The writer itself never waits for itself.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before a busy file is opened again.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// How often. With the pauses, as long as [`BUSY_TIMEOUT`] at least.
const BUSY_PAUSES: u32 = 250;

/// More than all statements of the server, so that each is compiled once per connection.
const STATEMENTS_CACHED: usize = 256;

/// An open file of SQLite. Cheap to clone. The threads end when the last clone is gone.
#[derive(Clone, Debug)]
pub struct Sqlite {
    path: Arc<Path>,
    threads: Arc<Threads>,
}

impl Sqlite {
    /// Blocks: checks the whole file first.
    pub(super) fn open(path: &Path, now: UnixMillis) -> Result<Self, StoreError> {
        create_private(path)?;
        check::refuse_unless_sound(path)?;
        Self::open_unless_refused(path, now)
    }

    /// Blocks; see [`Db::open_before_checked`](super::Db::open_before_checked).
    pub(super) fn open_before_checked(
        path: &Path,
        now: UnixMillis,
        checked_first: u64,
    ) -> Result<(Self, Option<FileCheck>), StoreError> {
        create_private(path)?;
        let rest = check::refuse_unless_sound_so_far(path, checked_first)?;
        Ok((Self::open_unless_refused(path, now)?, rest))
    }

    fn open_unless_refused(path: &Path, now: UnixMillis) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let opened = || -> Result<_, Mishap> {
            let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            prepare_writer(&writer)?;
            apply_migrations(&mut writer, now)?;
            let carrier = Carrier::start(path, &mut writer)?;
            let readers = (0..READERS)
                .map(|_| connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY))
                .collect::<Result<Vec<_>, _>>()?;
            Ok((writer, carrier, readers))
        };
        let (writer, carrier, readers) =
            patiently(|| opened().map_err(|mishap| mishap.told(&place)))?;
        let threads = Arc::new(Threads::start(&place, writer, Some(carrier), readers)?);
        Ok(Self { path: path.into(), threads })
    }

    /// Blocks, as [`open`](Self::open), and writes nothing; see [`Db::open_reading`](super::Db).
    pub(super) fn open_reading(path: &Path) -> Result<Option<Self>, StoreError> {
        let place = path.display().to_string();
        match std::fs::metadata(path) {
            Ok(about) if about.len() > 0 => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Unavailable(source.into())),
        }
        check::refuse_unless_sound(path)?;
        let reader = || connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let opened = || -> Result<_, Mishap> {
            // Takes the writer's place, where it can write nothing.
            let first = reader()?;
            if !check::is_ours(&first)? {
                return Ok(None);
            }
            migrate::refuse_unless_current(migrate::MIGRATIONS, &applied(&first)?)?;
            let readers = (0..READERS).map(|_| reader()).collect::<Result<Vec<_>, _>>()?;
            Ok(Some((first, readers)))
        };
        let Some((first, readers)) = opened().map_err(|mishap| mishap.told(&place))? else {
            return Ok(None);
        };
        let threads = Arc::new(Threads::start(&place, first, None, readers)?);
        Ok(Some(Self { path: path.into(), threads }))
    }

    pub(super) async fn query(
        &self,
        statement: &'static str,
        row: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Rows::default();
        rows.push(row.iter().cloned());
        let answers = self.threads.read(statement, rows).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    pub(super) async fn query_many(
        &self,
        statement: &'static str,
        rows: Rows,
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        self.threads.read(statement, rows).await
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<Vec<StepOutcome>, StoreError> {
        self.threads.write(batch).await
    }

    pub(super) async fn close(&self) {
        self.threads.close().await;
    }
}

/// Opens again while another process that starts has the file. Turning a new file to the
/// write-ahead log needs it alone, and for that SQLite does not wait by itself.
fn patiently<T>(open: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    for _ in 0..BUSY_PAUSES {
        match open() {
            Err(StoreError::Busy(_)) => thread::sleep(BUSY_PAUSE),
            settled => return settled,
        }
    }
    open()
}

/// Makes the file if it is missing, readable by its owner only: it holds who is who.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|source| StoreError::Unavailable(source.into()))
}

fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // 16 MiB per connection: the inner pages of every index of a million records are 11.
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    Ok(connection)
}

fn prepare_writer(writer: &Connection) -> Result<(), Mishap> {
    // Only of a new file; older ones have eight. Of a million records nearly every row of an index falls on
    // a page of its own, which is written into the log as a whole: half as large is a third less to write.
    writer.pragma_update(None, "page_size", 4 * 1024)?;
    // What is overwritten (a name that moved into the vault) leaves nothing in free space.
    writer.pragma_update_and_check(None, "secure_delete", true, |row| row.get::<_, i64>(0))?;
    let mode: String =
        writer.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let source = format!("the file system allows no write-ahead log (mode {mode})");
        return Err(StoreError::Unavailable(source.into()).into());
    }
    wait_for_the_disk(writer)?;
    // 64 MiB, taken only as it is needed. What it lacks the system still has, a microsecond or two away:
    // four times as much made nothing quicker, and an overloaded headquarters stays within 512 MB.
    writer.pragma_update(None, "cache_size", -64 * 1024)?;
    Ok(())
}

/// Every commit reaches the disk before it is answered; on macOS through its write cache too.
fn wait_for_the_disk(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)
}

/// One transaction, so that a power cut leaves the old schema or the new one.
fn apply_migrations(writer: &mut Connection, now: UnixMillis) -> Result<(), Mishap> {
    let dialect = Dialect::Sqlite;
    let transaction = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    check::claim(&transaction)?;
    transaction.execute_batch(&dialect.translate(migrate::MIGRATION_TABLE))?;
    let applied = applied(&transaction)?;
    for pending in migrate::plan(migrate::MIGRATIONS, &applied)? {
        let migration = pending.migration;
        transaction.execute_batch(&dialect.translate(migration.text))?;
        transaction.execute(
            migrate::NOTE,
            params![pending.number, migration.name, migrate::sha256_hex(migration.text), now.0],
        )?;
    }
    Ok(transaction.commit()?)
}

fn applied(connection: &Connection) -> rusqlite::Result<Vec<Applied>> {
    connection
        .prepare(migrate::APPLIED)?
        .query_map([], |row| {
            Ok(Applied { number: row.get(0)?, name: row.get(1)?, sha256: row.get(2)? })
        })?
        .collect()
}
