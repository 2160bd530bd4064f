//! `GET /api`: the interface for programs, to be read by people: made from the same document that is
//! served, with nothing from anywhere else.

use actix_web::HttpResponse;
use askama::Template;

use super::{answer, frame::Frame, visitor::Visitor, words::Words};
use crate::http::{HttpProblem, openapi};

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    subjects: Vec<(&'static str, Vec<openapi::Shown>)>,
    schemas: Vec<(String, String)>,
}

/// `GET /api`.
pub(super) async fn show(visitor: Visitor) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let known = openapi::description()["components"]["schemas"].as_object();
    let schemas = known.into_iter().flatten().map(|(name, schema)| {
        (name.clone(), serde_json::to_string_pretty(schema).unwrap_or_default())
    });
    let (subjects, schemas) = (openapi::by_subject(), schemas.collect());
    answer::html(&ApiPage { frame, w: frame.w, subjects, schemas })
}
