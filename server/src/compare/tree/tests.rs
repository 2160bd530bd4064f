//! Planted changes are found at their level, with their unit, their choices and their size; where
//! nothing was planted nothing is found.

use std::{collections::HashMap, sync::Arc};

use hattama_proto::{
    id::{PublicationId, UnitCode},
    pack::{Counted, FormLine, Names, Pack, Unit, UnitKind, UnitPart, UnitRegister},
    statement::Level,
};
use proptest::prelude::*;

use super::{Below, Compared, Impossible, Official, Tree, Unlikely, Verdict};
use crate::compare::{Answer, Earlier, Findings, Slip, UnitDigest, answer};
use crate::merge::{
    CellKey, Cells, UnitFile, merge,
    world::{cell, choice, entry, everybody, full, pack, sheet, unit},
};

/// Areas below each area, and precincts below each district.
const REGIONS: usize = 3;
const DISTRICTS: usize = 3;
const PRECINCTS: usize = 4;

/// A country with figures of two choices for every unit, that add up.
#[derive(Clone, Debug)]
struct Country {
    pack: Arc<Pack>,
    levels: [HashMap<UnitCode, Cells>; 4],
    digests: HashMap<UnitCode, UnitDigest>,
}

fn votes(a: u64, b: u64) -> Cells {
    Cells::from_pairs([(cell(3), Some(a)), (cell(4), Some(b))])
}

/// Our copy of a precinct.
fn copy(number: usize, at: &str, a: u64, b: u64, pack: &Pack) -> UnitFile {
    let body = sheet("certified", None, full([9, 9, 9, a, b]), 1);
    merge(&unit(at), &[Arc::new(entry(number, 0, at, body))], &everybody(), pack)
}

fn register() -> Vec<Unit> {
    let mut units = Vec::new();
    let mut add = |code: String, parent: Option<&str>, kind| {
        let (code, parent) = (unit(&code), parent.map(unit));
        units.push(Unit { code, parent, kind, names: Names::default(), special: None, since: 0 });
    };
    add("kz".into(), None, UnitKind::Country);
    for region in 0..REGIONS {
        let region = format!("r{region}");
        add(region.clone(), Some("kz"), UnitKind::Region);
        for district in 0..DISTRICTS {
            let district = format!("{region}-d{district}");
            add(district.clone(), Some(&region), UnitKind::District);
            for precinct in 0..PRECINCTS {
                add(format!("{district}-p{precinct}"), Some(&district), UnitKind::Precinct);
            }
        }
    }
    units
}

impl Country {
    /// Every unit published, every second precinct seen by us.
    fn new(figures: &[(u64, u64)]) -> Self {
        let mut pack = Pack::clone(&pack());
        pack.units =
            UnitRegister::new(UnitPart { version: 1, units: register(), outlines: None }).unwrap();
        let CellKey::Line { line } = cell(0) else { panic!("the first cell is a line") };
        let form = &mut pack.forms.forms[0];
        form.levels = Level::ALL.to_vec();
        form.lines = vec![FormLine {
            code: line,
            number: "1".to_owned(),
            names: Names::default(),
            required: true,
            counts: Some(Counted::Voters),
        }];
        let mut country =
            Self { pack: Arc::new(pack), levels: Default::default(), digests: HashMap::new() };
        let precincts: Vec<UnitCode> = country.of(Level::Precinct);
        for (number, (code, (a, b))) in precincts.iter().zip(figures).enumerate() {
            country.change(code, (0, 0), (*a, *b));
            if number % 2 == 0 {
                let file = copy(number, code.as_str(), *a, *b, &country.pack);
                country.digests.insert(code.clone(), UnitDigest::of(&file, &country.pack));
            }
        }
        country
    }

    fn of(&self, level: Level) -> Vec<UnitCode> {
        let units = self.pack.units.all().iter();
        units.filter(|unit| unit.kind.level() == level).map(|unit| unit.code.clone()).collect()
    }

