//! Laws of the places: none is lost, whoever goes away and whenever; nobody takes more than theirs.

use std::{future::Future, pin::Pin, task::Poll};

use futures_util::{FutureExt as _, task::noop_waker};
use proptest::prelude::*;

use super::{
    places::{Answer, Rules},
    *,
};

/// Somebody who waits for a place.
type Wait = Pin<Box<dyn Future<Output = Result<Place, Refused>>>>;

/// Unfinished waits, and places.
#[derive(Default)]
struct Party {
    waits: Vec<Wait>,
    places: Vec<Place>,
}

fn lane() -> impl Strategy<Value = Lane> {
    prop::sample::select(Lane::ALL.to_vec())
}

fn inside(room: &Admission) -> u32 {
    Lane::ALL.iter().map(|lane| room.state().rules.load(*lane).0).sum()
}

/// A runtime whose time stands still, but where a test moves it.
fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_place_is_lost_whoever_goes_away_and_whenever(
        steps in prop::collection::vec(
            (lane(), 0_u8..5, any::<prop::sample::Index>(), 0_usize..900_000), 1..400,
        ),
    ) {
        let runtime = paused();
        let _inside = runtime.enter();
        let room = Admission::new(1);
        let mut party = Party::default();
        let waker = noop_waker();
        let mut context = std::task::Context::from_waker(&waker);
        for (lane, step, which, bytes) in steps {
            match step {
                // Somebody comes; who is not served at once stays to wait.
                0 | 1 => {
                    let room = room.clone();
                    party.waits.push(Box::pin(async move {
                        match lane {
                            Lane::Enrolled | Lane::Unknown => {
                                room.enter_with_records(lane, bytes).await
                            }
                            _ => room.enter(lane).await,
                        }
                    }));
                }
                // A client goes away while it waits, perhaps in the moment when its turn came.
                2 if !party.waits.is_empty() => {
                    let gone = which.index(party.waits.len());
                    drop(party.waits.swap_remove(gone));
                    continue;
                }
                // Work is done.
                3 if !party.places.is_empty() => {
                    let done = which.index(party.places.len());
                    drop(party.places.swap_remove(done));
                    continue;
                }
                _ => {}
            }
            let mut still = Vec::new();
            for mut wait in party.waits.drain(..) {
                match wait.as_mut().poll(&mut context) {
                    Poll::Ready(Ok(place)) => party.places.push(place),
                    Poll::Ready(Err(refused)) => prop_assert!(refused.wait_s >= 1),
                    Poll::Pending => still.push(wait),
                }
            }
            party.waits = still;
        }
        drop(party);
        prop_assert_eq!(inside(&room), 0);
        prop_assert!(room.state().waiting.is_empty());
        for lane in Lane::ALL {
            prop_assert_eq!(room.state().rules.load(lane), (0, 0));
            prop_assert!(matches!(room.enter(lane).now_or_never(), Some(Ok(_))), "{:?}", lane);
        }
    }

    #[test]
    fn unknown_keys_take_a_quarter_at_most_and_the_sum_is_bounded(
        steps in prop::collection::vec((any::<bool>(), any::<bool>(), 1_u32..900, 0_u64..50), 1..600),
    ) {
        let (mut rules, mut now_ms) = (Rules::new(2), 0);
        // By lane: the weights of what is inside, and of what waits, by ticket.
        let mut inside = [Vec::new(), Vec::new()];
        let mut waiting = std::collections::BTreeMap::new();
        for (comes, known, weight, later_ms) in steps {
            now_ms += later_ms;
            let lane = if known { Lane::Enrolled } else { Lane::Unknown };
            if comes {
                match rules.ask(lane, weight, now_ms) {
                    Answer::Enter => inside[lane.index()].push(weight),
                    Answer::Wait(ticket) => drop(waiting.insert(ticket, (lane, weight))),
                    Answer::Refuse(wait_s) => prop_assert!((1..=60).contains(&wait_s)),
                }
            } else if let Some(weight) = inside[lane.index()].pop() {
                for ticket in rules.leave(lane, weight, Some(10.0), now_ms) {
                    let (lane, weight) = waiting.remove(&ticket).expect("it waited");
                    inside[lane.index()].push(weight);
                }
            }
            let [known, unknown] = inside.each_ref().map(|weights| weights.iter().sum::<u32>());
            let requests = inside.each_ref().map(|weights| u32::try_from(weights.len()).unwrap());
            prop_assert_eq!(rules.load(Lane::Enrolled).0, requests[0]);
            prop_assert_eq!(rules.load(Lane::Unknown).0, requests[1]);
            prop_assert!(known + unknown <= rules.pace());
            prop_assert!(unknown <= rules.pace() / 4 || requests[1] == 1);
        }
    }
}

