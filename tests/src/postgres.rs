//! A real PostgreSQL for tests: the system's own programs on a scratch cluster, reached through a
//! socket in its folder or on a free port of loopback.
//!
//! One without durability is started once per test process, for everything that needs a database.
//! A test that stops its server, or looks at what it keeps, has a [`Cluster`] of its own.
//!
//! Without the programs the tests are skipped aloud, unless `HATTAMA_REQUIRE_POSTGRES=1` says
//! that this machine must have them.

mod cluster;
mod hop;
mod machine;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;

pub use self::{
    cluster::{Certificate, Cluster, Stop},
    hop::Hop,
};
use crate::skip;

/// Nothing is kept, so nothing has to reach the disk.
const FORGETFUL: [(&str, &str); 3] =
    [("fsync", "off"), ("full_page_writes", "off"), ("max_connections", "400")];

/// The address of a new, empty database, or `None`, said aloud, where PostgreSQL is missing.
pub async fn fresh_database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);

    let Some(cluster) = CLUSTER.get_or_init(|| Cluster::start(&FORGETFUL, None)) else {
        skip("PostgreSQL is not installed");
        return None;
    };
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    cluster.create(&name).await;
    Some(cluster.url(&name))
}

/// A session of a test's own, beside the store under test.
pub async fn connect(url: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}
