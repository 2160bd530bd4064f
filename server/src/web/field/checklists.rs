//! `/checklists`: which unit has sent which form; turnout by region.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use askama::Template;
use hattama_proto::{
    id::{FormCode, UnitCode},
    pack::UnitKind,
};
use serde::Deserialize;

use crate::{
    app::Headquarters,
    http::HttpProblem,
    store::forms::FormFilter,
    web::{
        answer,
        figure::figure,
        frame::{Frame, UnitLink},
        visitor::Visitor,
        words::{FieldWords, Words},
    },
};

/// Most units on one page.
const UNITS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "checklists.html")]
struct ChecklistsPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    f: &'static FieldWords,
    regions: Vec<(String, String, bool)>,
    forms: Vec<String>,
    rows: Vec<Row>,
    is_cut: bool,
    turnout: Vec<TurnoutRow>,
}

struct Row {
    unit: UnitLink,
    cells: Vec<Option<Cell>>,
}

struct Cell {
    newest: String,
    count: u64,
    critical: u64,
}

struct TurnoutRow {
    form: String,
    region: String,
    precincts: String,
    sum: String,
}

/// Query of `GET /checklists`.
#[derive(Deserialize)]
pub(in crate::web) struct ChecklistsQuery {
    #[serde(default)]
    region: String,
}

/// `GET /checklists`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    query: Query<ChecklistsQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let filter = FormFilter { region: query.region.clone(), ..FormFilter::default() };
    let matrix = headquarters.field.form_matrix(filter, &visitor.operator).await?;
    let turnout = headquarters.field.turnout(&visitor.operator).await?;
    let form =
        |code: &str| FormCode::new(code).map_or_else(|_| code.to_owned(), |c| frame.form(&c));
    let unit = |code: &str| UnitCode::new(code).ok();
    let is_cut = matrix.units.len() > UNITS_MAX;
    let rows = matrix.units.iter().take(UNITS_MAX).filter_map(|(code, sent)| {
        let cell = |form: &String| {
            sent.get(form).map(|cell| Cell {
                newest: frame.moment(cell.newest),
                count: cell.count,
                critical: cell.critical,
            })
        };
        let cells = matrix.forms.iter().map(cell).collect();
        Some(Row { unit: UnitLink::new(frame, &unit(code)?), cells })
    });
    let turnout = turnout.iter().flat_map(|told| {
        told.regions.iter().map(|(region, (precincts, sum))| TurnoutRow {
            form: form(&told.form),
            region: unit(region).map_or_else(|| "–".to_owned(), |code| frame.unit(&code)),
            precincts: figure(*precincts),
            sum: figure(u64::try_from(*sum).unwrap_or(0)),
        })
    });
    let regions = frame.pack.units.of_kind(UnitKind::Region).map(|region| {
        let code = region.code.to_string();
        let chosen = code == query.region;
        (code, frame.unit(&region.code), chosen)
    });
    answer::html(&ChecklistsPage {
        frame,
        w: frame.w,
        f: super::words(frame),
        regions: regions.collect(),
        forms: matrix.forms.iter().map(|code| form(code)).collect(),
        rows: rows.collect(),
        is_cut,
        turnout: turnout.collect(),
    })
}
