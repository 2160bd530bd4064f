//! Manipulations that were planted into a whole real election are found: their level, their units,
//! their choices and their size; and where nothing was planted little is found. The election is not
//! part of the project; without it these tests are skipped aloud.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares of an election's counts are small and not negative"
)]

#[path = "planted/chance.rs"]
mod chance;
#[path = "planted/election.rs"]
mod election;
#[path = "planted/plant.rs"]
mod plant;

use std::{collections::BTreeMap, sync::Arc};

use hattama_proto::{id::UnitCode, statement::Level};
use hattama_server::compare::{Change, Impossible, Slip, Unlikely, UnlikelyUnit};

use self::{
    chance::Chance,
    election::{Election, LEADER, choice},
};

/// Every planting is done with each.
const SEEDS: [u64; 3] = [1, 2, 3];

fn by_unit(changes: &[Arc<Change>], level: Level) -> BTreeMap<&UnitCode, &Change> {
    let of_level = changes.iter().filter(|change| change.level == level);
    of_level.map(|change| (&change.unit, &**change)).collect()
}

#[test]
fn where_nothing_was_planted_nothing_differs_and_unlikely_remainders_stay_below_their_rate() {
    let Some(whole) = Election::russia_2018() else { return };
    let answer = whole.answer();
    assert_eq!(answer.changes, []);
    assert_eq!((answer.replaced.len(), answer.open), (0, 0));
    for seed in SEEDS {
        let mut election = whole.clone();
        let mut chance = Chance::of(seed);
        let hidden = plant::withhold(&mut election, &mut chance, 0.02);
        let answer = election.answer();
        // Twice the choices, times the share that was withheld, in each region at most.
        let regions = election.of(Level::Region).len() as f64;
        let rate = 2.0 * election::CHOICES as f64 * 0.02;
        let found = answer.unlikely.len();
        assert_eq!(answer.changes, [], "what is unlikely is no difference");
        assert!((found as f64) < rate * regions, "{found} of at most {}", rate * regions);
        println!(
            "seed {seed}: {} withheld, {found} unlikely remainders, {} open",
            hidden.len(),
            answer.open
        );
    }
}

#[test]
fn a_region_s_total_that_was_moved_by_one_per_cent_is_found_at_the_region() {
    let Some(whole) = Election::russia_2018() else { return };
    for seed in SEEDS {
        let mut election = whole.clone();
        let (region, votes) = plant::region_total(&mut election, &mut Chance::of(seed), 0.01);
        let changes = election.answer().changes;
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!((&changes[0].unit, changes[0].level), (&region, Level::Region));
        assert_eq!(changes[0].higher, [(choice(LEADER), votes)]);
        assert_eq!(changes[0].lower.iter().map(|(_, by)| by).sum::<u64>(), votes);
        assert_eq!(changes[0].size, votes);
    }
}

#[test]
fn a_district_whose_precincts_were_rewritten_is_found_at_each_precinct_that_was_seen() {
    let Some(whole) = Election::russia_2018() else { return };
    for seed in SEEDS {
        let mut election = whole.clone();
        let planted = plant::district(&mut election, &mut Chance::of(seed));
        let seen: BTreeMap<&UnitCode, u64> = planted
            .iter()
            .filter(|(unit, _)| election.digests.contains_key(*unit))
            .map(|(unit, votes)| (unit, *votes))
            .collect();
        assert!(seen.len() > 3, "too few were seen for a test");
        let changes = election.answer().changes;
        let found: BTreeMap<&UnitCode, u64> =
            by_unit(&changes, Level::Precinct).iter().map(|(unit, of)| (*unit, of.size)).collect();
        assert_eq!(found, seen);
        assert_eq!(changes.len(), seen.len(), "the totals follow the rewritten precincts");
        for change in &changes {
            assert_eq!(change.higher, [(choice(LEADER), change.size)]);
            assert_eq!(change.lower.iter().map(|(_, by)| by).sum::<u64>(), change.size);
        }
    }
}

