//! Examples of each rule, and the lines that must always be readable.

use std::sync::Arc;

use hattama_proto::{
    id::{PhotoHash, RecordId},
    jws::Envelope,
    key::SigningKey,
    pack::{Corroboration, FindingVerdict, Pack},
    record::{
        Answer, Body, Claims, Corrected, Correction, Figure, FormAnswers, Incident, Mark, Missing,
        NotObtained, Photo, PhotoRole, Record, ResultsProtocol, Severity, SheetFlags, sign_record,
    },
    statement::{Decision, Disposition, Mandate, Revocation},
    time::{ClaimedTime, UnixMillis},
};
use uuid::Uuid;

use super::{
    CellKey, Coverage, DifferingCell, DocumentState, Entry, EntryBody, EntryFlag, LineError,
    Reason, Standing, StateRootBuilder, Statements, UnitFile, merge, standing,
    world::{
        cell, cells, choice, contest, copy, decision, election, enrolment, entry, everybody, form,
        full, key, kid, line, not_obtained, pack, record, sheet, unit,
    },
};
use crate::review::IncidentState;

const GOOD: [u64; 5] = [10, 4, 6, 2, 4];
const TYPO: [u64; 5] = [10, 4, 6, 2, 5];

fn file_with(entries: &[Entry], mut statements: Statements, pack: &Pack) -> UnitFile {
    for entry in entries {
        statements.note_correction(&entry.facts());
        statements.note_author(entry.id, entry.kid);
    }
    let entries: Vec<_> = entries.iter().cloned().map(Arc::new).collect();
    merge(&unit("11-1"), &entries, &statements, pack)
}

fn file(entries: &[Entry]) -> UnitFile {
    file_with(entries, everybody(), &pack())
}

fn certified(number: usize, by: u8, figures: [u64; 5]) -> Entry {
    let photo = u8::try_from(number).unwrap();
    entry(number, by, "11-1", sheet("certified", None, full(figures), photo))
}

fn of_copy(number: usize, by: u8, copy: &str, figures: [u64; 5]) -> Entry {
    let photo = u8::try_from(number).unwrap();
    entry(number, by, "11-1", sheet(copy, None, full(figures), photo))
}

fn correcting(entry: Entry, target: usize) -> Entry {
    Entry { corrects: Some(record(target)), ..entry }
}

fn standing_of(file: &UnitFile, number: usize) -> Standing {
    file.entry(&record(number)).unwrap().standing.clone()
}

#[test]
fn two_people_with_photographs_of_their_own_corroborate_each_other() {
    let alone = file(&[certified(0, 0, GOOD)]);
    assert_eq!(alone.documents[0].state, DocumentState::Single);
    let both = file(&[certified(0, 0, GOOD), certified(1, 1, GOOD)]);
    assert_eq!(both.documents.len(), 1);
    assert_eq!(both.documents[0].state, DocumentState::Corroborated);
    assert_eq!(both.documents[0].reading, full(GOOD));
    assert_eq!(both.coverage, Coverage::Obtained);
}

#[test]
fn one_person_with_two_keys_or_two_readings_of_one_picture_corroborate_nothing() {
    let one_person = file(&[certified(0, 0, GOOD), certified(1, 3, GOOD)]);
    assert_eq!(one_person.documents[0].state, DocumentState::Single);
    let mut same_picture = [certified(0, 0, GOOD), certified(1, 1, GOOD)];
    let EntryBody::Sheet(second) = &mut same_picture[1].body else { unreachable!() };
    second.photos[0].sha256 = PhotoHash::of(&[0]);
    assert_eq!(file(&same_picture).documents[0].state, DocumentState::Single);
    let EntryBody::Sheet(second) = &mut same_picture[1].body else { unreachable!() };
    second.photos.clear();
    assert_eq!(file(&same_picture).documents[0].state, DocumentState::Single);
}

#[test]
fn the_set_up_may_ask_for_two_organisations() {
    let mut pack = Arc::unwrap_or_clone(pack());
    pack.election.corroboration = Corroboration::AcrossOrganisations;
    let state = |others: u8| {
        let entries = [certified(0, 0, GOOD), certified(1, others, GOOD)];
        file_with(&entries, everybody(), &pack).documents[0].state.clone()
    };
    assert_eq!(state(1), DocumentState::Single, "anar and bolat are both of the east");
    assert_eq!(state(2), DocumentState::Corroborated, "dana is of the west");
}

