//! `GET /regions/{code}`: one region in full, lines too, and its units that have files.

use std::collections::HashMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{id::UnitCode, pack::UnitKind, problem::ProblemCode};

use super::{
    answer,
    chip::Chip,
    figure::figure,
    frame::Frame,
    overview::{
        self, Overview, OverviewCache, Region,
        region_view::{self, Finding, RegionView, SumRow, Sums},
        shift,
    },
    turnout::{self, TurnoutSection},
    unit::state,
    visitor::Visitor,
    words::Words,
};
use crate::{
    app::Headquarters,
    compare::{PrecinctSum, form_lines, our_figures},
    http::HttpProblem,
    merge::{CellKey, Cells, UnitFile},
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
}

/// One unit of the region.
struct UnitRow {
    address: String,
    name: String,
    /// The territorial commission above it.
    above: String,
    documents: String,
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
    let files = headquarters.unit_files_within(&visitor.operator.scope, &code).await?;
    let mut page = page(frame, &region, &overview, &files);
    page.turnout = turnout::below(frame, &visitor.operator.scope, &code, &headquarters).await?;
    answer::html(&page)
}

fn page<'a>(
    frame: &'a Frame,
    region: &Region,
    overview: &Overview,
    files: &[UnitFile],
) -> RegionPage<'a> {
    let [precincts, _] = overview.publications();
    let mut view = RegionView::new(frame, region);
    view.rows.splice(0..0, lines(frame, region, overview, files));
    let units = files.iter().filter(|file| !file.is_empty()).map(|file| {
        let above = frame.pack.units.upwards(&file.unit).nth(1);
        UnitRow {
            address: format!("/units/{}", super::frame::encoded(file.unit.as_str())),
            name: frame.unit(&file.unit),
            above: above
                .filter(|above| above.kind == UnitKind::District)
                .map_or_else(String::new, |above| frame.unit(&above.code)),
            documents: figure(file.documents.len() as u64),
            chips: state::chips(frame, file, precincts.rows.get(&file.unit)),
        }
    });
    RegionPage {
        frame,
        w: frame.w,
        region: view,
        altered: region_view::finding(frame, region),
        turnout: Vec::new(),
        units: units.collect(),
    }
}

/// The lines of the precinct form, added up as the choices are.
fn lines(frame: &Frame, region: &Region, overview: &Overview, files: &[UnitFile]) -> Vec<SumRow> {
    let pack = &frame.pack;
    let [precincts, totals] = overview.publications();
    let is_precinct =
        |code| pack.units.get(code).is_some_and(|unit| unit.kind == UnitKind::Precinct);
    let published: Vec<&Cells> = pack
        .units
        .of_kind(UnitKind::Precinct)
        .filter(|unit| pack.units.is_within(&unit.code, &region.code))
        .filter_map(|unit| precincts.rows.get(&unit.code))
        .collect();
    let ours: HashMap<&UnitCode, Cells> = files
        .iter()
        .filter(|file| is_precinct(&file.unit))
        .map(|file| (&file.unit, our_figures(file, pack)))
        .collect();
    let total = totals.rows.get(&region.code);
    form_lines(pack)
        .into_iter()
        .map(|(number, line)| {
            let cell = CellKey::line(line.clone());
            let both = || {
                ours.iter().filter_map(|(unit, figures)| {
                    Some((figures.get(&cell)?, precincts.rows.get(*unit)?.get(&cell)?))
                })
            };
            let sums = Sums {
                total: total.and_then(|total| total.get(&cell)),
                published: added(published.iter().filter_map(|row| row.get(&cell))),
                ours: added(ours.values().filter_map(|figures| figures.get(&cell))),
                ours_published: added(both().map(|(ours, _)| ours)),
                published_covered: added(both().map(|(_, theirs)| theirs)),
            };
            let shift = shift::of_line(sums.total, sums.published, region.precincts);
            let label = frame.cell(&cell);
            region_view::row(frame, None, number.to_owned(), label, sums, shift)
        })
        .collect()
}

fn added(figures: impl Iterator<Item = u64>) -> PrecinctSum {
    figures.fold(PrecinctSum::default(), |sum, figure| PrecinctSum {
        sum: sum.sum.saturating_add(figure),
        precincts: sum.precincts + 1,
    })
}
