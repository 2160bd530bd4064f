//! The server is there, and does not take what it is given.

use std::time::Duration;

use hattama_tests::{
    postgres::{self, Stop},
    world::block_on,
};

use super::{
    DATABASE, beside,
    load::{DEVICES, PATIENCE, under_load},
    on_a_server_of_its_own,
};

/// What a small server has, those for its own administrator included.
const SESSIONS: usize = 14;

#[test]
fn a_server_whose_sessions_are_used_up_by_others_is_waited_for() {
    on_a_server_of_its_own(&[("max_connections", &SESSIONS.to_string())], |world, cluster| {
        under_load(world, |load| {
            let url = cluster.url(DATABASE);
            beside(cluster, async |admin| {
                let end = "select pg_terminate_backend(pid) from pg_stat_activity
                     where application_name = 'hattama'";
                let mut others = Vec::new();
                let taken = async {
                    // Each session of headquarters that ends makes room for one of somebody else,
                    // until all but this one are theirs.
                    while others.len() + 1 < SESSIONS {
                        admin.execute(end, &[]).await.unwrap();
                        while let Ok(other) = postgres::connect(&url).await {
                            others.push(other);
                        }
                    }
                };
                tokio::time::timeout(PATIENCE, taken).await.expect("they can be used up");
                load.is_put_off();
                let before = load.acknowledged();
                load.is_put_off();
                assert_eq!(load.acknowledged(), before, "there is no session to keep it with");
            });
        });
    });
}

#[test]
fn a_server_that_reads_only_by_default_is_written_to_all_the_same() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            let set = async |value: &str| {
                let admin = postgres::connect(&cluster.url(DATABASE)).await.unwrap();
                let alter = format!("alter system set default_transaction_read_only to {value}");
                let write = "set default_transaction_read_only to off";
                admin.batch_execute(write).await.unwrap();
                admin.batch_execute(&alter).await.unwrap();
                admin.batch_execute("select pg_reload_conf()").await.unwrap();
                // Sessions that are made from now on have it as well.
                let end = "select pg_terminate_backend(pid) from pg_stat_activity
                     where application_name = 'hattama'";
                admin.batch_execute(end).await.unwrap();
            };
            block_on(set("on"));
            std::thread::sleep(Duration::from_millis(200));
            let told: String = beside(cluster, async |reader| {
                let show = "show default_transaction_read_only";
                reader.query_one(show, &[]).await.unwrap().get(0)
            });
            assert_eq!(told, "on");
            load.goes_on();
            block_on(set("off"));
        });
    });
}

#[test]
fn a_server_that_follows_another_is_waited_for_until_it_leads() {
    on_a_server_of_its_own(&[], |world, cluster| {
        under_load(world, |load| {
            cluster.stop(Stop::Fast);
            cluster.start_as_follower();
            load.is_put_off();
            let before = load.acknowledged();
            for _ in 0..3 {
                load.is_put_off();
            }
            // What was committed before is there to be read: one batch of each device may have been,
            // without its answer having come.
            let of_before = usize::try_from(DEVICES).unwrap();
            assert!(load.acknowledged() <= before + of_before, "who follows keeps nothing");
            let leads: bool = beside(cluster, async |admin| {
                admin.query_one("select pg_promote()", &[]).await.unwrap().get(0)
            });
            assert!(leads);
        });
    });
}
