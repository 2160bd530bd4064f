//! What must hold in every world, however records arrive.

use std::sync::Arc;

use hattama_proto::{
    id::UnitCode,
    record::{Figure, ResultsProtocol, SheetFlags},
    statement::{Decision, Disposition, Reading},
};
use proptest::{prelude::*, strategy::ValueTree as _};

use super::{
    CellKey, Cells, DocumentState, Entry, EntryBody, EntryFlag, Picture, Reason, Shapes, Shows,
    Standing, StateRootBuilder, UnitFile, merge, relations, standing,
    world::{self, CELLS, Said, UNITS, World, pack, worlds},
};

fn files(world: &World) -> Vec<UnitFile> {
    let (entries, statements, pack) = (world.shared(), world.statements(), pack());
    UNITS.map(|unit| merge(&world::unit(unit), &entries, &statements, &pack)).into()
}

fn in_picture(picture: &Picture) -> Vec<UnitFile> {
    let file = |unit: UnitCode| picture.file(&unit).cloned().unwrap_or(UnitFile::empty(unit));
    UNITS.map(|unit| file(world::unit(unit))).into()
}

/// Applies a world to a picture in the given order of its entries and statements.
fn play(world: &World, order: &[usize]) -> Picture {
    let mut picture = Picture::new(super::Statements::default(), pack());
    for step in order {
        let step = step % (world.entries.len() + world.said.len());
        match world.entries.get(step) {
            Some(entry) => picture.add(entry.clone()),
            None => {
                let (position, said) = world.said[step - world.entries.len()].clone();
                match said {
                    Said::Enrolment(said) => picture.apply_enrolment(position, said),
                    Said::Revocation(said) => picture.apply_revocation(position, said),
                    Said::Decision(said) => picture.apply_decision(position, said),
                    Said::Transcription(said) => picture.apply_transcription(position, said),
                }
            }
        }
    }
    picture
}

fn root(world: &World) -> String {
    let (statements, pack) = (world.statements(), pack());
    let mut root = StateRootBuilder::default();
    for entry in &world.entries {
        root.record(entry.id, Some(&standing(&entry.facts(), &statements, &pack)));
    }
    for file in files(world) {
        root.file(&file);
    }
    root.finish().to_string()
}

/// Unit, document numbers, copy type and cell.
type Mismatch = (UnitCode, Vec<Option<Box<str>>>, String, CellKey);

/// Cells on which entries of one document differ.
fn mismatches(files: &[UnitFile]) -> Vec<Mismatch> {
    let of_document = |file: &UnitFile| {
        let mut found = Vec::new();
        for document in &file.documents {
            if let DocumentState::Mismatch { cells } = &document.state {
                let copy = document.copy.to_string();
                found.extend(cells.iter().map(|cell| {
                    (file.unit.clone(), document.numbers.clone(), copy.clone(), cell.clone())
                }));
            }
        }
        found
    };
    files.iter().flat_map(of_document).collect()
}

fn with_null(cells: &Cells, key: &CellKey) -> Cells {
    let nulled =
        |(at, value): (&CellKey, Option<u64>)| (at.clone(), if at == key { None } else { value });
    Cells::from_pairs(cells.iter().map(nulled))
}

