//! What a server says of itself, asked on a session of its own and in the way ours are opened.

use tokio_postgres::Client;

use super::failure::told;
use super::{Postgres, SESSION, SESSIONS_MAX, address, settings};
use crate::clock::Clock;
use crate::store::StoreError;
use crate::store::facts::{self, LogFacts, ServerFacts};

const SETTINGS: &str = "
    select current_setting('server_version_num')::bigint,
           current_setting('server_version'),
           current_setting('server_encoding'),
           current_setting('fsync') = 'on',
           current_setting('full_page_writes') = 'on',
           current_setting('data_checksums') = 'on',
           pg_is_in_recovery(),
           current_setting('default_transaction_read_only') = 'on',
           current_setting('default_transaction_isolation'),
           current_setting('max_connections')::bigint
             - current_setting('superuser_reserved_connections')::bigint
             - coalesce(current_setting('reserved_connections', true), '0')::bigint,
           (select count(*) from pg_stat_activity
             where backend_type = 'client backend' and pid <> pg_backend_pid()
               and application_name <> 'hattama'),
           coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false)";

const CLOCK: &str = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";

const HAS_LOG: &str = "select to_regclass('log_leaf') is not null
                          and to_regclass('checkpoint') is not null";

impl Postgres {
    /// Asks without a pool and without touching the schema.
    pub(in crate::store) async fn facts(
        url: &str,
        clock: Clock,
    ) -> Result<ServerFacts, StoreError> {
        let (config, tls) = settings(url)?;
        let distance = address::distance(&config);
        let (client, connection) = config.connect(tls).await.map_err(told)?;
        let carried = tokio::spawn(connection);
        let facts = ask(&client, distance, clock).await;
        drop(client);
        // It ends once the client is gone; how is told by what the client got.
        let _ended = carried.await;
        facts
    }
}

async fn ask(
    client: &Client,
    distance: facts::Distance,
    clock: Clock,
) -> Result<ServerFacts, StoreError> {
    // First as the server has it, then as a session of ours makes it.
    let row = client.query_one(SETTINGS, &[]).await.map_err(told)?;
    client.batch_execute(SESSION).await.map_err(told)?;
    let raised = client.query_one("show synchronous_commit", &[]).await.map_err(told)?;
    let before = clock();
    let theirs: i64 = client.query_one(CLOCK, &[]).await.map_err(told)?.get(0);
    let after = clock();
    Ok(ServerFacts {
        version_number: row.get(0),
        version: row.get(1),
        encoding: row.get(2),
        fsync: row.get(3),
        full_page_writes: row.get(4),
        synchronous_commit: raised.get(0),
        checksums: row.get(5),
        follows_another: row.get(6),
        reads_only_by_default: row.get(7),
        isolation: row.get(8),
        sessions_max: row.get(9),
        sessions_of_others: row.get(10),
        sessions_wanted: i64::try_from(SESSIONS_MAX).unwrap_or(i64::MAX),
        distance,
        encrypted: row.get(11),
        clock_ahead_ms: theirs - before.0.midpoint(after.0),
        clock_doubt_ms: (after.0 - before.0) / 2 + 1,
        log: log(client).await?,
    })
}

async fn log(client: &Client) -> Result<Option<LogFacts>, StoreError> {
    if !client.query_one(HAS_LOG, &[]).await.map_err(told)?.get::<_, bool>(0) {
        return Ok(None);
    }
    let leaf = client.query_one(facts::LAST_LEAF, &[]).await.map_err(told)?.get(0);
    let signed = client.query_opt(facts::LAST_SIGNED, &[]).await.map_err(told)?;
    Ok(Some(facts::log_facts(leaf, signed.map(|row| row.get(0)))))
}
