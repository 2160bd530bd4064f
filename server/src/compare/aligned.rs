//! What we have of every precinct beside what was published of it, in the order of the register. Pure.
//!
//! Sums over a country are made every few seconds on a busy night. Looking a precinct up costs more than
//! adding its figures, so each is looked up once for all of them.

use hattama_proto::{
    id::UnitCode,
    pack::{Pack, Unit, UnitKind},
};

use super::{Published, UnitDigest};
use crate::merge::Cells;

/// Every precinct of the register.
#[derive(Debug)]
pub struct Aligned<'a> {
    /// The regions of the register, in its order.
    pub regions: Vec<&'a Unit>,
    /// Its precincts, in its order.
    pub precincts: Vec<AlignedPrecinct<'a>>,
}

/// One precinct.
#[derive(Clone, Copy, Debug)]
pub struct AlignedPrecinct<'a> {
    /// Its code.
    pub unit: &'a UnitCode,
    /// Where its region stands among the regions; none where it lies in none.
    pub region: Option<usize>,
    /// What we have; none where nothing is known.
    pub ours: Option<&'a UnitDigest>,
    /// What was published of it.
    pub theirs: Option<&'a Cells>,
}

impl<'a> Aligned<'a> {
    /// Lays both beside each other. What the register does not have as a precinct is left out.
    pub fn of(
        published: Published<'a>,
        digests: impl IntoIterator<Item = &'a UnitDigest>,
        pack: &'a Pack,
    ) -> Self {
        let units = pack.units.all();
        let mut ours: Vec<Option<&UnitDigest>> = vec![None; units.len()];
        for digest in digests {
            if let Some(place) = pack.units.position(&digest.unit) {
                ours[place] = Some(digest);
            }
        }
        let mut regions = Vec::new();
        let mut slots = vec![0; units.len()];
        let mut precincts = Vec::new();
        for (place, unit) in units.iter().enumerate() {
            match unit.kind {
                UnitKind::Region => {
                    slots[place] = regions.len();
                    regions.push(unit);
                }
                UnitKind::Precinct => precincts.push(AlignedPrecinct {
                    unit: &unit.code,
                    // Every unit stands after the one it lies in.
                    region: pack.units.region_at(place).map(|region| slots[region]),
                    ours: ours[place],
                    theirs: published.precincts.get(&unit.code),
                }),
                UnitKind::Country | UnitKind::District => {}
            }
        }
        Self { regions, precincts }
    }
}
