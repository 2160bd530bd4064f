//! Evidence bundles, for operators.

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header,
    web::{Data, Path},
};
use hattama_proto::{id::RecordId, problem::ProblemCode};

use super::HttpProblem;
use crate::{access::Operator, app::Headquarters, evidence::Sources};

/// `GET /v1/records/{id}/evidence`: the evidence bundle of a record, a zip that is streamed. With
/// original photographs, so that it is noted who took it. Broken off, it is shorter than announced.
pub(super) async fn bundle(
    operator: Operator,
    id: Path<RecordId>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    headquarters
        .record_within(&operator.scope, &id)
        .await?
        .ok_or_else(|| HttpProblem::new(ProblemCode::NotFound, "no record has this id"))?;
    let sources = Sources {
        db: &headquarters.db,
        blobs: &headquarters.blobs,
        book: &headquarters.book,
        log: headquarters.sequencer.view(),
    };
    let bundle = sources.hand_out(*id, &operator.name, (headquarters.clock)()).await?;
    let name = format!("attachment; filename=\"evidence-{}.zip\"", bundle.record());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/zip"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(SizedStream::new(bundle.bytes(), Box::pin(bundle.into_stream()))))
}
