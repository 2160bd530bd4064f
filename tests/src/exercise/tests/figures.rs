//! True and published figures.

use std::collections::BTreeSet;

use hattama_proto::{id::UnitCode, record::ResultsProtocol, statement::Level};

use super::{demonstration, findings, pack};
use crate::exercise::{Count, Line, Official, VOTERS_MAX, VOTERS_MIN, setup, story::Paper};

/// A clean protocol of these figures, for the relations.
fn protocol_of(unit: &UnitCode, count: &Count) -> ResultsProtocol {
    Paper::of_precinct(unit, setup::CERTIFIED_COPY, count).read()
}

#[test]
fn every_true_count_satisfies_every_relation_and_is_plausible() {
    let (exercise, pack) = (demonstration(), pack());
    assert_eq!(exercise.figures.all().count(), setup::PRECINCTS);
    let mut turnouts = BTreeSet::new();
    for (unit, count) in exercise.figures.all() {
        let protocol = protocol_of(unit, count);
        assert_eq!(findings(&pack, &protocol), [], "{unit}: {count:?}");
        let voters = count[Line::VotersOnList];
        assert!((VOTERS_MIN..=VOTERS_MAX).contains(&voters), "{unit}: {voters} voters");
        let percent = count.issued() * 100 / voters;
        assert!(count.issued() * 10 >= voters * 4 && count.issued() * 100 <= voters * 98, "{unit}");
        turnouts.insert(percent);
    }
    assert!(turnouts.len() > 40, "turnout varies");
    let whole = exercise.figures.sum_within(&exercise.register, &UnitCode::new("KZ").unwrap());
    println!("{whole:?}");
    assert!((7_000_000..11_000_000).contains(&whole[Line::VotersOnList]));
}

#[test]
fn two_regions_are_altered_and_only_those_differ_from_their_precincts() {
    let (exercise, pack) = (demonstration(), pack());
    let Official { regions, altered, nation, .. } = &exercise.official;
    assert_ne!(altered[0], altered[1]);
    for (region, published) in regions {
        let truly = exercise.figures.sum_within(&exercise.register, region);
        assert_eq!(*published != truly, altered.contains(region), "{region}");
        assert_eq!(findings(&pack, &protocol_of(region, published)), []);
        if altered.contains(region) {
            let lower = (0..5).filter(|at| published.votes[*at] < truly.votes[*at]).count();
            let higher = (0..5).filter(|at| published.votes[*at] > truly.votes[*at]).count();
            assert!(lower == 1 && higher >= 1, "{region}: {published:?} for {truly:?}");
            assert_eq!(published[Line::VotersOnList], truly[Line::VotersOnList]);
            let within = |unit: &UnitCode| exercise.register.is_within(unit, region);
            assert!(exercise.story.observed.keys().any(within), "{region} is observed");
        }
    }
    assert_eq!(nation.1, regions.iter().map(|(_, count)| count).sum());
}

#[test]
fn an_alteration_is_larger_than_what_unpublished_precincts_could_explain() {
    let exercise = demonstration();
    for region in &exercise.official.altered {
        let total = exercise.official.regions.iter().find(|(unit, _)| unit == region).unwrap().1;
        let published: Count = exercise
            .official
            .precincts
            .iter()
            .filter(|(unit, _)| exercise.register.is_within(unit, region))
            .map(|(_, count)| count)
            .sum();
        assert!((0..5).any(|at| published.votes[at] > total.votes[at]), "{region}");
    }
}

#[test]
fn nearly_all_precincts_are_published_and_a_few_with_other_figures() {
    let (exercise, pack) = (demonstration(), pack());
    let Official { precincts, misreported, .. } = &exercise.official;
    let missing = setup::PRECINCTS - precincts.len();
    println!("{missing} precincts are not published, {misreported:?} differ");
    assert!((190..400).contains(&missing));
    for (unit, count) in precincts {
        assert_eq!(count != exercise.figures.of(unit), misreported.contains(unit), "{unit}");
        assert_eq!(findings(&pack, &protocol_of(unit, count)), [], "{unit}");
    }
    assert!((3..=6).contains(&misreported.len()));
}

#[test]
fn publications_are_written_with_named_columns() {
    let exercise = demonstration();
    let folder = tempfile::tempdir().unwrap();
    exercise.official.write_folder(folder.path()).unwrap();
    assert_eq!(exercise.official.csv(Level::District), None);
    for (level, rows) in [
        (Level::Precinct, exercise.official.precincts.len()),
        (Level::Region, 16),
        (Level::Nation, 1),
    ] {
        let path = folder.path().join(format!("{}.csv", level.name()));
        let mut table = csv::Reader::from_path(path).unwrap();
        let header: Vec<_> = table.headers().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(header[..3], ["unit", "voters_on_list", "ballots_received"]);
        assert_eq!(header[11..13], ["president:heron", "president:lark"]);
        assert_eq!(table.records().map(Result::unwrap).count(), rows);
    }
}
