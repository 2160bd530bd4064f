//! One thousand random histories: whatever happens at a headquarters, the state root is the same on
//! SQLite, on PostgreSQL and in the pure merge that knows no store.
//!
//! `HATTAMA_HISTORIES=20000` plays more of them; `HATTAMA_SEED=7` plays others. A failure is shrunk
//! and told with its seed.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod draw;
mod play;
mod script;

use std::{cell::RefCell, collections::BTreeMap, env, thread};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use tokio::runtime::Runtime;

use self::{
    draw::histories,
    play::{Beginning, Stage},
    script::script,
};

/// Histories, all writers together.
const HISTORIES: u32 = 1_000;

/// Threads that play, each with its own beginning and database.
const PLAYERS: u32 = 2;

/// What has to have happened, and how often at least in a hundred histories.
const COVERAGE: [(&str, u32); 24] = [
    ("another election", 1),
    ("copy not obtained", 5),
    ("correction", 10),
    ("decision", 50),
    ("duplicate", 5),
    ("enrolment", 100),
    ("fork", 10),
    ("form", 5),
    ("incident", 20),
    ("incident step", 10),
    ("late", 5),
    ("photo", 10),
    ("protocol", 100),
    ("publication", 5),
    ("push", 100),
    ("record moved to a unit", 10),
    ("record of an unknown device", 50),
    ("rejected", 5),
    ("repeated push", 5),
    ("restart", 10),
    ("revocation", 3),
    ("two writers at once", 40),
    ("unreadable body", 5),
    ("histories", 100),
];

fn number(name: &str, otherwise: u32) -> u32 {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn random_histories_end_with_one_state_root_on_sqlite_on_postgresql_and_without_a_store() {
    let (count, seed) = (number("HATTAMA_HISTORIES", HISTORIES), number("HATTAMA_SEED", 1));
    let players: Vec<_> = (0..PLAYERS)
        .map(|player| thread::spawn(move || play(count / PLAYERS, seed * PLAYERS + player)))
        .collect();
    let mut happened: BTreeMap<&str, u32> = BTreeMap::new();
    for player in players {
        let theirs = player.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let Some(theirs) = theirs else { return };
        for (what, times) in theirs {
            *happened.entry(what).or_default() += times;
        }
    }
    println!("seed {seed}");
    for (what, times) in &happened {
        println!("{times:>8} {what}");
    }
    for (what, least) in COVERAGE {
        let times = happened.get(what).copied().unwrap_or(0);
        assert!(u64::from(times) * 100 >= u64::from(least) * u64::from(count), "{times} {what}");
    }
}

/// Plays `count` histories on both engines; none where there is no PostgreSQL.
fn play(count: u32, seed: u32) -> Option<BTreeMap<&'static str, u32>> {
    let runtime = Runtime::new().unwrap();
    let beginning = runtime.block_on(Beginning::make());
    let pack = runtime.block_on(beginning.pack());
    let server = runtime.block_on(Stage::postgres(&beginning))?;
    let happened = RefCell::new(BTreeMap::new());
    let config = Config {
        cases: count,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let played = TestRunner::new_with_rng(config, dice).run(&histories(), |steps| {
        let script = script(&steps, &pack);
        let [file, server] = runtime
            .block_on(async {
                tokio::join!(
                    Stage::Sqlite.play(&beginning, &script),
                    server.play(&beginning, &script)
                )
            })
            .into();
        let pure = script.root.to_string();
        let all = [("SQLite", file), ("PostgreSQL", server)];
        for (engine, [running, opened]) in all {
            for (moment, root) in [("running", running), ("opened again", opened)] {
                if root != pure {
                    let acts = &script.acts;
                    let why = format!("{engine}, {moment}: {root}, pure: {pure}; {acts:#?}");
                    return Err(TestCaseError::fail(why));
                }
            }
        }
        let mut happened = happened.borrow_mut();
        *happened.entry("histories").or_default() += 1;
        for (what, times) in &script.happened {
            *happened.entry(*what).or_default() += times;
        }
        Ok(())
    });
    if let Err(error) = played {
        panic!("seed {seed}: {error}");
    }
    Some(happened.into_inner())
}
