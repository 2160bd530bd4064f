//! A register larger than the exercise's: precincts beside the real ones, in the same districts.

use std::{fs, path::Path};

use hattama_proto::{
    id::UnitCode,
    pack::{Unit, UnitKind, UnitPart},
};

/// The code of an added precinct.
pub(super) fn code(number: u64) -> UnitCode {
    format!("more-{number}").parse().expect("a code")
}

/// Adds so many precincts to the set-up in a folder, spread over the districts there are.
pub(super) fn grow(setup: &Path, more: u64) {
    if more == 0 {
        return;
    }
    let path = setup.join("units.json");
    let written = fs::read(&path).expect("the set-up has a register");
    let mut part: UnitPart = serde_json::from_slice(&written).expect("the exercise's register");
    let precincts: Vec<Unit> =
        part.units.iter().filter(|unit| unit.kind == UnitKind::Precinct).cloned().collect();
    let like = precincts.iter().cycle();
    part.units.extend((0..more).zip(like).map(|(number, unit)| {
        let mut unit = unit.clone();
        unit.code = code(number);
        unit
    }));
    fs::write(&path, serde_json::to_vec(&part).expect("plain data")).expect("a scratch folder");
}