#[test]
fn readings_that_share_no_figure_corroborate_nothing() {
    let lines = cells([Some(Some(10)), Some(None), None, None, None]);
    let votes = cells([Some(None), None, None, Some(Some(2)), Some(Some(4))]);
    let entries = [
        entry(0, 0, "11-1", sheet("certified", None, lines, 0)),
        entry(1, 1, "11-1", sheet("certified", None, votes, 1)),
    ];
    let document = &file(&entries).documents[0];
    assert_eq!(document.state, DocumentState::Single);
    let whole = cells([Some(Some(10)), Some(None), None, Some(Some(2)), Some(Some(4))]);
    assert_eq!(document.reading, whole);
}

#[test]
fn two_readings_of_one_document_that_differ_are_a_mismatch_and_not_a_difference() {
    let found = file(&[certified(0, 0, GOOD), certified(1, 1, TYPO)]);
    assert_eq!(found.documents[0].state, DocumentState::Mismatch { cells: vec![cell(4)] });
    assert_eq!(found.documents[0].reading.get(&cell(4)), None);
    assert_eq!(found.documents[0].reading.get(&cell(3)), Some(2));
    assert!(found.differences.is_empty());
}

#[test]
fn copies_that_differ_are_the_finding_and_nothing_is_averaged() {
    let found = file(&[certified(0, 0, GOOD), of_copy(1, 1, "posted", TYPO)]);
    assert_eq!(found.documents.len(), 2);
    assert_eq!(found.differences.len(), 1);
    let difference = &found.differences[0];
    assert_eq!((difference.a, difference.b), (0, 1));
    assert_eq!(difference.cells, [DifferingCell { cell: cell(4), left: 4, right: 5 }]);
    assert!(found.documents.iter().all(super::Document::is_settled));
}

#[test]
fn a_cell_that_one_copy_lacks_conflicts_with_nothing() {
    let partial = cells([Some(Some(10)), None, None, Some(None), None]);
    let posted = entry(1, 1, "11-1", sheet("posted", None, partial, 1));
    assert!(file(&[certified(0, 0, GOOD), posted]).differences.is_empty());
}

#[test]
fn copy_types_that_the_set_up_does_not_compare_never_differ() {
    let found = file(&[certified(0, 0, GOOD), of_copy(1, 1, "paper", TYPO)]);
    assert!(found.differences.is_empty());
}

#[test]
fn lines_are_compared_within_one_form_only_and_votes_across_forms() {
    let mut other_form = of_copy(1, 1, "posted", [99, 4, 6, 2, 5]);
    let EntryBody::Sheet(sheet) = &mut other_form.body else { unreachable!() };
    sheet.form = form("other");
    let found = file(&[certified(0, 0, GOOD), other_form]);
    let cells: Vec<_> = found.differences.iter().flat_map(|found| &found.cells).collect();
    assert_eq!(cells.len(), 1);
    assert_eq!(cells[0].cell, cell(4));
}

#[test]
fn two_numbered_copies_are_compared_and_an_unnumbered_one_may_be_either() {
    let numbered = |number: u8, by, text, figures| {
        entry(number.into(), by, "11-1", sheet("certified", text, full(figures), number))
    };
    let two = file(&[numbered(0, 0, Some("3"), GOOD), numbered(1, 1, Some("5"), TYPO)]);
    assert_eq!(two.differences.len(), 1);
    assert!(two.perhaps_one.is_empty());
    let one_without = file(&[numbered(0, 0, Some("3"), GOOD), numbered(1, 1, None, TYPO)]);
    assert!(one_without.differences.is_empty());
    assert_eq!(one_without.perhaps_one.len(), 1);
    assert_eq!(one_without.perhaps_one[0].cells.len(), 1);
}

