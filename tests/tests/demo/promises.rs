//! What headquarters counts after the play is what the story promised.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use hattama_proto::kind::Kind;
use hattama_server::{
    review::{IncidentState, critical_answers},
    store::DatabaseUrl,
};
use hattama_tests::{
    demo::Summary,
    engine::Engine,
    exercise::{
        Exercise, SEED, setup,
        story::{Case, Deed, Story},
    },
};

use super::{PRECINCTS, demo, played};

/// One play for all tests that only look at it.
static PLAYED: LazyLock<Summary> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    played(&mut demo(&folder.path().join("demo"), PRECINCTS))
});

/// The numbers without the two that are another in every play: keys are random, and so is the hash
/// over everything they signed; and time passes.
fn repeatable(summary: &Summary) -> Summary {
    Summary { state_root: String::new(), seconds: 0.0, ..summary.clone() }
}

#[test]
fn headquarters_counts_what_the_story_promised() {
    let (summary, exercise) = (&*PLAYED, Exercise::invent(SEED, PRECINCTS));
    let story = &exercise.story;
    let cases = |case| story.observed.values().filter(|its| **its == case).count();
    assert_eq!(summary.precincts, PRECINCTS);
    assert_eq!(summary.observers, story.observers.len());
    assert_eq!(summary.records, kinds(story));
    assert_eq!(summary.verdicts, BTreeMap::from([("stored".into(), story.acts.len())]));
    assert_eq!(summary.not_obtained, cases(Case::NotObtained));
    assert_eq!(summary.corroborated, cases(Case::TwoAgree));
    assert_eq!(summary.entry_mismatches, cases(Case::TwoDiffer));
    assert_eq!(summary.differences_between_copies, cases(Case::CopiesDiffer));
    assert_eq!(summary.sums_that_do_not_hold, cases(Case::LinkedDoesNotSum));
    assert_eq!(summary.moved, cases(Case::WrongPrecinct));
    assert_eq!(summary.standing["superseded"], cases(Case::Corrected));
    assert!(!summary.standing.contains_key("set_aside"));
    for case in [Case::NotObtained, Case::TwoAgree, Case::TwoDiffer, Case::CopiesDiffer] {
        assert_ne!(cases(case), 0, "{case:?} is what this test is about");
    }
}

#[test]
fn the_two_altered_regions_and_no_others_do_not_add_up() {
    let altered: BTreeSet<_> = Exercise::invent(SEED, PRECINCTS).official.altered.into();
    assert_eq!(PLAYED.regions_that_do_not_add_up, altered);
}

#[test]
fn the_comparison_names_those_regions_and_the_misreported_precincts_and_nothing_else() {
    let exercise = Exercise::invent(SEED, PRECINCTS);
    assert_eq!(PLAYED.changed["region"], exercise.official.altered.clone().into());
    let levels: Vec<&str> = PLAYED.changed.keys().map(String::as_str).collect();
    assert!(levels.iter().all(|level| ["precinct", "region"].contains(level)), "{levels:?}");
    let misreported: BTreeSet<_> = exercise.official.misreported.iter().cloned().collect();
    for precinct in PLAYED.changed.get("precinct").into_iter().flatten() {
        // Where the paper itself is odd, what was published is not what it says either.
        let odd = [Case::DoesNotAddUp, Case::LinkedDoesNotSum, Case::CopiesDiffer];
        let case = exercise.story.observed[precinct];
        assert!(misreported.contains(precinct) || odd.contains(&case), "{precinct}: {case:?}");
    }
}

#[test]
fn every_picture_every_record_and_every_statement_is_in_the_log() {
    let story = Exercise::invent(SEED, PRECINCTS).story;
    let photographed = story.acts.iter().filter(|act| match &act.deed {
        Deed::Protocol(_) => true,
        Deed::Incident(report) => report.scene.is_some(),
        _ => false,
    });
    // Each with its preview and its thumbnail.
    let pictures = photographed.count() * 3;
    assert_eq!(PLAYED.photos, pictures);
    let set_up_and_publications = 1 + 3;
    let enrolments = 2 * story.observers.len();
    let decisions = story.misplaced().count();
    let entries = set_up_and_publications + enrolments + story.acts.len() + pictures + decisions;
    assert_eq!(PLAYED.log_size, entries as u64 + PLAYED.changes);
}

#[test]
fn every_incident_is_under_review_and_some_stand_in_each_state() {
    let exercise = Exercise::invent(SEED, PRECINCTS);
    let forms = setup::forms().forms;
    let critical = exercise.story.acts.iter().filter(|act| match &act.deed {
        Deed::Form(filled) => forms.iter().any(|form| critical_answers(form, filled).is_some()),
        _ => false,
    });
    let reported = kinds(&exercise.story)["incident"] + critical.count();
    assert_eq!(PLAYED.incidents.values().sum::<u64>(), reported as u64);
    let states: BTreeSet<_> = IncidentState::ALL.map(|state| state.name().to_owned()).into();
    assert_eq!(PLAYED.incidents.keys().cloned().collect::<BTreeSet<_>>(), states);
}

#[test]
fn one_seed_plays_to_the_same_numbers_and_another_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let again = played(&mut demo(&folder.path().join("again"), PRECINCTS));
    assert_eq!(repeatable(&again), repeatable(&PLAYED));
    assert_ne!(again.state_root, PLAYED.state_root, "no two plays have the same keys");
    let other = played(demo(&folder.path().join("other"), 1).args(["--seed", "7"]));
    assert_ne!(other.regions_that_do_not_add_up, PLAYED.regions_that_do_not_add_up);
    assert_eq!(other.regions_that_do_not_add_up.len(), 2);
}

#[test]
fn on_postgresql_the_play_ends_in_the_same_numbers() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(engine) = runtime.block_on(Engine::postgres()) else { return };
    let DatabaseUrl::Postgres(url) = engine.url() else { panic!("it is PostgreSQL") };
    let folder = tempfile::tempdir().unwrap();
    let summary = played(demo(&folder.path().join("demo"), PRECINCTS).args(["--database", url]));
    assert_eq!(repeatable(&summary), repeatable(&PLAYED));
}

/// How many records of each kind the acts of a story become.
fn kinds(story: &Story) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for act in &story.acts {
        let kind = match &act.deed {
            Deed::Protocol(_) => Kind::Protocol,
            Deed::NotObtained(_) => Kind::NotObtained,
            Deed::Incident(_) => Kind::Incident,
            Deed::Form(_) => Kind::Form,
            Deed::Correction(_) => Kind::Correction,
        };
        *kinds.entry(kind.name().to_owned()).or_default() += 1;
    }
    kinds
}
