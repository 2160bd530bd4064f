//! The address of a witness, `c2sp.org/tlog-witness@v1.0.0`: `POST /add-checkpoint` for logs, and
//! `GET /HEX/checkpoint` for anybody, HEX being the SHA-256 of the log's name.

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    http::header,
    web::{self, Data, Path, Payload},
};
use hattama_proto::{id::to_hex, problem::ProblemCode, tlog::ADD_CHECKPOINT_BYTES_MAX};

use super::{HttpProblem, body, problem};
use crate::witness::{Witness, WitnessError};

/// Seconds for which an idle connection is kept: a log comes every few seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Serves a witness on a socket that is bound already. With `tls`, HTTPS only.
pub fn serve_witness(
    witness: Arc<Witness>,
    listener: TcpListener,
    tls: Option<rustls::ServerConfig>,
) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(Data::from(Arc::clone(&witness)))
            .service(web::resource("/add-checkpoint").route(web::post().to(add_checkpoint)))
            .service(web::resource("/{log}/checkpoint").route(web::get().to(checkpoint)))
            .default_service(web::to(super::not_found))
    })
    .workers(1)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(5)
    .disable_signals();
    let server = match tls {
        Some(config) => server.listen_rustls_0_23(listener, config)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// `POST /add-checkpoint`: the cosignature, or the specification's refusal.
async fn add_checkpoint(
    request: HttpRequest,
    mut payload: Payload,
    witness: Data<Witness>,
) -> Result<HttpResponse, HttpProblem> {
    let bytes = body::whole(&request, &mut payload, ADD_CHECKPOINT_BYTES_MAX).await?;
    // What is not UTF-8 is not a request either.
    let text = String::from_utf8(bytes).unwrap_or_default();
    let witness = witness.into_inner();
    let done = tokio::task::spawn_blocking(move || witness.cosign(&text)).await;
    Ok(match done {
        Ok(Ok(cosignature)) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
            .body(format!("{}\n", cosignature.line)),
        Ok(Err(error)) => problem::witness_refused(&error),
        Err(_) => return Err(HttpProblem::new(ProblemCode::Internal, "nothing was cosigned")),
    })
}

/// `GET /{log}/checkpoint`: what this witness cosigned last.
async fn checkpoint(
    log: Path<String>,
    witness: Data<Witness>,
) -> Result<HttpResponse, HttpProblem> {
    let witness = witness.into_inner();
    let log = log.into_inner();
    let found = tokio::task::spawn_blocking(move || {
        let named = |origin: &str| {
            to_hex(ring::digest::digest(&ring::digest::SHA256, origin.as_bytes()).as_ref()) == log
        };
        let key = witness.logs()?.into_iter().find(|key| named(key.name().as_str()));
        key.map_or(Ok(None), |key| witness.head(key.name().as_str()))
    });
    match found.await {
        Ok(Ok(Some(note))) => Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body(note)),
        Ok(Ok(None)) => {
            Err(HttpProblem::new(ProblemCode::NotFound, "nothing was cosigned for this log"))
        }
        Ok(Err(error)) => Ok(problem::witness_refused(&WitnessError::Folder(error))),
        Err(_) => Err(HttpProblem::new(ProblemCode::Internal, "the witness failed inside")),
    }
}
