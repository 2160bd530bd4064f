//! What we have of every precinct beside what was published of it, in the order of the register. Pure.
//!
//! Sums over a country are made every few seconds on a busy night. Looking a precinct up costs more than
//! adding its figures, so each is looked up once for all of them.

use hattama_proto::{
    id::UnitCode,
    pack::{Pack, UnitKind},
};

use super::{Published, UnitDigest};
use crate::merge::{CellKey, CellReader, Cells};

/// Every precinct of the register.
#[derive(Debug)]
pub struct Aligned<'a> {
    /// The regions of the register, in its order.
    pub regions: Vec<AlignedRegion<'a>>,
    /// Its precincts, in its order.
    pub precincts: Vec<AlignedPrecinct<'a>>,
}

/// One region.
#[derive(Clone, Copy, Debug)]
pub struct AlignedRegion<'a> {
    /// Its code.
    pub unit: &'a UnitCode,
    /// The totals that were published for it.
    pub totals: Option<&'a Cells>,
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
                    let totals = published.regions.get(&unit.code);
                    regions.push(AlignedRegion { unit: &unit.code, totals });
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

/// Reads the same cells off our sheet and off theirs.
#[derive(Debug)]
pub(super) struct PairReader {
    cells: usize,
    ours: CellReader,
    theirs: CellReader,
}

impl PairReader {
    pub(super) fn new(cells: Vec<CellKey>) -> Self {
        let ours = CellReader::new(cells.clone());
        Self { cells: cells.len(), ours, theirs: CellReader::new(cells) }
    }

    /// Our figure and theirs of each cell, in their order; none where there is no sheet, or none on it.
    pub(super) fn read<'a>(
        &'a mut self,
        ours: Option<&'a Cells>,
        theirs: Option<&'a Cells>,
    ) -> impl Iterator<Item = (Option<u64>, Option<u64>)> + 'a {
        let (mine, other) = (&mut self.ours, &mut self.theirs);
        let mut ours = ours.map(|cells| mine.read(cells)).into_iter().flatten();
        let mut theirs = theirs.map(|cells| other.read(cells)).into_iter().flatten();
        (0..self.cells).map(move |_| (ours.next().flatten(), theirs.next().flatten()))
    }
}
