//! Coverage as the page shows it: a sentence, a drawing, a table.

use hattama_proto::{id::UnitCode, pack::Special, record::Missing};

use crate::{
    known::{Coverage, Tally},
    plot::{Caption, Shape, coverage_map},
    web::{
        figure::figure,
        frame::Frame,
        words::{KnownWords, fill},
    },
};

/// Where a step of the hatching begins, in per cent.
const STEPS: [u64; 5] = [0, 1, 25, 50, 75];

/// How far our copies reach.
pub(super) struct CoverageView {
    pub(super) says: String,
    /// The drawing; of the first contest only, so that a page stays small.
    pub(super) map: Option<String>,
    pub(super) regions: Vec<Line>,
    pub(super) special: Vec<Line>,
}

/// One row of the table.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) address: Option<String>,
    pub(super) figures: [String; 7],
}

impl CoverageView {
    pub(super) fn new(frame: &Frame, number: usize, of: &Coverage) -> Self {
        let k = frame.w.known;
        let regions = of.regions.iter().map(|region| Line {
            name: region.region.as_ref().map_or_else(|| "–".to_owned(), |code| frame.unit(code)),
            address: region.region.as_ref().map(|code| frame.unit_address(code)),
            figures: figures(&region.tally),
        });
        let special = of.special.iter().map(|of| Line {
            name: special(k, of.special).to_owned(),
            address: None,
            figures: figures(&of.tally),
        });
        Self {
            says: says(frame, &of.all),
            map: (number == 0).then(|| map(frame, of)).flatten(),
            regions: regions.collect(),
            special: special.collect(),
        }
    }
}

fn says(frame: &Frame, all: &Tally) -> String {
    let each: Vec<String> =
        all.missing.iter().map(|(why, count)| reason(frame, *why, *count)).collect();
    let reasons = if each.is_empty() { String::new() } else { format!(" ({})", each.join("; ")) };
    fill(
        frame.w.known.covered,
        &[
            ("precincts", &figure(all.precincts)),
            ("covered", &figure(all.covered)),
            ("percent", &all.covered_percent().to_string()),
            ("unsettled", &figure(all.unsettled)),
            ("missing", &figure(all.not_obtained)),
            ("reasons", &reasons),
            ("nothing", &figure(all.nothing)),
        ],
    )
}

fn reason(frame: &Frame, why: Missing, count: u64) -> String {
    format!("{}: {}", frame.w.missing(why), figure(count))
}

fn figures(tally: &Tally) -> [String; 7] {
    [
        tally.precincts,
        tally.covered,
        tally.unsettled,
        tally.not_obtained,
        tally.nothing,
        tally.compared,
        tally.differing,
    ]
    .map(figure)
}

const fn special(k: &KnownWords, kind: Special) -> &'static str {
    match kind {
        Special::Abroad => k.abroad,
        Special::Military => k.military,
        Special::Hospital => k.hospital,
        Special::Detention => k.detention,
    }
}

/// The drawing of how far our copies reach.
pub(in crate::web) fn map(frame: &Frame, of: &Coverage) -> Option<String> {
    let k = frame.w.known;
    let tell = |unit: &UnitCode| {
        let region = of.regions.iter().find(|region| region.region.as_ref() == Some(unit))?;
        let (name, address) = (frame.unit(unit), frame.unit_address(unit));
        Some(covered(&name, address, region.tally.covered_percent()))
    };
    coverage_map(frame.pack.units.outlines(), tell, &map_caption(k))
}

/// A region of which so many per cent are covered.
pub(in crate::web) fn covered(name: &str, address: String, percent: u64) -> Shape {
    Shape {
        address,
        title: format!("{name}: {percent} %"),
        number: percent.to_string(),
        step: STEPS.iter().rposition(|from| percent >= *from).unwrap_or(0),
    }
}

/// What the map of coverage is called.
pub(in crate::web) fn map_caption(k: &KnownWords) -> Caption {
    Caption {
        id: "coverage-map".to_owned(),
        title: k.coverage_title.to_owned(),
        description: k.map_says.to_owned(),
        across: String::new(),
        upward: String::new(),
    }
}