    /// Takes from and adds to the figures of a unit and of everything above it, as if its own
    /// commission had written them so.
    fn change(&mut self, at: &UnitCode, less: (u64, u64), more: (u64, u64)) {
        for above in self.pack.units.upwards(at) {
            let level = Level::ALL.iter().position(|level| *level == above.kind.level()).unwrap();
            let cells = self.levels[level].entry(above.code.clone()).or_insert_with(|| votes(0, 0));
            let changed = |number, less, more| cells.get(&cell(number)).unwrap() + more - less;
            *cells = votes(changed(3, less.0, more.0), changed(4, less.1, more.1));
        }
    }

    /// Our copy of a precinct says this.
    fn see(&mut self, precinct: &UnitCode, (a, b): (u64, u64)) {
        let file = copy(0, precinct.as_str(), a, b, &self.pack);
        self.digests.insert(precinct.clone(), UnitDigest::of(&file, &self.pack));
    }

    fn withdraw(&mut self, unit: &UnitCode) {
        self.levels.iter_mut().for_each(|level| drop(level.remove(unit)));
    }

    fn compared(&self) -> Compared<'_> {
        let contest = &self.pack.election.contests[0];
        let official = Official { levels: self.levels.each_ref() };
        Compared { contest, official, digests: &self.digests, pack: &self.pack }
    }

    fn answer(&self) -> Answer {
        let nothing = Earlier::new();
        let tree = Tree::new(self.compared());
        answer(tree.nodes(), &self.pack.election.contests[0], [&nothing; 4])
    }

    fn verdict(&self, of: &str) -> Verdict {
        let tree = Tree::new(self.compared());
        tree.nodes().iter().find(|node| node.unit.as_str() == of).unwrap().verdict.clone()
    }
}

fn even() -> Country {
    Country::new(&[(500, 400); REGIONS * DISTRICTS * PRECINCTS])
}

