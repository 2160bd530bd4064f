//! Laws of what is known.

use std::collections::{HashMap, HashSet};

use hattama_proto::{
    id::{ContestCode, PartHash, UnitCode},
    pack::{Choice, Contest, Names, Special},
    record::Missing,
    statement::{Sample, SampleStratum},
};
use proptest::prelude::*;

use super::*;

/// What a row is made of, without its code.
#[derive(Clone, Debug)]
struct Made {
    region: usize,
    special: Option<Special>,
    copy: Copy,
    compared: Compared,
    votes: (u64, u64),
}

fn made() -> impl Strategy<Value = Made> {
    let special = prop_oneof![
        6 => Just(None), 1 => Just(Some(Special::Hospital)), 1 => Just(Some(Special::Abroad))
    ];
    let copy = prop_oneof![
        5 => Just(Copy::Covered), 1 => Just(Copy::Unsettled), 1 => Just(Copy::NotObtained),
        1 => Just(Copy::Nothing)
    ];
    let compared = prop_oneof![
        Just(Compared::No),
        Just(Compared::Equal),
        any::<(bool, bool)>()
            .prop_map(|(clerical, transcribed)| Compared::Differs { clerical, transcribed })
    ];
    (0..4_usize, special, copy, compared, (0..900_u64, 1..900_u64)).prop_map(
        |(region, special, copy, compared, votes)| {
            let compared = if copy == Copy::Covered { compared } else { Compared::No };
            Made { region, special, copy, compared, votes }
        },
    )
}

fn code(text: &str) -> UnitCode {
    UnitCode::new(text).unwrap()
}

/// Codes of regions and precincts, which rows borrow.
struct Codes {
    regions: Vec<UnitCode>,
    units: Vec<UnitCode>,
}

fn codes(count: usize) -> Codes {
    Codes {
        regions: (0..4).map(|region| code(&format!("r{region}"))).collect(),
        units: (0..count).map(|unit| code(&format!("u{unit}"))).collect(),
    }
}

fn rows<'a>(made: &[Made], codes: &'a Codes) -> Vec<Row<'a>> {
    let row = |(made, unit): (&Made, &'a UnitCode)| Row {
        unit,
        region: Some(&codes.regions[made.region]),
        special: made.special,
        since: 1,
        copy: made.copy,
        missing: if made.copy == Copy::NotObtained { &[Missing::CopyRefused] } else { &[] },
        compared: made.compared,
        votes: (made.copy == Copy::Covered).then(|| vec![made.votes.0, made.votes.1]),
    };
    made.iter().zip(&codes.units).map(row).collect()
}

/// Every ordinary precinct whose number divides was drawn, by region or not.
fn sample<'a>(rows: &[Row<'a>], every: usize, by_region: bool) -> (Sample, HashSet<&'a UnitCode>) {
    let ordinary: Vec<_> = rows.iter().filter(|row| row.special.is_none()).collect();
    let units: HashSet<&UnitCode> = ordinary.iter().step_by(every).map(|row| row.unit).collect();
    let mut strata: Vec<SampleStratum> = Vec::new();
    for row in ordinary {
        let unit = row.region.filter(|_| by_region).cloned();
        let place = strata.iter().position(|stratum| stratum.unit == unit).unwrap_or_else(|| {
            strata.push(SampleStratum { unit, frame: 0, drawn: 0 });
            strata.len() - 1
        });
        strata[place].frame += 1;
        strata[place].drawn += u64::from(units.contains(row.unit));
    }
    let sample = Sample {
        account: "a".into(),
        seed: "s".into(),
        register: PartHash::of(b""),
        register_version: 1,
        special: 0,
        strata,
        drawn: Sample::hash_of([]),
    };
    (sample, units)
}

fn contest() -> Contest {
    let choice = |code: &str| Choice { code: code.parse().unwrap(), names: Names::default() };
    Contest {
        code: ContestCode::new("president").unwrap(),
        names: Names::default(),
        choices: vec![choice("heron"), choice("crane")],
        mandates: 1,
    }
}

