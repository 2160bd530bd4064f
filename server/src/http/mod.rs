//! HTTP: a handler parses, calls one use case, answers. Every address is on this page.

mod accounting;
mod auth;
mod blobs;
mod body;
mod compare;
mod cosignatures;
mod enrolments;
mod evidence;
mod incidents;
mod packs;
mod problem;
mod public_log;
mod publications;
mod records;
mod room;
mod sync;
mod units;
mod witness;

use actix_web::{
    HttpServer,
    dev::Server,
    middleware::DefaultHeaders,
    web::{self, ServiceConfig},
};
use hattama_proto::{
    problem::ProblemCode,
    wire::{WIRE_HEADER, WIRE_VERSION},
};
use std::net::TcpListener;

pub(crate) use self::auth::COOKIE;
pub use self::{auth::Operator, problem::HttpProblem, witness::serve_witness};
use crate::app::Headquarters;

/// Threads that serve connections. Signatures and disks have threads of their own.
const WORKERS: usize = 2;

/// Seconds for which an idle connection is kept: on a 2G link a new TLS handshake costs more than
/// the record it carries.
const KEEP_ALIVE_S: u64 = 75;

/// The route table.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::scope("/v1")
                // Phones. Records need no login: they authenticate themselves.
                .route("/hello", web::get().to(sync::hello))
                .route("/enrolments", web::post().to(enrolments::enrol))
                .route("/session", web::post().to(enrolments::session))
                .route("/records", web::post().to(sync::push))
                .route("/status", web::post().to(sync::status))
                .route("/receipts", web::get().to(sync::receipts))
                .route("/feed", web::get().to(sync::feed))
                .route("/blobs/{sha256}", web::put().to(blobs::put))
                .route("/blobs/{sha256}", web::head().to(blobs::head))
                .route("/packs/{sha256}", web::get().to(packs::part))
                // Anybody: what became of every record.
                .route("/accounting", web::get().to(accounting::newest))
                // Operators.
                .route("/records", web::get().to(records::list))
                .route("/records/{id}", web::get().to(records::show))
                .route("/records/{id}/decisions", web::post().to(records::decide))
                .route("/records/{id}/evidence", web::get().to(evidence::bundle))
                .route("/photos/{sha256}", web::get().to(blobs::show))
                .route("/units", web::get().to(units::list))
                .route("/units/{code}", web::get().to(units::show))
                .route("/incidents", web::get().to(incidents::list))
                .route("/incidents/{id}", web::get().to(incidents::show))
                .route("/incidents/{id}/transitions", web::post().to(incidents::transition))
                .route("/devices", web::get().to(enrolments::devices))
                .route("/devices/{kid}/revocation", web::post().to(enrolments::revoke))
                .route("/invitations", web::post().to(enrolments::invite))
                .route("/publications", web::get().to(publications::list))
                .route("/publications", web::post().to(publications::archive))
                .route("/publications/{id}/changes", web::get().to(publications::changes))
                .route("/compare", web::get().to(compare::show))
                .route("/cosignatures", web::post().to(cosignatures::take))
                .route("/cosignatures/request", web::get().to(cosignatures::request))
                .route("/state-root", web::get().to(units::state_root)),
        )
        // Anybody: the public log.
        .route("/log/checkpoint", web::get().to(public_log::checkpoint))
        .route("/log/tile/{tile}*", web::get().to(public_log::tile))
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
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(web::Data::new(headquarters.clone()))
            .app_data(problem::json_config())
            .app_data(problem::query_config())
            .app_data(problem::path_config())
            // An answer without it is not ours: a phone takes it for a gateway's.
            .wrap(DefaultHeaders::new().add((WIRE_HEADER, WIRE_VERSION)))
            .configure(routes)
    })
    .workers(WORKERS)
    .keep_alive(std::time::Duration::from_secs(KEEP_ALIVE_S))
    .shutdown_timeout(5)
    .disable_signals();
    let server = match tls {
        Some(config) => server.listen_rustls_0_23(listener, config)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}