fn countries() -> impl Strategy<Value = Country> {
    let figures = (1_u64..2_000, 1_u64..2_000);
    let count = REGIONS * DISTRICTS * PRECINCTS;
    prop::collection::vec(figures, count).prop_map(|figures| Country::new(&figures))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn where_nothing_was_changed_nothing_is_found(country in countries()) {
        let answer = country.answer();
        prop_assert_eq!(answer.changes, vec![]);
        prop_assert_eq!(answer.open, 0);
        // Half of the precincts are seen by us, and everything above has all its parts.
        let compared: Vec<usize> = answer.compared.iter().map(|(_, count)| *count).collect();
        prop_assert_eq!(compared, vec![18, 9, 3, 1]);
    }

    #[test]
    fn a_change_above_the_precincts_is_found_at_its_unit_and_nowhere_else(
        country in countries(),
        level in prop::sample::select(vec![Level::District, Level::Region, Level::Nation]),
        at in any::<prop::sample::Index>(),
        moved in any::<prop::sample::Index>(),
    ) {
        let mut changed = country.clone();
        let units = country.of(level);
        let at = &units[at.index(units.len())];
        // At most what the loser has anywhere, so that no figure falls below zero.
        let moved = 1 + moved.index(4) as u64;
        changed.change(at, (0, moved), (moved, 0));
        let found = changed.answer().changes;
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        prop_assert_eq!((&found[0].unit, found[0].level), (at, level));
        prop_assert_eq!(&found[0].higher, &vec![(choice("a"), moved)]);
        prop_assert_eq!(&found[0].lower, &vec![(choice("b"), moved)]);
        prop_assert_eq!(found[0].size, moved);
    }

    #[test]
    fn a_precinct_that_was_published_otherwise_is_found_where_we_were_and_only_there(
        country in countries(),
        at in any::<prop::sample::Index>(),
        more in 1_u64..900,
    ) {
        let mut changed = country.clone();
        let precincts = country.of(Level::Precinct);
        let number = at.index(precincts.len());
        changed.change(&precincts[number], (0, 0), (more, 0));
        let found = changed.answer().changes;
        let seen = number % 2 == 0;
        prop_assert_eq!(found.len(), usize::from(seen), "{:?}", found);
        if let Some(found) = found.first() {
            prop_assert_eq!(&found.unit, &precincts[number]);
            prop_assert_eq!((found.level, found.size), (Level::Precinct, more));
            prop_assert!(found.lower.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn following_new_copies_gives_what_comparing_everything_anew_gives(
        country in countries(),
        withdrawn in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        copies in prop::collection::vec((any::<prop::sample::Index>(), 1_u64..900, 1_u64..900), 1..12),
    ) {
        let mut country = country;
        let units: Vec<UnitCode> =
            country.pack.units.all().iter().map(|unit| unit.code.clone()).collect();
        withdrawn.iter().for_each(|at| country.withdraw(at.get(&units)));
        let precincts = country.of(Level::Precinct);
        let mut tree = Tree::new(country.compared());
        let pack = Arc::clone(&country.pack);
        let contest = &pack.election.contests[0];
        let (nothing, first) = (Earlier::new(), PublicationId::of(b"as first published"));
        let before = |unit: &UnitCode| (unit.clone(), vec![(first, votes(450, 450))]);
        let before: Earlier = precincts.iter().step_by(3).map(before).collect();
        let earlier = [&before, &nothing, &nothing, &nothing];
        let mut findings = Findings::of(tree.nodes(), contest, earlier);
        for (at, a, b) in copies {
            let precinct = at.get(&precincts);
            // Some disappear again: set aside by a person.
            if a % 5 == 0 {
                country.digests.remove(precinct);
            } else {
                country.see(precinct, (a, b));
            }
            tree.update([precinct], country.compared());
            let anew = Tree::new(country.compared());
            prop_assert_eq!(&tree, &anew);
            findings.update(tree.nodes(), contest, earlier);
            prop_assert_eq!(findings.answer(), answer(anew.nodes(), contest, earlier));
        }
    }

    #[test]
    fn what_a_unit_has_of_our_copies_is_what_lies_in_its_precincts(country in countries()) {
        let tree = Tree::new(country.compared());
        let ours = |of: &str| {
            let node = tree.nodes().iter().find(|node| node.unit.as_str() == of).unwrap();
            let Below::Published { ours, .. } = &node.below else { panic!("{node:?}") };
            ours.clone()
        };
        let regions: Vec<_> = (0..REGIONS).map(|number| ours(&format!("r{number}"))).collect();
        let nation = ours("kz");
        prop_assert_eq!(nation.precincts, country.digests.len());
        prop_assert_eq!(nation.published, country.digests.len());
        prop_assert_eq!(&nation.ours_in_both, &nation.published_in_both, "nothing was changed");
        prop_assert_eq!(&nation.votes, &nation.ours_in_both);
        for choice in 0..2 {
            let sum: u64 = regions.iter().map(|region| region.votes[choice]).sum();
            prop_assert_eq!(sum, nation.votes[choice]);
        }
    }
}

#[test]
fn what_is_left_for_an_unseen_precinct_is_held_against_every_share_that_was_seen() {
    let mut country = even();
    country.withdraw(&unit("r0-d0-p1"));
    // Its own 900 votes, and 300 that were somebody else's.
    country.change(&unit("r0-d0"), (0, 300), (300, 0));
    let Verdict::Unlikely { remainder, why } = country.verdict("r0-d0") else {
        panic!("{:?}", country.verdict("r0-d0"))
    };
    assert_eq!(remainder, [Some(800), Some(100)]);
    // Everywhere else 500 of 900 votes are the first one's.
    let above =
        Unlikely::ShareAboveObserved { choice: choice("a"), share: 8_888, highest: 5_555, by: 300 };
    let below =
        Unlikely::ShareBelowObserved { choice: choice("b"), share: 1_111, lowest: 4_444, by: 300 };
    assert_eq!(why, [above, below]);
    let answer = country.answer();
    assert_eq!(answer.changes, [], "unlikely is no difference");
    let told = &answer.unlikely[0];
    assert_eq!((told.unit.as_str(), told.size, told.remainder.len()), ("r0-d0", 300, 2));
}

#[test]
fn a_share_is_no_finding_while_few_were_seen() {
    let mut country = even();
    let unpublished: Vec<UnitCode> = country.of(Level::Precinct).into_iter().skip(10).collect();
    unpublished.iter().for_each(|precinct| country.withdraw(precinct));
    country.digests.clear();
    country.change(&unit("r2-d2"), (0, 900), (900, 0));
    for precinct in &country.of(Level::Precinct)[32..] {
        country.levels[0].insert(precinct.clone(), votes(500, 400));
    }
    country.withdraw(&unit("r2-d2-p0"));
    assert!(matches!(country.verdict("r2-d2"), Verdict::Impossible { .. }));
    country.change(&unit("r2-d2"), (800, 0), (0, 800));
    assert_eq!(
        country.verdict("r2-d2"),
        Verdict::Open { remainder: vec![Some(600), Some(300)] },
        "13 precincts are no range"
    );
}

#[test]
fn figures_of_different_choices_are_not_equal_but_nothing_to_compare() {
    let mut country = even();
    let one_choice = Cells::from_pairs([(cell(3), Some(2_000)), (cell(4), None)]);
    country.levels[1].insert(unit("r0-d0"), one_choice);
    for precinct in &country.of(Level::Precinct)[..4] {
        let other = Cells::from_pairs([(cell(3), None), (cell(4), Some(400))]);
        country.levels[0].insert(precinct.clone(), other);
    }
    assert_eq!(country.verdict("r0-d0"), Verdict::NothingBelow);
}

#[test]
fn more_votes_than_voters_are_told_of_the_unit_and_of_what_is_left() {
    let mut country = even();
    let with_voters = |voters, a, b| {
        Cells::from_pairs([(cell(0), Some(voters)), (cell(3), Some(a)), (cell(4), Some(b))])
    };
    for precinct in country.of(Level::Precinct) {
        country.levels[0].insert(precinct, with_voters(1_000, 500, 400));
    }
    country.levels[1].insert(unit("r0-d0"), with_voters(4_000, 2_000, 1_600));
    assert_eq!(country.answer().changes, []);

    country.levels[0].insert(unit("r0-d1-p1"), with_voters(880, 500, 400));
    let told = &country.answer().unlikely;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].unit, unit("r0-d1-p1"));
    let more = Unlikely::MoreVotesThanVoters { votes: 900, voters: 880, by: 20 };
    assert_eq!(told[0].figures, [more]);

    // What is left for the one that was not published: 1,200 votes for 1,000 voters.
    country.withdraw(&unit("r0-d0-p3"));
    country.levels[1].insert(unit("r0-d0"), with_voters(4_000, 2_165, 1_735));
    let told = &country.answer().unlikely;
    let of_district = told.iter().find(|told| told.unit == unit("r0-d0")).unwrap();
    let more = Unlikely::MoreVotesThanVoters { votes: 1_200, voters: 1_000, by: 200 };
    assert_eq!(of_district.remainder[0], more);
    assert!(of_district.size >= 200);
}

#[test]
fn figures_that_were_replaced_after_they_had_been_published_are_told_with_the_earlier_ones() {
    let mut country = even();
    let precinct = unit("r0-d0-p0");
    let first = PublicationId::of(b"as first published");
    let before = country.levels[0][&precinct].clone();
    country.change(&precinct, (0, 250), (250, 0));
    let nothing = Earlier::new();
    let earlier = Earlier::from([(precinct.clone(), vec![(first, before)])]);
    let tree = Tree::new(country.compared());
    let contest = &country.pack.election.contests[0];
    let answer = answer(tree.nodes(), contest, [&earlier, &nothing, &nothing, &nothing]);
    assert_eq!(answer.changes.len(), 1);
    assert_eq!(answer.changes[0].replaced, Some(first), "it said what our copy says");
    let replaced = &answer.replaced;
    assert_eq!(replaced.len(), 1);
    assert_eq!((&replaced[0].unit, replaced[0].before, replaced[0].size), (&precinct, first, 250));
    assert_eq!(replaced[0].higher, [(choice("a"), 250)]);
    assert_eq!(replaced[0].lower, [(choice("b"), 250)]);
}

#[test]
fn the_lowest_level_comes_first_and_a_slip_after_what_is_none() {
    let mut country = even();
    country.change(&unit("r1"), (0, 900), (900, 0));
    // One digit, and what moves between two choices.
    country.change(&unit("r0-d0-p0"), (0, 0), (300, 0));
    country.change(&unit("r0-d1-p0"), (0, 17), (17, 0));
    let found = country.answer().changes;
    let order: Vec<_> =
        found.iter().map(|found| (found.unit.as_str(), found.size, found.slip)).collect();
    assert_eq!(
        order,
        [
            ("r0-d1-p0", 17, Some(Slip::EqualAndOpposite)),
            ("r0-d0-p0", 300, Some(Slip::OneDigit)),
            ("r1", 900, None),
        ]
    );
}

#[test]
fn what_an_unpublished_precinct_must_hold_is_left_open_while_it_can() {
    let mut country = even();
    country.withdraw(&unit("r0-d0-p1"));
    let remainder = vec![Some(500), Some(400)];
    assert_eq!(country.verdict("r0-d0"), Verdict::Open { remainder });
    // Its district was published, so above it everything is there.
    assert_eq!(country.verdict("r0"), Verdict::Equal);
    assert_eq!((country.answer().open, country.answer().changes), (1, vec![]));
}

#[test]
fn a_transfer_hidden_in_an_unpublished_precinct_that_we_have_seen_is_found() {
    let mut country = even();
    let hidden = unit("r0-d0-p0");
    country.change(&hidden, (0, 200), (200, 0));
    country.withdraw(&hidden);
    country.withdraw(&unit("r0-d0"));
    let found = country.answer().changes;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].unit.as_str(), found[0].size), ("r0", 200));
    let why = Impossible::NotOurCopies { choice: choice("a"), by: 200 };
    assert!(found[0].why.contains(&why), "{found:?}");
}

