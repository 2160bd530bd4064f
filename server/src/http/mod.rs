//! HTTP: a handler parses, calls one use case, answers. Every address is on this page.

mod account;
mod accounting;
mod accounts;
mod address;
mod admit;
mod auth;
mod blobs;
mod body;
mod chain;
mod compare;
mod cosignatures;
mod deadlines;
mod enrolments;
mod entries;
mod estimate;
mod evidence;
mod export;
mod field;
mod forensics;
mod health;
mod idempotency;
pub(crate) mod incidents;
mod leaving;
mod messages;
mod meter;
pub(crate) mod openapi;
mod packs;
mod problem;
mod public_log;
mod publications;
mod records;
mod releases;
mod room;
mod roster;
mod samples;
mod sync;
mod telephone;
mod transcriptions;
mod units;
mod upload;
mod vault;
mod webhooks;
mod witness;

use actix_web::{
    HttpServer,
    dev::Server,
    http::Method,
    middleware::{DefaultHeaders, from_fn},
    web::{self, ServiceConfig},
};
use hattama_proto::{
    problem::ProblemCode,
    wire::{WIRE_HEADER, WIRE_VERSION},
};
use std::{net::TcpListener, time::Duration};

pub use actix_web::dev::ServerHandle;

pub(crate) use self::accounts::welcome_link;
pub(crate) use self::address::route_table;
pub(crate) use self::auth::{asked_at, cookie, foreign, is_from_here, is_secure, session_cookie};
pub(crate) use self::releases::{public_file, public_list};
pub(crate) use self::upload::Upload;
pub use self::{
    address::{Address, addresses},
    health::serve_metrics,
    meter::RequestMeter,
    problem::HttpProblem,
    witness::serve_witness,
};
use crate::{access::Access, app::Headquarters};

/// Threads that serve connections. Signatures and disks have threads of their own.
const WORKERS: usize = 2;

/// Seconds for which an idle connection is kept: on a 2G link a new TLS handshake costs more than
/// the record it carries.
const KEEP_ALIVE_S: u64 = 75;

/// How long a new connection may take until its TLS stands, and how long its first request's head may take.
/// At 8 kbit/s and two seconds of round trip the certificate and the answer to it take five seconds if
/// nothing is lost, and where a packet in five is, twenty; the three and five seconds that actix gives would
/// shut out every phone on such a line.
const FIRST_WORDS_S: u64 = 40;

/// Connections that the system keeps ready before they are taken, where it allows so many: after a network
/// was away all phones come in the same second. What is beyond it waits for TCP to try again.
const BACKLOG: i32 = 4096;

/// What every answer carries that says nothing else of it: ours, of no other type than it says, in no
/// frame, with nothing that runs, and on no disk of a browser or a proxy between.
const DEFAULTS: [(&str, &str); 6] = [
    (WIRE_HEADER, WIRE_VERSION),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
];

