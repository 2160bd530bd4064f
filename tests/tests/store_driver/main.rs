//! The store's driver: what it promises holds on SQLite and on PostgreSQL alike.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod batches;
mod concurrency;
mod damage;
mod lost_connection;
mod moments;
mod opening;
mod sources;
mod tls;
mod unit_lines;
mod values;

use hattama_server::store::{Db, Rows, Value};

const INSERT_FORK: &str = "insert into fork (kid, seq, found_at_ms) values ($1, $2, $3)
     on conflict (kid, seq) do nothing";
const INSERT_FORK_ONCE: &str = "insert into fork (kid, seq, found_at_ms) values ($1, $2, $3)";
const COUNT_FORKS: &str = "select count(*) from fork";

fn fork(kid: &str, seq: i64) -> [Value; 3] {
    [kid.into(), seq.into(), 0.into()]
}

fn forks(kid: &str, seqs: std::ops::Range<i64>) -> Rows {
    seqs.map(|seq| fork(kid, seq)).collect()
}

async fn count_forks(db: &Db) -> i64 {
    db.query(COUNT_FORKS, &[]).await.unwrap()[0].int(0).unwrap()
}

fn hex64(digit: char) -> String {
    digit.to_string().repeat(64)
}