#[test]
fn a_whole_that_is_less_than_its_parts_cannot_be_explained_by_what_is_open() {
    let mut country = even();
    country.withdraw(&unit("r2-d2-p3"));
    country.change(&unit("r2-d2"), (0, 700), (700, 0));
    let Verdict::Impossible { remainder, why } = country.verdict("r2-d2") else {
        panic!("{:?}", country.verdict("r2-d2"))
    };
    assert_eq!(remainder, [Some(1_200), Some(-300)]);
    // 900 votes are left in all, and 1,200 of them for one choice.
    let more = Impossible::MoreThanIsLeft { choice: choice("a"), by: 300 };
    assert_eq!(why, [more, Impossible::LessThanItsParts { choice: choice("b"), by: 300 }]);
    let found = &country.answer().changes[0];
    assert_eq!(
        (&found.higher, &found.lower),
        (&vec![(choice("a"), 300)], &vec![(choice("b"), 300)])
    );
}

#[test]
fn figures_that_nobody_published_differ_from_nothing() {
    let mut country = even();
    for level in [Level::District, Level::Region] {
        country.of(level).iter().for_each(|unit| country.withdraw(unit));
    }
    assert_eq!(country.verdict("r0"), Verdict::NotPublished);
    assert_eq!(country.verdict("kz"), Verdict::Equal, "its parts are the precincts");
    let unseen = country.verdict("r0-d0-p1");
    assert_eq!(unseen, Verdict::NothingBelow);
}
