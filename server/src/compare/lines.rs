//! Region by region and line by line of the precinct form: the published total, the published
//! precincts and our copies, as [`super::region_sums`] has them of choices. Pure.

use std::collections::HashMap;

use hattama_proto::{
    id::{LineCode, UnitCode},
    pack::{Pack, Unit},
};

use super::{Aligned, PrecinctSum, form_lines};
use crate::merge::{CellKey, CellReader, Cells};

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
pub fn region_lines(
    aligned: &Aligned<'_>,
    totals: &HashMap<UnitCode, Cells>,
    pack: &Pack,
) -> HashMap<UnitCode, Vec<LineSums>> {
    let cells = || form_lines(pack).into_iter().map(|(_, line)| CellKey::line(line.clone()));
    let (mut ours_of, mut theirs_of) =
        (CellReader::new(cells().collect()), CellReader::new(cells().collect()));
    let of_region = |region: &&Unit| empty(totals.get(&region.code), pack);
    let mut regions: Vec<Vec<LineSums>> = aligned.regions.iter().map(of_region).collect();
    for precinct in &aligned.precincts {
        let Some(region) = precinct.region else { continue };
        let ours = precinct.ours.map(|digest| ours_of.read(&digest.figures));
        let theirs = precinct.theirs.map(|cells| theirs_of.read(cells));
        let mut ours = ours.into_iter().flatten();
        let mut theirs = theirs.into_iter().flatten();
        for sums in &mut regions[region] {
            let (ours, theirs) = (ours.next().flatten(), theirs.next().flatten());
            theirs.into_iter().for_each(|theirs| sums.published_precincts.add(theirs));
            ours.into_iter().for_each(|ours| sums.ours.add(ours));
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                sums.ours_published.add(ours);
                sums.published_covered.add(theirs);
            }
        }
    }
    aligned.regions.iter().map(|region| region.code.clone()).zip(regions).collect()
}

fn empty(totals: Option<&Cells>, pack: &Pack) -> Vec<LineSums> {
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
