//! What is told over the telephone. All of it understands `Idempotency-Key`.

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use hattama_proto::{
    id::{OrgId, PersonId, RecordId},
    record::{Body, Channel, FormAnswers, Incident, NotObtained, ResultsProtocol},
    time::ClaimedTime,
};
use serde::{Deserialize, Serialize};

use super::{HttpProblem, idempotency};
use crate::{access::Operator, app::Headquarters, field::Telephoned};

/// Body of `POST /v1/telephone/...`; `entry` is the body of the record.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TelephoneBody<T> {
    /// Who told it; null for an incident whose teller is not to be named.
    #[serde(default)]
    person: Option<PersonId>,
    /// For which organisation, where nobody is named.
    #[serde(default)]
    org: Option<OrgId>,
    channel: Channel,
    told_at: ClaimedTime,
    entry: T,
}

/// What was written down.
#[derive(Serialize)]
pub(super) struct WrittenDown {
    record: RecordId,
    /// Why it waits for a check, if it does.
    held: Option<String>,
}

async fn write_down<T: Serialize>(
    operator: Operator,
    request: HttpRequest,
    body: TelephoneBody<T>,
    wrap: fn(T) -> Body,
    headquarters: &Headquarters,
) -> Result<Json<WrittenDown>, HttpProblem> {
    let once = idempotency::once(&request, &body)?;
    let told = Telephoned {
        person: body.person,
        org: body.org,
        channel: body.channel,
        told_at: body.told_at,
        body: wrap(body.entry),
    };
    let now = (headquarters.clock)();
    let heard = headquarters.telephone.write_down(told, once.as_ref(), &operator, now).await?;
    Ok(Json(WrittenDown { record: heard.record, held: heard.held }))
}

/// `POST /v1/telephone/protocols`: figures that an observer told.
pub(super) async fn protocol(
    operator: Operator,
    request: HttpRequest,
    body: Json<TelephoneBody<ResultsProtocol>>,
    headquarters: Data<Headquarters>,
) -> Result<Json<WrittenDown>, HttpProblem> {
    write_down(operator, request, body.into_inner(), Body::Protocol, &headquarters).await
}

/// `POST /v1/telephone/not-obtained`: a copy that an observer could not get, and why.
pub(super) async fn not_obtained(
    operator: Operator,
    request: HttpRequest,
    body: Json<TelephoneBody<NotObtained>>,
    headquarters: Data<Headquarters>,
) -> Result<Json<WrittenDown>, HttpProblem> {
    write_down(operator, request, body.into_inner(), Body::NotObtained, &headquarters).await
}

/// `POST /v1/telephone/incidents`: an incident that an observer told.
pub(super) async fn incident(
    operator: Operator,
    request: HttpRequest,
    body: Json<TelephoneBody<Incident>>,
    headquarters: Data<Headquarters>,
) -> Result<Json<WrittenDown>, HttpProblem> {
    write_down(operator, request, body.into_inner(), Body::Incident, &headquarters).await
}

/// `POST /v1/telephone/forms`: a checklist that an observer told.
pub(super) async fn form(
    operator: Operator,
    request: HttpRequest,
    body: Json<TelephoneBody<FormAnswers>>,
    headquarters: Data<Headquarters>,
) -> Result<Json<WrittenDown>, HttpProblem> {
    write_down(operator, request, body.into_inner(), Body::Form, &headquarters).await
}
