//! Somebody else holds what a batch needs.

use std::time::Duration;

use tokio_postgres::Client;

use super::{
    beside,
    load::{PATIENCE, under_load},
    on_a_server_of_its_own,
};

/// How many sessions of headquarters wait for a lock that this session holds.
const WAITING: &str = "select count(*) from pg_stat_activity
     where application_name = 'hattama' and pg_backend_pid() = any (pg_blocking_pids(pid))";

/// Waits until headquarters stands behind a lock of `holder`.
async fn is_waited_for(holder: &Client) {
    let waits = async {
        while holder.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.expect("headquarters needs what is locked");
}

#[test]
fn batches_behind_a_lock_wait_and_are_kept() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            let before = beside(cluster, async |holder| {
                holder.batch_execute("begin; lock table log_leaf in exclusive mode").await.unwrap();
                is_waited_for(&holder).await;
                // Longer than a batch waits at first, so that it is run again, alone.
                let before = load.acknowledged();
                tokio::time::sleep(Duration::from_millis(1500)).await;
                assert!(load.acknowledged() <= before + 3, "nothing is kept behind a lock");
                holder.batch_execute("commit").await.unwrap();
                before
            });
            load.goes_on();
            assert!(load.acknowledged() > before);
        });
    });
}

#[test]
fn batches_that_deadlock_with_somebody_else_are_kept() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            let mut broken = 0;
            for _ in 0..4 {
                // A batch takes the log first and the records second; this one does the opposite.
                broken += beside(cluster, async |other| {
                    other.batch_execute("begin; lock table record in share mode").await.unwrap();
                    is_waited_for(&other).await;
                    let crossed = other.batch_execute("lock table log_leaf in share mode").await;
                    other.batch_execute("rollback").await.unwrap();
                    u32::from(crossed.is_err())
                });
                load.goes_on();
            }
            assert!(broken < 4, "headquarters, which can begin again, gives way at least once");
        });
    });
}
