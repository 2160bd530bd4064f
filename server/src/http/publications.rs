//! What the commission published, as it was archived.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path, Payload, Query},
};
use hattama_proto::{id::PublicationId, problem::ProblemCode, statement::Level, time::UnixMillis};
use serde::{Deserialize, Serialize};

use super::{HttpProblem, body};
use crate::{access::Operator, app::Headquarters, compare::EditionChanges, published, store};

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
    /// How many units it says otherwise than the publication of its level before it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<ChangeCounts>,
}

/// How many units changed.
#[derive(Serialize)]
pub(super) struct ChangeCounts {
    appeared: usize,
    changed: usize,
    withdrawn: usize,
}

/// What a publication says otherwise than the one of its level before it.
#[derive(Serialize)]
pub(super) struct EditionView {
    /// The one before; none if it is the first of its level.
    before: Option<PublicationId>,
    #[serde(flatten)]
    changes: EditionChanges,
}

/// `GET /v1/publications/{id}/changes`: what appeared, changed and was withdrawn.
pub(super) async fn changes(
    _operator: Operator,
    id: Path<PublicationId>,
    headquarters: Data<Headquarters>,
) -> Result<Json<EditionView>, HttpProblem> {
    let edition = published::edition(&headquarters.db, &id).await?.ok_or_else(|| {
        HttpProblem::new(ProblemCode::NotFound, "no such publication was archived")
    })?;
    Ok(Json(EditionView { before: edition.before, changes: edition.changes }))
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
        return Ok(Json(ArchiveView { id: None, units, left_out, changes: None }));
    }
    let id = headquarters
        .review
        .archive(&file, level, &query.source, read, (headquarters.clock)())
        .await?;
    let edition = published::edition(&headquarters.db, &id).await?;
    let changes = edition.filter(|edition| edition.before.is_some()).map(|edition| ChangeCounts {
        appeared: edition.changes.appeared.len(),
        changed: edition.changes.changed.len(),
        withdrawn: edition.changes.withdrawn.len(),
    });
    Ok(Json(ArchiveView { id: Some(id), units, left_out, changes }))
}
