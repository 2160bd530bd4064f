//! What the exercise promises, checked on the whole of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hattama_proto::{
    id::{PartHash, UnitCode},
    key::PublicKey,
    limits::RECORD_BYTES_MAX,
    pack::{
        FindingVerdict, HqKeys, Pack, PackManifest, PartName, PartRef, QuestionKind,
        RelationSeverity, UnitKind, check_relations,
    },
    record::{Answer, Mark, Missing, ResultsProtocol},
    statement::{Level, Mandate},
};

use super::{
    Count, Exercise, Line, Official, SEED, VOTERS_MAX, VOTERS_MIN, choice_code, data, setup,
    story::{Case, Deed, PRECINCTS_OBSERVED, Paper, Reading, Story, sheet},
};
use crate::form::{PHOTOGRAPH_BYTES, Written, photograph_under};

fn demonstration() -> Exercise {
    Exercise::invent(SEED, PRECINCTS_OBSERVED)
}

fn parts() -> BTreeMap<PartName, Vec<u8>> {
    let key = PublicKey::new([9; 32]).unwrap();
    let keys = HqKeys { hq: key, log_origin: "exercise".into(), log_vkey: "exercise+0+0".into() };
    let (election, forms, incidents, units) = setup::parts(keys, vec!["http://127.0.0.1".into()]);
    BTreeMap::from([
        (PartName::Election, serde_json::to_vec(&election).unwrap()),
        (PartName::Forms, serde_json::to_vec(&forms).unwrap()),
        (PartName::Incidents, serde_json::to_vec(&incidents).unwrap()),
        (PartName::Units, serde_json::to_vec(&units).unwrap()),
    ])
}

fn manifest(parts: &BTreeMap<PartName, Vec<u8>>) -> PackManifest {
    let part = |bytes: &Vec<u8>| PartRef { sha256: PartHash::of(bytes), bytes: bytes.len() as u64 };
    PackManifest { version: 1, parts: parts.iter().map(|(name, b)| (*name, part(b))).collect() }
}

fn pack() -> Pack {
    let parts = parts();
    Pack::assemble(&manifest(&parts), |name| parts.get(&name).map(Vec::as_slice)).unwrap()
}

fn findings(pack: &Pack, protocol: &ResultsProtocol) -> Vec<(String, FindingVerdict)> {
    let form = pack.form(&protocol.form).unwrap();
    let found = check_relations(&form.relations, protocol);
    found.into_iter().map(|finding| (finding.relation.to_string(), finding.verdict)).collect()
}

fn readings(story: &Story) -> impl Iterator<Item = &Reading> {
    story.acts.iter().filter_map(|act| match &act.deed {
        Deed::Protocol(reading) => Some(reading.as_ref()),
        _ => None,
    })
}

fn of_case(story: &Story, case: Case) -> impl Iterator<Item = (&UnitCode, Vec<&Reading>)> {
    story.observed.iter().filter(move |(_, its)| **its == case).map(|(unit, _)| {
        (unit, readings(story).filter(|reading| reading.paper.unit == *unit).collect())
    })
}

fn different_cells(one: &ResultsProtocol, other: &ResultsProtocol) -> usize {
    let cells = |protocol: &ResultsProtocol| -> BTreeMap<String, Option<u64>> {
        let lines = protocol.lines.iter().map(|(code, figure)| (code.to_string(), *figure));
        let votes = protocol.contests.values().flatten();
        let votes = votes.map(|(code, figure)| (code.to_string(), *figure));
        lines.chain(votes).map(|(code, figure)| (code, figure.map(|f| f.value()))).collect()
    };
    let (one, other) = (cells(one), cells(other));
    one.iter().filter(|(code, figure)| other.get(*code).is_some_and(|its| its != *figure)).count()
}

#[test]
fn the_parts_make_a_set_up_and_the_manifest_is_small() {
    let parts = parts();
    let manifest = manifest(&parts);
    let pack = pack();
    for (name, bytes) in &parts {
        println!("part {name}: {} bytes", bytes.len());
    }
    let bytes = serde_json::to_vec(&manifest).unwrap().len();
    println!("manifest: {bytes} bytes");
    assert!(bytes < RECORD_BYTES_MAX / 2, "a signature and base64 must fit as well");
    assert_eq!(pack.units.of_kind(UnitKind::Region).count(), 16);
    assert_eq!(pack.units.of_kind(UnitKind::Precinct).count(), setup::PRECINCTS);
    let banner = pack.election.exercise.unwrap();
    assert_eq!(banner.0.len(), 3);
}

