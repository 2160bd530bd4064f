//! Killed at any moment, a move is taken up by the same command.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use hattama_server::{
    app,
    config::{Config, Places},
    store,
};
use hattama_tests::{
    engine::Engine,
    postgres::{Cluster, Stop},
    skip,
    world::{Ending, World, block_on},
};
use tempfile::TempDir;

use super::{Filled, bytes_of, done, filled, migrate, postgres, refused};

/// Records that make a move last long enough to be killed in its middle.
const RECORDS: u64 = 1_500;

/// How often it is killed, at moments spread over the time it takes.
const KILLS: u32 = 14;

/// A headquarters at rest with so many records, and its state root.
fn with_many_records() -> (World, String) {
    let Filled { mut world, mut device, .. } = filled(Engine::sqlite());
    let wire = world.wire();
    let units = world.country().precincts().to_vec();
    let records: Vec<_> = (0..RECORDS)
        .zip(units.iter().cycle())
        .map(|(seed, unit)| device.protocol(unit.clone(), seed))
        .collect();
    for batch in records.chunks(64) {
        wire.push_all(batch);
    }
    let root = wire.state_root();
    world.end(Ending::InOrder);
    (world, root)
}

fn killed_and_taken_up(to: &str) {
    let (mut world, root) = with_many_records();
    let before = bytes_of(world.data());
    // How long it takes undisturbed, to a place that is not looked at again.
    let elsewhere = world.scratch().join("elsewhere.db");
    let began = Instant::now();
    done(&migrate(world.data(), elsewhere.to_str().unwrap(), &[]).output().unwrap());
    let whole = began.elapsed();

    let (mut in_the_middle, mut unfinished) = (0, 0);
    for kill in 1..=KILLS {
        let mut command = migrate(world.data(), to, &[]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(whole.mul_f64(f64::from(kill) / f64::from(KILLS)));
        let killed = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        in_the_middle += u32::from(killed);
        // A half-filled target is never served; one that opens is whole.
        match opens(&world, to) {
            Some(opened) => assert_eq!(opened, root),
            None => unfinished += 1,
        }
    }
    assert!(in_the_middle > 2, "it was killed {in_the_middle} times only");
    assert!(unfinished > 0, "it was never killed in its middle");
    assert!(bytes_of(world.data()) == before, "the source was changed");
    let said = done(&migrate(world.data(), to, &["--switch"]).output().unwrap());
    assert!(said.contains(&root), "{said}");
    world.start();
    assert_eq!(world.wire().state_root(), root);
}

/// A headquarters on `to`, in a copy of the folder's keys and configuration, so that the folder stays as it
/// is.
fn beside(world: &World, to: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let mut copying = Command::new("cp");
    copying.arg("-r").arg(world.data().join("keys")).arg(copy.path());
    assert!(copying.status().unwrap().success());
    let config = std::fs::read_to_string(world.data().join("hattama.toml")).unwrap();
    std::fs::write(copy.path().join("hattama.toml"), config).unwrap();
    let places = Places { database: Some(to.to_owned()), blobs: None };
    Config::switch(&copy.path().join("hattama.toml"), &places).unwrap();
    copy
}

/// The state root of a headquarters on `to`, if one opens.
fn opens(world: &World, to: &str) -> Option<String> {
    let folder = beside(world, to);
    block_on(async {
        let hq = app::Headquarters::open(folder.path()).await.ok()?;
        let root = hq.state_root().await.unwrap().to_string();
        hq.close().await;
        Some(root)
    })
}

#[test]
fn a_target_that_was_served_and_has_only_shown_its_log_is_no_newer_store() {
    let Some(to) = postgres() else { return };
    let Filled { mut world, .. } = filled(Engine::sqlite());
    let root = world.wire().state_root();
    world.end(Ending::InOrder);
    done(&migrate(world.data(), &to, &[]).output().unwrap());
    let folder = beside(&world, &to);
    block_on(async {
        let hq = app::Headquarters::open(folder.path()).await.unwrap();
        // Its own word of what is public, which the source does not have.
        while store::signer::agreed(&hq.db).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        hq.close().await;
    });
    let said = done(&migrate(world.data(), &to, &["--switch"]).output().unwrap());
    assert!(said.contains(&root), "{said}");
}

#[test]
fn a_move_to_sqlite_that_is_killed_at_many_moments_is_taken_up_and_ends_alike() {
    let folder = tempfile::tempdir().unwrap();
    killed_and_taken_up(folder.path().join("target.db").to_str().unwrap());
}

#[test]
fn a_move_to_postgresql_that_is_killed_at_many_moments_is_taken_up_and_ends_alike() {
    let Some(to) = postgres() else { return };
    killed_and_taken_up(&to);
}

#[test]
fn a_move_whose_target_goes_away_in_the_middle_says_so_and_is_taken_up() {
    let Some(mut target) = Cluster::start(&[], None) else {
        skip("PostgreSQL is not installed");
        return;
    };
    block_on(target.create("target"));
    let to = target.url("target");
    let (world, root) = with_many_records();
    let before = bytes_of(world.data());

    let mut command = migrate(world.data(), &to, &[]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    block_on(until_half_filled(&to));
    target.stop(Stop::Immediate);
    refused(&child.wait_with_output().unwrap(), 4, "the same command goes on");
    assert!(bytes_of(world.data()) == before, "the source was changed");

    target.start_again();
    assert_eq!(opens(&world, &to), None, "a half-filled target is never served");
    let said = done(&migrate(world.data(), &to, &[]).output().unwrap());
    assert!(said.contains(&root), "{said}");
    assert_eq!(opens(&world, &to), Some(root));
}

/// Waits for some of the records.
async fn until_half_filled(to: &str) {
    let client = hattama_tests::postgres::connect(to).await.unwrap();
    loop {
        // Nothing is there before the migrations have run.
        let count = client.query_one("select count(*) from record", &[]).await;
        if count.is_ok_and(|row| row.get::<_, i64>(0) > 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_move_says_how_it_goes_on() {
    let mut world = World::new();
    let target = world.scratch().join("target.db");
    world.end(Ending::InOrder);
    let to = target.to_str().unwrap();
    // Whether the signal comes before or after the end of so short a move is chance; both are fine,
    // and the next command says that all is there.
    let child =
        migrate(world.data(), to, &[]).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let child = child.unwrap();
    sleep(Duration::from_millis(30));
    let _gone = Command::new("kill").args(["-INT", &child.id().to_string()]).output().unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(1) {
        assert!(String::from_utf8_lossy(&output.stderr).contains("the same command goes on"));
    }
    done(&migrate(world.data(), to, &[]).output().unwrap());
}
