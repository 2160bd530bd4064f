//! `GET /map`: the regions as a drawing, and the same as a table beside it.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;

use super::{
    answer,
    figure::figure,
    filter::Choice,
    frame::Frame,
    overview::{OverviewCache, Region, region_view},
    unit_list::{Show, address_of},
    visitor::Visitor,
    words::Words,
};
use crate::{
    app::Headquarters,
    http::HttpProblem,
    plot::{Drawing, Shape, draw},
};

#[derive(Template)]
#[template(path = "map.html")]
struct MapPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    choices: Vec<Choice>,
    /// What the numbers in the drawing say.
    caption: &'static str,
    /// The drawing; none where the set-up has no outlines.
    drawing: Option<Drawing>,
    legend: Vec<Shade>,
    rows: Vec<Row>,
}

/// One step of the legend.
struct Shade {
    step: usize,
    text: &'static str,
}

/// One region of the table.
struct Row {
    address: String,
    name: String,
    precincts: String,
    covered: String,
    covered_list: String,
    share: String,
    differing: String,
    differing_list: String,
}

/// Query of `GET /map`.
#[derive(Deserialize)]
pub(super) struct MapQuery {
    #[serde(default)]
    show: String,
}

/// What the map shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// Precincts with a document, in per cent.
    Coverage,
    /// Precincts that differ from what was published.
    Differences,
}

impl Measure {
    /// Where a step of shading begins, and how the legend says it.
    const fn steps(self) -> [(u64, &'static str); 5] {
        match self {
            Self::Coverage => {
                [(0, "0 %"), (1, "1–24 %"), (25, "25–49 %"), (50, "50–74 %"), (75, "75–100 %")]
            }
            Self::Differences => [(0, "0"), (1, "1"), (2, "2–4"), (5, "5–9"), (10, "10+")],
        }
    }

    fn of(self, region: &Region) -> u64 {
        match self {
            Self::Coverage => share(region),
            Self::Differences => region.differing.len() as u64,
        }
    }

    fn step(self, value: u64) -> usize {
        self.steps().iter().rposition(|(from, _)| value >= *from).unwrap_or(0)
    }
}

/// Precincts with a document in whole per cent, rounded down but never to nothing.
fn share(region: &Region) -> u64 {
    let (covered, all) = (region.covered as u64, region.precincts as u64);
    let share = (covered * 100).checked_div(all).unwrap_or(0);
    if covered > 0 { share.max(1) } else { 0 }
}

/// `GET /map`.
pub(super) async fn show(
    visitor: Visitor,
    query: Query<MapQuery>,
    cache: Data<OverviewCache>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, own) = (&visitor.frame, visitor.operator.scope.region.as_deref());
    let w = frame.w;
    let measure =
        if query.show == "differences" { Measure::Differences } else { Measure::Coverage };
    let overview = cache.get(&headquarters, &visitor.operator.scope).await?;
    let regions: Vec<&Region> = overview
        .regions
        .iter()
        .filter(|region| own.is_none_or(|own| own == region.code.as_str()))
        .collect();
    let shape = |unit: &hattama_proto::id::UnitCode| {
        let region = regions.iter().find(|region| region.code == *unit)?;
        let value = measure.of(region);
        let number = match measure {
            Measure::Coverage => format!("{value} %"),
            Measure::Differences => figure(value),
        };
        Some(Shape {
            address: region_view::address(&region.code),
            title: format!("{}: {number}", frame.unit(&region.code)),
            step: measure.step(value),
            number,
        })
    };
    let drawing = draw(frame.pack.units.outlines(), shape);
    let name = if measure == Measure::Differences { "differences" } else { "coverage" };
    let choices = vec![
        Choice::new(name, "coverage", w.watch.map_coverage),
        Choice::new(name, "differences", w.watch.map_differences),
    ];
    answer::html(&MapPage {
        frame,
        w,
        choices,
        caption: match measure {
            Measure::Coverage => w.watch.map_coverage,
            Measure::Differences => w.watch.map_differences,
        },
        drawing,
        legend: measure
            .steps()
            .iter()
            .enumerate()
            .map(|(step, (_, text))| Shade { step, text })
            .collect(),
        rows: regions.iter().map(|region| row(frame, region)).collect(),
    })
}

fn row(frame: &Frame, region: &Region) -> Row {
    Row {
        address: region_view::address(&region.code),
        name: frame.unit(&region.code),
        precincts: figure(region.precincts as u64),
        covered: figure(region.covered as u64),
        covered_list: address_of(Show::Covered, Some(&region.code)),
        share: format!("{} %", share(region)),
        differing: figure(region.differing.len() as u64),
        differing_list: address_of(Show::Official, Some(&region.code)),
    }
}
