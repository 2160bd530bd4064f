//! What is to be said of each unit, as lists and their counts. Pure.

use hattama_proto::{
    id::UnitCode,
    pack::{Pack, UnitKind},
};

use crate::{compare::UnitDigest, merge::Coverage, published::Publication};

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

/// A unit, and the lists that it is in.
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

/// A list that is not empty, and the first unit of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Waiting {
    pub(in crate::web) show: Show,
    pub(in crate::web) count: usize,
    pub(in crate::web) first: UnitCode,
}

/// The lists of what waits for somebody, of what lies in the region of whoever looks, if any.
pub(super) fn waiting(listed: &[Listed], region: Option<&str>) -> Vec<Waiting> {
    let seen = |listed: &&Listed| {
        region.is_none() || listed.region.as_ref().map(UnitCode::as_str) == region
    };
    let lists = Show::ALL.into_iter().filter(|show| *show != Show::Covered);
    lists
        .filter_map(|show| {
            let mut found = listed.iter().filter(seen).filter(|listed| listed.is_in(show));
            let first = found.next()?.unit.clone();
            Some(Waiting { show, count: 1 + found.count(), first })
        })
        .collect()
}

/// Every unit of which anything is known or expected, by code.
pub(super) fn listed<'a>(
    digests: impl Iterator<Item = &'a UnitDigest>,
    precincts: &Publication,
    silent: &[UnitCode],
    pack: &Pack,
) -> Vec<Listed> {
    let region = |unit: &UnitCode| pack.units.region_of(unit).map(|region| region.code.clone());
    let in_lists = |digest: &UnitDigest| Listed {
        unit: digest.unit.clone(),
        region: region(&digest.unit),
        shows: shows(digest, precincts, pack),
    };
    let known = digests.filter(|digest| !digest.is_empty);
    let mut listed: Vec<Listed> = known.map(in_lists).collect();
    listed.extend(silent.iter().map(|unit| Listed {
        unit: unit.clone(),
        region: region(unit),
        shows: Show::Silent.bit(),
    }));
    listed.sort_by(|a, b| a.unit.cmp(&b.unit));
    listed
}

/// The lists that a unit is in, as bits.
fn shows(digest: &UnitDigest, precincts: &Publication, pack: &Pack) -> u16 {
    let unit = pack.units.get(&digest.unit);
    let is_precinct = unit.is_some_and(|unit| unit.kind == UnitKind::Precinct);
    let published = precincts.rows.get(&digest.unit);
    [
        (Show::Official, published.is_some_and(|theirs| digest.differs_from(theirs))),
        (Show::Copies, digest.has_difference),
        (Show::Mismatch, digest.has_mismatch),
        (Show::Arithmetic, digest.does_not_add_up),
        (Show::Awaiting, digest.awaits_check),
        (Show::NotObtained, is_precinct && digest.coverage == Coverage::NotObtained),
        (Show::Covered, is_precinct && digest.coverage == Coverage::Obtained),
    ]
    .into_iter()
    .filter(|(_, applies)| *applies)
    .fold(0, |bits, (show, _)| bits | show.bit())
}
