//! Whether a process lives, whether it is to be asked, and what it measures.
//!
//! `/healthz` and `/readyz` stand on the socket that phones use, for the balancer before it; the figures
//! only on a socket of their own.

use std::{net::TcpListener, time::Duration};

use actix_web::{
    HttpResponse, HttpServer,
    dev::Server,
    http::header,
    web::{self, Data, ServiceConfig},
};
use hattama_proto::problem::ProblemCode;

use super::HttpProblem;
use crate::{app::Headquarters, metrics::Metrics};

/// How long the store may take to answer before a balancer hears that it does not.
const STORE_WAIT: Duration = Duration::from_secs(2);

/// What Prometheus and others ask for by this name.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The addresses of this page.
pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/healthz", web::get().to(healthz)).route("/readyz", web::get().to(readyz));
}

/// Serves the figures of `headquarters` on a socket that is bound already, in plain HTTP: the caller sees
/// to it that strangers do not reach it. `/healthz` and `/readyz` are there too.
pub fn serve_metrics(headquarters: Headquarters, listener: TcpListener) -> std::io::Result<Server> {
    let metrics = Metrics::of(&headquarters);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(Data::new(headquarters.clone()))
            .app_data(Data::new(metrics.clone()))
            .configure(routes)
            .route("/metrics", web::get().to(figures))
            .default_service(web::to(super::not_found))
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals();
    Ok(server.listen(listener)?.run())
}

/// `GET /healthz`: this process runs and answers. Nothing is asked of anything else: a process that waits
/// for its database does not get better by being restarted.
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type(mime()).body("lives\n")
}

/// `GET /readyz`: 200 where this process is to be asked; else the problem that it would answer with. A full
/// disk is no reason: what is there can be read, and phones are told why nothing is taken.
async fn readyz(headquarters: Data<Headquarters>) -> Result<HttpResponse, HttpProblem> {
    if headquarters.is_leaving() {
        return Err(unavailable("this process is about to stop; ask another"));
    }
    if let Some(why) = headquarters.sequencer.stopped() {
        return Err(why.clone().into());
    }
    match tokio::time::timeout(STORE_WAIT, headquarters.db.answers()).await {
        Ok(answered) => answered?,
        Err(_) => return Err(unavailable("the store does not answer now; try again later")),
    }
    Ok(HttpResponse::Ok().content_type(mime()).body("ready\n"))
}

/// `GET /metrics`.
async fn figures(metrics: Data<Metrics>) -> Result<HttpResponse, HttpProblem> {
    let text = metrics
        .text()
        .map_err(|_| HttpProblem::new(ProblemCode::Internal, "the figures cannot be written"))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, OPENMETRICS)).body(text))
}

fn unavailable(detail: &str) -> HttpProblem {
    HttpProblem::new(ProblemCode::StoreUnavailable, detail).retry_later()
}

const fn mime() -> &'static str {
    "text/plain; charset=utf-8"
}
