//! The server, or each session with it, goes away and comes back.

use std::time::Duration;

use hattama_proto::{
    problem::{Problem, ProblemCode},
    record::PhotoRole,
    statement::Mandate,
};
use hattama_tests::{form::plain_photo, postgres::Stop, world::Device};

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

#[test]
fn whatever_is_asked_while_the_database_is_away_is_told_to_come_again() {
    on_a_server_of_its_own(&[], |world, cluster| {
        let phone = world.blank_phone();
        let invitation = world.invite(&Mandate::Everywhere);
        cluster.stop(Stop::Fast);
        for address in
            ["/v1/records", "/v1/units/101", "/v1/incidents", "/v1/messages", "/v1/audit"]
        {
            let answer = world.wire().get(address);
            let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
            let said = (answer.status, problem.code);
            assert_eq!(said, (503, ProblemCode::StoreUnavailable), "{address}: {problem:?}");
            assert!(problem.retry_after_s.is_some(), "{address}: {problem:?}");
        }
        assert_eq!(world.wire().get("/readyz").status, 503);
        assert_eq!(world.wire().get("/healthz").status, 200, "the process itself lives");
        assert!(phone.notebook().enrol(&invitation).is_err());
        cluster.start_again();
        phone.enrol(&invitation);
        phone.protocol(world.country().precinct(0), 1);
        phone.sync();
        assert_eq!(world.wire().get("/readyz").status, 200);
    });
}

#[test]
fn a_photograph_that_came_while_the_database_was_away_is_not_sent_again() {
    on_a_server_of_its_own(&[], |world, cluster| {
        let mut device = world.device(1);
        let bytes = plain_photo(1, 300_000);
        let photo = Device::photo(&bytes, PhotoRole::Original);
        let unit = world.country().precinct(0);
        world.wire().push_all([&device.protocol_with(unit, 1, vec![photo.clone()])]);
        // All but the last cell, so that what comes next needs no admission but the log.
        let last = bytes.len() / 32_768 * 32_768;
        world.wire().put_range(&photo.sha256, 0, &bytes[..last], bytes.len()).unwrap();
        cluster.stop(Stop::Immediate);
        let end = &bytes[last..];
        let refused = world.wire().put_range(&photo.sha256, last, end, bytes.len()).unwrap_err();
        assert_eq!((refused.status, refused.code), (503, ProblemCode::StoreUnavailable));
        assert!(refused.retry_after_s.is_some(), "{refused:?}");
        cluster.start_again();
        let reply = world.wire().put_range(&photo.sha256, last, end, bytes.len()).unwrap();
        world.witness().photo(&reply, &photo.sha256);
        assert_eq!(world.blob(&photo.sha256).unwrap(), bytes);
    });
}