#[test]
fn every_code_is_unique_and_no_precinct_number_can_exist() {
    let units = setup::units();
    let codes: HashSet<_> = units.units.iter().map(|unit| unit.code.as_str()).collect();
    assert_eq!(codes.len(), units.units.len());
    for unit in units.units.iter().filter(|unit| unit.kind == UnitKind::Precinct) {
        let (_, number) = unit.code.as_str().split_once('-').unwrap();
        assert!(number.parse::<u32>().unwrap() > 900_000);
    }
    let specials: HashSet<_> = units.units.iter().filter_map(|unit| unit.special).collect();
    assert_eq!(specials.len(), 4);
    for form in setup::forms().forms {
        let codes: HashSet<_> = form.questions.iter().map(|question| &question.code).collect();
        assert_eq!(codes.len(), form.questions.len());
    }
}

#[test]
fn everything_that_is_named_has_a_name_in_three_languages() {
    let texts = parts().into_values().map(|part| String::from_utf8(part).unwrap());
    for part in texts {
        let value: serde_json::Value = serde_json::from_str(&part).unwrap();
        named(&value);
    }
    fn named(value: &serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                if let Some(serde_json::Value::Object(names)) = members.get("names")
                    && members.get("kind").is_none_or(|kind| kind != "precinct")
                {
                    for language in ["kk", "ru", "en"] {
                        assert!(!names[language].as_str().unwrap().trim().is_empty(), "{value}");
                    }
                }
                members.values().for_each(named);
            }
            serde_json::Value::Array(items) => items.iter().for_each(named),
            _ => {}
        }
    }
}

#[test]
fn the_catalogue_and_the_checklists_are_consistent() {
    let incidents = setup::incidents();
    let phases: BTreeSet<_> = incidents.phases.iter().map(|phase| &phase.code).collect();
    assert!(incidents.categories.iter().flat_map(|c| &c.phases).all(|p| phases.contains(p)));
    for row in data::reports() {
        for code in row.categories.split('|') {
            let known = incidents.categories.iter().find(|c| c.code.as_str() == code).unwrap();
            let offered = known.phases.iter().any(|phase| phase.as_str() == row.phase);
            assert!(offered, "{code} is not offered in {}", row.phase);
        }
    }
    for form in setup::forms().forms {
        let size = form.questions.len();
        match form.code.as_str() {
            "opening" | "voting" | "counting" | "tabulation" => assert!((6..=10).contains(&size)),
            "turnout" => assert_eq!(size, 2),
            _ => assert!(form.questions.is_empty()),
        }
        for question in form.questions {
            assert_eq!(question.critical.is_some(), question.phase.is_some());
            assert!(question.phase.is_none_or(|phase| phases.contains(&phase)));
            assert!(question.critical.is_none() || question.kind == QuestionKind::YesNo);
        }
    }
}

