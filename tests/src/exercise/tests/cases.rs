//! Each case of the story is what its name says.

use std::collections::BTreeSet;

use hattama_proto::{
    record::{Mark, ResultsProtocol},
    statement::Mandate,
};

use super::{demonstration, different_cells, findings, of_case, pack};
use crate::{
    exercise::{
        Exercise, Line, SEED, choice_code, setup,
        story::{Case, Deed},
    },
    form::Written,
};

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
