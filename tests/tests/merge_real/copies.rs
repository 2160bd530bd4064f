//! One general election, two documents of each section: the votes of the voting machine as written
//! in the signed paper protocol, and as read from the machine's memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use hattama_proto::{
    id::{CopyType, UnitCode},
    record::{Body, Figure, ResultsProtocol, SheetFlags},
    wire::{PushRequest, Verdict},
};
use hattama_tests::{
    engine::Engine,
    world::{Country, Signed, World, code},
};
use serde_json::Value;

use super::shared_data;

/// Votes by section and party.
type Votes = BTreeMap<String, BTreeMap<String, u64>>;

/// The two documents of a section.
const PAPER: &str = "paper_protocol";
const MEMORY: &str = "machine_memory";

/// Sections with both documents.
const SECTIONS: usize = 9580;
/// Cells that both documents have and that differ, and in how many sections.
const DIFFERING_CELLS: usize = 47;
const DIFFERING_SECTIONS: usize = 6;

/// How many sections are typed into notebooks; the others are pushed as signed strings, because a
/// phone makes every single record durable before it goes on.
const TYPED: usize = 300;

/// Sections that one person observed.
const SECTIONS_PER_PERSON: usize = 500;

#[test]
fn two_copies_of_a_whole_election_differ_in_47_cells_of_6_sections_and_nowhere_else() {
    let Some(folder) = shared_data("bulgaria/20210711") else { return };
    let paper = read_votes(&folder.join("50_votes_machine.csv"));
    let memory = read_votes(&folder.join("50_votes_machine_from_machine_data.csv"));
    let sections: Vec<&String> =
        paper.keys().filter(|section| memory.contains_key(*section)).collect();
    assert_eq!(sections.len(), SECTIONS);

    let parties: BTreeSet<&String> =
        paper.values().chain(memory.values()).flat_map(BTreeMap::keys).collect();
    let country = Country::of(
        sections.iter().map(|section| code(section)).collect(),
        parties.into_iter().cloned().collect(),
        [PAPER, MEMORY],
    );
    let world = World::of(country, Engine::sqlite());
    for (copy, votes) in [(PAPER, &paper), (MEMORY, &memory)] {
        let sheets: Vec<ResultsProtocol> =
            sections.iter().map(|section| sheet(code(section), copy, &votes[*section])).collect();
        let (typed, pushed) = sheets.split_at(TYPED);
        typed.chunks(TYPED / 2).for_each(|sheets| type_in(&world, sheets));
        for (number, sheets) in pushed.chunks(SECTIONS_PER_PERSON).enumerate() {
            let seed = 1000 * u64::from(copy == MEMORY) + number as u64;
            push(&world, seed, sheets);
        }
    }

    let wire = world.wire();
    assert_eq!(wire.record_ids().len(), 2 * SECTIONS);
    let mut differing = BTreeMap::new();
    for section in &sections {
        let file = wire.get_json(&format!("/v1/units/{section}"));
        assert_eq!(file["documents"].as_array().unwrap().len(), 2, "{section}");
        for document in file["documents"].as_array().unwrap() {
            assert_eq!(
                document["state"], "single",
                "{section}: different documents are no entries"
            );
        }
        let cells: Vec<&Value> = file["differences"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|difference| difference["cells"].as_array().unwrap())
            .collect();
        if !cells.is_empty() {
            differing.insert(section.as_str(), cells.len());
        }
    }
    assert_eq!(differing.len(), DIFFERING_SECTIONS, "{differing:?}");
    assert_eq!(differing.values().sum::<usize>(), DIFFERING_CELLS, "{differing:?}");
}

fn read_votes(path: &Path) -> Votes {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_path(path).unwrap();
    let mut votes = Votes::new();
    for row in reader.deserialize() {
        let (section, party, count): (String, String, u64) = row.unwrap();
        votes.entry(section).or_default().insert(party, count);
    }
    votes
}

/// A document as one person read it: the votes and nothing else.
fn sheet(unit: UnitCode, copy: &str, votes: &BTreeMap<String, u64>) -> ResultsProtocol {
    let choices = votes
        .iter()
        .map(|(party, count)| (party.parse().unwrap(), Some(Figure::new(*count).unwrap())));
    ResultsProtocol {
        unit,
        table: None,
        form: "protocol".parse().unwrap(),
        copy: CopyType::new(copy).unwrap(),
        document_number: None,
        document_time: None,
        lines: BTreeMap::new(),
        contests: [("president".parse().unwrap(), choices.collect())].into(),
        marks: BTreeMap::new(),
        photos: Vec::new(),
        flags: SheetFlags::default(),
    }
}

/// A person types the sheets into a notebook, which brings them.
fn type_in(world: &World, sheets: &[ResultsProtocol]) {
    let phone = world.phone();
    for sheet in sheets {
        phone.protocol_of(sheet, &[]).unwrap();
    }
    phone.sync();
}

/// A device that is enrolled brings the sheets in full batches.
fn push(world: &World, seed: u64, sheets: &[ResultsProtocol]) {
    let (mut device, wire, mut witness) = (world.device(seed), world.wire(), world.witness());
    let signed: Vec<Signed> =
        sheets.iter().map(|sheet| device.say(Body::Protocol(sheet.clone()))).collect();
    for batch in signed.chunks(64) {
        let records = batch.iter().map(|record| record.text.clone()).collect();
        let reply = wire.push(&PushRequest { records, ..PushRequest::default() }).unwrap();
        assert!(reply.results.iter().all(|result| result.verdict == Verdict::Stored));
        assert_eq!(witness.push(&reply).len(), batch.len());
    }
}
