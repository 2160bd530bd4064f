//! A batch happens as a whole or not at all, and tells what it did.

use hattama_server::store::{Batch, Db, Rows, StoreError, Value};
use hattama_tests::on_every_engine;

use super::{COUNT_FORKS, INSERT_FORK, INSERT_FORK_ONCE, count_forks, fork, forks, hex64};

on_every_engine![
    many_tells_how_many_rows_were_new,
    an_answering_step_returns_its_rows,
    an_empty_batch_and_an_empty_step_do_nothing,
    a_batch_that_breaks_an_expectation_stores_nothing,
    a_repeated_key_is_told_with_its_step,
    a_value_that_breaks_a_check_is_refused,
    a_step_may_have_thousands_of_rows,
];

async fn many_tells_how_many_rows_were_new(db: Db) {
    db.commit(Batch::new().many(INSERT_FORK, forks("a", 1..3))).await.unwrap();
    let outcomes = db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..4))).await.unwrap();
    assert_eq!(outcomes[0].affected, 2);

    let twice_in_one = vec![fork("b", 7), fork("b", 7)];
    let outcomes = db.commit(Batch::new().many(INSERT_FORK, twice_in_one)).await.unwrap();
    assert_eq!(outcomes[0].affected, 1);
}

async fn an_answering_step_returns_its_rows(db: Db) {
    let outcomes = db
        .commit(
            Batch::new()
                .many(
                    "insert into fork (kid, seq, found_at_ms) values ($1, $2, $3)
                     on conflict (kid, seq) do nothing returning seq",
                    vec![fork("a", 5), fork("a", 5), fork("a", 6)],
                )
                .expect_rows(2)
                .step("update fork set found_at_ms = $1 where kid = $2", [9.into(), "a".into()])
                .expect_rows(2)
                .step("delete from fork where seq = $1 returning found_at_ms", [6.into()])
                .expect_rows(1),
        )
        .await
        .unwrap();
    assert_eq!(outcomes[0].affected, 2);
    let seqs: Vec<i64> = outcomes[0].rows.iter().map(|row| row.int(0).unwrap()).collect();
    assert_eq!(seqs, [5, 6]);
    assert_eq!(outcomes[1].affected, 2);
    assert!(outcomes[1].rows.is_empty());
    assert_eq!(outcomes[2].rows[0].int(0).unwrap(), 9);
    assert_eq!(count_forks(&db).await, 1);
}

async fn an_empty_batch_and_an_empty_step_do_nothing(db: Db) {
    assert_eq!(db.commit(Batch::new()).await.unwrap(), []);
    let outcomes = db
        .commit(Batch::new().many(INSERT_FORK, Rows::default()).many(INSERT_FORK, forks("a", 0..1)))
        .await
        .unwrap();
    assert_eq!((outcomes[0].affected, outcomes[1].affected), (0, 1));
    assert!(db.query_many(COUNT_FORKS, Rows::default()).await.unwrap().is_empty());
}

async fn a_batch_that_breaks_an_expectation_stores_nothing(db: Db) {
    let refused = db
        .commit(
            Batch::new()
                .many(INSERT_FORK, forks("a", 0..3))
                .expect_rows(3)
                .step("update fork set found_at_ms = $1 where kid = $2", [1.into(), "b".into()])
                .expect_rows(1)
                .many(INSERT_FORK, forks("c", 0..3)),
        )
        .await;
    assert!(matches!(refused, Err(StoreError::Conflict { step: 1 })), "{refused:?}");
    assert_eq!(count_forks(&db).await, 0);

    db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..3))).await.unwrap();
    assert_eq!(count_forks(&db).await, 3);
}

async fn a_repeated_key_is_told_with_its_step(db: Db) {
    db.commit(Batch::new().step(INSERT_FORK_ONCE, fork("a", 1))).await.unwrap();
    let refused = db
        .commit(
            Batch::new()
                .step(INSERT_FORK_ONCE, fork("b", 1))
                .many(INSERT_FORK_ONCE, forks("a", 0..3))
                .step(INSERT_FORK_ONCE, fork("c", 1)),
        )
        .await;
    assert!(matches!(refused, Err(StoreError::UniqueViolation { step: 1 })), "{refused:?}");

    let leaf = |position: i64| [position.into(), [7; 32].into(), "photo".into(), hex64('a').into()];
    let insert = "insert into log_leaf (position, hash, kind, subject) values ($1, $2, $3, $4)";
    db.commit(Batch::new().step(insert, leaf(0))).await.unwrap();
    let refused = db.commit(Batch::new().many(insert, vec![leaf(1), leaf(0)])).await;
    assert!(matches!(refused, Err(StoreError::UniqueViolation { step: 0 })), "{refused:?}");
    let count = db.query("select count(*) from log_leaf", &[]).await.unwrap();
    assert_eq!((count[0].int(0).unwrap(), count_forks(&db).await), (1, 1));
}

async fn a_value_that_breaks_a_check_is_refused(db: Db) {
    let insert = "insert into log_leaf (position, hash, kind, subject) values ($1, $2, $3, $4)";
    let good = [0.into(), [7; 32].into(), "photo".into(), hex64('a').into()];
    for (column, bad) in [(1, Value::Bytes(vec![7; 31])), (2, "leaf".into()), (3, Value::Null)] {
        let mut row = good.clone();
        row[column] = bad;
        let refused = db.commit(Batch::new().step(insert, row)).await;
        assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
    }
    let orphan = [hex64('a').into(), "unit".into(), 1.into(), "{}".into()];
    let insert = "insert into publication_row (publication_id, unit, line, cells)
         values ($1, $2, $3, $4)";
    let refused = db.commit(Batch::new().step(insert, orphan)).await;
    assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
}

async fn a_step_may_have_thousands_of_rows(db: Db) {
    let outcomes = db
        .commit(Batch::new().many(INSERT_FORK_ONCE, forks("a", 0..5_000)).expect_rows(5_000))
        .await
        .unwrap();
    assert_eq!(outcomes[0].affected, 5_000);

    let asked: Rows = (0..5_000).rev().map(|seq| [Value::Int(seq)]).collect();
    let answers = db.query_many("select seq from fork where seq = $1", asked).await.unwrap();
    let seqs: Vec<i64> = answers.iter().map(|rows| rows[0].int(0).unwrap()).collect();
    assert_eq!(seqs, (0..5_000).rev().collect::<Vec<_>>());
}
