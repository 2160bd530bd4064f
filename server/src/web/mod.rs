//! Pages for people, rendered here, with nothing from anywhere else.
//!
//! ```text
//! handler ──> store, picture, compare ──> page model (figures, codes) ──> template + words
//! ```
//!
//! What they promise: every page but those on which somebody enters needs an account; the banner
//! of an exercise stands on every page; no script, a strict Content-Security-Policy; readable on a
//! small screen, by keyboard and on paper; Kazakh, Russian and English. Nothing is called fraud: the
//! words are *difference* and *to be checked*.

mod account;
mod answer;
mod api;
mod assets;
mod audit;
mod chip;
mod compare;
mod compare_plots;
mod complaint;
mod deadlines;
mod devices;
mod drawings;
mod enter;
mod field;
mod figure;
mod filter;
mod forensics;
mod frame;
mod incident;
mod incident_list;
mod kept;
mod known;
mod language;
mod log_status;
mod map;
mod one_time;
mod overview;
mod passkey;
mod people;
mod pictures;
mod publications;
mod record;
mod region;
mod release;
mod sample;
mod search;
mod transcription;
mod turnout;
mod unit;
mod unit_list;
mod visitor;
mod welcome;
mod words;

use actix_web::{
    middleware::from_fn,
    web::{self, Data, FormConfig, ServiceConfig},
};
use hattama_proto::problem::ProblemCode;

pub(crate) use self::{answer::for_whoever_looks, release::Site};
use crate::http::{HttpProblem, public_file, public_list, route_table};

/// Longest body of a form, in bytes: a reason of 4 KiB in Kazakh takes six characters per letter.
const FORM_BYTES_MAX: usize = 32 * 1024;

