//! One moment of a store: nothing that is written later is in it, and nobody who writes waits for it.

use hattama_server::store::{
    Batch, Db,
    tables::{TABLES, Table},
};
use hattama_tests::on_every_engine;

use super::{COUNT_FORKS, INSERT_FORK, count_forks, forks};

on_every_engine![
    what_is_written_after_a_moment_is_not_in_it,
    a_moment_cannot_be_written_to,
    several_moments_are_each_their_own,
];

fn table(name: &str) -> &'static Table {
    TABLES.iter().find(|table| table.name == name).unwrap()
}

async fn what_is_written_after_a_moment_is_not_in_it(db: Db) {
    db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..700))).await.unwrap();
    let moment = db.snapshot().await.unwrap();
    let first = table("fork").page_at(&moment, None).await.unwrap();
    // Before the page that was read, behind it, and between the two.
    for kid in ["0", "a", "z"] {
        db.commit(Batch::new().many(INSERT_FORK, forks(kid, 600..900))).await.unwrap();
    }
    let second = table("fork").page_at(&moment, first.last()).await.unwrap();
    assert_eq!((first.len(), second.len()), (500, 200));
    assert_eq!(moment.query(COUNT_FORKS, &[]).await.unwrap()[0].int(0).unwrap(), 700);
    drop(moment);
    assert_eq!(count_forks(&db).await, 700 + 300 + 200 + 300);
}

async fn a_moment_cannot_be_written_to(db: Db) {
    let moment = db.snapshot().await.unwrap();
    let row = ["a".into(), 1.into(), 0.into()];
    assert!(moment.query(INSERT_FORK, &row).await.is_err());
    assert_eq!(count_forks(&db).await, 0);
}

async fn several_moments_are_each_their_own(db: Db) {
    let mut moments = Vec::new();
    for seq in 0..4 {
        moments.push(db.snapshot().await.unwrap());
        db.commit(Batch::new().many(INSERT_FORK, forks("a", seq..seq + 1))).await.unwrap();
    }
    for (seen, moment) in (0..).zip(&moments) {
        assert_eq!(moment.query(COUNT_FORKS, &[]).await.unwrap()[0].int(0).unwrap(), seen);
    }
}
