//! `/rehearsal`: who has not proven the whole way yet, by region.

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use hattama_proto::id::UnitCode;

use crate::{
    app::Headquarters,
    field::Rehearsed,
    http::HttpProblem,
    web::{
        answer,
        figure::figure,
        frame::Frame,
        visitor::Visitor,
        words::{FieldWords, Words},
    },
};

/// Most people on one page.
const PEOPLE_MAX: usize = 300;

#[derive(Template)]
#[template(path = "rehearsal.html")]
struct RehearsalPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    f: &'static FieldWords,
    is_drill: bool,
    regions: Vec<(String, String, String)>,
    missing: Vec<(Rehearsed, String)>,
    is_cut: bool,
}

/// `GET /rehearsal`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let rehearsal = headquarters.field.rehearsal(&visitor.operator).await?;
    let name =
        |code: &str| UnitCode::new(code).map_or_else(|_| code.to_owned(), |c| frame.unit(&c));
    let regions = rehearsal
        .regions
        .iter()
        .map(|(region, count)| (name(region), figure(count.proven), figure(count.enrolled)));
    let is_cut = rehearsal.missing.len() > PEOPLE_MAX;
    answer::html(&RehearsalPage {
        frame,
        w: frame.w,
        f: super::words(frame),
        is_drill: rehearsal.is_drill,
        regions: regions.collect(),
        missing: rehearsal
            .missing
            .iter()
            .take(PEOPLE_MAX)
            .map(|person| (person.clone(), name(&person.region)))
            .collect(),
        is_cut,
    })
}