#[test]
fn a_folder_holds_the_parts_without_keys_and_addresses() {
    let folder = tempfile::tempdir().unwrap();
    setup::write_folder(&folder.path().join("new")).unwrap();
    let read = |name: &str| -> serde_json::Value {
        let bytes = std::fs::read(folder.path().join("new").join(name)).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    for (name, bytes) in parts() {
        let mut part: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        if name == PartName::Election {
            let members = part.as_object_mut().unwrap();
            assert!(members.remove("keys").is_some() && members.remove("addresses").is_some());
        }
        assert_eq!(read(&format!("{name}.json")), part);
    }
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

/// A clean protocol of these figures, for the relations.
fn protocol_of(unit: &UnitCode, count: &Count) -> ResultsProtocol {
    Paper::of_precinct(unit, setup::CERTIFIED_COPY, count).read()
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
fn two_observers_of_one_sheet_agree_or_differ_in_one_figure() {
    let Exercise { story, .. } = Exercise::invent(SEED, 400);
    for (case, differing) in [(Case::TwoAgree, 0), (Case::TwoDiffer, 1)] {
        for (unit, readings) in of_case(&story, case) {
            let [one, other] = readings[..] else { panic!("{unit} is read twice") };
            assert_eq!(one.paper, other.paper, "they photograph the same sheet");
            assert_ne!(one.shot, other.shot, "with two phones");
            assert_eq!(different_cells(&one.typed, &other.typed), differing, "{unit}");
            assert_eq!(one.typed.document_number, other.typed.document_number);
        }
    }
}

#[test]
fn a_paper_that_does_not_add_up_is_typed_as_it_stands() {
    let (Exercise { story, .. }, pack) = (Exercise::invent(SEED, 600), pack());
    let mut broken = BTreeSet::new();
    for (unit, readings) in of_case(&story, Case::DoesNotAddUp) {
        let [reading] = readings[..] else { panic!("{unit} is read once") };
        assert_eq!(reading.typed, reading.paper.read());
        let found = findings(&pack, &reading.typed);
        assert!(!found.is_empty(), "{unit}");
        broken.extend(found.into_iter().map(|(relation, _)| relation));
    }
    assert!(broken.len() >= 5, "{broken:?}");
}

#[test]
fn electronic_and_paper_protocols_add_up_to_the_summary_save_once() {
    let (Exercise { story, .. }, pack) = (demonstration(), pack());
    for case in [Case::LinkedSums, Case::LinkedDoesNotSum] {
        for (unit, readings) in of_case(&story, case) {
            let copy = |copy: &str| {
                &readings.iter().find(|r| r.typed.copy.as_str() == copy).unwrap().typed
            };
            let [electronic, paper, summary] =
                [setup::ELECTRONIC, setup::PAPER, setup::SUMMARY].map(copy);
            for protocol in [electronic, paper, summary] {
                assert_eq!(findings(&pack, protocol), [], "{unit} {}", protocol.copy);
            }
            let votes = |p: &ResultsProtocol, at| -> u64 {
                p.contests.values().next().unwrap()[&choice_code(at)].unwrap().value()
            };
            let sums =
                (0..5).all(|at| votes(electronic, at) + votes(paper, at) == votes(summary, at));
            assert_eq!(sums, case == Case::LinkedSums, "{unit}");
            assert!(!electronic.lines.contains_key(&Line::VotersOnList.code()));
        }
    }
}

#[test]
fn two_copies_differ_in_votes_and_each_adds_up() {
    let (Exercise { story, figures, .. }, pack) = (demonstration(), pack());
    for (unit, readings) in of_case(&story, Case::CopiesDiffer) {
        let [copy, posted] = readings[..] else { panic!("{unit} has two papers") };
        assert_eq!(different_cells(&copy.typed, &posted.typed), 2);
        assert!(pack.comparable(&copy.typed.copy, &posted.typed.copy));
        for reading in [copy, posted] {
            assert_eq!(findings(&pack, &reading.typed), []);
        }
        assert_ne!(story.announced[unit], *figures.of(unit));
    }
}

#[test]
fn one_observer_taps_a_neighbour_and_one_corrects_a_digit() {
    let Exercise { story, register, .. } = demonstration();
    let [(place, reading)] = story.misplaced().collect::<Vec<_>>()[..] else {
        panic!("one reading is misplaced")
    };
    let mandate = &story.observers[story.acts[place].observer].mandate;
    let Mandate::Units(units) = mandate else { panic!("mandates are territorial") };
    assert!(register.is_within(&reading.typed.unit, &units[0]), "nothing held it back");
    assert!(!story.observed.contains_key(&reading.typed.unit), "nobody observes the neighbour");

    let amendments: Vec<_> = story
        .acts
        .iter()
        .filter_map(|act| match &act.deed {
            Deed::Correction(amendment) => Some((act, amendment)),
            _ => None,
        })
        .collect();
    let [(act, amendment)] = amendments[..] else { panic!("one act is corrected") };
    let wrong = &story.acts[amendment.corrects];
    assert_eq!(wrong.observer, act.observer);
    let Deed::Protocol(wrong) = &wrong.deed else { panic!("a protocol is corrected") };
    assert_eq!(different_cells(&wrong.typed, &amendment.becomes.typed), 1);
    assert_eq!(amendment.becomes.typed, amendment.becomes.paper.read());
}

#[test]
fn what_is_hard_to_read_is_marked_and_null_where_nobody_can() {
    let Exercise { story, .. } = demonstration();
    for (unit, readings) in of_case(&story, Case::HardToRead) {
        let typed = &readings[0].typed;
        let marks: BTreeSet<Mark> = typed.marks.values().flatten().copied().collect();
        assert_eq!(marks, [Mark::Overwritten, Mark::StruckOut, Mark::Illegible].into(), "{unit}");
        assert_eq!(typed.lines.values().filter(|figure| figure.is_none()).count(), 1);
        assert!(readings[0].paper.lines.contains(&Written::Illegible));
    }
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