#[test]
fn a_digit_that_slipped_in_fifty_precincts_is_found_as_that_and_in_the_districts_above() {
    let Some(whole) = Election::russia_2018() else { return };
    for seed in SEEDS {
        let mut election = whole.clone();
        let planted = plant::digits(&mut election, &mut Chance::of(seed), 50);
        let changes = election.answer().changes;
        let precincts = by_unit(&changes, Level::Precinct);
        assert_eq!(precincts.len(), planted.len());
        let mut districts: BTreeMap<&UnitCode, i64> = BTreeMap::new();
        for (unit, by) in &planted {
            let change = precincts[unit];
            assert_eq!((change.slip, change.size), (Some(Slip::OneDigit), by.unsigned_abs()));
            let district = election.pack.units.upwards(unit).nth(1).unwrap();
            *districts.entry(&district.code).or_default() += by;
        }
        districts.retain(|_, by| *by != 0);
        let found = by_unit(&changes, Level::District);
        assert_eq!(found.keys().collect::<Vec<_>>(), districts.keys().collect::<Vec<_>>());
        for (district, by) in &districts {
            assert_eq!(found[district].size, by.unsigned_abs(), "{district}");
        }
        assert_eq!(changes.len(), precincts.len() + districts.len());
    }
}

#[test]
fn a_transfer_hidden_in_two_per_cent_of_unpublished_precincts_is_found_wherever_it_can_be_seen() {
    let Some(whole) = Election::russia_2018() else { return };
    for seed in SEEDS {
        let mut election = whole.clone();
        let planted = plant::hidden(&mut election, &mut Chance::of(seed), 0.02);
        assert!(planted.len() > 10, "too few districts for a test: {}", planted.len());
        let answer = election.answer();
        let found = by_unit(&answer.changes, Level::District);
        let unlikely: BTreeMap<&UnitCode, &UnlikelyUnit> =
            answer.unlikely.iter().map(|told| (&told.unit, &**told)).collect();
        for (district, hidden) in &planted {
            if hidden.all_seen {
                let change = found[district];
                assert_eq!(change.size, hidden.votes, "our copies cover all that is open");
                assert_eq!(change.higher, [(choice(LEADER), hidden.votes)]);
                let exact = |why: &Impossible| matches!(why, Impossible::NotOurCopies { .. });
                assert!(change.why.iter().all(exact), "{change:?}");
            } else {
                let of_leader = unlikely[district].remainder.iter().find_map(|why| match why {
                    Unlikely::ShareAboveObserved { choice: code, by, .. }
                        if *code == choice(LEADER) =>
                    {
                        Some(*by)
                    }
                    _ => None,
                });
                let by = of_leader.unwrap_or_else(|| panic!("{district} {hidden:?}"));
                assert!(by <= hidden.votes, "at least, never more: {by} {hidden:?}");
            }
        }
        let exact = planted.values().filter(|hidden| hidden.all_seen).count();
        assert!(exact > 0, "no district where our copies cover all that is open");
        assert_eq!(answer.changes.len(), exact, "differences are where they were planted");
        assert_eq!(answer.unlikely.len(), planted.len() - exact, "and so is what is unlikely");
    }
}

#[test]
fn a_publication_that_was_replaced_in_silence_is_found_unit_by_unit() {
    let Some(whole) = Election::russia_2018() else { return };
    for seed in SEEDS {
        let mut election = whole.clone();
        let planted = plant::replaced(&mut election, &mut Chance::of(seed), 40);
        let answer = election.answer();
        let told: BTreeMap<&UnitCode, u64> = answer
            .replaced
            .iter()
            .filter(|of| of.level == Level::Precinct)
            .map(|of| (&of.unit, of.size))
            .collect();
        let wanted: BTreeMap<&UnitCode, u64> =
            planted.iter().map(|(unit, votes)| (unit, *votes)).collect();
        assert_eq!(told, wanted, "whether we have seen them or not");
        assert!(answer.replaced.iter().all(|of| of.before == election::FIRST()));
        // Totals follow, so only our copies differ; and each says that it was once published so.
        let seen = planted.keys().filter(|unit| election.digests.contains_key(*unit)).count();
        assert_eq!(answer.changes.len(), seen);
        assert!(answer.changes.iter().all(|of| of.replaced == Some(election::FIRST())));
    }
}
