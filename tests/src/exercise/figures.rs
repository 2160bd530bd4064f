//! What really was counted in the exercise: invented figures for every precinct.
//!
//! Promises: every count satisfies every control relation of the form; 20 to 3,000 voters; turnout
//! (ballots issued per voter) from 40 to 98 percent. They resemble no election that took place.

use std::collections::BTreeMap;

use hattama_proto::{
    id::UnitCode,
    pack::{Special, Unit, UnitKind, UnitRegister},
};

use super::{
    chance::Chance,
    count::{Count, Line},
    setup::CHOICES,
};

/// Smallest number of voters of a precinct.
pub const VOTERS_MIN: u64 = 20;
/// Largest number of voters of a precinct.
pub const VOTERS_MAX: u64 = 3_000;

/// The true counts of all precincts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures(BTreeMap<UnitCode, Count>);

impl Figures {
    /// Invents the counts of every precinct of the register. A precinct's count depends on the
    /// seed, its code and its region only.
    pub fn invent(seed: u64, register: &UnitRegister) -> Self {
        let precincts = register.of_kind(UnitKind::Precinct).map(|unit| {
            let region = register.region_of(&unit.code).expect("every precinct lies in a region");
            (unit.code.clone(), invent_count(seed, unit, region))
        });
        Self(precincts.collect())
    }

    /// The true count of a precinct.
    pub fn of(&self, precinct: &UnitCode) -> &Count {
        self.0.get(precinct).expect("every precinct of the register has a count")
    }

    /// All precincts with their counts, by code.
    pub fn all(&self) -> impl Iterator<Item = (&UnitCode, &Count)> {
        self.0.iter()
    }

    /// The true sum of all precincts in `unit`.
    pub fn sum_within(&self, register: &UnitRegister, unit: &UnitCode) -> Count {
        self.0.iter().filter(|(code, _)| register.is_within(code, unit)).map(|(_, c)| c).sum()
    }
}

fn invent_count(seed: u64, unit: &Unit, region: &Unit) -> Count {
    let mut chance = Chance::of(seed, unit.code.as_str());
    let mut count = Count::default();
    let voters = invent_voters(&mut chance, unit.special, is_city(region));
    let issued = invent_turnout(&mut chance, voters, unit.special);
    count[Line::VotersOnList] = voters;
    issue_ballots(&mut count, &mut chance, issued);
    empty_boxes(&mut count, &mut chance, issued);
    share_votes(&mut count, &mut chance, leanings(seed, region));
    count
}

/// The two cities have large precincts; the oblasts many small ones.
fn is_city(region: &Unit) -> bool {
    matches!(region.code.as_str(), "71" | "75")
}

fn invent_voters(chance: &mut Chance, special: Option<Special>, city: bool) -> u64 {
    match (special, chance.below(20)) {
        (Some(Special::Hospital), _) => chance.between(VOTERS_MIN, 400),
        (Some(Special::Detention), _) => chance.between(60, 700),
        (Some(Special::Military), _) => chance.between(100, 1_400),
        (Some(Special::Abroad), _) => chance.between(VOTERS_MIN, 600),
        (None, 0) if city => chance.between(150, 700),
        (None, _) if city => chance.between(900, VOTERS_MAX),
        (None, 0..7) => chance.between(VOTERS_MIN, 400),
        (None, 7..16) => chance.between(400, 1_500),
        (None, _) => chance.between(1_500, VOTERS_MAX),
    }
}

/// Ballots issued: in ordinary precincts around 70 percent of the voters, in special ones more.
fn invent_turnout(chance: &mut Chance, voters: u64, special: Option<Special>) -> u64 {
    let permille = match special {
        None => 400 + chance.between(0, 300) + chance.between(0, 280),
        Some(_) => chance.between(720, 980),
    };
    (voters * permille / 1_000).clamp((voters * 2).div_ceil(5), voters * 98 / 100)
}

fn issue_ballots(count: &mut Count, chance: &mut Chance, issued: u64) {
    let early = if chance.once_in(5) { issued * chance.between(1, 12) / 1_000 } else { 0 };
    let outside = issued * chance.between(0, 70) / 1_000;
    count[Line::IssuedEarly] = early;
    count[Line::IssuedOutside] = outside;
    count[Line::IssuedStation] = issued - early - outside;
    let received = (count[Line::VotersOnList] * chance.between(960, 1_005) / 1_000).max(issued);
    count[Line::BallotsReceived] = received;
    count[Line::Cancelled] = received - issued;
}

/// In one precinct of six somebody carried a ballot or two away.
fn empty_boxes(count: &mut Count, chance: &mut Chance, issued: u64) {
    let carried_away = if issued > 50 && chance.once_in(6) { chance.between(1, 2) } else { 0 };
    let found = issued - carried_away;
    count[Line::PortableBoxes] = count[Line::IssuedOutside];
    count[Line::StationaryBoxes] = found - count[Line::PortableBoxes];
    count[Line::Invalid] = found * chance.between(2, 28) / 1_000;
    count[Line::Valid] = found - count[Line::Invalid];
}

/// How a region leans: weights by choice. No region resembles the next very much.
fn leanings(seed: u64, region: &Unit) -> [u64; CHOICES.len()] {
    let mut chance = Chance::of(seed, &format!("leanings of {}", region.code));
    [40, 31, 15, 9, 5].map(|weight| weight * chance.between(65, 135))
}

fn share_votes(count: &mut Count, chance: &mut Chance, leanings: [u64; CHOICES.len()]) {
    let weights = leanings.map(|weight| weight * chance.between(60, 140));
    let total: u64 = weights.iter().sum();
    let valid = count[Line::Valid];
    count.votes = weights.map(|weight| valid * weight / total);
    let shared: u64 = count.votes.iter().sum();
    for _ in shared..valid {
        let place = chance.below(CHOICES.len());
        count.votes[place] += 1;
    }
}
