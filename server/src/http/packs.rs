//! Parts of the election set-up, for anybody who knows their hash.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path},
};
use hattama_proto::{id::PartHash, problem::ProblemCode};

use super::HttpProblem;
use crate::{app::Headquarters, store};

/// `GET /v1/packs/{sha256}`: one part. The address is the hash, so it may be kept for ever.
pub(super) async fn part(
    part: Path<PartHash>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let bytes = store::packs::part(&headquarters.db, &part).await?.ok_or_else(|| {
        HttpProblem::new(ProblemCode::NotFound, "no part of a set-up has this hash")
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(bytes))
}