#[test]
fn a_decision_joins_two_documents_that_are_one() {
    let entries = [
        entry(0, 0, "11-1", sheet("certified", None, full(GOOD), 0)),
        entry(1, 1, "11-1", sheet("certified", Some("7"), full(GOOD), 1)),
        of_copy(2, 2, "posted", GOOD),
    ];
    let mut statements = everybody();
    let joined = |with| Decision {
        same_document_as: Some(record(with)),
        ..decision(0, Disposition::Counted)
    };
    statements.apply_decision(50, joined(1));
    let found = file_with(&entries, statements.clone(), &pack());
    assert_eq!(found.documents.len(), 2);
    assert_eq!(found.documents[0].numbers, [None, Some("7".into())]);
    assert_eq!(found.documents[0].state, DocumentState::Corroborated);
    assert!(found.perhaps_one.is_empty() && found.unfollowed.is_empty());
    statements.apply_decision(51, joined(2));
    let other_copy = file_with(&entries, statements, &pack());
    assert_eq!(other_copy.documents.len(), 3);
    assert_eq!(other_copy.unfollowed.len(), 1);
}

#[test]
fn what_was_decided_of_a_record_that_is_set_aside_joins_nothing() {
    let entries = [
        certified(0, 0, GOOD),
        certified(1, 1, GOOD),
        entry(2, 2, "11-1", sheet("certified", Some("7"), full(GOOD), 2)),
    ];
    let mut statements = everybody();
    let joined =
        Decision { same_document_as: Some(record(2)), ..decision(0, Disposition::SetAside) };
    statements.apply_decision(50, joined);
    let found = file_with(&entries, statements, &pack());
    assert_eq!(found.documents.len(), 2);
    assert!(found.unfollowed.is_empty());
}

#[test]
fn linked_copies_have_to_add_up_and_a_missing_part_leaves_nothing_to_check() {
    let electronic = of_copy(0, 0, "electronic", [4, 1, 3, 1, 2]);
    let paper = of_copy(1, 0, "paper", [6, 3, 3, 1, 2]);
    let right = file(&[electronic.clone(), paper.clone(), of_copy(2, 1, "summary", GOOD)]);
    assert_eq!((right.linked.len(), right.linked[0].checked), (1, 5));
    assert!(right.linked[0].cells.is_empty());
    let wrong = file(&[electronic.clone(), paper, of_copy(2, 1, "summary", TYPO)]);
    assert_eq!(wrong.linked[0].cells, [DifferingCell { cell: cell(4), left: 4, right: 5 }]);
    assert!(file(&[electronic, of_copy(2, 1, "summary", GOOD)]).linked.is_empty());
}

#[test]
fn an_impossible_sheet_is_kept_as_found_and_flagged() {
    let found = file(&[certified(0, 0, [10, 4, 7, 2, 4])]);
    let findings = &found.documents[0].findings;
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0].verdict, FindingVerdict::Broken { left: 10, right: 11 });
    assert_eq!(findings[1].verdict, FindingVerdict::Broken { left: 7, right: 6 });
    assert_eq!(found.entries[0].findings, *findings);
    assert!(found.entries[0].is_counted());
}

#[test]
fn a_copy_not_obtained_fills_the_slot_until_there_is_one() {
    let refused = entry(0, 0, "11-1", not_obtained(Missing::CopyRefused));
    let none = file(std::slice::from_ref(&refused));
    assert_eq!(none.coverage, Coverage::NotObtained);
    assert_eq!(none.not_obtained[0].missing, Missing::CopyRefused);
    assert_eq!(file(&[refused, certified(1, 1, GOOD)]).coverage, Coverage::Obtained);
    assert_eq!(file(&[]), UnitFile::empty(unit("11-1")));
}

#[test]
fn a_correction_from_the_next_phone_supersedes_and_by_somebody_else_does_not() {
    let own = file(&[certified(0, 0, TYPO), correcting(certified(1, 3, GOOD), 0)]);
    assert_eq!(standing_of(&own, 0), Standing::Superseded { by: vec![record(1)] });
    assert_eq!(own.documents[0].entries, [record(1)]);
    let foreign = file(&[certified(0, 0, TYPO), correcting(certified(1, 1, GOOD), 0)]);
    assert_eq!(standing_of(&foreign, 0), Standing::Counted);
    assert_eq!(standing_of(&foreign, 1), Standing::SetAside { reason: Reason::NotOwnRecord });
    assert_eq!(foreign.set_aside().count(), 1);
}

