//! A durable scratch PostgreSQL, as slow as one that keeps evidence has to be.

use std::net::{Ipv4Addr, SocketAddr};

use crate::{postgres::Cluster, world::block_on};

/// The defaults, said aloud: without them the figures would mean nothing.
const DURABLE: [(&str, &str); 3] =
    [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];

/// Ends with the benchmark.
pub(super) struct Server {
    cluster: Cluster,
}

impl Server {
    pub(super) fn start() -> Self {
        Self { cluster: Cluster::start(&DURABLE, None).expect("PostgreSQL is installed") }
    }

    /// The address of a new database, over loopback.
    pub(super) fn database(&self, name: &str) -> String {
        block_on(self.cluster.create(name));
        self.cluster.tcp_url(name)
    }

    /// The same, reached through a hop that listens at `hop`.
    pub(super) fn database_at(&self, name: &str, hop: SocketAddr) -> String {
        self.database(name).replace(&self.address().to_string(), &hop.to_string())
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.cluster.port()).into()
    }
}
