//! A PostgreSQL that goes away is said to be unavailable, and is used again once it is back.

use std::time::Duration;

use hattama_server::store::{Batch, DatabaseUrl, Db, Rows, StoreError, Value};
use hattama_tests::engine::{Engine, OPENED_AT, on_postgres};
use hattama_tests::postgres::{self, Cluster};
use hattama_tests::{skip, world::block_on};

use super::{INSERT_FORK_ONCE, count_forks, fork, forks};

const SLOW: &str = "select case when pg_sleep(30) is null then 0 else 1 end";

async fn end_all_sessions(engine: &Engine) -> u64 {
    let DatabaseUrl::Postgres(url) = engine.url() else { panic!("only a server has sessions") };
    let admin = postgres::connect(url).await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()";
    admin.execute(end, &[]).await.unwrap()
}

#[test]
fn a_query_whose_session_ends_is_unavailable_and_the_next_one_works() {
    on_postgres(|engine: Engine| async move {
        let db = engine.open().await;
        let slow = {
            let db = db.clone();
            tokio::spawn(async move { db.query(SLOW, &[]).await })
        };
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(end_all_sessions(&engine).await > 0);
        let lost = slow.await.unwrap();
        assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
        assert!(lost.unwrap_err().is_transient());
        assert_eq!(count_forks(&db).await, 0);
    });
}

#[test]
fn a_commit_whose_session_ends_is_unavailable_and_stores_nothing() {
    on_postgres(|engine: Engine| async move {
        let db = engine.open().await;
        let slow = {
            let db = db.clone();
            let batch = Batch::new().many(INSERT_FORK_ONCE, forks("a", 0..10)).step(SLOW, []);
            tokio::spawn(async move { db.commit(batch).await })
        };
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(end_all_sessions(&engine).await > 0);
        let lost = slow.await.unwrap();
        assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");

        db.commit(Batch::new().step(INSERT_FORK_ONCE, fork("a", 0))).await.unwrap();
        assert_eq!(count_forks(&db).await, 1);
    });
}

#[test]
fn answers_that_come_in_pieces_stop_no_batch() {
    let Some(cluster) = Cluster::start(&[], None) else {
        skip("PostgreSQL is not installed");
        return;
    };
    block_on(async {
        cluster.create("pieces").await;
        let hop = cluster.hop();
        let url = DatabaseUrl::Postgres(cluster.url_through(&hop, "pieces"));
        let db = Db::open(&url, OPENED_AT).await.unwrap();
        let answering = "insert into fork (kid, seq, found_at_ms) values ($1, $2, $3)
             on conflict (kid, seq) do nothing returning seq";
        let batch = Batch::new()
            .many(INSERT_FORK_ONCE, forks("a", 0..30))
            .many(answering, forks("b", 0..30))
            .step("update fork set found_at_ms = 1 where kid = $1", ["a".into()])
            .expect_rows(30)
            .step("delete from fork where kid = $1 and seq = $2", ["b".into(), 7.into()])
            .expect_rows(1);
        let patience = Duration::from_secs(60);
        let done = tokio::time::timeout(patience, db.commit(batch)).await.expect("it ends");
        assert_eq!(done.unwrap()[1].rows.len(), 30);
        let seqs: Rows = (0..30).map(|seq| [Value::Int(seq)]).collect();
        let asked = db.query_many("select kid from fork where seq = $1 order by kid", seqs);
        let answers = tokio::time::timeout(patience, asked).await.expect("it ends").unwrap();
        let found: Vec<usize> = answers.iter().map(Vec::len).collect();
        assert_eq!((found.len(), found[6], found[7]), (30, 2, 1));
        assert!(hop.trips() > 0);
    });
}

#[test]
fn sessions_that_ended_while_idle_are_replaced() {
    on_postgres(|engine: Engine| async move {
        let db = engine.open().await;
        let together = (0..8).map(|seq| {
            let db = db.clone();
            tokio::spawn(async move {
                db.commit(Batch::new().step(INSERT_FORK_ONCE, fork("a", seq))).await
            })
        });
        for commit in together.collect::<Vec<_>>() {
            commit.await.unwrap().unwrap();
        }
        for _ in 0..5 {
            end_all_sessions(&engine).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert_eq!(count_forks(&db).await, 8);
        }
    });
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    on_postgres(|_: Engine| async {
        let nowhere = "postgres://127.0.0.1:1/hq?user=hattama&password=secret";
        let refused = Db::open(&nowhere.parse().unwrap(), OPENED_AT).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
        assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
    });
}
