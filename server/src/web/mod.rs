//! Pages for people, rendered here, with nothing from anywhere else.
//!
//! ```text
//! handler ──> store, picture, compare ──> page model (figures, codes) ──> template + words
//! ```
//!
//! What they promise: every page but the one that asks for the token needs an operator; the banner
//! of an exercise stands on every page; no script, a strict Content-Security-Policy; readable on a
//! small screen, by keyboard and on paper; Kazakh, Russian and English. Nothing is called fraud: the
//! words are *difference* and *to be checked*.

mod answer;
mod assets;
mod chip;
mod compare;
mod enter;
mod figure;
mod frame;
mod incident;
mod incident_list;
mod language;
mod overview;
mod pictures;
mod record;
mod region;
mod search;
mod unit;
mod visitor;
mod words;

use actix_web::{
    middleware::from_fn,
    web::{self, Data, FormConfig, ServiceConfig},
};
use hattama_proto::problem::ProblemCode;

use crate::http::HttpProblem;

/// Longest body of a form, in bytes: a reason of 4 KiB in Kazakh takes six characters per letter.
const FORM_BYTES_MAX: usize = 32 * 1024;

/// The pages, and whatever else is asked for outside the interface for programs.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        web::scope("")
            .app_data(Data::new(overview::OverviewCache::default()))
            .app_data(FormConfig::default().limit(FORM_BYTES_MAX).error_handler(|error, _| {
                HttpProblem::new(ProblemCode::MalformedBody, error.to_string()).into()
            }))
            .wrap(from_fn(answer::for_browsers))
            .route("/", web::get().to(overview::show))
            .route("/regions/{code}", web::get().to(region::show))
            .route("/units/{code}", web::get().to(unit::show))
            .route("/compare", web::get().to(compare::show))
            .route("/incidents", web::get().to(incident_list::show))
            .route("/incidents/{id}", web::get().to(incident::show))
            .route("/incidents/{id}", web::post().to(incident::step))
            .route("/records/{id}", web::get().to(record::show))
            .route("/search", web::get().to(search::show))
            .route("/enter", web::get().to(enter::show))
            .route("/enter", web::post().to(enter::submit))
            .route("/leave", web::post().to(enter::leave))
            .route("/assets/{name}", web::get().to(assets::show)),
    );
}