#[test]
fn corrections_of_corrections_chain() {
    let chain = [
        certified(0, 0, TYPO),
        correcting(certified(1, 0, TYPO), 0),
        correcting(certified(2, 0, GOOD), 1),
    ];
    let found = file(&chain);
    assert_eq!(standing_of(&found, 0), Standing::Superseded { by: vec![record(1)] });
    assert_eq!(standing_of(&found, 1), Standing::Superseded { by: vec![record(2)] });
    assert_eq!(found.documents[0].entries, [record(2)]);
    let mut statements = everybody();
    statements.apply_decision(50, decision(1, Disposition::SetAside));
    let found = file_with(&chain, statements, &pack());
    assert_eq!(standing_of(&found, 0), Standing::Superseded { by: vec![record(2)] });
}

#[test]
fn two_corrections_of_one_record_both_stand_and_are_flagged() {
    let found = file(&[
        certified(0, 0, TYPO),
        correcting(certified(1, 0, GOOD), 0),
        correcting(certified(2, 3, TYPO), 0),
    ]);
    assert_eq!(standing_of(&found, 0), Standing::Superseded { by: sorted([1, 2]) });
    for number in [1, 2] {
        let filed = found.entry(&record(number)).unwrap();
        assert!(filed.is_counted());
        assert_eq!(filed.flags, [EntryFlag::CompetingCorrection]);
    }
    assert!(matches!(found.documents[0].state, DocumentState::Mismatch { .. }));
}

fn sorted<const N: usize>(numbers: [usize; N]) -> Vec<RecordId> {
    let mut ids = numbers.map(record).to_vec();
    ids.sort_unstable();
    ids
}

#[test]
fn a_seized_phone_corrects_nothing() {
    let mut statements = everybody();
    let revocation = Revocation { kid: kid(0), from_index: 1, reason: String::new() };
    statements.apply_revocation(50, revocation);
    let entries = [certified(0, 0, GOOD), correcting(certified(1, 0, TYPO), 0)];
    let found = file_with(&entries, statements, &pack());
    assert_eq!(standing_of(&found, 0), Standing::Counted);
    assert_eq!(standing_of(&found, 1), Standing::SetAside { reason: Reason::Revoked });
}

#[test]
fn the_lowest_revocation_holds_and_does_not_depend_on_where_it_was_said() {
    let mut statements = everybody();
    for (position, from_index) in [(90, 5), (80, 3), (70, 9)] {
        let revocation = Revocation { kid: kid(0), from_index, reason: String::new() };
        statements.apply_revocation(position, revocation);
    }
    assert_eq!(statements.revoked_from(&kid(0)), Some(3));
}

#[test]
fn both_records_at_one_place_of_a_chain_wait_for_a_decision() {
    let mut entries = [certified(0, 0, GOOD), certified(1, 0, TYPO), certified(2, 1, GOOD)];
    entries[1].seq = 0;
    let mut statements = everybody();
    statements.note_fork(kid(0), 0);
    let found = file_with(&entries, statements.clone(), &pack());
    for number in [0, 1] {
        let reason = Reason::Fork;
        assert_eq!(standing_of(&found, number), Standing::SetAside { reason });
    }
    assert_eq!(found.documents[0].state, DocumentState::Single);
    statements.apply_decision(50, decision(0, Disposition::Counted));
    let found = file_with(&entries, statements, &pack());
    assert_eq!(found.documents[0].state, DocumentState::Corroborated);
    assert_eq!(found.entry(&record(0)).unwrap().flags, [EntryFlag::Forked]);
}

#[test]
fn the_last_decision_holds_whatever_the_order_in_which_they_are_read() {
    let mut statements = everybody();
    statements.apply_decision(51, decision(0, Disposition::SetAside));
    statements.apply_decision(50, decision(0, Disposition::Counted));
    let found = file_with(&[certified(0, 0, GOOD)], statements.clone(), &pack());
    assert_eq!(standing_of(&found, 0), Standing::SetAside { reason: Reason::Decided });
    let history: Vec<_> = statements.history(&record(0)).map(|(position, _)| position).collect();
    assert_eq!(history, [50, 51]);
}

