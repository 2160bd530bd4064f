//! `GET /regions/{code}`: one region in full, lines too, and its units that have files.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{
    id::UnitCode,
    pack::{Pack, UnitKind},
    problem::ProblemCode,
};

use super::{
    answer,
    chip::Chip,
    figure::figure,
    frame::Frame,
    overview::{
        self, Overview, OverviewCache, Region,
        region_view::{self, Finding, RegionView, SumRow, Sums},
        shift,
        waiting::Listed,
    },
    turnout::{self, TurnoutSection},
    unit_list,
    visitor::Visitor,
    words::Words,
};
use crate::{
    app::Headquarters,
    compare::{LineSums, form_lines},
    http::HttpProblem,
    merge::CellKey,
};

#[derive(Template)]
#[template(path = "region.html")]
struct RegionPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    region: RegionView,
    altered: Option<Finding>,
    turnout: Vec<TurnoutSection>,
    units: Vec<UnitRow>,
    /// How many there are.
    units_total: String,
    /// Where all of them are, if not here.
    all_units: Option<String>,
}

/// One unit of the region.
struct UnitRow {
    address: String,
    name: String,
    /// The territorial commission above it.
    above: String,
    chips: Vec<Chip>,
}

/// `GET /regions/{code}`.
pub(super) async fn show(
    visitor: Visitor,
    code: Path<UnitCode>,
    cache: Data<OverviewCache>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let (region, overview) =
        overview::region_of(&visitor.operator.scope, &code, &cache, &headquarters)
            .await?
            .ok_or_else(|| {
                HttpProblem::new(ProblemCode::NotFound, "the register has no such region")
            })?;
    answer::html(&page(frame, &region, &overview))
}

fn page<'a>(frame: &'a Frame, region: &Region, overview: &Overview) -> RegionPage<'a> {
    let mut view = RegionView::new(frame, region);
    view.rows.splice(0..0, lines(frame, region));
    let units = region.first_units.iter().map(|place| &overview.listed[*place]);
    RegionPage {
        frame,
        w: frame.w,
        region: view,
        altered: region_view::finding(frame, region),
        turnout: turnout::below(frame, &region.turnout),
        units: units.map(|listed| unit_row(frame, listed)).collect(),
        units_total: figure(region.units as u64),
        all_units: (region.units > region.first_units.len())
            .then(|| unit_list::address_of_region(&region.code)),
    }
}

fn unit_row(frame: &Frame, listed: &Listed) -> UnitRow {
    let above = frame.pack.units.upwards(&listed.unit).nth(1);
    UnitRow {
        address: frame.unit_address(&listed.unit),
        name: frame.unit(&listed.unit),
        above: above
            .filter(|above| above.kind == UnitKind::District)
            .map_or_else(String::new, |above| frame.unit(&above.code)),
        chips: unit_list::chips(frame, listed),
    }
}

/// The lines of the precinct form, added up as the choices are.
fn lines(frame: &Frame, region: &Region) -> Vec<SumRow> {
    let numbers = |pack: &Pack| {
        form_lines(pack).into_iter().map(|(number, _)| number.to_owned()).collect::<Vec<_>>()
    };
    let line = |(number, line): (String, &LineSums)| {
        let sums = Sums {
            total: line.published_total,
            published: line.published_precincts,
            ours: line.ours,
            ours_published: line.ours_published,
            published_covered: line.published_covered,
        };
        let shift = shift::of_line(sums.total, sums.published, region.precincts);
        let label = frame.cell(&CellKey::line(line.line.clone()));
        region_view::row(frame, None, number, label, sums, shift)
    };
    numbers(&frame.pack).into_iter().zip(&region.lines).map(line).collect()
}
