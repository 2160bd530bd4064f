//! What holds of the gate and of corrections, whatever is asked.

use hattama_proto::{
    id::{ContestCode, UnitCode},
    statement::Level,
    time::UnixMillis,
};
use proptest::prelude::*;

use super::{Asked, Basis, Corrects, Named, TypedBy, Unmet, corrections_of, gate};

const CLOSE: UnixMillis = UnixMillis(1_000);

fn named(number: u8) -> Named {
    let contest = ContestCode::new("president").unwrap();
    Named { contest, unit: UnitCode::new(&format!("11-{number}")).unwrap() }
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    proptest::sample::subsequence(Level::ALL.to_vec(), 0..=4)
}

fn basis() -> impl Strategy<Value = Basis> {
    let typed =
        proptest::sample::select(vec![TypedBy::Nobody, TypedBy::OneDecided, TypedBy::TwoBlind]);
    let above = proptest::sample::select(vec![Level::District, Level::Region, Level::Nation]);
    prop_oneof![
        Just(Basis::Nothing),
        (typed, any::<bool>()).prop_map(|(typed, archived)| Basis::Precinct { typed, archived }),
        (above, levels(), levels(), any::<bool>()).prop_map(
            |(level, below, archived, on_our_copies)| {
                Basis::Total { level, below, archived, on_our_copies }
            }
        ),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let corrects = prop_oneof![
        Just(Corrects::Nothing),
        any::<bool>().prop_map(|words| Corrects::Released { words }),
        (1_u32..9).prop_map(Corrects::Unknown),
    ];
    (
        proptest::option::of(Just(CLOSE)),
        0_i64..2_000,
        proptest::collection::vec((0_u8..6, basis()), 0..6),
        corrects,
    )
        .prop_map(|(polls_close_at, now, of, corrects)| Asked {
            polls_close_at,
            now: UnixMillis(now),
            named: of.into_iter().map(|(number, basis)| (named(number), basis)).collect(),
            corrects,
        })
}

/// What the promise says, written down once more and otherwise than the gate.
fn may_be_named(basis: &Basis) -> bool {
    match basis {
        Basis::Nothing => false,
        Basis::Precinct { typed, archived } => *typed == TypedBy::TwoBlind && *archived,
        Basis::Total { level, below, archived, on_our_copies } => {
            !on_our_copies
                && !below.is_empty()
                && archived.contains(level)
                && below.iter().all(|of| archived.contains(of))
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_public_before_the_last_polls_close_whatever_else_holds(asked in asked()) {
        let closed = asked.polls_close_at.is_some_and(|close| asked.now >= close);
        let shut = gate(&asked).iter().any(|unmet| {
            matches!(unmet, Unmet::PollsCloseUnknown | Unmet::PollsAreOpen { .. })
        });
        prop_assert_eq!(shut, !closed);
    }

    #[test]
    fn it_opens_exactly_when_every_named_difference_holds(asked in asked()) {
        let closed = asked.polls_close_at.is_some_and(|close| asked.now >= close);
        let mut units: Vec<_> = asked.named.iter().map(|(named, _)| named).collect();
        units.sort();
        units.dedup();
        let once = units.len() == asked.named.len();
        let corrects = matches!(
            asked.corrects,
            Corrects::Nothing | Corrects::Released { words: true }
        );
        let holds = asked.named.iter().all(|(_, basis)| may_be_named(basis));
        prop_assert_eq!(gate(&asked).is_empty(), closed && once && corrects && holds);
    }

    #[test]
    fn the_order_in_which_differences_are_named_does_not_matter(
        asked in asked(),
        seed in any::<u16>(),
    ) {
        let mut once = asked;
        let mut seen = std::collections::HashSet::new();
        once.named.retain(|(named, _)| seen.insert(named.clone()));
        let mut shuffled = once.clone();
        let turn = if once.named.is_empty() { 0 } else { usize::from(seed) % once.named.len() };
        shuffled.named.rotate_left(turn);
        prop_assert_eq!(gate(&once), gate(&shuffled));
    }

    #[test]
    fn naming_more_never_opens_it(asked in asked(), number in 6_u8..9, basis in basis()) {
        let before = gate(&asked);
        let mut more = asked;
        more.named.push((named(number), basis));
        let after = gate(&more);
        prop_assert!(before.iter().all(|unmet| after.contains(unmet)));
    }

    #[test]
    fn later_opens_what_was_shut_by_the_clock_alone(asked in asked()) {
        let mut later = asked.clone();
        later.now = later.now.plus_ms(5_000);
        let (before, after) = (gate(&asked), gate(&later));
        prop_assert!(after.iter().all(|unmet| before.contains(unmet)));
    }

    #[test]
    fn corrections_are_later_ones_and_do_not_depend_on_the_order(
        all in proptest::collection::vec((1_u32..12, proptest::option::of(1_u32..12)), 0..12),
        number in 1_u32..12,
    ) {
        let found = corrections_of(number, &all);
        prop_assert!(found.iter().all(|later| *later > number));
        prop_assert!(found.is_sorted());
        let reversed: Vec<_> = all.iter().rev().copied().collect();
        prop_assert_eq!(&corrections_of(number, &reversed), &found);
        // Whoever corrects a correction corrects what that one corrected.
        for later in &found {
            let of_later = corrections_of(*later, &all);
            prop_assert!(of_later.iter().all(|further| found.contains(further)));
        }
    }
}

#[test]
fn every_reason_says_what_to_do() {
    let until = CLOSE;
    for unmet in [
        Unmet::PollsCloseUnknown,
        Unmet::PollsAreOpen { until },
        Unmet::NoSuchRelease(3),
        Unmet::CorrectionWithoutWords,
        Unmet::NoDifference(named(1)),
        Unmet::NamedTwice(named(1)),
        Unmet::NotTyped(named(1)),
        Unmet::DecidedByOne(named(1)),
        Unmet::OnOurCopies(named(1)),
        Unmet::NotArchived { named: named(1), level: Level::Region },
    ] {
        let said = unmet.to_string();
        if let Some(named) = unmet.named() {
            assert!(said.starts_with(named.unit.as_str()), "{said}");
        }
        assert!(said.contains([';', ',']) || said.starts_with("say"), "{said}");
    }
}