#[test]
fn a_correction_after_a_decision_is_flagged_and_not_followed() {
    let mut statements = everybody();
    statements.apply_decision(50, decision(0, Disposition::Counted));
    let entries = [certified(0, 0, GOOD), correcting(certified(1, 0, TYPO), 0)];
    let found = file_with(&entries, statements, &pack());
    assert_eq!(standing_of(&found, 0), Standing::Counted);
    assert_eq!(found.entry(&record(0)).unwrap().flags, [EntryFlag::CorrectedAfterDecision]);
    assert!(!found.documents[0].is_settled());
}

#[test]
fn a_wrong_unit_tapped_never_becomes_a_finding() {
    let there = entry(0, 0, "11-1", sheet("posted", None, full(TYPO), 0));
    let here = certified(1, 1, GOOD);
    let mut statements = everybody();
    let moved = Decision { unit: Some(unit("11-2")), ..decision(0, Disposition::Counted) };
    statements.apply_decision(50, moved);
    let entries: Vec<_> = [there, here].into_iter().map(Arc::new).collect();
    let left = merge(&unit("11-1"), &entries, &statements, &pack());
    assert!(left.differences.is_empty());
    assert_eq!(left.moved_away[0].to, unit("11-2"));
    let arrived = merge(&unit("11-2"), &entries, &statements, &pack());
    assert_eq!(arrived.documents.len(), 1);
    assert_eq!(arrived.entries[0].flags, [EntryFlag::MovedHere]);
    assert_eq!(statements.moved_into(&unit("11-2")).collect::<Vec<_>>(), [&record(0)]);
}

#[test]
fn a_wrong_copy_type_tapped_is_put_right_by_a_decision() {
    let mut statements = everybody();
    let paper = Decision { copy: Some(copy("paper")), ..decision(1, Disposition::Counted) };
    statements.apply_decision(50, paper);
    let entries = [certified(0, 0, GOOD), of_copy(1, 1, "posted", TYPO)];
    let found = file_with(&entries, statements, &pack());
    assert!(found.differences.is_empty());
    assert_eq!(found.documents[1].copy, copy("paper"));
}

#[test]
fn each_rule_stands_alone_in_its_order() {
    let reason = |entry: &Entry, statements: &Statements| {
        standing(&entry.facts(), statements, &pack()).reason()
    };
    let good = certified(0, 0, GOOD);
    assert_eq!(reason(&good, &everybody()), None);
    assert_eq!(reason(&certified(0, 4, GOOD), &everybody()), Some(Reason::UnknownDevice));
    let mut wrong_role = everybody();
    let mut incidents = enrolment(0, Mandate::Everywhere);
    incidents.role = hattama_proto::kind::Role::Incidents;
    wrong_role.apply_enrolment(60, incidents);
    assert_eq!(reason(&good, &wrong_role), Some(Reason::WrongRole));
    let other_election = Entry { election: election("second-round"), ..good.clone() };
    assert_eq!(reason(&other_election, &everybody()), Some(Reason::WrongElection));
    let nowhere = Entry { unit: unit("99-9"), ..good.clone() };
    assert_eq!(reason(&nowhere, &everybody()), Some(Reason::UnknownUnit));
    let mut elsewhere = everybody();
    elsewhere.apply_enrolment(60, enrolment(0, Mandate::Units(vec![unit("15")])));
    assert_eq!(reason(&good, &elsewhere), Some(Reason::OutsideMandate));
    elsewhere.apply_enrolment(61, enrolment(0, Mandate::Units(vec![unit("11")])));
    assert_eq!(reason(&good, &elsewhere), None, "the mandate covers what lies below");
}

#[test]
fn every_reason_has_the_name_that_it_is_written_with() {
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        if let Some(held) = reason.held() {
            assert_eq!(held.name(), reason.name());
        }
    }
}

#[test]
fn every_cell_is_found_again_by_its_name() {
    for number in 0..5 {
        assert_eq!(CellKey::from_name(&cell(number).name()), Some(cell(number)));
    }
    assert_eq!(cell(0).name(), "line:1");
    assert_eq!(cell(3).name(), "contest:president:a");
    for name in ["1", "line:", "contest:president", "line:two words"] {
        assert_eq!(CellKey::from_name(name), None);
    }
}

