//! Region by region and line by line of the precinct form: the published total, the published
//! precincts and our copies, as [`super::region_sums`] has them of choices. Pure.

use hattama_proto::{id::LineCode, pack::Pack};

use super::{Aligned, PrecinctSum, aligned::PairReader, form_lines, sums::add_pair};
use crate::merge::{CellKey, Cells};

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

/// Every region's lines in the order of the form, region by region in the order of the register.
pub fn region_lines(aligned: &Aligned<'_>, pack: &Pack) -> Vec<Vec<LineSums>> {
    let cells = form_lines(pack).into_iter().map(|(_, line)| CellKey::line(line.clone()));
    let mut pairs = PairReader::new(cells.collect());
    let mut regions: Vec<Vec<LineSums>> =
        aligned.regions.iter().map(|region| empty(region.totals, pack)).collect();
    for precinct in &aligned.precincts {
        let Some(region) = precinct.region else { continue };
        let figures = precinct.ours.map(|digest| &digest.figures);
        for (sums, pair) in regions[region].iter_mut().zip(pairs.read(figures, precinct.theirs)) {
            add_pair(
                pair,
                (&mut sums.ours, &mut sums.published_precincts),
                (&mut sums.ours_published, &mut sums.published_covered),
            );
        }
    }
    regions
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
