//! `GET /records/{id}`: one record with its exact bytes, and whether it counts.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{
    id::RecordId, jws::Envelope, kind::Kind, problem::ProblemCode, record::Body, wire::HeldReason,
};

use super::{
    answer,
    chip::Chip,
    frame::{Frame, Id},
    unit::state,
    visitor::Visitor,
    words::Words,
};
use crate::{
    app::Headquarters,
    http::HttpProblem,
    merge::Statements,
    picture::Judged,
    store::{self, records::StoredRecord},
};

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    id: Id,
    kind: &'static str,
    standing: Chip,
    superseded_by: Vec<Id>,
    position: u64,
    received_at: String,
    claimed_at: String,
    verdict: String,
    by: String,
    kid: String,
    unit: Option<String>,
    /// Whether it has a page as an incident.
    incident: bool,
    corrects: Option<Id>,
    corrected_by: Vec<Id>,
    decisions: Vec<DecisionView>,
    payload: String,
    jws: String,
}

struct DecisionView {
    position: u64,
    disposition: &'static str,
    unit: Option<String>,
    copy: Option<String>,
    same_document_as: Option<Id>,
    account: String,
    reason: String,
}

/// `GET /records/{id}`.
pub(super) async fn show(
    visitor: Visitor,
    id: Path<RecordId>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let stored = headquarters
        .record_within(&visitor.operator.scope, &id)
        .await?
        .ok_or_else(|| HttpProblem::new(ProblemCode::NotFound, "no record has this id"))?;
    let judged = headquarters.judge(&stored).await?;
    let incident = store::incidents::by_id(&headquarters.db, &id).await?.is_some();
    let joined: Vec<RecordId> = {
        let book = headquarters.book.read();
        let decisions = book.statements.history(&id);
        decisions.filter_map(|(_, decision)| decision.same_document_as).collect()
    };
    let seen = headquarters.records_within(&visitor.operator.scope, joined).await?;
    let book = headquarters.book.read();
    let mut page = page(&visitor.frame, &stored, &judged, &book.statements, incident);
    for decision in &mut page.decisions {
        let known = |other: &Id| seen.iter().any(|one| one.to_hex() == other.to_string());
        decision.same_document_as.take_if(|other| !known(other));
    }
    answer::html(&page)
}

fn page<'a>(
    frame: &'a Frame,
    stored: &StoredRecord,
    judged: &Judged,
    statements: &Statements,
    incident: bool,
) -> RecordPage<'a> {
    let w = frame.w;
    let record = judged.record.as_ref();
    let enrolment = stored.kid.parse().ok().and_then(|kid| statements.enrolment(&kid));
    let decisions = statements.history(&stored.id).map(|(position, decision)| DecisionView {
        position,
        disposition: w.disposition(decision.disposition),
        unit: decision.unit.as_ref().map(ToString::to_string),
        copy: decision.copy.as_ref().map(|copy| frame.copy(copy)),
        same_document_as: decision.same_document_as.map(Id::from),
        account: decision.account.clone(),
        reason: decision.reason.clone(),
    });
    let superseded = judged.standing.as_ref().map_or(&[][..], |standing| standing.superseded_by());
    RecordPage {
        frame,
        w,
        id: stored.id.into(),
        kind: kind(w, &stored.typ),
        standing: match &judged.standing {
            Some(standing) => state::standing(frame, standing),
            None => Chip::warn(w.unreadable),
        },
        superseded_by: superseded.iter().map(|id| Id::from(*id)).collect(),
        position: stored.position,
        received_at: frame.moment(stored.received_at),
        claimed_at: record
            .map_or_else(|| "–".to_owned(), |record| record.claims.claimed_at.to_string()),
        verdict: match &stored.held {
            None => w.verdict_stored.to_owned(),
            Some(reason) => {
                let known = HeldReason::from_name(reason).map(|reason| w.held(reason));
                format!("{} ({})", w.verdict_held, known.unwrap_or(reason))
            }
        },
        by: enrolment.map_or_else(
            || w.unknown_person.to_owned(),
            |enrolment| format!("{}, {}", enrolment.person, enrolment.org),
        ),
        kid: stored.kid.clone(),
        unit: stored.unit.clone(),
        incident,
        corrects: record.and_then(|record| match &record.claims.body {
            Body::Correction(correction) => Some(correction.corrects.into()),
            _ => None,
        }),
        corrected_by: statements
            .corrections_of(&stored.id)
            .map(|correction| correction.id().into())
            .collect(),
        decisions: decisions.collect(),
        payload: payload(&stored.jws),
        jws: stored.jws.clone(),
    }
}

fn kind(w: &Words, typ: &str) -> &'static str {
    match Kind::from_typ(typ) {
        Some(Kind::Protocol) => w.kind_protocol,
        Some(Kind::NotObtained) => w.kind_not_obtained,
        Some(Kind::Incident) => w.kind_incident,
        Some(Kind::Form) => w.kind_form,
        Some(Kind::Correction) => w.kind_correction,
        _ => w.kind_other,
    }
}

/// The payload with line breaks; as it is where it is not JSON.
fn payload(jws: &str) -> String {
    let Ok(envelope) = Envelope::parse(jws) else { return String::new() };
    let bytes = envelope.unverified_payload();
    serde_json::from_slice::<serde_json::Value>(bytes)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned())
}
