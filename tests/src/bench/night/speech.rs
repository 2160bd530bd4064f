//! What phones say: protocols of a large register, and reports of incidents.

use hattama_client_core::sync::Lane;
use hattama_proto::{
    id::UnitCode,
    kind::Role,
    pack::UnitKind,
    record::{Body, Incident, Photo, ResultsProtocol},
    statement::Level,
};

use super::super::{
    records::{protocols, reports},
    register,
};
use crate::exercise::{Exercise, SEED};

/// One phone in so many reports incidents, the others protocols.
const PER_REPORTER: u64 = 10;
/// Steps through the register that share no factor with its size, nearly always: neighbours in time are
/// not neighbours in the country.
const STEP: u64 = 104_729;

/// All that can be said.
pub(super) struct Speech {
    sheets: Vec<ResultsProtocol>,
    reports: Vec<Incident>,
    /// Precincts beyond the exercise's.
    more: u64,
    /// Phones, whose records are told apart by it.
    phones: u64,
}

impl Speech {
    pub(super) fn new(more: u64, phones: u64) -> Self {
        Self { sheets: protocols(&[]), reports: reports(), more, phones }
    }

    /// What the key of a phone is for.
    pub(super) const fn role(phone: u64) -> Role {
        if phone % PER_REPORTER == PER_REPORTER - 1 { Role::Incidents } else { Role::Results }
    }

    /// What the record of a phone says, with these pictures, and the lane it travels in.
    pub(super) fn body(&self, phone: u64, record: u64, photos: Vec<Photo>) -> (Body, Lane) {
        let said = phone + record * self.phones;
        if Self::role(phone) == Role::Results {
            return (Body::Protocol(ResultsProtocol { photos, ..self.sheet(said) }), Lane::Urgent);
        }
        let place = usize::try_from(said).expect("far below 2^32");
        let mut report = self.reports[place % self.reports.len()].clone();
        report.unit = Some(self.sheet(said).unit);
        report.words = format!("{} № {said}", report.words);
        report.attachments = photos;
        (Body::Incident(report), Lane::Records)
    }

    /// A protocol of some precinct.
    pub(super) fn sheet(&self, said: u64) -> ResultsProtocol {
        let known = self.sheets.len() as u64;
        let precinct = said.wrapping_mul(STEP) % (known + self.more);
        let place = usize::try_from(precinct % known).expect("a few thousand");
        let mut sheet = self.sheets[place].clone();
        if precinct >= known {
            sheet.unit = register::code(precinct - known);
        }
        sheet
    }
}

/// What the commission published, the added precincts included: a table for each level.
pub(super) fn publications(more: u64) -> Vec<(Level, Vec<u8>)> {
    let exercise = Exercise::invent(SEED, 1);
    let precincts: Vec<UnitCode> =
        exercise.register.of_kind(UnitKind::Precinct).map(|unit| unit.code.clone()).collect();
    let table = |level| exercise.official.csv(level).map(|text| (level, text));
    let mut tables: Vec<(Level, String)> = Level::ALL.into_iter().filter_map(table).collect();
    for (_, text) in tables.iter_mut().filter(|(level, _)| *level == Level::Precinct) {
        let rows: std::collections::HashMap<&str, &str> =
            text.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
        let mut added = String::new();
        for (number, like) in (0..more).zip(precincts.iter().cycle()) {
            if let Some(figures) = rows.get(like.as_str()) {
                added.push_str(&format!("{},{figures}\n", register::code(number)));
            }
        }
        text.push_str(&added);
    }
    tables.into_iter().map(|(level, text)| (level, text.into_bytes())).collect()
}
