//! A durable scratch PostgreSQL, as slow as one that keeps evidence has to be.

use crate::{
    postgres::{Cluster, Hop},
    world::block_on,
};

/// The defaults, said aloud: without them the figures would mean nothing.
const DURABLE: [(&str, &str); 3] =
    [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];

/// What `docs/sizing.md` says to set for a large country. Without it every page that is touched first
/// after one of many checkpoints goes into the log as a whole, and is read from the system again and again.
const SIZED: [(&str, &str); 3] =
    [("shared_buffers", "1GB"), ("max_wal_size", "8GB"), ("checkpoint_timeout", "15min")];

/// Ends with the benchmark.
pub(super) struct Server {
    cluster: Cluster,
}

impl Server {
    pub(super) fn start() -> Self {
        Self::with(&DURABLE)
    }

    /// As durable, and set for a large country.
    pub(super) fn for_a_country() -> Self {
        Self::with(&[DURABLE, SIZED].concat())
    }

    fn with(settings: &[(&str, &str)]) -> Self {
        Self { cluster: Cluster::start(settings, None).expect("PostgreSQL is installed") }
    }

    /// The address of a new database, over loopback.
    pub(super) fn database(&self, name: &str) -> String {
        block_on(self.cluster.create(name));
        self.cluster.tcp_url(name)
    }

    /// A new database that is reached through `hop`.
    pub(super) fn database_through(&self, hop: &Hop, name: &str) -> String {
        block_on(self.cluster.create(name));
        self.cluster.url_through(hop, name)
    }

    /// The id of its first process.
    pub(super) fn process(&self) -> u32 {
        self.cluster.process()
    }

    pub(super) fn hop(&self) -> Hop {
        self.cluster.hop()
    }
}
