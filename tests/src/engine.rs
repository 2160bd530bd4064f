//! Every store test is written once and runs on every engine.
//!
//! ```no_run
//! hattama_tests::on_every_engine![a_fork_is_kept];
//!
//! async fn a_fork_is_kept(db: hattama_server::store::Db) { /* ... */ }
//! # fn main() {}
//! ```

use std::future::Future;
use std::sync::Arc;

use hattama_proto::time::UnixMillis;
use hattama_server::store::{DatabaseUrl, Db};
use tempfile::TempDir;

use crate::postgres;

/// When the databases of tests are made: 4 December 2005, 07:00 in Almaty.
pub const OPENED_AT: UnixMillis = UnixMillis(1_133_658_000_000);

/// A place for one database that nobody else uses. It goes away after the test.
#[derive(Clone, Debug)]
pub struct Engine {
    url: DatabaseUrl,
    blobs: Option<String>,
    _folder: Option<Arc<TempDir>>,
    _blob_store: Option<Arc<dyn Keep>>,
}

/// What has to live as long as an engine does.
pub trait Keep: std::fmt::Debug + Send + Sync {}

impl<T: std::fmt::Debug + Send + Sync> Keep for T {}

impl Engine {
    /// A file of SQLite in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let url = DatabaseUrl::Sqlite(folder.path().join("hq.db"));
        Self { url, blobs: None, _folder: Some(Arc::new(folder)), _blob_store: None }
    }

    /// A database of its own on the test process's PostgreSQL, or `None` where there is none.
    pub async fn postgres() -> Option<Self> {
        let url = postgres::fresh_database().await?;
        let url = DatabaseUrl::Postgres(url);
        Some(Self { url, blobs: None, _folder: None, _blob_store: None })
    }

    /// The same engine with photographs at `url`, in a store that lives as long as it does.
    #[must_use]
    pub fn with_blobs(self, url: String, store: Arc<dyn Keep>) -> Self {
        Self { blobs: Some(url), _blob_store: Some(store), ..self }
    }

    /// Where photographs are kept; in the data folder if nothing is said.
    pub fn blobs(&self) -> Option<&str> {
        self.blobs.as_deref()
    }

    /// A database that its test made, and ends.
    pub const fn of(url: DatabaseUrl) -> Self {
        Self { url, blobs: None, _folder: None, _blob_store: None }
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Opens it, again if it was open before.
    pub async fn open(&self) -> Db {
        Db::open(&self.url, OPENED_AT).await.expect("a fresh database opens")
    }
}

/// What a test may ask for as its argument.
pub trait FromEngine {
    /// Made for one test, in a database of its own.
    fn from_engine(engine: Engine) -> impl Future<Output = Self>;
}

impl FromEngine for Engine {
    async fn from_engine(engine: Engine) -> Self {
        engine
    }
}

impl FromEngine for Db {
    async fn from_engine(engine: Engine) -> Self {
        engine.open().await
    }
}

/// Runs `test` on a file of SQLite.
pub fn on_sqlite<T: FromEngine, F: Future<Output = ()>>(test: impl FnOnce(T) -> F) {
    run(async {
        let engine = Engine::sqlite();
        test(T::from_engine(engine.clone()).await).await;
    });
}

/// Runs `test` on PostgreSQL, or skips it aloud.
pub fn on_postgres<T: FromEngine, F: Future<Output = ()>>(test: impl FnOnce(T) -> F) {
    run(async {
        if let Some(engine) = Engine::postgres().await {
            test(T::from_engine(engine).await).await;
        }
    });
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built")
        .block_on(test);
}

/// Makes two tests of each `async fn`: one on SQLite, one on PostgreSQL.
#[macro_export]
macro_rules! on_every_engine {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::engine::on_sqlite(super::$name) })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::engine::on_postgres(super::$name) })+
        }
    };
}
