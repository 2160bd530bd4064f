//! Who observes where, and what happens there.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    pack::{UnitKind, UnitRegister},
    statement::Mandate,
};

use super::Observer;
use crate::exercise::chance::Chance;

/// Why a precinct, or a district's table, is in the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Case {
    /// One observer, one copy, nothing odd.
    Plain,
    /// Two observers photograph the same sheet and read the same.
    TwoAgree,
    /// Two observers photograph the same sheet; the second mistypes one digit.
    TwoDiffer,
    /// There was no copy.
    NotObtained,
    /// The paper itself does not add up, and is recorded as found.
    DoesNotAddUp,
    /// Electronic, paper and summary protocols, and the summary is the sum.
    LinkedSums,
    /// Electronic, paper and summary protocols, and the summary is not the sum.
    LinkedDoesNotSum,
    /// The certified copy and the sheet posted later show different votes.
    CopiesDiffer,
    /// The observer tapped a neighbouring precinct.
    WrongPrecinct,
    /// The observer mistyped and corrects it.
    Corrected,
    /// Figures written over, struck out and illegible.
    HardToRead,
    /// The summary table of a territorial commission.
    DistrictTable,
}

/// How many precincts in 150 have a case; at least one of each where there is room, first things
/// first. All others are plain.
const PER_150: [(Case, usize); 10] = [
    (Case::TwoDiffer, 5),
    (Case::NotObtained, 8),
    (Case::DoesNotAddUp, 6),
    (Case::LinkedSums, 7),
    (Case::LinkedDoesNotSum, 1),
    (Case::CopiesDiffer, 3),
    (Case::WrongPrecinct, 1),
    (Case::Corrected, 1),
    (Case::HardToRead, 4),
    (Case::TwoAgree, 30),
];

/// Most precincts that one observer visits; all belong to one territorial commission.
const PRECINCTS_PER_OBSERVER: usize = 3;

/// The invented organisations.
const ORGANISATIONS: [&str; 3] = ["first-observers", "second-observers", "third-observers"];

/// One observed precinct.
pub(super) struct Visit {
    pub(super) unit: UnitCode,
    pub(super) district: UnitCode,
    pub(super) case: Case,
    /// Place of the observer.
    pub(super) first: usize,
    /// Place of the second observer, where the case has one.
    pub(super) second: Option<usize>,
}

/// The plan of the play.
pub(super) struct Plan {
    pub(super) observers: Vec<Observer>,
    /// In register order.
    pub(super) visits: Vec<Visit>,
    pub(super) altered: [UnitCode; 2],
    /// Districts whose summary table is photographed, each with an observer's place.
    pub(super) tables: Vec<(UnitCode, usize)>,
}

impl Plan {
    pub(super) fn make(seed: u64, precincts: usize, register: &UnitRegister) -> Self {
        let mut chance = Chance::of(seed, "plan");
        let chosen = choose(&mut chance, precincts.max(1), register);
        let altered = choose_altered(&mut chance, &chosen, register);
        let mut cases = cases(chosen.len());
        chance.shuffle(&mut cases);
        let mut visits: Vec<_> = chosen
            .into_iter()
            .zip(cases)
            .map(|((unit, district), case)| Visit { unit, district, case, first: 0, second: None })
            .collect();
        let observers = assign(&mut chance, &mut visits);
        let tables = choose_tables(&visits, &altered, register);
        Self { observers, visits, altered, tables }
    }
}

/// Picks precincts in clusters of two to five around territorial commissions, going round the
/// regions, so that a few make a map and many fill it. In register order.
fn choose(
    chance: &mut Chance,
    precincts: usize,
    register: &UnitRegister,
) -> Vec<(UnitCode, UnitCode)> {
    let mut regions: Vec<Vec<_>> = register
        .of_kind(UnitKind::Region)
        .map(|region| register.children(&region.code).map(|unit| unit.code.clone()).collect())
        .collect();
    regions.iter_mut().for_each(|districts| chance.shuffle(districts));
    chance.shuffle(&mut regions);
    let longest = regions.iter().map(Vec::len).max().unwrap_or(0);
    let round = |turn: usize| regions.iter().filter_map(move |districts| districts.get(turn));
    let mut left: Vec<(UnitCode, Vec<UnitCode>)> = (0..longest)
        .flat_map(round)
        .map(|district| {
            let mut units: Vec<_> =
                register.children(district).map(|unit| unit.code.clone()).collect();
            chance.shuffle(&mut units);
            (district.clone(), units)
        })
        .collect();
    let mut chosen = Vec::new();
    while chosen.len() < precincts && !left.is_empty() {
        for (district, units) in &mut left {
            let cluster = (2 + chance.below(4)).min(precincts - chosen.len()).min(units.len());
            let taken = units.split_off(units.len() - cluster);
            chosen.extend(taken.into_iter().map(|unit| (unit, district.clone())));
        }
        left.retain(|(_, units)| !units.is_empty());
    }
    chosen.sort();
    chosen
}

