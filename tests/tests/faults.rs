//! PostgreSQL is stopped, killed, locked, filled up or made to follow another while devices push:
//! nothing that was acknowledged is lost, nothing good is refused, whoever cannot be served is told
//! to come again, and headquarters goes on by itself once the database does.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "faults/away.rs"]
mod away;
#[path = "faults/load.rs"]
mod load;
#[path = "faults/locked.rs"]
mod locked;
#[path = "faults/refusing.rs"]
mod refusing;

use hattama_server::store::DatabaseUrl;
use hattama_tests::{
    engine::Engine,
    postgres::{self, Cluster},
    skip,
    world::{Country, World, block_on},
};

/// The database of headquarters on its cluster.
const DATABASE: &str = "hq";

/// What a server has that keeps evidence, said aloud although it is the default.
const DURABLE: [(&str, &str); 3] =
    [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];

/// Runs `test` with a headquarters on a durable server of its own, or skips it aloud.
fn on_a_server_of_its_own(settings: &[(&str, &str)], test: impl FnOnce(&World, &mut Cluster)) {
    let settings: Vec<_> = DURABLE.iter().chain(settings).copied().collect();
    let Some(mut cluster) = Cluster::start(&settings, None) else {
        skip("PostgreSQL is not installed");
        return;
    };
    block_on(cluster.create(DATABASE));
    let engine = Engine::of(DatabaseUrl::Postgres(cluster.url(DATABASE)));
    let world = World::of(Country::small(), engine);
    test(&world, &mut cluster);
}

/// A session of somebody else in headquarters' database, for what `work` does with it.
fn beside<T>(cluster: &Cluster, work: impl AsyncFnOnce(tokio_postgres::Client) -> T) -> T {
    block_on(async {
        let client = postgres::connect(&cluster.url(DATABASE)).await.unwrap();
        work(client).await
    })
}
