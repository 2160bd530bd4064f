//! Records as operators see them, and decisions about them.

use actix_web::web::{Data, Json, Path, Query};
use hattama_proto::{
    id::{CopyType, RecordId, UnitCode},
    key::PublicKey,
    problem::ProblemCode,
    statement::{Decision, Disposition},
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    store::{self, records::StoredRecord},
};

/// Most records on one page.
const PAGE: u32 = 200;

/// One record as an operator sees it.
#[derive(Serialize)]
pub(super) struct RecordView {
    index: u64,
    id: RecordId,
    kind: String,
    kid: String,
    /// The key itself, if it is enrolled: with it anybody checks the signature.
    public_key: Option<PublicKey>,
    person: Option<String>,
    org: Option<String>,
    received_at: UnixMillis,
    /// What the device was told: none if it was stored.
    held: Option<String>,
    /// The payload as signed.
    claims: Option<serde_json::Value>,
    /// The exact signed string.
    jws: String,
}

/// One page of records.
#[derive(Serialize)]
pub(super) struct RecordPage {
    records: Vec<RecordView>,
    /// Pass as `after` for the next page; none when that was all.
    next: Option<u64>,
}

/// Query of `GET /v1/records`.
#[derive(Deserialize)]
pub(super) struct PageQuery {
    after: Option<u64>,
    limit: Option<u32>,
}

/// `GET /v1/records?after=&limit=`: records in log order.
pub(super) async fn list(
    operator: Operator,
    query: Query<PageQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<RecordPage>, HttpProblem> {
    let limit = query.limit.unwrap_or(PAGE).min(PAGE);
    let mut stored = store::records::after(&headquarters.db, query.after, limit).await?;
    let more = u32::try_from(stored.len()) == Ok(limit);
    let next = stored.last().map(|record| record.position).filter(|_| more);
    // Whose key it is stands in signed statements and not in the record's row. A page of an account
    // with a limit may hold fewer records than asked for, and still have a next one.
    let book = headquarters.book.read();
    stored.retain(|record| operator.scope.sees_record(&book, record));
    drop(book);
    let records = stored.into_iter().map(|record| view(&headquarters, record)).collect();
    Ok(Json(RecordPage { records, next }))
}

/// `GET /v1/records/{id}`: one record with its exact bytes.
pub(super) async fn show(
    operator: Operator,
    id: Path<RecordId>,
    headquarters: Data<Headquarters>,
) -> Result<Json<RecordView>, HttpProblem> {
    let stored = headquarters.record_within(&operator.scope, &id).await?.ok_or_else(not_found)?;
    Ok(Json(view(&headquarters, stored)))
}

fn view(headquarters: &Headquarters, record: StoredRecord) -> RecordView {
    let book = headquarters.book.read();
    let enrolment = record.kid.parse().ok().and_then(|kid| book.statements.enrolment(&kid));
    let claims = hattama_proto::jws::Envelope::parse(&record.jws)
        .ok()
        .and_then(|envelope| serde_json::from_slice(envelope.unverified_payload()).ok());
    RecordView {
        index: record.position,
        id: record.id,
        kind: hattama_proto::kind::Kind::from_typ(&record.typ)
            .map_or(record.typ.clone(), |kind| kind.name().to_owned()),
        person: enrolment.map(|enrolment| enrolment.person.to_string()),
        org: enrolment.map(|enrolment| enrolment.org.to_string()),
        public_key: enrolment.map(|enrolment| enrolment.public_key),
        kid: record.kid,
        received_at: record.received_at,
        held: record.held,
        claims,
        jws: record.jws,
    }
}

/// Body of `POST /v1/records/{id}/decisions`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionBody {
    disposition: Disposition,
    reason: String,
    #[serde(default)]
    unit: Option<UnitCode>,
    #[serde(default)]
    copy: Option<CopyType>,
    #[serde(default)]
    same_document_as: Option<RecordId>,
}

/// What a decision became.
#[derive(Serialize)]
pub(super) struct DecisionView {
    /// The signed statement.
    statement: String,
    /// Its place in the log.
    index: u64,
}

/// `POST /v1/records/{id}/decisions`: decides about a record; signed, logged, never taken back but
/// by a later one.
pub(super) async fn decide(
    operator: Operator,
    id: Path<RecordId>,
    body: Json<DecisionBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<DecisionView>, HttpProblem> {
    let body = body.into_inner();
    headquarters.record_within(&operator.scope, &id).await?.ok_or_else(not_found)?;
    let named = body.same_document_as;
    if headquarters.records_within(&operator.scope, named).await?.len() != named.iter().count() {
        return Err(not_found());
    }
    let decision = Decision {
        record: *id,
        disposition: body.disposition,
        reason: body.reason,
        account: operator.name,
        unit: body.unit,
        copy: body.copy,
        same_document_as: body.same_document_as,
    };
    let (statement, index) = headquarters.review.decide(decision, (headquarters.clock)()).await?;
    Ok(Json(DecisionView { statement, index }))
}

fn not_found() -> HttpProblem {
    HttpProblem::new(ProblemCode::NotFound, "no record has this id")
}