route_table! { "/v1":
    // Phones. Records need no login: they authenticate themselves.
    GET "/hello" Phone => sync::hello;
    POST "/enrolments" Phone => enrolments::enrol;
    POST "/session" Phone => enrolments::session;
    POST "/records" Phone => sync::push;
    POST "/status" Phone => sync::status;
    GET "/receipts" Phone => sync::receipts;
    GET "/feed" Phone => sync::feed;
    PUT "/blobs/{sha256}" Phone => blobs::put;
    HEAD "/blobs/{sha256}" Phone => blobs::head;
    GET "/packs/{sha256}" Phone => packs::part;

    // Anybody: what became of every record.
    GET "/accounting" Anybody => accounting::newest;
    GET "/openapi.json" Anybody => openapi::show;

    // Records, units and what was published.
    GET "/records" Holder(ReadRecords) => records::list;
    GET "/records/{id}" Holder(ReadRecords) => records::show;
    POST "/records/{id}/decisions" Holder(Decide) => records::decide;
    GET "/records/{id}/evidence" Holder(Export) => evidence::bundle;
    GET "/photos/{sha256}" Holder(ReadRecords) => blobs::show;
    GET "/units" Holder(ReadRecords) => units::list;
    GET "/units/{code}" Holder(ReadRecords) => units::show;
    GET "/publications" Holder(ReadRecords) => publications::list;
    POST "/publications" Holder(ArchivePublications) => publications::archive;
    GET "/publications/{id}" Holder(ReadRecords) => publications::show;
    GET "/publications/{id}/changes" Holder(ReadRecords) => publications::changes;
    GET "/mapping" Holder(ReadRecords) => publications::sketch;
    GET "/compare" Holder(ReadRecords) => compare::show;
    GET "/coverage" Holder(ReadRecords) => estimate::coverage;
    GET "/coverage.geojson" Holder(Export) => estimate::geojson;
    GET "/estimate" Holder(ReadAnalysis) => estimate::show;
    GET "/forensics" Holder(ReadAnalysis) => forensics::show;
    GET "/samples" Holder(ReadRecords) => samples::list;
    POST "/samples" Holder(DrawSample) => samples::draw;
    GET "/samples/size" Holder(ReadRecords) => samples::size;
    GET "/state-root" Holder(ReadRecords) => units::state_root;

    GET "/deadlines" Holder(ReadRecords) => deadlines::list;

    // What is made public.
    GET "/releases" Holder(ReadRecords) => releases::list;
    POST "/releases" Holder(Release) => releases::propose;
    GET "/releases/{number}" Holder(ReadRecords) => releases::show;
    GET "/releases/{number}/site.tar" Holder(Export) => releases::site;
    GET "/release-drafts/{draft}" Holder(ReadRecords) => releases::draft;
    POST "/release-drafts/{draft}/confirmation" Holder(Release) => releases::confirm;
    POST "/release-drafts/{draft}/withdrawal" Holder(Release) => releases::withdraw;

    // What is taken away.
    GET "/export/comparison.csv" Holder(Export) => export::comparison;
    GET "/export/figures.csv" Holder(Export) => export::figures;
    GET "/export/nist.json" Holder(Export) => export::nist;

    // Transcription: people type what photographs show.
    GET "/transcriptions" Holder(ReadRecords) => transcriptions::list;
    POST "/transcriptions/next" Holder(Transcribe) => transcriptions::next;
    GET "/transcriptions/{id}" Holder(Transcribe) => transcriptions::show;
    POST "/transcriptions/{id}/entries" Holder(Transcribe) => transcriptions::submit;
    POST "/transcriptions/{id}/lease" Holder(Transcribe) => transcriptions::renew;
    DELETE "/transcriptions/{id}/lease" Holder(Transcribe) => transcriptions::give_back;
    POST "/transcriptions/{id}/decision" Holder(Decide) => transcriptions::decide;

    // Incidents.
    GET "/incidents" Holder(ReadIncidents) => incidents::list;
    GET "/incidents/counts" Holder(ReadIncidents) => incidents::counts;
    GET "/incidents/stream" Holder(ReadIncidents) => incidents::stream::follow;
    GET "/incidents/export" Holder(Export) => incidents::export::take_out;
    GET "/incidents/{id}" Holder(ReadIncidents) => incidents::show;
    POST "/incidents/{id}/transitions" Holder(ReviewIncidents) => incidents::change::transition;
    POST "/incidents/{id}/assignment" Holder(ReviewIncidents) => incidents::change::assign;
    POST "/incidents/{id}/comments" Holder(ReviewIncidents) => incidents::change::comment;
    POST "/incidents/{id}/tags" Holder(ReviewIncidents) => incidents::change::tag;
    POST "/incidents/{id}/group" Holder(ReviewIncidents) => incidents::change::group;
    POST "/incidents/{id}/duplicate" Holder(ReviewIncidents) => incidents::change::duplicate;
    POST "/incidents/{id}/publication" Holder(PublishIncidents) => incidents::change::publish;

    // Who is told of changes.
    GET "/webhooks" Holder(ManageWebhooks) => webhooks::list;
    POST "/webhooks" Holder(ManageWebhooks) => webhooks::add;
    POST "/webhooks/{id}/end" Holder(ManageWebhooks) => webhooks::end;
    POST "/webhooks/{id}/resume" Holder(ManageWebhooks) => webhooks::resume;

    // Devices.
    GET "/devices" Holder(ReadDevices) => enrolments::devices;
    GET "/devices/{kid}/hardware" Holder(ReadDevices) => enrolments::hardware;
    POST "/devices/{kid}/revocation" Holder(EnrolDevices) => enrolments::revoke;
    POST "/invitations" Holder(EnrolDevices) => enrolments::invite;

    // Names and contacts.
    POST "/vault/passphrase" Account => vault::passphrase;
    GET "/vault" Holder(OpenVault) => vault::show;
    POST "/vault" Holder(OpenVault) => vault::make;
    POST "/vault/seal" Holder(OpenVault) => vault::seal;
    GET "/vault/openings" Holder(OpenVault) => vault::openings;
    POST "/vault/openings" Holder(OpenVault) => vault::ask;
    GET "/vault/openings/{opening}" Holder(OpenVault) => vault::opening;
    POST "/vault/openings/{opening}/agreement" Holder(OpenVault) => vault::agree;
    POST "/contacts/opening" Holder(ReadContacts) => vault::open_contacts;
    POST "/contacts/closing" Holder(ReadContacts) => vault::close_contacts;
    GET "/contacts" Holder(ReadContacts) => vault::contacts;
    POST "/contacts/{person}" Holder(ReadContacts) => vault::change_contact;

    // People in the field.
    POST "/people/{person}/replacement" Holder(EnrolDevices) => field::replace_phone;

    GET "/roster" Holder(ManageRoster) => roster::show;
    POST "/roster/import" Holder(ManageRoster) => roster::import;
    POST "/roster/confirmation" Holder(ManageRoster) => roster::confirm;
    POST "/roster/{assignment}" Holder(ManageRoster) => roster::change_seat;
    POST "/presences" Holder(ManageRoster) => roster::note_presence;
    GET "/messages" Holder(MessageObservers) => messages::list;
    POST "/messages" Holder(MessageObservers) => messages::send;
    GET "/checklists" Holder(ReadRecords) => roster::forms;
    GET "/checklists/matrix" Holder(ReadRecords) => roster::matrix;
    GET "/turnout" Holder(ReadRecords) => roster::turnout;
    GET "/turnout/{code}" Holder(ReadRecords) => roster::turnout_of_unit;
    GET "/rehearsal" Holder(ReadDevices) => roster::rehearsal;
    POST "/telephone/protocols" Holder(EnterByTelephone) => telephone::protocol;
    POST "/telephone/not-obtained" Holder(EnterByTelephone) => telephone::not_obtained;
    POST "/telephone/incidents" Holder(EnterByTelephone) => telephone::incident;
    POST "/telephone/forms" Holder(EnterByTelephone) => telephone::form;
    POST "/entries" Holder(EnterByTelephone) => entries::import;

    // One's own account.
    GET "/account" Account => account::show;
    POST "/account/password" Account => account::set_password;
    POST "/account/totp/offer" Account => account::offer_totp;
    POST "/account/totp" Account => account::set_totp;
    POST "/account/recovery-codes" Account => account::make_recovery;
    POST "/account/passkeys/{id}/end" Account => account::end_passkey;
    POST "/account/sessions/{id}/end" Account => account::end_session;
    POST "/account/tokens" Account => account::make_token;
    POST "/account/tokens/{id}/end" Account => account::end_token;
    POST "/account/language" Account => account::set_language;

    // Accounts, and who did what.
    GET "/accounts" Holder(ReadAccounts) => accounts::list;
    POST "/accounts" Holder(ManageAccounts) => accounts::invite;
    GET "/accounts/{name}" Holder(ReadAccounts) => accounts::show;
    POST "/accounts/{name}/invitation" Holder(ManageAccounts) => accounts::invite_again;
    POST "/accounts/{name}/invitation/end" Holder(ManageAccounts) => accounts::withdraw_invitation;
    POST "/accounts/{name}/state" Holder(ManageAccounts) => accounts::set_state;
    POST "/accounts/{name}/sessions/end" Holder(ManageAccounts) => accounts::end_access;
    POST "/accounts/{name}/factors/reset" Holder(ManageAccounts) => accounts::reset_factors;
    POST "/accounts/{name}/roles" Holder(ManageAccounts) => accounts::propose;
    GET "/role-changes" Holder(ReadAccounts) => accounts::role_changes;
    POST "/role-changes/{id}/confirmation" Holder(ManageAccounts) => accounts::confirm;
    POST "/role-changes/{id}/withdrawal" Holder(ManageAccounts) => accounts::withdraw;
    GET "/audit" Holder(ReadAudit) => accounts::trail;

    // The log.
    POST "/cosignatures" Holder(ReadLog) => cosignatures::take;
    GET "/cosignatures/request" Holder(ReadLog) => cosignatures::request;
}

