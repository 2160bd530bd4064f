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
mod field;
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

use crate::http::{HttpProblem, route_table};

/// Longest body of a form, in bytes: a reason of 4 KiB in Kazakh takes six characters per letter.
const FORM_BYTES_MAX: usize = 32 * 1024;

route_table! { "":
    GET "/" Holder(ReadRecords) => overview::show;
    GET "/regions/{code}" Holder(ReadRecords) => region::show;
    GET "/units/{code}" Holder(ReadRecords) => unit::show;
    GET "/compare" Holder(ReadRecords) => compare::show;
    GET "/incidents" Holder(ReadIncidents) => incident_list::show;
    GET "/incidents/{id}" Holder(ReadIncidents) => incident::show;
    POST "/incidents/{id}" Holder(ReviewIncidents) => incident::step;
    GET "/records/{id}" Holder(ReadRecords) => record::show;
    GET "/search" Holder(ReadRecords) => search::show;
    GET "/roster" Holder(ManageRoster) => field::roster::show;
    POST "/roster" Holder(ManageRoster) => field::roster::submit;
    GET "/roster/import" Holder(ManageRoster) => field::roster::show_import;
    POST "/roster/import" Holder(ManageRoster) => field::roster::import;
    GET "/contacts" Holder(ReadContacts) => field::contacts::show;
    POST "/contacts" Holder(ReadContacts) => field::contacts::submit;
    GET "/checklists" Holder(ReadRecords) => field::checklists::show;
    GET "/rehearsal" Holder(ReadDevices) => field::rehearsal::show;
    GET "/telephone" Holder(EnterByTelephone) => field::telephone::show;
    POST "/telephone" Holder(EnterByTelephone) => field::telephone::submit;
    GET "/enter" Anybody => enter::show;
    POST "/enter" Anybody => enter::submit;
    POST "/leave" Anybody => enter::leave;
    GET "/assets/{name}" Anybody => assets::show;
}

/// The pages, and whatever else is asked for outside the interface for programs.
pub fn routes(config: &mut ServiceConfig) {
    let scope = web::scope("")
        .app_data(Data::new(overview::OverviewCache::default()))
        .app_data(FormConfig::default().limit(FORM_BYTES_MAX).error_handler(|error, _| {
            HttpProblem::new(ProblemCode::MalformedBody, error.to_string()).into()
        }))
        .wrap(from_fn(answer::for_browsers));
    config.service(serve_addresses(scope));
}
