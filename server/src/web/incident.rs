//! `GET` and `POST /incidents/{id}`: one incident, its history, and the next step of its review.

use std::collections::HashSet;

use actix_web::{
    HttpResponse,
    web::{Data, Form, Path},
};
use askama::Template;
use hattama_proto::{
    id::{PhotoHash, RecordId, UnitCode},
    problem::ProblemCode,
    record::{Body, Corrected, Incident, Record, Severity},
};
use serde::Deserialize;

use super::{
    answer,
    figure::claimed,
    frame::{Frame, Id},
    incident_list::{categories, tone},
    pictures::{Picture, entry_photos, pictures},
    visitor::Visitor,
    words::Words,
};
use crate::{
    app::Headquarters,
    http::HttpProblem,
    review::{IncidentState, ReviewError},
    store::{
        self,
        incidents::{StoredIncident, Transition},
        records::StoredRecord,
    },
};

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    id: Id,
    title: String,
    severity: String,
    tone: &'static str,
    state: String,
    /// Why the step that was sent was not taken.
    trouble: Option<String>,
    phase: String,
    unit: Option<String>,
    region: String,
    place_words: Option<String>,
    occurred_at: String,
    received_at: String,
    by: String,
    position: u64,
    refers_to: Option<Id>,
    language: String,
    words: String,
    photos: Vec<Picture>,
    history: Vec<Step>,
    next: Vec<NextState>,
    version: u64,
    /// What was written into the form, so that a refusal loses nothing.
    reason: String,
}

struct Step {
    at: String,
    from: String,
    to: String,
    actor: String,
    reason: String,
}

struct NextState {
    value: &'static str,
    text: &'static str,
    chosen: bool,
}

/// Body of `POST /incidents/{id}`.
#[derive(Deserialize)]
pub(super) struct StepForm {
    to: String,
    reason: String,
    /// The version that the operator saw.
    version: u64,
}

/// `GET /incidents/{id}`.
pub(super) async fn show(
    visitor: Visitor,
    id: Path<RecordId>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let known = Known::load(&headquarters, *id).await?;
    answer::html(&known.page(&visitor.frame, None))
}

/// `POST /incidents/{id}`: takes the next step, from the version that the operator saw.
pub(super) async fn step(
    visitor: Visitor,
    id: Path<RecordId>,
    form: Form<StepForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let to = IncidentState::from_name(&form.to)
        .ok_or_else(|| HttpProblem::new(ProblemCode::Invalid, "there is no such state"))?;
    let taken = headquarters
        .review
        .step_incident(
            *id,
            to,
            &visitor.operator.name,
            &form.reason,
            Some(form.version),
            (headquarters.clock)(),
        )
        .await;
    match taken {
        Ok(_) => Ok(answer::see_other(&format!("/incidents/{id}"))),
        // The operator's to mend: the page again, with what was written.
        Err(
            error @ (ReviewError::Stale | ReviewError::Transition(_) | ReviewError::Invalid(_)),
        ) => {
            let known = Known::load(&headquarters, *id).await?;
            answer::html(&known.page(&visitor.frame, Some((&error, &form))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Everything about one incident.
struct Known {
    incident: StoredIncident,
    stored: StoredRecord,
    record: Option<Record>,
    history: Vec<Transition>,
    whole: HashSet<PhotoHash>,
}

impl Known {
    async fn load(headquarters: &Headquarters, id: RecordId) -> Result<Self, HttpProblem> {
        let missing = || HttpProblem::new(ProblemCode::NotFound, "no incident has this id");
        let db = &headquarters.db;
        let incident = store::incidents::by_id(db, &id).await?.ok_or_else(missing)?;
        let stored = store::records::by_id(db, &id).await?.ok_or_else(missing)?;
        let record = headquarters.judge(&stored).await?.record;
        let history = store::incidents::history(db, &id).await?;
        let photos: Vec<PhotoHash> = record
            .iter()
            .flat_map(|record| record.claims.body.photos())
            .map(|photo| photo.sha256)
            .collect();
        let whole = store::photos::whole_among(db, &photos).await?.into_iter().collect();
        Ok(Self { incident, stored, record, history, whole })
    }

    /// The report; a checklist whose answers opened the incident is none.
    fn report(&self) -> Option<&Incident> {
        match &self.record.as_ref()?.claims.body {
            Body::Incident(incident) => Some(incident),
            Body::Correction(correction) => match &correction.becomes {
                Corrected::Incident(incident) => Some(incident),
                _ => None,
            },
            _ => None,
        }
    }

    fn page<'a>(
        &self,
        frame: &'a Frame,
        refused: Option<(&ReviewError, &StepForm)>,
    ) -> IncidentPage<'a> {
        let (w, incident) = (frame.w, &self.incident);
        let report = self.report();
        let severity = Severity::from_name(&incident.severity);
        let state = IncidentState::from_name(&incident.state);
        let state_name = |name: &str| match IncidentState::from_name(name) {
            Some(state) => w.incident_state(state).to_owned(),
            None => name.to_owned(),
        };
        let region = incident.region.as_deref().and_then(|code| UnitCode::new(code).ok());
        let title = match categories(frame, &incident.categories) {
            none if none.is_empty() => w.incident.to_owned(),
            some => some,
        };
        let photos = self.record.as_ref().map_or(&[][..], |record| record.claims.body.photos());
        let asked = refused.map(|(_, form)| form);
        let next = state.map_or(&[][..], IncidentState::next);
        IncidentPage {
            frame,
            w,
            id: incident.record.into(),
            photos: pictures(
                frame,
                incident.record,
                w.attachments,
                entry_photos(photos),
                &self.whole,
            ),
            title,
            severity: severity.map_or(&*incident.severity, |known| w.severity(known)).to_owned(),
            tone: tone(severity),
            state: state_name(&incident.state),
            trouble: refused.map(|(error, _)| error.to_string()),
            phase: frame.phase(&incident.phase),
            unit: incident.unit.clone(),
            region: region.map_or_else(String::new, |code| frame.unit(&code)),
            place_words: report.and_then(|report| report.place_words.clone()),
            occurred_at: incident.occurred_at.as_deref().map_or_else(|| "–".to_owned(), claimed),
            received_at: frame.moment(self.stored.received_at),
            by: match (&incident.person, &incident.org) {
                (Some(person), Some(org)) => format!("{person}, {org}"),
                _ => w.unknown_person.to_owned(),
            },
            position: self.stored.position,
            refers_to: report.and_then(|report| report.refers_to).map(Id::from),
            language: report.map_or("", |report| &report.language).to_owned(),
            words: report.map_or_else(|| "–".to_owned(), |report| report.words.clone()),
            history: self
                .history
                .iter()
                .map(|step| Step {
                    at: frame.moment(step.at),
                    from: state_name(&step.from),
                    to: state_name(&step.to),
                    actor: step.actor.clone(),
                    reason: step.reason.clone(),
                })
                .collect(),
            next: next
                .iter()
                .map(|state| NextState {
                    value: state.name(),
                    text: w.incident_state(*state),
                    chosen: asked.is_some_and(|form| form.to == state.name()),
                })
                .collect(),
            version: incident.version,
            reason: asked.map_or_else(String::new, |form| form.reason.clone()),
        }
    }
}