/// Beside the interface for programs: the public log, and whether this process is to be asked.
pub(crate) const BESIDE: &[Address] = &[
    Address { method: Method::GET, pattern: "/log/checkpoint", access: Access::Anybody },
    Address { method: Method::GET, pattern: "/log/tile/{tile}*", access: Access::Anybody },
    Address { method: Method::GET, pattern: "/healthz", access: Access::Anybody },
    Address { method: Method::GET, pattern: "/readyz", access: Access::Anybody },
];

/// Every address: the interface for programs, the public log, the pages.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(serve_addresses(web::scope("/v1")))
        .route("/log/checkpoint", web::get().to(public_log::checkpoint))
        .route("/log/tile/{tile}*", web::get().to(public_log::tile))
        .configure(health::routes)
        .configure(crate::web::routes)
        .default_service(web::to(not_found));
}

async fn not_found() -> HttpProblem {
    HttpProblem::new(ProblemCode::NotFound, "there is nothing at this address")
}

/// Serves `headquarters` on a socket that is bound already. With `tls`, HTTPS only.
///
/// Signals of the system are left to the caller, who stops it by [`Server::handle`].
pub fn serve(
    headquarters: Headquarters,
    listener: TcpListener,
    tls: Option<rustls::ServerConfig>,
) -> std::io::Result<Server> {
    rustix::net::listen(&listener, BACKLOG)?;
    // The first who looks should not wait for what all need.
    let warmed = headquarters.clone();
    tokio::spawn(async move {
        if let Err(error) = warmed.warm().await {
            tracing::warn!(%error, "the unit files could not be read ahead; whoever looks waits");
        }
    });
    let connections = headquarters.admission.connections().clone();
    let of_a_worker = (connections.most() / WORKERS).max(1);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(web::Data::new(headquarters.clone()))
            .app_data(problem::json_config())
            .app_data(problem::query_config())
            .app_data(problem::path_config())
            .wrap(from_fn(admit::guard))
            // An answer without it is not ours: a phone takes it for a gateway's.
            .wrap(from_fn(leaving::let_go))
            .wrap(from_fn(meter::measure))
            .wrap(DEFAULTS.iter().fold(DefaultHeaders::new(), |all, header| all.add(*header)))
            .configure(routes)
    })
    .workers(WORKERS)
    .max_connections(of_a_worker)
    .on_connect(move |_, connection| {
        connection.insert(connections.opened());
    })
    // Those whose TLS does not stand yet. Above it actix takes no connection at all, and its 256 are the
    // few who open one and say nothing: as many as there may be connections.
    .max_connection_rate(of_a_worker)
    .tls_handshake_timeout(Duration::from_secs(FIRST_WORDS_S))
    .client_request_timeout(Duration::from_secs(FIRST_WORDS_S))
    .keep_alive(Duration::from_secs(KEEP_ALIVE_S))
    .shutdown_timeout(5)
    .disable_signals();
    let server = match tls {
        Some(config) => server.listen_rustls_0_23(listener, config)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}
