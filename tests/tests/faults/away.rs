//! The server, or each session with it, goes away and comes back.

use std::time::Duration;

use hattama_tests::postgres::Stop;

use super::{beside, load::under_load, on_a_server_of_its_own};

#[test]
fn receipts_outlast_a_database_that_is_restarted_under_load() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            for _ in 0..3 {
                cluster.stop(Stop::Fast);
                cluster.start_again();
                load.goes_on();
            }
        });
    });
}

#[test]
fn receipts_outlast_a_database_that_is_killed_under_load() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            for _ in 0..4 {
                cluster.stop(Stop::Immediate);
                cluster.start_again();
                load.goes_on();
            }
        });
    });
}

#[test]
fn a_database_that_is_away_is_said_to_be_and_found_again() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            cluster.stop(Stop::Fast);
            load.is_put_off();
            let before = load.acknowledged();
            for _ in 0..3 {
                load.is_put_off();
            }
            assert_eq!(load.acknowledged(), before, "nobody is there to keep anything");
            cluster.start_again();
        });
    });
}

#[test]
fn receipts_outlast_sessions_that_are_ended_under_load() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            let ended: u64 = beside(cluster, async |admin| {
                let end = "select pg_terminate_backend(pid) from pg_stat_activity
                     where application_name = 'hattama'";
                let mut ended = 0;
                for _ in 0..40 {
                    ended += admin.execute(end, &[]).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(37)).await;
                }
                ended
            });
            assert!(ended > 10, "only {ended} sessions were ended");
            load.goes_on();
        });
    });
}
