//! Figures of observers from a table.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Payload, Query},
};
use hattama_proto::{
    id::{OrgId, PersonId},
    statement::Level,
};
use serde::Deserialize;

use super::{HttpProblem, upload::Upload};
use crate::{
    access::Operator,
    app::Headquarters,
    entries::{BroughtEntries, EntriesWritten},
    publishing::{FILE_BYTES_MAX, Keep, MAPPING_BYTES_MAX},
};

/// Query of `POST /v1/entries`.
#[derive(Deserialize)]
pub(super) struct EntriesQuery {
    level: Level,
    /// Who observed, where the table does not say.
    person: Option<PersonId>,
    /// For which organisation, where nobody is named.
    org: Option<OrgId>,
    /// Whether to tell what would be understood, and to write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// `POST /v1/entries?level=&person=&org=&dry_run=`: writes observers' figures down from a table. The
/// body is a form with the parts `file` and `mapping`.
pub(super) async fn import(
    operator: Operator,
    request: HttpRequest,
    query: Query<EntriesQuery>,
    payload: Payload,
    headquarters: Data<Headquarters>,
) -> Result<Json<EntriesWritten>, HttpProblem> {
    let mut upload = Upload::read(&request, payload, FILE_BYTES_MAX + MAPPING_BYTES_MAX).await?;
    let EntriesQuery { level, person, org, dry_run } = query.into_inner();
    let brought = BroughtEntries {
        file: upload.need("file")?,
        mapping: upload.need_text("mapping")?,
        level,
        person,
        org,
    };
    let keep = if dry_run { Keep::Nothing } else { Keep::Archive };
    let now = (headquarters.clock)();
    Ok(Json(headquarters.take_entries(brought, keep, &operator, now).await?))
}
