//! What became of every record, for everybody.

use actix_web::{HttpResponse, http::header, web::Data};
use hattama_proto::problem::ProblemCode;

use super::HttpProblem;
use crate::app::Headquarters;

/// It moves with the public log, once a second at most.
const A_SECOND: &str = "public, max-age=1";

/// `GET /v1/accounting`: the signed account of the published log, one line of `application/jose`.
pub(super) async fn newest(headquarters: Data<Headquarters>) -> Result<HttpResponse, HttpProblem> {
    let jws = headquarters.accounts.newest().await?.ok_or_else(|| {
        HttpProblem::new(ProblemCode::NotFound, "nothing was published yet; come back later")
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/jose"))
        .insert_header((header::CACHE_CONTROL, A_SECOND))
        .body(jws.to_string()))
}