#[test]
fn the_state_root_shows_every_part_of_the_state() {
    let found = file(&[certified(0, 0, GOOD)]);
    let root = |change: &dyn Fn(&mut StateRootBuilder)| {
        let mut builder = StateRootBuilder::default();
        builder.file(&found);
        change(&mut builder);
        builder.finish()
    };
    let counted = |builder: &mut StateRootBuilder| {
        builder.record(record(0), Some(&Standing::Counted));
    };
    let roots = [
        root(&|_| {}),
        root(&counted),
        root(&|builder| builder.record(record(0), None)),
        root(&|builder| builder.photo(PhotoHash::of(b"photo"))),
        root(&|builder| builder.incident(record(0), IncidentState::Received)),
        root(&|builder| builder.incident(record(0), IncidentState::Triaged)),
        root(&|builder| builder.file(&file(&[certified(0, 0, TYPO)]))),
    ];
    for (at, one) in roots.iter().enumerate() {
        assert!(roots[at + 1..].iter().all(|other| other != one));
    }
    let twice = root(&|builder| {
        counted(builder);
        counted(builder);
    });
    assert_eq!(twice, roots[1]);
    assert_eq!(roots[0].to_string().len(), 64);
}

/// A signed record, as it would come from a phone.
fn signed(seq: u64, body: Body) -> Record {
    let key: SigningKey = key(0);
    let claims = Claims {
        uid: Uuid::from_u128(7),
        election: election("exercise"),
        seq,
        prev: None,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        claimed_at: ClaimedTime::from_unix_millis(UnixMillis(1_133_712_900_000)),
        boot: "boot".to_owned(),
        mono_ms: 1,
        seen: None,
        place: None,
        on_behalf: None,
        body,
    };
    let text = sign_record(&key, &claims).unwrap();
    Record::read(Envelope::parse(&text).unwrap().verify(&key.public()).unwrap()).unwrap()
}

fn protocol() -> ResultsProtocol {
    let figure = |number| Some(Figure::new(number).unwrap());
    ResultsProtocol {
        unit: unit("11-1"),
        table: None,
        form: form("results"),
        copy: copy("certified"),
        document_number: Some("7 \"б\"".to_owned()),
        document_time: Some("23.40".to_owned()),
        lines: [(line("1"), figure(10)), (line("2"), None), (line("3"), figure(Figure::MAX))]
            .into(),
        contests: [(contest("president"), [(choice("a"), figure(0)), (choice("b"), None)].into())]
            .into(),
        marks: [(line("2"), vec![Mark::Overwritten, Mark::Illegible])].into(),
        photos: vec![Photo {
            sha256: PhotoHash::of(b"photo"),
            bytes: 3_000_000,
            media_type: "image/jpeg".to_owned(),
            role: PhotoRole::Original,
            page: 1,
        }],
        flags: SheetFlags { signed: Some(true), sealed: None, every_page: Some(false) },
    }
}

/// One entry per kind, under ids that do not depend on how records are signed.
fn every_entry() -> Vec<Entry> {
    every_kind()
        .iter()
        .zip(40..)
        .map(|(signed, number)| Entry {
            id: record(number),
            ..Entry::from_record(signed, number as u64).unwrap()
        })
        .collect()
}

fn every_kind() -> Vec<Record> {
    let refused = NotObtained {
        unit: unit("11-1"),
        missing: Missing::CopyRefused,
        copy: Some(copy("certified")),
        occurred_at: Some(ClaimedTime::from_unix_millis(UnixMillis(0))),
        office: Some("chair of the commission".to_owned()),
        words: "kept in the record only".to_owned(),
        photos: vec![],
    };
    let checklist = FormAnswers {
        unit: unit("11-2"),
        form: form("opening"),
        answers: [
            ("box-empty", Answer::YesNo(true)),
            ("queue", Answer::Number(-3)),
            ("skipped", Answer::Open),
            ("time", Answer::Text("07:00".to_owned())),
            ("words", Answer::Text("long ".repeat(20))),
        ]
        .map(|(code, answer)| (hattama_proto::id::QuestionCode::new(code).unwrap(), answer))
        .into(),
    };
    let correction = Correction {
        corrects: record(0),
        reason: "kept in the record only".to_owned(),
        becomes: Corrected::Protocol(protocol()),
    };
    vec![
        signed(0, Body::Protocol(protocol())),
        signed(1, Body::NotObtained(refused)),
        signed(2, Body::Form(checklist)),
        signed(3, Body::Correction(correction)),
    ]
}