/// A batch of 64 records, in KiB; more or less.
const BATCH: u32 = 128;

/// Fills a lane with work of this weight until somebody waits; how much went in.
fn fill(rules: &mut Rules, lane: Lane, weight: u32) -> u32 {
    let mut entered = 0;
    while rules.ask(lane, weight, 0) == Answer::Enter {
        entered += 1;
    }
    entered
}

#[test]
fn under_a_flood_of_unknown_keys_known_ones_have_three_quarters() {
    let mut rules = Rules::new(2);
    assert_eq!(fill(&mut rules, Lane::Unknown, BATCH), 8);
    assert_eq!(fill(&mut rules, Lane::Enrolled, BATCH), 24);
}

#[test]
fn under_a_load_of_known_keys_unknown_ones_still_get_their_eighth() {
    let mut rules = Rules::new(2);
    assert_eq!(fill(&mut rules, Lane::Enrolled, BATCH), 32);
    let Answer::Wait(stranger) = rules.ask(Lane::Unknown, BATCH, 0) else { panic!("it waits") };
    assert_eq!(rules.leave(Lane::Enrolled, BATCH, Some(5.0), 1), [stranger]);
}

#[test]
fn a_heavy_one_of_an_unknown_key_is_not_passed_by_light_ones_for_ever() {
    let mut rules = Rules::new(2);
    let light = fill(&mut rules, Lane::Enrolled, 2);
    let Answer::Wait(heavy) = rules.ask(Lane::Unknown, BATCH, 0) else { panic!("it waits") };
    let freed = (1..=light).find(|_| {
        let next = rules.leave(Lane::Enrolled, 2, None, 1);
        assert!(next.is_empty() || next[0] == heavy, "what is free is kept for it");
        !next.is_empty()
    });
    assert_eq!(freed, Some(BATCH / 2));
}

#[test]
fn single_records_are_let_in_by_the_thousand_where_few_batches_are() {
    assert_eq!(fill(&mut Rules::new(2), Lane::Enrolled, 1), 4096);
    assert_eq!(fill(&mut Rules::new(2), Lane::Enrolled, BATCH), 32);
}

#[test]
fn whoever_would_wait_too_long_is_refused_at_once_and_a_standing_queue_takes_nobody() {
    let mut rules = Rules::new(2);
    fill(&mut rules, Lane::Enrolled, BATCH);
    assert_eq!(rules.look(Lane::Enrolled, 100), Ok(()));
    assert!(rules.look(Lane::Enrolled, 150).is_err(), "the first has waited half of its time");
    assert!(matches!(rules.ask(Lane::Enrolled, BATCH, 150), Answer::Refuse(_)));
    // Work that takes long: who came now would still wait when the time is over.
    let mut slow = Rules::new(2);
    fill(&mut slow, Lane::Person, 1);
    (0..50).for_each(|_| {
        slow.leave(Lane::Person, 1, Some(9000.0), 1);
    });
    fill(&mut slow, Lane::Person, 1);
    assert!(matches!(slow.ask(Lane::Person, 1, 1), Answer::Refuse(_)));
}

#[test]
fn pages_and_photographs_make_room_while_records_wait_and_never_all_of_it() {
    let mut rules = Rules::new(2);
    fill(&mut rules, Lane::Enrolled, BATCH);
    assert_eq!(fill(&mut rules, Lane::Person, 1), 4);
    assert_eq!(fill(&mut rules, Lane::Stranger, 1), 2);
    assert_eq!(fill(&mut rules, Lane::Photo, 1), 64);
    let mut calm = Rules::new(2);
    assert_eq!(fill(&mut calm, Lane::Person, 1), 16);
}

#[test]
fn a_turn_that_did_not_come_in_time_is_told_so_and_leaves_nothing_behind() {
    let runtime = paused();
    runtime.block_on(async {
        let room = Admission::new(1);
        let mut places = Vec::new();
        while let Some(Ok(place)) = room.enter(Lane::Enrolled).now_or_never() {
            places.push(place);
        }
        let refused = room.enter(Lane::Enrolled).await.unwrap_err();
        assert_eq!(refused.reason, Reason::Late);
        drop(places);
        assert_eq!(inside(&room), 0);
        assert!(room.enter(Lane::Enrolled).await.is_ok());
    });
}
