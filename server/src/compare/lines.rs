//! Region by region and line by line of the precinct form: the published total, the published
//! precincts and our copies, as [`super::region_sums`] has them of choices. Pure.

use std::collections::HashMap;

use hattama_proto::{
    id::{LineCode, UnitCode},
    pack::{Pack, UnitKind},
};

use super::{PrecinctSum, Published, UnitDigest, form_lines};
use crate::merge::CellKey;

/// One line of the form in one region. Unit: what the line counts, usually voters or ballots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineSums {
    /// The line.
    pub line: LineCode,
    /// The total that was published for the region.
    pub published_total: Option<u64>,
    /// The precincts that were published, added up.
    pub published_precincts: PrecinctSum,
    /// Our copies, added up.
    pub ours: PrecinctSum,
    /// The published figures of those precincts that we have too.
    pub published_covered: PrecinctSum,
    /// Our figures of those precincts that were published too.
    pub ours_published: PrecinctSum,
}

/// Every region's lines, in the order of the form.
pub fn region_lines<'a>(
    published: Published<'_>,
    digests: impl IntoIterator<Item = &'a UnitDigest>,
    pack: &Pack,
) -> HashMap<UnitCode, Vec<LineSums>> {
    let cells: Vec<CellKey> =
        form_lines(pack).into_iter().map(|(_, line)| CellKey::line(line.clone())).collect();
    let mut regions: HashMap<UnitCode, Vec<LineSums>> = pack
        .units
        .of_kind(UnitKind::Region)
        .map(|region| (region.code.clone(), empty(published.regions.get(&region.code), pack)))
        .collect();
    let is_precinct =
        |code| pack.units.get(code).is_some_and(|unit| unit.kind == UnitKind::Precinct);
    for (unit, theirs) in published.precincts.iter().filter(|(unit, _)| is_precinct(unit)) {
        let region = pack.units.region_of(unit).and_then(|region| regions.get_mut(&region.code));
        for (sums, cell) in region.into_iter().flatten().zip(&cells) {
            theirs.get(cell).into_iter().for_each(|figure| sums.published_precincts.add(figure));
        }
    }
    for digest in digests.into_iter().filter(|digest| is_precinct(&digest.unit)) {
        let region = pack.units.region_of(&digest.unit);
        let region = region.and_then(|region| regions.get_mut(&region.code));
        let theirs = published.precincts.get(&digest.unit);
        for (sums, cell) in region.into_iter().flatten().zip(&cells) {
            let Some(ours) = digest.figures.get(cell) else { continue };
            sums.ours.add(ours);
            if let Some(theirs) = theirs.and_then(|theirs| theirs.get(cell)) {
                sums.ours_published.add(ours);
                sums.published_covered.add(theirs);
            }
        }
    }
    regions
}

fn empty(totals: Option<&crate::merge::Cells>, pack: &Pack) -> Vec<LineSums> {
    let line = |(_, line): (&str, &LineCode)| LineSums {
        line: line.clone(),
        published_total: totals.and_then(|totals| totals.get(&CellKey::line(line.clone()))),
        published_precincts: PrecinctSum::default(),
        ours: PrecinctSum::default(),
        published_covered: PrecinctSum::default(),
        ours_published: PrecinctSum::default(),
    };
    form_lines(pack).into_iter().map(line).collect()
}
