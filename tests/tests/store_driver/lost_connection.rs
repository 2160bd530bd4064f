//! A PostgreSQL that goes away is said to be unavailable, and is used again once it is back.

use std::time::Duration;

use hattama_server::store::{Batch, DatabaseUrl, Db, StoreError};
use hattama_tests::engine::{Engine, OPENED_AT, on_postgres};
use hattama_tests::postgres;

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