/// Two of the six regions with most observed precincts: where an alteration can be found.
fn choose_altered(
    chance: &mut Chance,
    chosen: &[(UnitCode, UnitCode)],
    register: &UnitRegister,
) -> [UnitCode; 2] {
    let mut observed: BTreeMap<&UnitCode, usize> =
        register.of_kind(UnitKind::Region).map(|region| (&region.code, 0)).collect();
    for region in chosen.iter().filter_map(|(unit, _)| register.region_of(unit)) {
        *observed.entry(&region.code).or_default() += 1;
    }
    let mut most: Vec<_> = observed.into_iter().collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let among = most.iter().filter(|(_, count)| *count > 0).count().clamp(2, 6);
    most.truncate(among);
    chance.shuffle(&mut most);
    [most[0].0.clone(), most[1].0.clone()]
}

fn cases(precincts: usize) -> Vec<Case> {
    let mut cases: Vec<_> = PER_150
        .iter()
        .flat_map(|(case, share)| {
            std::iter::repeat_n(*case, ((share * precincts + 75) / 150).max(1))
        })
        .collect();
    cases.resize(precincts, Case::Plain);
    cases
}

/// Gives every visit its observers. The second is from another organisation than the first of the
/// same cluster.
fn assign(chance: &mut Chance, visits: &mut [Visit]) -> Vec<Observer> {
    let mut mandates: Vec<(UnitCode, usize)> = Vec::new();
    for cluster in visits.chunk_by_mut(|one, next| one.district == next.district) {
        for group in cluster.chunks_mut(PRECINCTS_PER_OBSERVER) {
            let org = mandates.len() % ORGANISATIONS.len();
            group.iter_mut().for_each(|visit| visit.first = mandates.len());
            mandates.push((group[0].district.clone(), org));
        }
        let org = (mandates.len() + 1) % ORGANISATIONS.len();
        let has_second =
            |case| matches!(case, Case::TwoAgree | Case::TwoDiffer | Case::CopiesDiffer);
        let mut shared: Vec<_> =
            cluster.iter_mut().filter(|visit| has_second(visit.case)).collect();
        for group in shared.chunks_mut(PRECINCTS_PER_OBSERVER) {
            group.iter_mut().for_each(|visit| visit.second = Some(mandates.len()));
            mandates.push((group[0].district.clone(), org));
        }
    }
    let mut reporters: Vec<_> = (1..=mandates.len()).collect();
    chance.shuffle(&mut reporters);
    let person = |text: String| PersonId::new(&text).expect("a pseudonym is a code");
    (1..)
        .zip(mandates)
        .zip(reporters)
        .map(|((number, (district, org)), reporter): ((usize, _), usize)| Observer {
            person: person(format!("observer-{number:04}")),
            reporter: person(format!("reporter-{reporter:04}")),
            org: OrgId::new(ORGANISATIONS[org]).expect("the organisations are codes"),
            mandate: Mandate::Units(vec![district]),
            language: ["kk", "ru", "en"][number % 3],
        })
        .collect()
}

/// Two tables, and one more for every 75 precincts; those of the altered regions first, because
/// there they show that the districts' sums were right.
fn choose_tables(
    visits: &[Visit],
    altered: &[UnitCode; 2],
    register: &UnitRegister,
) -> Vec<(UnitCode, usize)> {
    let mut tables: Vec<_> =
        visits.iter().map(|visit| (visit.district.clone(), visit.first)).collect();
    tables.dedup_by(|one, other| one.0 == other.0);
    // One of each altered region, then the others of those, then the rest.
    let mut seen: Vec<UnitCode> = Vec::new();
    tables.sort_by_cached_key(|(district, _)| {
        let region = &register.region_of(district).expect("a district lies in a region").code;
        let again = seen.contains(region);
        seen.push(region.clone());
        (!altered.contains(region), again)
    });
    tables.truncate(2 + visits.len() / 75);
    tables
}
