//! The incident review API, in its first form: list, show, take a step.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Json, Path, Query},
};
use hattama_proto::{id::RecordId, problem::ProblemCode, time::UnixMillis};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    review::IncidentState,
    store::{
        self,
        incidents::{IncidentFilter, StoredIncident, Transition},
    },
};

/// Most incidents on one page.
const PAGE: u32 = 100;

/// An incident in a list.
#[derive(Serialize)]
pub(super) struct IncidentView {
    id: RecordId,
    state: String,
    version: u64,
    categories: serde_json::Value,
    phase: String,
    severity: String,
    unit: Option<String>,
    region: Option<String>,
    org: Option<String>,
    reporter: Option<String>,
    occurred_at: Option<String>,
    updated_at: UnixMillis,
}

impl From<StoredIncident> for IncidentView {
    fn from(incident: StoredIncident) -> Self {
        Self {
            id: incident.record,
            state: incident.state,
            version: incident.version,
            categories: serde_json::from_str(&incident.categories).unwrap_or_default(),
            phase: incident.phase,
            severity: incident.severity,
            unit: incident.unit,
            region: incident.region,
            org: incident.org,
            reporter: incident.person,
            occurred_at: incident.occurred_at,
            updated_at: incident.updated_at,
        }
    }
}

/// One page of incidents.
#[derive(Serialize)]
pub(super) struct IncidentPage {
    incidents: Vec<IncidentView>,
    /// Pass as `after` for the next page; none when that was all.
    next: Option<RecordId>,
}

/// Query of `GET /v1/incidents`.
#[derive(Deserialize)]
pub(super) struct IncidentQuery {
    state: Option<String>,
    unit: Option<String>,
    region: Option<String>,
    severity: Option<String>,
    phase: Option<String>,
    after: Option<RecordId>,
    limit: Option<u32>,
}

/// `GET /v1/incidents`: incidents that fit the filters.
pub(super) async fn list(
    _operator: Operator,
    query: Query<IncidentQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<IncidentPage>, HttpProblem> {
    let query = query.into_inner();
    let limit = query.limit.unwrap_or(PAGE).min(PAGE);
    let filter = IncidentFilter {
        state: query.state,
        unit: query.unit,
        region: query.region,
        severity: query.severity,
        phase: query.phase,
        after: query.after,
    };
    let found = store::incidents::list(&headquarters.db, &filter, limit).await?;
    let more = u32::try_from(found.len()) == Ok(limit);
    let next = found.last().map(|incident| incident.record).filter(|_| more);
    Ok(Json(IncidentPage { incidents: found.into_iter().map(IncidentView::from).collect(), next }))
}

/// One step of an incident's review.
#[derive(Serialize)]
pub(super) struct StepView {
    version: u64,
    from: String,
    to: String,
    actor: String,
    reason: String,
    at: UnixMillis,
}

/// One incident, whole.
#[derive(Serialize)]
pub(super) struct IncidentDetail {
    #[serde(flatten)]
    incident: IncidentView,
    /// The steps of its review, oldest first.
    history: Vec<StepView>,
    /// What may follow now.
    next_states: Vec<&'static str>,
    /// The report as signed.
    jws: String,
}

/// `GET /v1/incidents/{id}`: one incident with its history. The `ETag` is its version.
pub(super) async fn show(
    _operator: Operator,
    id: Path<RecordId>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let incident = store::incidents::by_id(&headquarters.db, &id).await?.ok_or_else(not_found)?;
    let record = store::records::by_id(&headquarters.db, &id).await?.ok_or_else(not_found)?;
    let history = store::incidents::history(&headquarters.db, &id).await?;
    let next_states = IncidentState::from_name(&incident.state)
        .map(|state| state.next().iter().map(|state| state.name()).collect())
        .unwrap_or_default();
    let etag = format!("\"{}\"", incident.version);
    let steps = history.into_iter().map(step_view).collect();
    Ok(HttpResponse::Ok().insert_header((header::ETAG, etag)).json(IncidentDetail {
        incident: incident.into(),
        history: steps,
        next_states,
        jws: record.jws,
    }))
}

fn step_view(step: Transition) -> StepView {
    StepView {
        version: step.version,
        from: step.from,
        to: step.to,
        actor: step.actor,
        reason: step.reason,
        at: step.at,
    }
}

/// Body of `POST /v1/incidents/{id}/transitions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransitionBody {
    to: String,
    reason: String,
}

/// `POST /v1/incidents/{id}/transitions`: takes a step. With `If-Match`, only from that version.
///
/// 200 with the incident; 409 when the step does not follow from the present state or somebody was
/// first.
pub(super) async fn transition(
    operator: Operator,
    request: HttpRequest,
    id: Path<RecordId>,
    body: Json<TransitionBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<IncidentView>, HttpProblem> {
    let expected = match request.headers().get(header::IF_MATCH) {
        None => None,
        Some(value) => Some(version(value).ok_or_else(|| {
            HttpProblem::new(
                ProblemCode::MalformedRequest,
                "If-Match holds the version in quotes, as the ETag gave it",
            )
        })?),
    };
    let to = IncidentState::from_name(&body.to).ok_or_else(|| {
        HttpProblem::new(ProblemCode::Invalid, format!("there is no state {:?}", body.to))
    })?;
    let incident = headquarters
        .review
        .step_incident(*id, to, &operator.name, &body.reason, expected, (headquarters.clock)())
        .await?;
    Ok(Json(incident.into()))
}

fn version(value: &header::HeaderValue) -> Option<u64> {
    value.to_str().ok()?.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

fn not_found() -> HttpProblem {
    HttpProblem::new(ProblemCode::NotFound, "no incident has this id")
}
