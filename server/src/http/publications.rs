//! What the commission published, as it was archived.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path, Payload, Query},
};
use hattama_proto::{
    id::PublicationId,
    problem::ProblemCode,
    statement::{Level, ReadBy},
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use super::{HttpProblem, body, upload::Upload};
use crate::{
    access::Operator,
    app::Headquarters,
    compare::EditionChanges,
    official, published,
    publishing::{Brought, FILE_BYTES_MAX, Keep, MAPPING_BYTES_MAX, Published},
    store::{self, publications::StoredPublication},
};

/// An archived publication.
#[derive(Serialize)]
pub(super) struct PublicationView {
    id: PublicationId,
    level: Level,
    fetched_at: UnixMillis,
    source: String,
    /// Length of the file.
    bytes: u64,
    units: u64,
    /// Hashes of file and mapping; null where it was read without one.
    read_by: Option<ReadBy>,
}

impl From<StoredPublication> for PublicationView {
    fn from(stored: StoredPublication) -> Self {
        Self {
            id: stored.id,
            level: stored.level,
            fetched_at: stored.fetched_at,
            source: stored.source,
            bytes: stored.bytes,
            units: stored.units,
            read_by: stored.read_by,
        }
    }
}

/// `GET /v1/publications`: all, oldest first.
pub(super) async fn list(
    _operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<PublicationView>>, HttpProblem> {
    let all = store::publications::all(&headquarters.db).await?;
    Ok(Json(all.into_iter().map(PublicationView::from).collect()))
}

/// One archived publication.
#[derive(Serialize)]
pub(super) struct OnePublicationView {
    #[serde(flatten)]
    publication: PublicationView,
    /// The mapping by which it was read, as it was given.
    mapping: Option<String>,
}

/// `GET /v1/publications/{id}`: one, with the mapping by which it was read.
pub(super) async fn show(
    _operator: Operator,
    id: Path<PublicationId>,
    headquarters: Data<Headquarters>,
) -> Result<Json<OnePublicationView>, HttpProblem> {
    let all = store::publications::all(&headquarters.db).await?;
    let stored = all.into_iter().find(|known| known.id == *id).ok_or_else(not_archived)?;
    let mapping = store::publications::mapping(&headquarters.db, &id).await?;
    Ok(Json(OnePublicationView {
        publication: stored.into(),
        mapping: mapping.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    }))
}

fn not_archived() -> HttpProblem {
    HttpProblem::new(ProblemCode::NotFound, "no such publication was archived")
}

/// Query of `POST /v1/publications`.
#[derive(Deserialize)]
pub(super) struct ArchiveQuery {
    level: Level,
    source: String,
    /// Whether to tell what would be understood, and to archive nothing.
    #[serde(default)]
    dry_run: bool,
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
    let edition = published::edition(&headquarters.db, &id).await?.ok_or_else(not_archived)?;
    Ok(Json(EditionView { before: edition.before, changes: edition.changes }))
}

/// `POST /v1/publications?level=&source=&dry_run=`: archives a file. The body is the file, with
/// columns named like cells; or a form with the parts `file` and `mapping`.
pub(super) async fn archive(
    _operator: Operator,
    request: HttpRequest,
    query: Query<ArchiveQuery>,
    mut payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<Published>, HttpProblem> {
    let (file, mapping) = if Upload::is_brought_by(&request) {
        let max = FILE_BYTES_MAX + MAPPING_BYTES_MAX;
        let mut upload = Upload::read(&request, payload, max).await?;
        (upload.need("file")?, upload.take_text("mapping")?)
    } else {
        (body::whole(&request, &mut payload, FILE_BYTES_MAX).await?, None)
    };
    let ArchiveQuery { level, source, dry_run } = query.into_inner();
    let keep = if dry_run { Keep::Nothing } else { Keep::Archive };
    let brought = Brought { file, level, source, mapping };
    Ok(Json(headquarters.publish(brought, keep, (headquarters.clock)()).await?))
}

/// Query of `GET /v1/mapping`.
#[derive(Deserialize)]
pub(super) struct SketchQuery {
    level: Level,
}

/// A mapping to begin with.
#[derive(Serialize)]
pub(super) struct SketchView {
    /// The text of the file.
    mapping: String,
}

/// `GET /v1/mapping?level=`: a commented mapping with everything that the set-up knows in it.
pub(super) async fn sketch(
    _operator: Operator,
    query: Query<SketchQuery>,
    headquarters: Data<Headquarters>,
) -> Json<SketchView> {
    let pack = std::sync::Arc::clone(&headquarters.book.read().pack);
    Json(SketchView { mapping: official::sketch(query.level, &pack) })
}
