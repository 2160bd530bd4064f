//! What changes an incident: one request, one logged statement.
//!
//! All of them understand `If-Match` with the `ETag` that was looked at, and `Idempotency-Key`; all
//! answer with the incident as it stands and its new `ETag`.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Json, Path},
};
use hattama_proto::{id::RecordId, problem::ProblemCode};
use serde::{Deserialize, Serialize};

use super::{IncidentView, etag};
use crate::{
    access::Operator,
    app::Headquarters,
    http::{HttpProblem, idempotency},
    review::{Ask, Asked, IncidentState},
    store,
};

/// What a change came to.
#[derive(Serialize)]
struct ChangedView {
    #[serde(flatten)]
    incident: IncidentView,
    /// The version that this change led to; null where all of it was so before.
    changed_to: Option<u64>,
}

async fn change(
    operator: &Operator,
    request: &HttpRequest,
    id: RecordId,
    ask: &Ask,
    headquarters: &Headquarters,
) -> Result<HttpResponse, HttpProblem> {
    let expected = match request.headers().get(header::IF_MATCH) {
        None => None,
        Some(value) if value.as_bytes() == b"*" => None,
        Some(value) => Some(version(value).ok_or_else(|| {
            HttpProblem::new(
                ProblemCode::MalformedRequest,
                "If-Match holds the version in quotes, as the ETag gave it",
            )
        })?),
    };
    let key = idempotency::key(request)?;
    let asked = Asked { incident: id, by: operator, expected, key };
    let now = (headquarters.clock)();
    let mut changed = headquarters.review.change_incident(&asked, ask, now).await?;
    headquarters.veil(&operator.scope, std::slice::from_mut(&mut changed.incident)).await?;
    let tags = store::incidents::tags(&headquarters.db, &changed.incident.record).await?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag(changed.incident.version))).json(
        ChangedView {
            incident: IncidentView::new(changed.incident, tags),
            changed_to: changed.version,
        },
    ))
}

fn version(value: &header::HeaderValue) -> Option<u64> {
    value.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// Body of `POST /v1/incidents/{id}/transitions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct TransitionBody {
    to: String,
    reason: String,
}

/// `POST /v1/incidents/{id}/transitions`: takes a step.
pub(in super::super) async fn transition(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<TransitionBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let body = body.into_inner();
    let to = IncidentState::from_name(&body.to).ok_or_else(|| {
        HttpProblem::new(ProblemCode::Invalid, format!("there is no state {:?}", body.to))
    })?;
    let ask = Ask::Step { to, reason: body.reason };
    change(&operator, &request, *id, &ask, &headquarters).await
}

/// Body of `POST /v1/incidents/{id}/assignment`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct AssignmentBody {
    to: Option<String>,
}

/// `POST /v1/incidents/{id}/assignment`: gives it to an account to look after, or to nobody.
pub(in super::super) async fn assign(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<AssignmentBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let ask = Ask::Assign { to: body.into_inner().to };
    change(&operator, &request, *id, &ask, &headquarters).await
}

/// Body of `POST /v1/incidents/{id}/comments`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct CommentBody {
    words: String,
}

/// `POST /v1/incidents/{id}/comments`: remarks on it.
pub(in super::super) async fn comment(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<CommentBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let ask = Ask::Comment { words: body.into_inner().words };
    change(&operator, &request, *id, &ask, &headquarters).await
}

/// Body of `POST /v1/incidents/{id}/tags`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct TagsBody {
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

/// `POST /v1/incidents/{id}/tags`: gives it tags and takes some.
pub(in super::super) async fn tag(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<TagsBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let TagsBody { add, remove } = body.into_inner();
    change(&operator, &request, *id, &Ask::Tag { add, remove }, &headquarters).await
}

/// Body of `POST /v1/incidents/{id}/group`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct GroupBody {
    group: Option<String>,
}

/// `POST /v1/incidents/{id}/group`: puts it with others, or out of their group.
pub(in super::super) async fn group(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<GroupBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let ask = Ask::Group { group: body.into_inner().group };
    change(&operator, &request, *id, &ask, &headquarters).await
}

/// Body of `POST /v1/incidents/{id}/duplicate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct DuplicateBody {
    /// The incident that counts; null takes the mark away.
    of: Option<RecordId>,
    reason: String,
}

/// `POST /v1/incidents/{id}/duplicate`: marks it as telling the same event as another, or not.
pub(in super::super) async fn duplicate(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<DuplicateBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let DuplicateBody { of, reason } = body.into_inner();
    let ask = match of {
        Some(of) => Ask::Duplicate { of, reason },
        None => Ask::NotDuplicate { reason },
    };
    change(&operator, &request, *id, &ask, &headquarters).await
}

/// Body of `POST /v1/incidents/{id}/publication`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PublicationBody {
    /// Texts by language; null withdraws what is public.
    texts: Option<BTreeMap<String, String>>,
    /// Why it is withdrawn.
    #[serde(default)]
    reason: String,
}

/// `POST /v1/incidents/{id}/publication`: makes a text about it public, or withdraws what is.
pub(in super::super) async fn publish(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<PublicationBody>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let PublicationBody { texts, reason } = body.into_inner();
    let ask = match texts {
        Some(texts) => Ask::Publish { texts },
        None => Ask::Withdraw { reason },
    };
    change(&operator, &request, *id, &ask, &headquarters).await
}
