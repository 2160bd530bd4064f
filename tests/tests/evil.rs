//! Headquarters that cheat, thousands of them, before the judgement of real phones and witnesses.
//!
//! ```text
//! a seed ──> honest days ──> one cheat ──> the first who can see it must see it
//!    └─────> honest days ──> nobody may say anything
//! ```
//!
//! Phones are `client-core`'s own engine and trust, witnesses are `proto`'s own judgement, the log's
//! files are checked by `fsck`; only headquarters is put together here, so that thousands fit into
//! a minute. In `real.rs` a real one cheats over real sockets, a few times each.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "evil/cheats.rs"]
mod cheats;
#[path = "evil/front.rs"]
mod front;
#[path = "evil/liar.rs"]
mod liar;
#[path = "evil/real.rs"]
mod real;
#[path = "evil/rewrite.rs"]
mod rewrite;
#[path = "evil/stage.rs"]
mod stage;

use cheats::{ALL, Cheat};
use liar::Scene;

/// Scenarios of each cheat, and as many honest ones.
const SCENARIOS: u64 = 1000;

/// Of so many honest logs the files of one are fetched and checked by `fsck`.
const FETCHED_EVERY: u64 = 4;

#[test]
fn every_cheat_is_seen_by_the_first_who_can_and_an_honest_headquarters_by_nobody() {
    let counted = std::thread::scope(|threads| {
        let run = |part: u64| {
            move || {
                let cheats = ALL.iter().enumerate().filter(|(at, _)| *at as u64 % 2 == part);
                cheats.map(|(at, cheat)| (*cheat, count(*cheat, at as u64))).collect::<Vec<_>>()
            }
        };
        let both = [threads.spawn(run(0)), threads.spawn(run(1))];
        both.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let (mut seen, mut convicted) = (0, 0);
    for (cheat, (detected, convicts)) in counted {
        println!("{cheat:?}: {detected} of {SCENARIOS} seen, {convicts} convict by themselves");
        assert_eq!(detected, SCENARIOS, "{cheat:?}");
        seen += detected;
        convicted += convicts;
    }
    println!("cheats: {seen} seen, {convicted} convict; honest: {seen} played, 0 false alarms");
    assert_eq!(seen, SCENARIOS * 12);
}

/// Plays honest days, and others that end with a cheat. Returns how often it was seen, and how often what
/// was kept convicts the log without further questions.
fn count(cheat: Cheat, number: u64) -> (u64, u64) {
    let (mut detected, mut convicts) = (0, 0);
    for turn in 0..SCENARIOS {
        let seed = turn * 16 + number;
        // Other days than those below, and for some of them twice as many, whose files are fetched
        // and checked: that takes as long as all the rest.
        let mut honest = Scene::new(seed + 8);
        honest.days();
        if turn.is_multiple_of(FETCHED_EVERY) {
            honest.days();
            honest.look();
        }
        assert_eq!(honest.complaints(), Vec::<String>::new(), "a false alarm, seed {seed}");

        let mut scene = Scene::new(seed);
        scene.days();
        assert_eq!(scene.complaints(), Vec::<String>::new());
        cheat.play(&mut scene);
        let seen = scene.complaints().iter().any(|who| who.starts_with(cheat.seen_by()));
        assert!(seen, "{cheat:?} with seed {seed}: {:?}", scene.complaints());
        detected += u64::from(seen);
        convicts += u64::from(scene.convicts());
    }
    (detected, convicts)
}