#[test]
fn an_entry_has_what_the_file_needs_of_a_record() {
    let entries = every_entry();
    let sheet = entries[0].sheet().unwrap();
    assert_eq!(sheet.cells.line(&line("3")), Some(Figure::MAX));
    assert_eq!(sheet.cells.line(&line("2")), None);
    assert_eq!(sheet.cells.get(&cell(3)), Some(0));
    assert_eq!(sheet.cells.len(), 5);
    assert_eq!(entries[0].position, 40);
    let EntryBody::Form(checklist) = &entries[2].body else { panic!("{:?}", entries[2]) };
    assert_eq!((checklist.answers.len(), checklist.left_out), (4, 1));
    assert_eq!(entries[3].corrects, Some(record(0)));
    assert_eq!(entries[3].sheet(), Some(sheet));
}

#[test]
fn an_incident_is_in_no_units_file() {
    let incident = Incident {
        categories: vec![],
        phase: hattama_proto::id::PhaseCode::new("voting").unwrap(),
        severity: Severity::Low,
        unit: Some(unit("11-1")),
        place_words: None,
        occurred_at: None,
        words: String::new(),
        language: "kk".to_owned(),
        attachments: vec![],
        refers_to: None,
    };
    assert_eq!(Entry::from_record(&signed(0, Body::Incident(incident.clone())), 0), None);
    let correction = Correction {
        corrects: record(0),
        reason: String::new(),
        becomes: Corrected::Incident(incident),
    };
    assert_eq!(Entry::from_record(&signed(0, Body::Correction(correction)), 0), None);
}

/// The lines that the first version wrote. Later versions read them; this file never changes.
const FIRST: &str = include_str!("fixtures/unit_entry_pack.v1.jsonl");

#[test]
fn lines_are_written_as_the_first_version_wrote_them() {
    let lines: String = every_entry().iter().map(Entry::to_line).collect();
    assert_eq!(lines, FIRST);
}

#[test]
fn lines_of_the_first_version_are_read() {
    let read = Entry::read_lines(FIRST).unwrap();
    let again: String = read.iter().map(|entry| entry.to_line()).collect();
    assert_eq!(again, FIRST);
    assert!(read.into_iter().map(Arc::unwrap_or_clone).eq(every_entry()));
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    let cut = &FIRST[..FIRST.len() - 10];
    let error = Entry::read_lines(cut).unwrap_err();
    assert!(matches!(error, LineError::Malformed { line: 4, .. }), "{error}");
    let newer = FIRST.replacen("{\"v\":1,", "{\"v\":2,", 1);
    let error = Entry::read_lines(&newer).unwrap_err();
    assert_eq!(error.to_string(), "line 1 was written by a newer version (format 2)");
    assert!(Entry::read_lines("").unwrap().is_empty());
}

#[test]
fn a_unit_file_is_written_for_people_who_read_json() {
    let mut marked = certified(0, 0, GOOD);
    let EntryBody::Sheet(sheet) = &mut marked.body else { unreachable!() };
    sheet.marks = vec![(line("1"), vec![Mark::Overwritten])];
    let found = file(&[marked, certified(1, 1, TYPO), certified(2, 4, TYPO)]);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["coverage"], "obtained");
    let document = &json["documents"][0];
    assert_eq!(document["state"], "mismatch");
    assert_eq!(document["mismatched"][0]["choice"], "b");
    assert_eq!(document["reading"]["lines"]["1"], 10);
    assert_eq!(document["reading"]["contests"]["president"]["b"], serde_json::Value::Null);
    let entries = json["entries"].as_array().unwrap();
    let of = |number| {
        let id = record(number).to_hex();
        entries.iter().find(|entry| entry["record"] == id).unwrap()
    };
    assert_eq!(of(0)["flags"][0], "marked");
    assert_eq!(of(0)["org"], "east");
    assert_eq!(of(0)["says"]["kind"], "protocol");
    assert_eq!(of(0)["says"]["marks"]["1"][0], "overwritten");
    assert_eq!(of(2)["standing"], "set_aside");
    assert_eq!(of(2)["reason"], "unknown_device");
    assert_eq!(of(2)["person"], serde_json::Value::Null);
}
