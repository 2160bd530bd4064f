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
        steps in prop::collection::vec((lane(), 0_u8..5, any::<prop::sample::Index>()), 1..400),
    ) {
        let runtime = paused();
        let _inside = runtime.enter();
        let room = Admission::new(1);
        let mut party = Party::default();
        let waker = noop_waker();
        let mut context = std::task::Context::from_waker(&waker);
        for (lane, step, which) in steps {
            match step {
                // Somebody comes; who is not served at once stays to wait.
                0 | 1 => {
                    let room = room.clone();
                    party.waits.push(Box::pin(async move { room.enter(lane).await }));
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
        steps in prop::collection::vec((any::<bool>(), any::<bool>(), 0_u64..50), 1..600),
    ) {
        let (mut rules, mut now_ms) = (Rules::new(2), 0);
        for (comes, known, later_ms) in steps {
            now_ms += later_ms;
            let lane = if known { Lane::Enrolled } else { Lane::Unknown };
            if comes {
                if let Answer::Refuse(wait_s) = rules.ask(lane, now_ms) {
                    prop_assert!((1..=60).contains(&wait_s));
                }
            } else if rules.load(lane).0 > 0 {
                rules.leave(lane, Some(10.0), now_ms);
            }
            let (known, unknown) = (rules.load(Lane::Enrolled).0, rules.load(Lane::Unknown).0);
            prop_assert!(known + unknown <= rules.pace());
            prop_assert!(unknown <= (rules.pace() / 4).max(1));
        }
    }
}

/// Fills a lane until somebody waits.
fn fill(rules: &mut Rules, lane: Lane) -> u32 {
    let mut entered = 0;
    while rules.ask(lane, 0) == Answer::Enter {
        entered += 1;
    }
    entered
}

#[test]
fn under_a_flood_of_unknown_keys_known_ones_have_three_quarters() {
    let mut rules = Rules::new(2);
    assert_eq!(fill(&mut rules, Lane::Unknown), 16);
    assert_eq!(fill(&mut rules, Lane::Enrolled), 48);
}

#[test]
fn under_a_load_of_known_keys_unknown_ones_still_get_their_eighth() {
    let mut rules = Rules::new(2);
    assert_eq!(fill(&mut rules, Lane::Enrolled), 64);
    let Answer::Wait(stranger) = rules.ask(Lane::Unknown, 0) else { panic!("it waits") };
    assert_eq!(rules.leave(Lane::Enrolled, Some(5.0), 1), [stranger]);
}

#[test]
fn whoever_would_wait_too_long_is_refused_at_once_and_a_standing_queue_takes_nobody() {
    let mut rules = Rules::new(2);
    fill(&mut rules, Lane::Enrolled);
    assert_eq!(rules.look(Lane::Enrolled, 100), Ok(()));
    assert!(rules.look(Lane::Enrolled, 150).is_err(), "the first has waited half of its time");
    assert!(matches!(rules.ask(Lane::Enrolled, 150), Answer::Refuse(_)));
    // Work that takes long: who came now would still wait when the time is over.
    let mut slow = Rules::new(2);
    fill(&mut slow, Lane::Person);
    (0..50).for_each(|_| {
        slow.leave(Lane::Person, Some(9000.0), 1);
    });
    fill(&mut slow, Lane::Person);
    assert!(matches!(slow.ask(Lane::Person, 1), Answer::Refuse(_)));
}

#[test]
fn pages_and_photographs_make_room_while_records_wait_and_never_all_of_it() {
    let mut rules = Rules::new(2);
    fill(&mut rules, Lane::Enrolled);
    assert_eq!(fill(&mut rules, Lane::Person), 4);
    assert_eq!(fill(&mut rules, Lane::Stranger), 2);
    assert_eq!(fill(&mut rules, Lane::Photo), 64);
    let mut calm = Rules::new(2);
    assert_eq!(fill(&mut calm, Lane::Person), 16);
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
