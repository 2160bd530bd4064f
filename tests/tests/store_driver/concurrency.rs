//! Many at once: one decision wins, nobody sees half of a batch, nobody waits for a reader.

use std::time::Duration;

use hattama_proto::tlog::Hash;
use hattama_server::store::{Batch, Db, Rows, StoreError, Value, signer};
use hattama_tests::on_every_engine;

use super::{INSERT_FORK, INSERT_FORK_ONCE, count_forks, fork, forks};

on_every_engine![
    of_two_writers_on_one_version_exactly_one_wins,
    of_processes_that_build_on_one_tree_exactly_one_signs,
    those_in_line_come_in_turn_and_nobody_waits_long_for_who_stands_still,
    batches_in_opposite_orders_all_get_through,
    each_of_many_batches_at_once_has_its_own_fate,
    a_dropped_commit_still_completes,
    readers_go_on_during_a_write_and_see_all_of_it_or_nothing,
    queries_of_one_call_see_one_moment,
    a_query_cannot_write,
];

async fn of_two_writers_on_one_version_exactly_one_wins(db: Db) {
    let create = "insert into unit_entry_pack (unit, entries) values ($1, $2)";
    db.commit(Batch::new().step(create, ["u".into(), "0".into()])).await.unwrap();
    let take = "update unit_entry_pack set entries = $1 where unit = $2 and entries = $3";
    for round in 0..20 {
        let take_over = || {
            let db = db.clone();
            let row = [(round + 1).to_string().into(), "u".into(), round.to_string().into()];
            let claim = fork("winner", round);
            tokio::spawn(async move {
                let batch =
                    Batch::new().step(take, row).expect_rows(1).step(INSERT_FORK_ONCE, claim);
                db.commit(batch).await
            })
        };
        let racers = [take_over(), take_over(), take_over(), take_over()];
        let mut wins = 0;
        for racer in racers {
            match racer.await.unwrap() {
                Ok(_) => wins += 1,
                Err(StoreError::Conflict { step: 0 }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(wins, 1);
    }
    assert_eq!(count_forks(&db).await, 20);
}

async fn of_processes_that_build_on_one_tree_exactly_one_signs(db: Db) {
    let tree = |size: u64| (size, Hash::from_bytes([u8::try_from(size).unwrap(); 32]));
    db.commit(signer::begin("p0", tree(0))).await.unwrap();
    db.commit(signer::begin("p1", tree(9))).await.unwrap();
    let mut changes = 0;
    let mut before = "p0".to_owned();
    for size in 0..20 {
        let sign = |number: u64| {
            let db = db.clone();
            let turn = signer::swap(&format!("p{number}"), tree(size), tree(size + 1));
            let batch = turn.step(INSERT_FORK_ONCE, fork("group", size.try_into().unwrap()));
            tokio::spawn(async move { db.commit(batch).await })
        };
        let racers = [sign(0), sign(1), sign(2), sign(3)];
        let mut wins = 0;
        for racer in racers {
            match racer.await.unwrap() {
                Ok(_) => wins += 1,
                Err(StoreError::Conflict { step: 0 }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(wins, 1);
        let last = signer::last(&db).await.unwrap().unwrap();
        assert_eq!((last.size, last.root), tree(size + 1));
        changes += u64::from(last.holder != before);
        assert_eq!(last.generation, changes, "counted whenever another one signs");
        before = last.holder;
    }
    assert_eq!(count_forks(&db).await, 20, "of each group that lost nothing is stored");
}

async fn those_in_line_come_in_turn_and_nobody_waits_long_for_who_stands_still(db: Db) {
    let (Some(mut first), Some(mut second)) = (db.turnstile(), db.turnstile()) else {
        return assert!(!db.is_shared());
    };
    assert!(first.come().await);
    assert!(first.come().await, "it is its turn until it goes");
    let waiting = tokio::spawn(async move { (second.come().await, second) });
    first.go().await;
    let (came, mut second) = waiting.await.unwrap();
    assert!(came, "the first has gone");

    // The second stands still.
    assert!(!first.come().await, "a second was waited in vain");
    second.go().await;
    assert!(!first.come().await, "and for a while nobody is waited for at all");
    first.go().await;

    assert!(second.come().await);
    drop(second);
    let mut third = db.turnstile().unwrap();
    assert!(third.come().await, "who has gone away for good holds nobody up");
}

async fn batches_in_opposite_orders_all_get_through(db: Db) {
    let units = ["a", "b", "c", "d"];
    let append = "insert into unit_entry_pack (unit, entries) values ($1, $2)
         on conflict (unit) do update
            set entries = unit_entry_pack.entries || excluded.entries";
    let batches = (0..24).map(|number| {
        let (db, mut rows) = (db.clone(), units.map(|unit| [unit.into(), "x".into()]).to_vec());
        if number % 2 == 1 {
            rows.reverse();
        }
        tokio::spawn(async move { db.commit(Batch::new().many(append, rows).expect_rows(4)).await })
    });
    for batch in batches.collect::<Vec<_>>() {
        batch.await.unwrap().unwrap();
    }
    for row in db.query("select entries from unit_entry_pack", &[]).await.unwrap() {
        assert_eq!(row.text(0).unwrap(), "x".repeat(24));
    }
}

async fn each_of_many_batches_at_once_has_its_own_fate(db: Db) {
    db.commit(Batch::new().step(INSERT_FORK, fork("taken", 0))).await.unwrap();
    let batches = (0..60).map(|number| {
        let (db, first) = (db.clone(), fork(&format!("k{number}"), 0));
        let second = if number % 3 == 0 { fork("taken", 0) } else { fork("free", number) };
        tokio::spawn(async move {
            let batch = Batch::new().step(INSERT_FORK_ONCE, first).step(INSERT_FORK_ONCE, second);
            db.commit(batch).await
        })
    });
    for (number, batch) in batches.collect::<Vec<_>>().into_iter().enumerate() {
        match batch.await.unwrap() {
            Ok(_) => assert_ne!(number % 3, 0),
            Err(StoreError::UniqueViolation { step: 1 }) => assert_eq!(number % 3, 0),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(count_forks(&db).await, 1 + 40 * 2);
}

async fn a_dropped_commit_still_completes(db: Db) {
    for round in 0..10 {
        let batch = Batch::new()
            .many(INSERT_FORK_ONCE, forks(&format!("k{round}"), 0..200))
            .many(INSERT_FORK_ONCE, forks(&format!("l{round}"), 0..200));
        tokio::select! {
            biased;
            _ = db.commit(batch) => {}
            () = tokio::time::sleep(Duration::from_micros(round * 200)) => {}
        }
    }
    for _ in 0..200 {
        let count = count_forks(&db).await;
        assert_eq!(count % 400, 0, "half a batch is visible");
        if count == 4_000 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a batch that was handed over did not complete");
}

async fn readers_go_on_during_a_write_and_see_all_of_it_or_nothing(db: Db) {
    let writer = {
        let db = db.clone();
        tokio::spawn(async move {
            db.commit(Batch::new().many(INSERT_FORK, forks("a", 0..20_000))).await.unwrap();
        })
    };
    let (mut before, mut after) = (0, 0);
    while after == 0 {
        match count_forks(&db).await {
            0 => before += 1,
            20_000 => after += 1,
            some => panic!("a reader sees {some} rows of an open transaction"),
        }
    }
    writer.await.unwrap();
    assert!(before > 0, "no reader got an answer before the write was over");
}

async fn queries_of_one_call_see_one_moment(db: Db) {
    let writer = {
        let db = db.clone();
        tokio::spawn(async move {
            for seq in 0..100 {
                db.commit(Batch::new().step(INSERT_FORK, fork("a", seq))).await.unwrap();
            }
        })
    };
    let above: Rows = (0..400).map(|_| [Value::Int(-1)]).collect();
    let mut last = 0;
    while last < 100 {
        let answers =
            db.query_many("select count(*) from fork where seq > $1", above.clone()).await.unwrap();
        let counts: Vec<i64> = answers.iter().map(|rows| rows[0].int(0).unwrap()).collect();
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        last = counts[0];
    }
    writer.await.unwrap();
}

async fn a_query_cannot_write(db: Db) {
    for write in [
        "insert into fork (kid, seq, found_at_ms) values ('a', 1, 1)",
        "insert into fork (kid, seq, found_at_ms) values ('a', 1, 1) returning seq",
    ] {
        let refused = db.query(write, &[]).await;
        assert!(matches!(refused, Err(StoreError::Statement(_))), "{refused:?}");
    }
    assert_eq!(count_forks(&db).await, 0);
}