route_table! { "":
    GET "/" Holder(ReadRecords) => overview::show;
    GET "/regions/{code}" Holder(ReadRecords) => region::show;
    GET "/units" Holder(ReadRecords) => unit_list::show;
    GET "/units/{code}" Holder(ReadRecords) => unit::show;
    GET "/units/{code}/complaint.zip" Holder(Export) => complaint::pack;
    GET "/map" Holder(ReadRecords) => map::show;
    GET "/compare" Holder(ReadRecords) => compare::show;
    GET "/compare/{code}" Holder(ReadRecords) => compare::unit::show;
    GET "/deadlines" Holder(ReadRecords) => deadlines::show;
    GET "/releases" Holder(ReadRecords) => release::show;
    POST "/releases" Holder(Release) => release::propose;
    GET "/releases/{number}" Holder(ReadRecords) => release::show_release;
    GET "/release-drafts/{draft}" Holder(ReadRecords) => release::show_draft;
    POST "/release-drafts/{draft}" Holder(Release) => release::decide;
    GET "/public/releases" Anybody => release::public_list;
    GET "/public/releases/{number}" Anybody => release::public_show;
    GET "/estimate" Holder(ReadRecords) => known::show;
    GET "/drawings/differences.svg" Holder(ReadRecords) => drawings::differences;
    GET "/drawings/turnout.svg" Holder(ReadRecords) => drawings::turnout;
    GET "/drawings/coverage.svg" Holder(ReadRecords) => drawings::covered;
    GET "/drawings/convergence.svg" Holder(ReadAnalysis) => drawings::convergence;
    GET "/drawings/fingerprint.svg" Holder(ReadAnalysis) => drawings::fingerprint;
    GET "/forensics" Holder(ReadAnalysis) => forensics::show;
    GET "/sample" Holder(ReadRecords) => sample::show;
    POST "/sample" Holder(DrawSample) => sample::submit;
    GET "/publications" Holder(ReadRecords) => publications::show;
    POST "/publications" Holder(ArchivePublications) => publications::submit;
    GET "/publications/{id}" Holder(ReadRecords) => publications::one;
    GET "/public/releases.json" Anybody => public_list;
    GET "/public/releases/{number}/{file}" Anybody => public_file;
    GET "/incidents" Holder(ReadIncidents) => incident_list::show;
    GET "/incidents/{id}" Holder(ReadIncidents) => incident::show;
    POST "/incidents/{id}" Holder(ReviewIncidents) => incident::submit;
    POST "/incidents/{id}/publication" Holder(PublishIncidents) => incident::publish;
    GET "/devices" Holder(ReadDevices) => devices::show;
    GET "/log" Holder(ReadLog) => log_status::show;
    GET "/records/{id}" Holder(ReadRecords) => record::show;
    GET "/transcription" Holder(ReadRecords) => transcription::show;
    POST "/transcription" Holder(Transcribe) => transcription::next;
    GET "/transcription/{id}" Holder(Transcribe) => transcription::item;
    POST "/transcription/{id}" Holder(Transcribe) => transcription::send;
    POST "/transcription/{id}/decision" Holder(Decide) => transcription::decide;
    POST "/transcription/{id}/proposal" Holder(Decide) => transcription::answer;
    GET "/api" Account => api::show;
    GET "/search" Holder(ReadRecords) => search::show;
    GET "/roster" Holder(ManageRoster) => field::roster::show;
    POST "/roster" Holder(ManageRoster) => field::roster::submit;
    GET "/roster/import" Holder(ManageRoster) => field::roster::show_import;
    POST "/roster/import" Holder(ManageRoster) => field::roster::import;
    POST "/roster/confirmation" Holder(ManageRoster) => field::roster::confirm;
    GET "/contacts" Holder(ReadContacts) => field::contacts::show;
    POST "/contacts" Holder(ReadContacts) => field::contacts::submit;
    GET "/messages" Holder(MessageObservers) => field::messages::show;
    POST "/messages" Holder(MessageObservers) => field::messages::submit;
    GET "/checklists" Holder(ReadRecords) => field::checklists::show;
    GET "/rehearsal" Holder(ReadDevices) => field::rehearsal::show;
    GET "/telephone" Holder(EnterByTelephone) => field::telephone::show;
    POST "/telephone" Holder(EnterByTelephone) => field::telephone::submit;
    GET "/enter" Anybody => enter::show;
    POST "/enter" Anybody => enter::submit;
    POST "/enter/second" Anybody => enter::second;
    POST "/leave" Anybody => enter::leave;
    GET "/welcome" Anybody => welcome::show;
    POST "/welcome" Anybody => welcome::accept;
    GET "/step-up" Account => enter::ask_again;
    POST "/step-up" Account => enter::step_up;
    GET "/account" Account => account::show;
    POST "/account/password" Account => account::set_password;
    POST "/account/totp" Account => account::set_totp;
    POST "/account/recovery-codes" Account => account::make_recovery;
    POST "/account/passkeys" Account => account::add_passkey;
    POST "/account/passkeys/end" Account => account::end_passkey;
    POST "/account/sessions/end" Account => account::end_session;
    POST "/account/tokens" Account => account::make_token;
    POST "/account/tokens/end" Account => account::end_token;
    POST "/account/language" Account => account::set_language;
    GET "/people" Holder(ReadAccounts) => people::show;
    POST "/people" Holder(ManageAccounts) => people::invite;
    POST "/people/{name}/link" Holder(ManageAccounts) => people::invite_again;
    POST "/people/{name}/state" Holder(ManageAccounts) => people::set_state;
    POST "/people/{name}/factors" Holder(ManageAccounts) => people::reset_factors;
    POST "/people/{name}/sessions" Holder(ManageAccounts) => people::end_sessions;
    POST "/people/{name}/roles" Holder(ManageAccounts) => people::propose;
    POST "/role-changes/{id}" Holder(ManageAccounts) => people::decide;
    GET "/audit" Holder(ReadAudit) => audit::show;
    GET "/assets/{name}" Anybody => assets::show;
}

/// The pages, and whatever else is asked for outside the interface for programs.
pub fn routes(config: &mut ServiceConfig) {
    let scope = web::scope("")
        .app_data(Data::new(overview::OverviewCache::default()))
        .app_data(Data::new(publications::KnownChanges::default()))
        .app_data(FormConfig::default().limit(FORM_BYTES_MAX).error_handler(|error, _| {
            HttpProblem::new(ProblemCode::MalformedBody, error.to_string()).into()
        }))
        .wrap(from_fn(answer::for_browsers));
    config.service(serve_addresses(scope));
}
