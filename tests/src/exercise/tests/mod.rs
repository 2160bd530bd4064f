//! What the exercise promises, checked on the whole of it.

mod cases;
mod figures;
mod setup;
mod story;

use std::collections::BTreeMap;

use hattama_proto::{
    id::{PartHash, UnitCode},
    key::PublicKey,
    pack::{FindingVerdict, HqKeys, Pack, PackManifest, PartName, PartRef, check_relations},
    record::ResultsProtocol,
};

use super::{
    Exercise, SEED,
    setup::parts as exercise_parts,
    story::{Case, Deed, PRECINCTS_OBSERVED, Reading, Story},
};

fn demonstration() -> Exercise {
    Exercise::invent(SEED, PRECINCTS_OBSERVED)
}

fn parts() -> BTreeMap<PartName, Vec<u8>> {
    let key = PublicKey::new([9; 32]).unwrap();
    let keys = HqKeys {
        hq: key,
        log_origin: "exercise".into(),
        log_vkey: "exercise+0+0".into(),
        witnesses: None,
    };
    let (election, forms, incidents, units) = exercise_parts(keys, vec!["http://127.0.0.1".into()]);
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
