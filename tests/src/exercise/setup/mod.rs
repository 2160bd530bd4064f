//! The election set-up of the exercise, as the parts of a pack.
//!
//! The map, the names of the regions, the size of the register and the day are those of Kazakhstan
//! in 2005. Candidates, territorial commissions, precinct numbers and every figure are invented,
//! and the set-up says so in three languages.

mod checklists;
mod deadlines;
mod election;
mod folder;
mod incidents;
mod outlines;
mod results;
mod units;

use hattama_proto::pack::{ElectionPart, FormPart, HqKeys, IncidentPart, UnitPart};

pub use self::{
    election::{
        CERTIFIED_COPY, CHOICES, CORRECTED, ChoiceText, ELECTION, ELECTRONIC, OFFICIAL_SCAN, PAPER,
        POSTED_SHEET, PRESIDENT, SUMMARY, WALL_FORM,
    },
    folder::write_folder,
    results::{PRECINCT_PROTOCOL, SUMMARY_TABLE},
    units::{COUNTRY, PRECINCTS},
};
pub(super) use self::{
    election::{choice_names, copy_names},
    results::line_names,
};

/// All parts of the set-up. Keys and addresses belong to whoever runs headquarters.
pub fn parts(
    keys: HqKeys,
    addresses: Vec<String>,
) -> (ElectionPart, FormPart, IncidentPart, UnitPart) {
    (election::election(keys, addresses), forms(), incidents::incidents(), units())
}

/// The forms: results protocols, checklists, turnout.
pub fn forms() -> FormPart {
    FormPart { forms: results::forms().into_iter().chain(checklists::forms()).collect() }
}

/// The phases and the catalogue of incidents.
pub fn incidents() -> IncidentPart {
    incidents::incidents()
}

/// The register of units.
pub fn units() -> UnitPart {
    units::units()
}
