//! What is planted into an election, and what of it there is to be found.

use std::collections::BTreeMap;

use hattama_proto::{id::UnitCode, statement::Level};
use hattama_server::compare::{OBSERVED_PRECINCTS_MIN, OBSERVED_VOTES_MIN};

use super::{
    chance::Chance,
    election::{CHOICES, Election, LEADER},
};

const PRECINCT: usize = 0;

/// A transfer from everybody else to the leader of about `share` of their votes; none if there is
/// nothing to move.
fn transfer(votes: &[u64], share: f64) -> Option<(Vec<i64>, u64)> {
    let mut by = vec![0; CHOICES];
    for (number, votes) in votes.iter().enumerate().filter(|(number, _)| *number != LEADER) {
        let moved = (*votes as f64 * share) as i64;
        by[number] -= moved;
        by[LEADER] += moved;
    }
    let moved = u64::try_from(by[LEADER]).unwrap();
    (moved > 0).then_some((by, moved))
}

/// Takes a share of all precincts out of what is published, by lot.
pub(super) fn withhold(election: &mut Election, chance: &mut Chance, share: f64) -> Vec<UnitCode> {
    let precincts = election.of(Level::Precinct);
    let hidden = chance.some(&precincts, (precincts.len() as f64 * share) as usize);
    hidden.iter().for_each(|precinct| drop(election.published[PRECINCT].remove(precinct)));
    hidden
}

/// Moves a share of a region's votes to the leader, in its total and the country's.
pub(super) fn region_total(
    election: &mut Election,
    chance: &mut Chance,
    share: f64,
) -> (UnitCode, u64) {
    let regions = election.of(Level::Region);
    let region = regions[chance.below(regions.len())].clone();
    let votes = election.published[Level::Region as usize][&region].clone();
    let all: u64 = votes.iter().sum();
    let others = all - votes[LEADER];
    let (by, moved) = transfer(&votes, share * all as f64 / others as f64).unwrap();
    election.change(&region, &by);
    (region, moved)
}

/// Rewrites every precinct of a district; the totals above follow.
pub(super) fn district(election: &mut Election, chance: &mut Chance) -> BTreeMap<UnitCode, u64> {
    let districts = election.of(Level::District);
    loop {
        let district = &districts[chance.below(districts.len())];
        let precincts: Vec<UnitCode> =
            election.pack.units.children(district).map(|unit| unit.code.clone()).collect();
        let seen = precincts.iter().filter(|unit| election.digests.contains_key(*unit)).count();
        if seen < 5 {
            continue;
        }
        let mut planted = BTreeMap::new();
        for precinct in precincts {
            let votes = election.published[PRECINCT][&precinct].clone();
            if let Some((by, moved)) = transfer(&votes, 0.4) {
                election.change(&precinct, &by);
                planted.insert(precinct, moved);
            }
        }
        return planted;
    }
}

/// Changes one digit of the leader's votes in precincts that were seen; no total follows.
pub(super) fn digits(
    election: &mut Election,
    chance: &mut Chance,
    count: usize,
) -> BTreeMap<UnitCode, i64> {
    let seen: Vec<UnitCode> = election
        .of(Level::Precinct)
        .into_iter()
        .filter(|unit| election.digests.contains_key(unit))
        .filter(|unit| election.published[PRECINCT][unit][LEADER] >= 100)
        .collect();
    let mut planted = BTreeMap::new();
    for precinct in chance.some(&seen, count) {
        let votes = &mut election.published[PRECINCT].get_mut(&precinct).unwrap()[LEADER];
        let place = 10_u64.pow(u32::try_from(chance.below(3)).unwrap());
        let digit = *votes / place % 10;
        // A nine becomes an eight, everything else one more; the leading digit never vanishes.
        let now = if digit == 9 { *votes - place } else { *votes + place };
        planted.insert(precinct, i64::try_from(now).unwrap() - i64::try_from(*votes).unwrap());
        *votes = now;
    }
    planted
}

/// What was hidden in one district.
#[derive(Debug)]
pub(super) struct Hidden {
    /// Votes that were moved there.
    pub(super) votes: u64,
    /// Whether we have a copy of every precinct that was not published.
    pub(super) all_seen: bool,
}

