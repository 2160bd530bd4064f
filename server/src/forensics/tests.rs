//! Laws of the indicators. Real elections are in `tests/tests/forensics`.

use proptest::prelude::*;

use super::{
    Precinct,
    binomial::probability,
    control::matched,
    digits::last_digits,
    fingerprint::Fingerprint,
    integer::{integer_percentages, whole},
    real,
    scan::discoveries,
    window::ByTurnout,
};

fn precinct() -> impl Strategy<Value = Precinct> {
    (0..3_000_u64).prop_flat_map(|registered| {
        (0..=registered).prop_flat_map(move |issued| {
            (0..=issued).prop_map(move |votes| Precinct {
                registered,
                issued,
                counted: issued,
                votes,
            })
        })
    })
}

/// The same sum by factorials of small numbers.
fn by_coefficients(trials: u64, part: u64, holds: impl Fn(u64) -> bool) -> f64 {
    let chance = real(part) / real(trials);
    (0..=trials)
        .filter(|value| holds(*value))
        .map(|value| {
            let ways = (0..value).fold(1.0, |ways, k| ways * real(trials - k) / real(k + 1));
            let power = |base: f64, times: u64| base.powi(i32::try_from(times).unwrap());
            ways * power(chance, value) * power(1.0 - chance, trials - value)
        })
        .sum()
}

proptest! {
    #[test]
    fn a_binomial_sum_is_what_its_coefficients_give(
        trials in 1..200_u64, part in 0..200_u64, step in 1..7_u64
    ) {
        let part = part.min(trials);
        let holds = |value: u64| value.is_multiple_of(step);
        let exact = by_coefficients(trials, part, holds);
        prop_assert!((probability(trials, part, holds) - exact).abs() < 1e-9);
    }

    #[test]
    fn whatever_happens_is_certain_and_its_opposite_impossible(
        trials in 1..5_000_u64, part in 0..5_000_u64
    ) {
        let part = part.min(trials);
        prop_assert!((probability(trials, part, |_| true) - 1.0).abs() < 1e-12);
        prop_assert!(probability(trials, part, |_| false).abs() < 1e-12);
    }

    #[test]
    fn a_whole_percentage_is_within_a_twentieth_of_a_point(part in 0..4_000_u64, all in 1..4_000_u64) {
        // In units of 1/(20 all) points, so nothing is rounded.
        let (scaled, point) = (part * 100 * 20, all * 20);
        let distance = (scaled % point).min(point - scaled % point);
        prop_assert_eq!(whole(part, all), distance <= all);
    }

    #[test]
    fn no_table_makes_an_indicator_panic_and_order_does_not_matter(
        mut precincts in prop::collection::vec(precinct(), 0..40)
    ) {
        let (forth, picture) = (integer_percentages(&precincts), Fingerprint::of(&precincts));
        let window = ByTurnout::of(&precincts).above(50);
        precincts.reverse();
        let back = integer_percentages(&precincts);
        prop_assert_eq!(forth.either.observed, back.either.observed);
        prop_assert!((forth.either.expected - back.either.expected).abs() < 1e-9);
        prop_assert_eq!(picture.corner, Fingerprint::of(&precincts).corner);
        prop_assert_eq!(window.is_some(), ByTurnout::of(&precincts).above(50).is_some());
    }

    #[test]
    fn one_test_alone_is_a_discovery_at_its_own_level(p in 0.0..1.0_f64) {
        prop_assert_eq!(discoveries(&[p], 0.05), vec![p <= 0.05]);
    }
}

#[test]
fn discoveries_are_those_of_the_paper() {
    // Benjamini and Hochberg (1995), section 4: of these fifteen, four at 0.05.
    let p = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.0000,
    ];
    assert_eq!(discoveries(&p, 0.05).iter().filter(|found| **found).count(), 4);
    assert_eq!(discoveries(&[f64::NAN, 0.001], 0.05), [false, true]);
    assert!(discoveries(&[], 0.05).is_empty());
}

#[test]
fn votes_added_above_the_window_are_found_and_none_are_found_without() {
    let honest = |registered: u64, percent: u64| Precinct {
        registered,
        issued: registered * percent / 100,
        counted: registered * percent / 100,
        votes: registered * percent / 200,
    };
    let mut precincts: Vec<Precinct> = (40..80).map(|percent| honest(1_000, percent)).collect();
    let found = ByTurnout::of(&precincts).above(50).unwrap();
    assert!(found.votes.abs() < 1e-6, "{found:?}");
    precincts.push(Precinct { registered: 1_000, issued: 950, counted: 950, votes: 750 });
    let found = ByTurnout::of(&precincts).above(50).unwrap();
    assert!((found.votes - 550.0).abs() < 1e-6, "{found:?}");
    assert_eq!(found.window, (48, 52));
}

#[test]
fn a_window_without_other_votes_has_no_ratio() {
    let alone = [Precinct { registered: 100, issued: 50, counted: 50, votes: 50 }];
    assert_eq!(ByTurnout::of(&alone).above(50), None);
    assert_eq!(ByTurnout::of(&[]).above(50), None);
}

#[test]
fn digits_are_of_counts_of_a_hundred_and_more() {
    assert_eq!(last_digits([1, 5, 99]), None);
    let even = last_digits((100..200).collect::<Vec<_>>()).unwrap();
    assert!(even.chi_squared.abs() < 1e-12 && (even.p - 1.0).abs() < 1e-9);
    assert!((even.mean - 4.5).abs() < 1e-12 && (even.zeros_and_fives - 0.2).abs() < 1e-12);
    let same = last_digits(vec![100; 50]).unwrap();
    assert!((same.effect - 1.0).abs() < 1e-12, "{same:?}");
}

#[test]
fn a_control_speaks_for_its_own_district_only() {
    let precinct = |registered, votes| Precinct { registered, votes, ..Precinct::default() };
    let (a, b, c) = (precinct(100, 40), precinct(300, 270), precinct(500, 500));
    let found = matched([("a", true, &a), ("a", false, &b), ("b", false, &c)]);
    assert_eq!((found.districts, found.controls, found.given), (1, 1, 310));
    assert!((found.excess() - 150.0).abs() < 1e-9);
}
