//! What the commission published, as it was archived.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Payload, Query},
};
use hattama_proto::{id::PublicationId, problem::ProblemCode, statement::Level, time::UnixMillis};
use serde::{Deserialize, Serialize};

use super::{HttpProblem, Operator, body};
use crate::{app::Headquarters, store};

/// Largest published file, in bytes: all precincts of a large country with every line.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An archived publication.
#[derive(Serialize)]
pub(super) struct PublicationView {
    id: PublicationId,
    level: Level,
    fetched_at: UnixMillis,
    source: String,
}

/// `GET /v1/publications`: all, oldest first.
pub(super) async fn list(
    _operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<PublicationView>>, HttpProblem> {
    let all = store::publications::all(&headquarters.db).await?;
    let view = |publication: store::publications::StoredPublication| PublicationView {
        id: publication.id,
        level: publication.level,
        fetched_at: publication.fetched_at,
        source: publication.source,
    };
    Ok(Json(all.into_iter().map(view).collect()))
}

/// Query of `POST /v1/publications`.
#[derive(Deserialize)]
pub(super) struct ArchiveQuery {
    level: Level,
    source: String,
}

/// What became of an import.
#[derive(Serialize)]
pub(super) struct ArchiveView {
    /// None when no row was understood; then nothing was archived.
    id: Option<PublicationId>,
    units: usize,
    /// Rows that were not understood, with their line and the reason.
    left_out: Vec<(u64, String)>,
}

/// `POST /v1/publications?level=&source=`: archives a CSV file with named columns; the body is the
/// file.
pub(super) async fn archive(
    _operator: Operator,
    request: HttpRequest,
    query: Query<ArchiveQuery>,
    mut payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<ArchiveView>, HttpProblem> {
    let level = query.level;
    let file = body::whole(&request, &mut payload, FILE_BYTES_MAX).await?;
    let pack = std::sync::Arc::clone(&headquarters.book.read().pack);
    let read = crate::compare::read_publication(&file, level, &pack)
        .map_err(|error| HttpProblem::new(ProblemCode::Invalid, error.to_string()))?;
    let units = read.rows.len();
    let left_out = read.left_out.clone();
    // What is archived stays for ever; a file for another level or register is a slip.
    if units == 0 {
        return Ok(Json(ArchiveView { id: None, units, left_out }));
    }
    let id = headquarters
        .review
        .archive(&file, level, &query.source, read, (headquarters.clock)())
        .await?;
    Ok(Json(ArchiveView { id: Some(id), units, left_out }))
}
