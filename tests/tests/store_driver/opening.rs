//! Opening, closing and migrating.

use hattama_server::store::{Batch, Db, StoreError};
use hattama_tests::engine::{Engine, OPENED_AT};
use hattama_tests::on_every_engine;

use super::{COUNT_FORKS, INSERT_FORK, INSERT_FORK_ONCE, count_forks, fork, forks, hex64};

on_every_engine![
    a_reopened_database_has_its_data,
    a_closed_store_says_so,
    several_processes_may_start_at_once,
    a_schema_from_the_future_is_refused,
    an_edited_migration_is_refused,
];

async fn a_reopened_database_has_its_data(engine: Engine) {
    let db = engine.open().await;
    db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..10))).await.unwrap();
    db.close().await;
    let again = engine.open().await;
    assert_eq!(count_forks(&again).await, 10);
    let applied = again.query("select count(*), max(number) from migration", &[]).await.unwrap();
    let numbers = (applied[0].int(0).unwrap(), applied[0].int(1).unwrap());
    assert_eq!(numbers, (Db::schema_number(), Db::schema_number()));
}

async fn a_closed_store_says_so(db: Db) {
    let clone = db.clone();
    db.close().await;
    db.close().await;
    let refused = clone.query(COUNT_FORKS, &[]).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let refused = clone.commit(Batch::new().step(INSERT_FORK, fork("a", 0))).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

async fn several_processes_may_start_at_once(engine: Engine) {
    let start = || {
        let engine = engine.clone();
        tokio::spawn(async move { engine.open().await })
    };
    let started = [start(), start(), start(), start()];
    for (seq, db) in (0..).zip(started) {
        let db = db.await.unwrap();
        db.commit(Batch::new().step(INSERT_FORK_ONCE, fork("a", seq))).await.unwrap();
    }
    assert_eq!(count_forks(&engine.open().await).await, 4);
}

async fn a_schema_from_the_future_is_refused(engine: Engine) {
    let db = engine.open().await;
    let note = "insert into migration (number, name, sha256, applied_at_ms)
         values ($1, $2, $3, $4)";
    let next = Db::schema_number() + 1;
    let row = [next.into(), "9999_future".into(), hex64('0').into(), 0.into()];
    db.commit(Batch::new().step(note, row)).await.unwrap();
    db.close().await;

    let refused = Db::open(engine.url(), OPENED_AT).await;
    assert!(
        matches!(refused, Err(StoreError::Newer { found, known }) if found == next && known == next - 1),
        "{refused:?}"
    );
}

async fn an_edited_migration_is_refused(engine: Engine) {
    let db = engine.open().await;
    let edit = "update migration set sha256 = $1 where number = $2";
    let row = [hex64('0').into(), 2.into()];
    db.commit(Batch::new().step(edit, row).expect_rows(1)).await.unwrap();
    db.close().await;

    let refused = Db::open(engine.url(), OPENED_AT).await;
    assert!(matches!(refused, Err(StoreError::Edited { number: 2, .. })), "{refused:?}");
}