fn nullify(entry: &mut Entry, key: &CellKey) {
    if let EntryBody::Sheet(sheet) = &mut entry.body {
        sheet.cells = with_null(&sheet.cells, key);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn merging_ignores_order_and_duplication(
        world in worlds(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut shuffled = world.clone();
        shuffled.entries.extend(order.iter().map(|at| at.get(&world.entries).clone()));
        shuffled.entries.reverse();
        let at = order.first().map_or(0, |at| at.index(shuffled.entries.len()));
        shuffled.entries.rotate_left(at);
        shuffled.said.reverse();
        let expected = files(&world);
        let (statements, pack) = (world.statements(), pack());
        for file in &expected {
            let again = merge(&file.unit, &shuffled.shared(), &statements, &pack);
            prop_assert_eq!(&again, file);
            prop_assert_eq!(
                serde_json::to_string(&again).unwrap(),
                serde_json::to_string(file).unwrap()
            );
        }
    }

    #[test]
    fn merging_ignores_grouping(world in worlds()) {
        // All entries at once, or only those that name the unit or were moved there.
        let (statements, pack) = (world.statements(), pack());
        for file in files(&world) {
            let own: Vec<_> = world
                .shared()
                .into_iter()
                .filter(|entry| {
                    entry.unit == file.unit
                        || statements.moved_into(&file.unit).any(|moved| *moved == entry.id)
                })
                .collect();
            prop_assert_eq!(&merge(&file.unit, &own, &statements, &pack), &file);
        }
    }

    #[test]
    fn statements_ignore_the_order_in_which_they_are_applied(world in worlds()) {
        let mut reversed = world.clone();
        reversed.entries.reverse();
        reversed.said.reverse();
        let twice: Vec<_> = reversed.said.iter().chain(&world.said).cloned().collect();
        reversed.said = twice;
        prop_assert_eq!(files(&reversed), files(&world));
    }

    #[test]
    fn incremental_equals_full(
        world in worlds(),
        mut order in prop::collection::vec(any::<usize>(), 0..30),
    ) {
        let steps = world.entries.len() + world.said.len();
        // A random prefix with repetitions, then everything, so that each step comes at least once.
        order.extend((0..steps).rev());
        let picture = play(&world, &order);
        let full = files(&world);
        prop_assert_eq!(in_picture(&picture), full.clone());
        let mut statements = super::Statements::default();
        for (position, said) in &world.said {
            match said.clone() {
                Said::Enrolment(said) => statements.apply_enrolment(*position, said),
                Said::Revocation(said) => statements.apply_revocation(*position, said),
                Said::Decision(said) => statements.apply_decision(*position, said),
                Said::Transcription(said) => statements.apply_transcription(*position, said),
            }
        }
        let scratch = Picture::from_entries(statements, pack(), world.entries.iter().cloned());
        prop_assert_eq!(in_picture(&scratch), full);
    }

    #[test]
    fn a_picture_is_right_after_every_step(
        world in worlds(),
        order in prop::collection::vec(any::<usize>(), 1..25),
    ) {
        let steps = world.entries.len() + world.said.len();
        let picture = play(&world, &order);
        let taken = |step: usize| order.iter().any(|at| at % steps == step);
        let part = World {
            entries: (0..world.entries.len())
                .filter(|at| taken(*at))
                .map(|at| world.entries[at].clone())
                .collect(),
            said: (0..world.said.len())
                .filter(|at| taken(world.entries.len() + at))
                .map(|at| world.said[at].clone())
                .collect(),
        };
        prop_assert_eq!(in_picture(&picture), files(&part));
    }

    #[test]
    fn a_null_conflicts_with_nothing(world in worlds(), number in 0..CELLS) {
        let key = world::cell(number);
        let mut nulled = world.clone();
        for entry in &mut nulled.entries {
            nullify(entry, &key);
        }
        let files = files(&nulled);
        prop_assert!(mismatches(&files).iter().all(|(.., cell)| *cell != key));
        for file in &files {
            // What was transcribed may give the cell a figure of its own.
            if file.documents.iter().any(|document| document.is_transcribed()) {
                continue;
            }
            let named = file.differences.iter().flat_map(|found| &found.cells);
            let named = named.chain(file.linked.iter().flat_map(|sum| &sum.cells));
            let mut named = named.chain(file.perhaps_one.iter().flat_map(|found| &found.cells));
            prop_assert!(named.all(|cell| cell.cell != key));
        }
    }

    #[test]
    fn a_figure_that_becomes_null_makes_no_new_mismatch(
        world in worlds(),
        at in any::<prop::sample::Index>(),
        number in 0..CELLS,
    ) {
        let mut nulled = world.clone();
        let at = at.index(nulled.entries.len());
        nullify(&mut nulled.entries[at], &world::cell(number));
        let before = mismatches(&files(&world));
        for found in mismatches(&files(&nulled)) {
            prop_assert!(before.contains(&found), "{found:?}");
        }
    }

    #[test]
    fn a_moved_record_leaves_only_a_note_where_it_came_from(
        mut world in worlds(),
        at in any::<prop::sample::Index>(),
        to in 0..UNITS.len(),
    ) {
        let at = at.index(world.entries.len());
        let (moved, from) = (world.entries[at].id, world.entries[at].unit.clone());
        let to = world::unit(UNITS[to]);
        world.said.push((1000, Said::Decision(Decision {
            unit: Some(to.clone()),
            ..world::decision(at, Disposition::Counted)
        })));
        let (statements, pack) = (world.statements(), pack());
        if to != from {
            let others: Vec<_> =
                world.shared().into_iter().filter(|entry| entry.id != moved).collect();
            let mut file = merge(&from, &world.shared(), &statements, &pack);
            prop_assert!(file.moved_away.iter().any(|note| note.record == moved && note.to == to));
            file.moved_away.retain(|note| note.record != moved);
            prop_assert_eq!(file, merge(&from, &others, &statements, &pack));
        }
        let there = merge(&to, &world.shared(), &statements, &pack);
        prop_assert!(there.entry(&moved).unwrap().is_counted());
    }

    #[test]
    fn a_revocation_sets_aside_what_is_logged_from_its_index_on_and_nothing_before(
        world in worlds(),
        by in 0..5_u8,
        from_index in 0..12_u64,
    ) {
        let mut revoked = world.clone();
        let revocation = hattama_proto::statement::Revocation {
            kid: world::kid(by),
            from_index,
            reason: String::new(),
        };
        revoked.said.push((1000, Said::Revocation(revocation)));
        let (before, after, pack) = (world.statements(), revoked.statements(), pack());
        for entry in &world.entries {
            let was = super::reason_against(&entry.facts(), &before, &pack);
            let is = super::reason_against(&entry.facts(), &after, &pack);
            if entry.kid == world::kid(by) && entry.position >= from_index {
                prop_assert!(is.is_some());
            } else {
                prop_assert_eq!(was, is);
            }
        }
    }

    #[test]
    fn a_record_is_superseded_only_by_its_own_author_and_only_by_what_is_not_set_aside(
        world in worlds(),
    ) {
        let (statements, pack) = (world.statements(), pack());
        let of = |id| world.entries.iter().find(|entry| entry.id == id).unwrap();
        for entry in &world.entries {
            let Standing::Superseded { by } = standing(&entry.facts(), &statements, &pack) else {
                continue;
            };
            prop_assert!(!by.is_empty());
            for other in by {
                let other = of(other);
                prop_assert_eq!(statements.person(&other.kid), statements.person(&entry.kid));
                let its = standing(&other.facts(), &statements, &pack);
                prop_assert!(its.reason().is_none());
            }
        }
    }

    #[test]
    fn a_correction_by_somebody_else_never_counts_without_a_decision(world in worlds()) {
        let (statements, pack) = (world.statements(), pack());
        for entry in &world.entries {
            let Some(target) = entry.corrects else { continue };
            let target = world.entries.iter().find(|entry| entry.id == target).unwrap();
            let people = (statements.person(&entry.kid), statements.person(&target.kid));
            let own = entry.kid == target.kid || (people.0.is_some() && people.0 == people.1);
            if !own && statements.decision(&entry.id).is_none() {
                let its = standing(&entry.facts(), &statements, &pack);
                prop_assert!(its.reason().is_some(), "{its:?}");
            }
        }
    }

    #[test]
    fn forked_records_do_not_count_without_a_decision(world in worlds()) {
        for file in files(&world) {
            for filed in &file.entries {
                let entry = &filed.entry;
                let at_place = |other: &&Entry| (other.kid, other.seq) == (entry.kid, entry.seq);
                let forked = world.entries.iter().filter(at_place).count() > 1;
                let decided = world.statements().decision(&entry.id).is_some();
                if forked && !decided {
                    prop_assert!(filed.standing.reason().is_some());
                }
                if decided {
                    let reason = filed.standing.reason();
                    prop_assert!(reason.is_none_or(|reason| reason == Reason::Decided));
                }
            }
        }
    }

    #[test]
    fn the_state_root_ignores_order_and_places_in_the_log(world in worlds()) {
        let expected = root(&world);
        prop_assert_eq!(root(&world.elsewhere_in_the_log()), expected.clone());
        let mut reversed = world;
        reversed.entries.reverse();
        prop_assert_eq!(root(&reversed), expected);
    }

    #[test]
    fn a_transcription_changes_nothing_that_observers_said(
        world in worlds(),
        cells in prop::array::uniform5(prop::option::of(prop::option::of(0..4_u64))),
        record in 0..world::RECORDS,
        photo in 0..6_u8,
    ) {
        let mut more = world.clone();
        let reading = Reading::Figures(world::typed(&world::cells(cells)));
        more.said.push((1000, Said::Transcription(world::transcription(&[record], &[photo], reading))));
        for (before, after) in files(&world).into_iter().zip(files(&more)) {
            prop_assert_eq!(&before.entries, &after.entries);
            prop_assert_eq!(before.documents.len(), after.documents.len());
            for (before, after) in before.documents.iter().zip(&after.documents) {
                prop_assert_eq!(&before.reading, &after.reading);
                prop_assert_eq!(&before.state, &after.state);
                prop_assert_eq!(&before.entries, &after.entries);
            }
        }
    }

    #[test]
    fn what_counts_is_what_was_transcribed_and_where_nothing_could_be_read_what_was_agreed(
        world in worlds(),
    ) {
        for file in files(&world) {
            for document in &file.documents {
                let Some(known) = &document.transcribed else { continue };
                let Shows::Figures { transcribed, figures, .. } = &known.shows else { continue };
                for (key, value) in figures.iter() {
                    prop_assert_eq!(value, transcribed.get(key).or(document.reading.get(key)));
                }
                prop_assert!(transcribed.iter().all(|(key, _)| figures.iter().any(|(at, _)| at == key)));
                let used = if known.reopened_by.is_empty() { figures } else { &document.reading };
                prop_assert_eq!(document.figures(), used);
            }
        }
    }

    #[test]
    fn a_doubt_about_where_a_document_belongs_keeps_its_figures_out(world in worlds()) {
        for file in files(&world) {
            for document in &file.documents {
                let Some(known) = &document.transcribed else { continue };
                if known.shows.is_proposal() {
                    prop_assert!(!document.is_settled() && !document.is_transcribed());
                }
            }
        }
    }

    #[test]
    fn every_entry_reads_back_from_its_line(world in worlds()) {
        let pack: String = world.entries.iter().map(Entry::to_line).collect();
        let read: Vec<_> =
            Entry::read_lines(&pack).unwrap().into_iter().map(Arc::unwrap_or_clone).collect();
        prop_assert_eq!(read, world.entries);
    }

    #[test]
    fn the_check_over_cells_says_what_the_set_up_says_of_the_protocol(
        figures in prop::array::uniform5(prop::option::of(prop::option::of(0..4_u64))),
        copy in 0..world::COPIES.len(),
    ) {
        let copy = world::copy(world::COPIES[copy]);
        let figure = |number: Option<u64>| number.map(|number| Figure::new(number).unwrap());
        let mut protocol = ResultsProtocol {
            unit: world::unit(UNITS[0]),
            table: None,
            form: world::form("results"),
            copy: copy.clone(),
            document_number: None,
            document_time: None,
            lines: [].into(),
            contests: [].into(),
            marks: [].into(),
            photos: vec![],
            flags: SheetFlags::default(),
        };
        for (number, value) in figures.into_iter().enumerate() {
            let Some(value) = value else { continue };
            match world::cell(number) {
                CellKey::Line { line } => drop(protocol.lines.insert(line, figure(value))),
                CellKey::Vote { contest, choice } => {
                    protocol.contests.entry(contest).or_default().insert(choice, figure(value));
                }
            }
        }
        let cells = Cells::of(&protocol, &mut Shapes::default());
        prop_assert_eq!(&cells, &world::cells(figures));
        prop_assert_eq!(
            relations::check(&world::relations(), &copy, &cells),
            hattama_proto::pack::check_relations(&world::relations(), &protocol)
        );
    }
}

#[test]
fn the_worlds_hold_every_case() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..3000 {
        let world = worlds().new_tree(&mut runner).unwrap().current();
        for file in files(&world) {
            let mut saw =
                |what: &'static str, is: bool| *seen.entry(what).or_insert(0) += usize::from(is);
            let state = |wanted: fn(&DocumentState) -> bool| {
                file.documents.iter().any(|document| wanted(&document.state))
            };
            let flag = |flag| file.entries.iter().any(|entry| entry.flags.contains(&flag));
            saw("mismatch", state(|state| matches!(state, DocumentState::Mismatch { .. })));
            saw("corroborated", state(|state| *state == DocumentState::Corroborated));
            saw("difference", !file.differences.is_empty());
            saw("perhaps one", !file.perhaps_one.is_empty());
            saw("linked", file.linked.iter().any(|sum| sum.checked > 0));
            saw("linked and wrong", file.linked.iter().any(|sum| !sum.cells.is_empty()));
            saw("joined", file.documents.iter().any(|document| document.numbers.len() > 1));
            saw("link not followed", !file.unfollowed.is_empty());
            saw("moved away", !file.moved_away.is_empty());
            saw("moved here", flag(EntryFlag::MovedHere));
            saw("competing", flag(EntryFlag::CompetingCorrection));
            saw("corrected after decision", flag(EntryFlag::CorrectedAfterDecision));
            saw("not obtained", !file.not_obtained.is_empty());
            saw("superseded", file.entries.iter().any(|e| !e.standing.superseded_by().is_empty()));
            let transcribed: Vec<_> = file
                .documents
                .iter()
                .filter_map(|document| document.transcribed.as_ref())
                .collect();
            for known in &transcribed {
                saw(known.shows.name(), true);
            }
            saw("opened again", transcribed.iter().any(|known| !known.reopened_by.is_empty()));
            saw("otherwise", transcribed.iter().any(|known| !known.otherwise.is_empty()));
            saw(
                "settled by transcription",
                file.documents.iter().any(|document| {
                    matches!(document.state, DocumentState::Mismatch { .. })
                        && document.is_settled()
                }),
            );
            for (_, reason) in file.set_aside() {
                saw(reason.name(), true);
            }
        }
    }
    // Everybody's keys are for results and everybody speaks of this election: examples show these.
    let drawn = Reason::ALL.len() - 2 + 14 + 9;
    assert_eq!(seen.len(), drawn, "{seen:?}");
    assert!(seen.values().all(|count| *count > 3), "{seen:?}");
}