/// Withholds a share of the precincts, and moves all votes of the others in them to the leader, in
/// the totals above. Precincts are taken where that can be seen: where we have a copy of every one
/// that a district leaves out, or where nobody in the region gave the leader everything.
pub(super) fn hidden(
    election: &mut Election,
    chance: &mut Chance,
    share: f64,
) -> BTreeMap<UnitCode, Hidden> {
    // By region, the share of the leader in its middle precinct.
    let shows: BTreeMap<UnitCode, f64> = election
        .of(Level::Region)
        .into_iter()
        .filter_map(|region| {
            let precincts = election.pack.units.all().iter().filter(|unit| {
                unit.kind.level() == Level::Precinct
                    && election.pack.units.region_of(&unit.code).map(|unit| &unit.code)
                        == Some(&region)
            });
            let mut shares: Vec<f64> = precincts
                .map(|unit| &election.published[PRECINCT][&unit.code])
                .map(|votes| (votes[LEADER], votes.iter().sum::<u64>()))
                .filter(|(_, all)| *all >= OBSERVED_VOTES_MIN)
                .map(|(leader, all)| leader as f64 / all as f64)
                .collect();
            // Enough are left when some of them are withheld.
            shares.sort_by(f64::total_cmp);
            let shows = shares.len() > 2 * OBSERVED_PRECINCTS_MIN && *shares.last()? < 0.97;
            shows.then(|| (region, shares[shares.len() / 2]))
        })
        .collect();
    let precincts = election.of(Level::Precinct);
    let mut left = (precincts.len() as f64 * share) as usize;
    let mut open: BTreeMap<UnitCode, Vec<UnitCode>> = BTreeMap::new();
    for precinct in chance.some(&precincts, precincts.len()) {
        if left == 0 {
            break;
        }
        let units = &election.pack.units;
        let (district, region) =
            (units.upwards(&precinct).nth(1).unwrap(), units.region_of(&precinct).unwrap());
        let votes = &election.published[PRECINCT][&precinct];
        let all: u64 = votes.iter().sum();
        // One that stood out before anything was planted would be found for what it was.
        let is_usual = |middle: &f64| votes[LEADER] as f64 / all as f64 <= *middle;
        let is_seen = election.digests.contains_key(&precinct);
        // Not in a district with others, unless those are as well seen.
        let shown =
            is_seen || (all >= OBSERVED_VOTES_MIN && shows.get(&region.code).is_some_and(is_usual));
        let fits = open.get(&district.code).is_none_or(|others| {
            is_seen && others.iter().all(|other| election.digests.contains_key(other))
        });
        if shown && fits && all > 0 {
            open.entry(district.code.clone()).or_default().push(precinct);
            left -= 1;
        }
    }
    let mut planted = BTreeMap::new();
    for (district, precincts) in open {
        let all_seen = precincts.iter().all(|unit| election.digests.contains_key(unit));
        let mut moved_here = 0;
        for precinct in precincts {
            let votes = election.published[PRECINCT].remove(&precinct).unwrap();
            if let Some((by, moved)) = transfer(&votes, 1.0) {
                election.change(&precinct, &by);
                moved_here += moved;
            }
        }
        if moved_here > 0 {
            planted.insert(district, Hidden { votes: moved_here, all_seen });
        }
    }
    planted
}

/// Publishes some precincts a second time with other figures; the totals follow.
pub(super) fn replaced(
    election: &mut Election,
    chance: &mut Chance,
    count: usize,
) -> BTreeMap<UnitCode, u64> {
    let precincts = election.of(Level::Precinct);
    let mut planted = BTreeMap::new();
    for precinct in chance.some(&precincts, precincts.len()) {
        if planted.len() == count {
            break;
        }
        let votes = election.published[PRECINCT][&precinct].clone();
        // Small ones pass for clerks' slips, and are told all the same.
        let Some((by, moved)) = transfer(&votes, 0.3) else { continue };
        election.change(&precinct, &by);
        election.earlier.insert(precinct.clone(), votes);
        planted.insert(precinct, moved);
    }
    planted
}
