//! What is to be said of each unit, as lists and their counts. Pure.

use hattama_proto::{
    id::UnitCode,
    pack::{FindingVerdict, Pack, UnitKind},
};

use crate::{
    merge::{Coverage, DocumentState, Reason, UnitFile},
    published::Publication,
    web::unit::state::our_figures,
};

/// A list of units: those of which the same is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Show {
    /// Somebody was to be there, and nothing came.
    Silent,
    /// Two readings of one document differ.
    Mismatch,
    /// Copies of one count differ, or parts and whole.
    Copies,
    /// Our copy is not what was published.
    Official,
    /// A control relation does not hold.
    Arithmetic,
    /// Nobody got a document, and somebody said why.
    NotObtained,
    /// A record is set aside until a person decides.
    Awaiting,
    /// There is a document.
    Covered,
}

impl Show {
    /// All lists: what waits for somebody first.
    pub(in crate::web) const ALL: [Self; 8] = [
        Self::Official,
        Self::Copies,
        Self::Mismatch,
        Self::Arithmetic,
        Self::Awaiting,
        Self::Silent,
        Self::NotObtained,
        Self::Covered,
    ];

    /// Its name in an address.
    pub(in crate::web) const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Mismatch => "mismatch",
            Self::Copies => "difference",
            Self::Official => "official",
            Self::Arithmetic => "arithmetic",
            Self::NotObtained => "not-obtained",
            Self::Awaiting => "awaiting",
            Self::Covered => "covered",
        }
    }

    /// The list with this name.
    pub(in crate::web) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.name() == name)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A unit that is in some list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Listed {
    pub(in crate::web) unit: UnitCode,
    pub(in crate::web) region: Option<UnitCode>,
    shows: u16,
}

impl Listed {
    /// Whether it is in this list.
    pub(in crate::web) const fn is_in(&self, show: Show) -> bool {
        self.shows & show.bit() != 0
    }
}

/// Every unit that is in some list, by code.
pub(super) fn listed(
    files: &[UnitFile],
    precincts: &Publication,
    silent: &[UnitCode],
    pack: &Pack,
) -> Vec<Listed> {
    let region = |unit: &UnitCode| pack.units.region_of(unit).map(|region| region.code.clone());
    let of_file = |file: &UnitFile| Listed {
        unit: file.unit.clone(),
        region: region(&file.unit),
        shows: shows(file, precincts, pack).into_iter().fold(0, |bits, show| bits | show.bit()),
    };
    let mut listed: Vec<Listed> =
        files.iter().map(of_file).filter(|listed| listed.shows != 0).collect();
    listed.extend(silent.iter().map(|unit| Listed {
        unit: unit.clone(),
        region: region(unit),
        shows: Show::Silent.bit(),
    }));
    listed.sort_by(|a, b| a.unit.cmp(&b.unit));
    listed
}

fn shows(file: &UnitFile, precincts: &Publication, pack: &Pack) -> Vec<Show> {
    let is_precinct =
        pack.units.get(&file.unit).is_some_and(|unit| unit.kind == UnitKind::Precinct);
    let any = |is: fn(&DocumentState) -> bool| file.documents.iter().any(|doc| is(&doc.state));
    let broken = |verdict: &FindingVerdict| matches!(verdict, FindingVerdict::Broken { .. });
    let differs = precincts.rows.get(&file.unit).is_some_and(|theirs| {
        our_figures(file, pack).in_both(theirs).any(|(_, ours, theirs)| ours != theirs)
    });
    let copies =
        !file.differences.is_empty() || file.linked.iter().any(|sum| !sum.cells.is_empty());
    let arithmetic =
        file.documents.iter().any(|doc| doc.findings.iter().any(|found| broken(&found.verdict)));
    let awaiting = file.set_aside().any(|(_, reason)| reason != Reason::Decided);
    [
        (Show::Official, differs),
        (Show::Copies, copies),
        (Show::Mismatch, any(|state| matches!(state, DocumentState::Mismatch { .. }))),
        (Show::Arithmetic, arithmetic),
        (Show::Awaiting, awaiting),
        (Show::NotObtained, is_precinct && file.coverage == Coverage::NotObtained),
        (Show::Covered, is_precinct && file.coverage == Coverage::Obtained),
    ]
    .into_iter()
    .filter_map(|(show, applies)| applies.then_some(show))
    .collect()
}