proptest! {
    #[test]
    fn every_precinct_is_counted_once_and_special_ones_apart(
        made in prop::collection::vec(made(), 0..120)
    ) {
        let codes = codes(made.len());
        let rows = rows(&made, &codes);
        let known = coverage(&rows);
        let whole = |tally: &Tally| {
            tally.covered + tally.unsettled + tally.not_obtained + tally.nothing == tally.precincts
                && tally.clerical <= tally.differing
                && tally.transcribed <= tally.differing
                && tally.differing <= tally.compared
                && tally.compared <= tally.covered
                && tally.missing.values().sum::<u64>() >= tally.not_obtained
        };
        let special: u64 = known.special.iter().map(|of| of.tally.precincts).sum();
        prop_assert_eq!(known.all.precincts + special, rows.len() as u64);
        prop_assert!(whole(&known.all) && known.regions.iter().all(|of| whole(&of.tally)));
        let by_region = |count: fn(&Tally) -> u64| -> u64 {
            known.regions.iter().map(|of| count(&of.tally)).sum()
        };
        prop_assert_eq!(by_region(|tally| tally.covered), known.all.covered);
        prop_assert_eq!(by_region(|tally| tally.differing), known.all.differing);
    }

    #[test]
    fn drawn_special_and_chosen_precincts_are_all_that_is_covered(
        made in prop::collection::vec(made(), 1..120), every in 1..7_usize, by_region in any::<bool>()
    ) {
        let codes = codes(made.len());
        let rows = rows(&made, &codes);
        let (sample, units) = sample(&rows, every, by_region);
        let known = drawn(&rows, &sample, &units, 0.95);
        let chosen = volunteers(&rows, &units);
        prop_assert_eq!(known.tally.precincts, units.len() as u64);
        prop_assert_eq!(known.tally.covered + chosen.covered, coverage(&rows).all.covered);
        prop_assert_eq!(known.tally.differing + chosen.differing, coverage(&rows).all.differing);
        prop_assert!(known.altered.precincts >= known.tally.differing);
        prop_assert!(known.altered_unexplained.precincts <= known.altered.precincts);
        prop_assert_eq!(known.altered.frame, sample.frame());
    }

    #[test]
    fn what_volunteers_found_moves_no_bound_and_no_estimate(
        made in prop::collection::vec(made(), 2..80), every in 2..5_usize, by_region in any::<bool>()
    ) {
        let codes = codes(made.len());
        let before = rows(&made, &codes);
        let (sample, units) = sample(&before, every, by_region);
        let mut after = before.clone();
        for row in after.iter_mut().filter(|row| !units.contains(row.unit)) {
            row.compared = Compared::Differs { clerical: false, transcribed: true };
            row.votes = Some(vec![1_000, 0]);
        }
        let (one, other) =
            (drawn(&before, &sample, &units, 0.95), drawn(&after, &sample, &units, 0.95));
        prop_assert_eq!(one.altered, other.altered);
        let count = |rows: &[Row<'_>]| {
            quick_count(rows, &contest(), &sample, &units, &HashMap::new(), 0.95)
        };
        prop_assert_eq!(count(&before), count(&after));
    }

    #[test]
    fn shares_of_all_choices_are_a_whole_and_the_last_moment_is_the_estimate(
        made in prop::collection::vec(made(), 1..80), every in 1..4_usize, by_region in any::<bool>()
    ) {
        let codes = codes(made.len());
        let rows = rows(&made, &codes);
        let (sample, units) = sample(&rows, every, by_region);
        let times: HashMap<UnitCode, i64> =
            codes.units.iter().rev().zip(0..).map(|(unit, at)| (unit.clone(), at)).collect();
        let estimates = quick_count(&rows, &contest(), &sample, &units, &times, 0.95);
        let shares: Vec<f64> =
            estimates.iter().filter_map(|of| Some(of.estimate.as_ref()?.share)).collect();
        if shares.is_empty() {
            prop_assert!(!rows.iter().any(|row| units.contains(row.unit) && row.votes.is_some()));
        } else {
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
        for of in &estimates {
            let last = of.moments.last().map(|moment| moment.estimate.share);
            let now = of.estimate.as_ref().map(|estimate| estimate.share);
            prop_assert_eq!(last.is_some(), now.is_some());
            prop_assert!(last.zip(now).is_none_or(|(last, now)| (last - now).abs() < 1e-9));
        }
    }
}

#[test]
fn what_was_not_obtained_counts_as_unaltered_and_late_strata_are_named() {
    let codes = codes(8);
    let one =
        |region, copy, compared| Made { region, special: None, copy, compared, votes: (6, 4) };
    let differs = Compared::Differs { clerical: false, transcribed: true };
    let made = [
        one(0, Copy::Covered, differs),
        one(0, Copy::NotObtained, Compared::No),
        one(1, Copy::Nothing, Compared::No),
        one(1, Copy::Unsettled, Compared::No),
    ];
    let rows = rows(&made, &codes);
    let (sample, units) = sample(&rows, 1, true);
    let known = drawn(&rows, &sample, &units, 0.95);
    assert_eq!((known.altered.precincts, known.altered.not_obtained), (1, 3));
    let count = quick_count(&rows, &contest(), &sample, &units, &HashMap::new(), 0.95);
    let estimate = count[0].estimate.as_ref().unwrap();
    assert_eq!(estimate.late, ["r1"]);
    assert!((estimate.share - 0.6).abs() < 1e-12);
}
