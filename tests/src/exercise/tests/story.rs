//! The story as a whole: complete, in order, repeatable, at every size.

use std::collections::{BTreeSet, HashSet};

use hattama_proto::{
    pack::{RelationSeverity, check_relations},
    record::{Answer, Missing},
    statement::Mandate,
};

use super::{demonstration, pack, readings};
use crate::{
    exercise::{
        Exercise, Official, SEED, setup,
        story::{Case, Deed, PRECINCTS_OBSERVED, Story, sheet},
    },
    form::{PHOTOGRAPH_BYTES, photograph_under},
};

#[test]
fn every_category_and_every_case_is_in_the_demonstration_and_in_a_dozen_precincts() {
    for precincts in [12, PRECINCTS_OBSERVED, 600] {
        let Exercise { story, .. } = Exercise::invent(SEED, precincts);
        assert_eq!(story.observed.len(), precincts);
        let cases: BTreeSet<_> =
            story.observed.values().copied().chain(readings(&story).map(|r| r.case)).collect();
        assert_eq!(cases.len(), 12, "{cases:?}");
        let mut categories: BTreeSet<_> =
            setup::incidents().categories.into_iter().map(|category| category.code).collect();
        for act in &story.acts {
            if let Deed::Incident(report) = &act.deed {
                report.incident.categories.iter().for_each(|code| {
                    categories.remove(code);
                });
            }
        }
        assert!(categories.is_empty(), "{categories:?} is never reported");
    }
}

#[test]
fn the_demonstration_has_the_special_cases_in_the_stated_numbers() {
    let Exercise { story, .. } = demonstration();
    let count = |case| story.observed.values().filter(|its| **its == case).count();
    assert_eq!(count(Case::TwoAgree), 30);
    assert_eq!(count(Case::TwoDiffer), 5);
    assert_eq!(count(Case::NotObtained), 8);
    assert_eq!(count(Case::DoesNotAddUp), 6);
    assert_eq!(count(Case::LinkedSums) + count(Case::LinkedDoesNotSum), 8);
    assert_eq!(count(Case::LinkedDoesNotSum), 1);
    assert_eq!(count(Case::CopiesDiffer), 3);
    assert_eq!(count(Case::WrongPrecinct), 1);
    assert_eq!(count(Case::Corrected), 1);
    assert!(count(Case::Plain) > 75);
    let reasons: HashSet<Missing> = story
        .acts
        .iter()
        .filter_map(|act| match &act.deed {
            Deed::NotObtained(missing) => Some(missing.missing),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), Missing::ALL.len());
}

#[test]
fn checklists_of_every_form_are_filled_and_some_answers_are_critical() {
    let forms = setup::forms().forms;
    for precincts in [1, PRECINCTS_OBSERVED] {
        let Exercise { story, .. } = Exercise::invent(SEED, precincts);
        let mut filled = BTreeSet::new();
        let mut critical = 0;
        for answers in story.acts.iter().filter_map(|act| match &act.deed {
            Deed::Form(answers) => Some(answers),
            _ => None,
        }) {
            let form = forms.iter().find(|form| form.code == answers.form).unwrap();
            filled.insert(form.code.to_string());
            for question in &form.questions {
                let answer = &answers.answers[&question.code];
                let answered = matches!(answer, Answer::YesNo(_));
                let said = serde_json::to_value(answer).unwrap();
                critical += usize::from(answered && question.critical == Some(said));
            }
        }
        assert_eq!(filled.len(), 5, "{filled:?}");
        assert!((3..15).contains(&critical), "{critical} critical answers");
    }
}

#[test]
fn the_same_seed_plays_the_same_story_and_another_another() {
    let [one, again, other] = [SEED, SEED, 7].map(|seed| Exercise::invent(seed, 40));
    assert_eq!(one.story, again.story);
    assert_eq!(one.figures, again.figures);
    assert_eq!(one.official, again.official);
    assert_ne!(one.story, other.story);
    assert_ne!(one.figures, other.figures);
}

#[test]
fn acts_are_in_order_of_time_and_every_observer_stays_within_the_mandate() {
    for (seed, precincts) in [(1, 1), (2, 5), (3, 12), (4, 100), (5, 2_000)] {
        let Exercise { story, register, .. } = Exercise::invent(seed, precincts);
        assert_eq!(story.observed.len(), precincts);
        assert!(story.acts.is_sorted_by_key(|act| act.at.to_unix_millis()));
        for act in &story.acts {
            let observer = &story.observers[act.observer];
            let unit = match &act.deed {
                Deed::Protocol(reading) => Some(&reading.typed.unit),
                Deed::NotObtained(missing) => Some(&missing.unit),
                Deed::Incident(report) => report.incident.unit.as_ref(),
                Deed::Form(answers) => Some(&answers.unit),
                Deed::Correction(amendment) => Some(&amendment.becomes.typed.unit),
            };
            let Mandate::Units(units) = &observer.mandate else { panic!() };
            let within = |unit| units.iter().any(|above| register.is_within(unit, above));
            assert!(unit.is_none_or(within), "{unit:?} for {units:?}");
        }
    }
}

#[test]
fn more_precincts_than_there_are_means_all_of_them() {
    let register = demonstration().register;
    let figures = demonstration().figures;
    let story = Story::invent(SEED, 20_000, &register, &figures);
    assert_eq!(story.observed.len(), setup::PRECINCTS);
    assert!(Official::publish(SEED, &register, &figures, &story).altered == story.altered);
}

#[test]
fn protocols_of_the_story_are_drawn_as_photographs() {
    let Exercise { story, .. } = Exercise::invent(SEED, 12);
    let mut drawn = BTreeSet::new();
    for act in &story.acts {
        let Deed::Protocol(reading) = &act.deed else {
            assert_eq!(sheet(act).is_some(), matches!(act.deed, Deed::Correction(_)));
            continue;
        };
        if drawn.insert(reading.case) {
            let jpeg = photograph_under(&sheet(act).unwrap(), reading.shot);
            assert!(PHOTOGRAPH_BYTES.contains(&jpeg.len()));
        }
    }
    assert_eq!(drawn.len(), 11, "every case but the copy not obtained");
}

#[test]
fn no_hard_relation_is_broken_on_a_district_table() {
    let (Exercise { story, .. }, pack) = (demonstration(), pack());
    let tables: Vec<_> = readings(&story).filter(|r| r.case == Case::DistrictTable).collect();
    assert_eq!(tables.len(), 4);
    for table in tables {
        let form = pack.form(&table.typed.form).unwrap();
        let found = check_relations(&form.relations, &table.typed);
        assert!(found.iter().all(|finding| finding.severity == RelationSeverity::Soft));
    }
}
