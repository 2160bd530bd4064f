//! `GET /incidents/{id}`: one incident, all that became of it, and the forms that change it. What is
//! sent by the forms is in `form.rs`.

mod form;
mod history;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{
    id::{RecordId, UnitCode},
    problem::ProblemCode,
    record::Severity,
};

pub(super) use self::form::{publish, submit};
use self::{
    form::IncidentForm,
    history::{PublicText, Said, history, public_texts},
};
use super::{
    answer,
    figure::claimed,
    frame::{Frame, Id, encoded},
    incident_list::{self, categories, tone},
    pictures::{Picture, entry_photos, pictures},
    visitor::Visitor,
    words::{Words, fill},
};
use crate::{
    access::Permission, app::Headquarters, http::HttpProblem, incident_file::IncidentFile, random,
    review::IncidentState, store::incidents::StoredIncident,
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
    /// Why what was sent was not done.
    trouble: Option<String>,
    phase: String,
    unit: Option<String>,
    region: String,
    place_words: Option<String>,
    occurred_at: String,
    received_at: String,
    by: String,
    position: u64,
    chain: Option<String>,
    has_receipt: bool,
    refers_to: Option<Id>,
    language: String,
    words: String,
    photos: Vec<Picture>,
    assignee: Option<String>,
    tags: Vec<TagLink>,
    group: Option<TagLink>,
    duplicate_of: Option<Id>,
    duplicates: Vec<Id>,
    beside: Vec<Beside>,
    history: Vec<Said>,
    public: Vec<PublicText>,
    editions: usize,
    next: Vec<NextState>,
    may_review: bool,
    may_publish: bool,
    is_duplicate: bool,
    may_be_duplicate: bool,
    me: String,
    version: u64,
    /// Makes a form that is sent twice count once.
    key: String,
    /// What was written into a form, so that a refusal loses nothing.
    form: IncidentForm,
}

struct NextState {
    value: &'static str,
    text: &'static str,
    chosen: bool,
}

/// Incidents that lie beside this one.
struct Beside {
    heading: &'static str,
    lines: Vec<incident_list::Line>,
}

impl Beside {
    fn new(frame: &Frame, heading: &'static str, of: &[StoredIncident]) -> Self {
        Self { heading, lines: of.iter().map(|one| incident_list::line(frame, one)).collect() }
    }
}

/// A tag or group, and the list of those that have it.
struct TagLink {
    name: String,
    address: String,
}

impl TagLink {
    fn new(what: &str, name: &str) -> Self {
        Self { name: name.to_owned(), address: format!("/incidents?{what}={}", encoded(name)) }
    }
}

/// `GET /incidents/{id}`.
pub(super) async fn show(
    visitor: Visitor,
    id: Path<RecordId>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    shown(&visitor, &headquarters, &id, None, IncidentForm::default()).await
}

/// The page, with what was refused and what was written into the form.
async fn shown(
    visitor: &Visitor,
    headquarters: &Headquarters,
    id: &RecordId,
    trouble: Option<String>,
    form: IncidentForm,
) -> Result<HttpResponse, HttpProblem> {
    let file = IncidentFile::gather(headquarters, id, &visitor.operator.scope).await?;
    let file =
        file.ok_or_else(|| HttpProblem::new(ProblemCode::NotFound, "no incident has this id"))?;
    let key = random::text::<16>().map_err(|_| {
        HttpProblem::new(ProblemCode::Internal, "the operating system gave no random bytes")
    })?;
    answer::html(&page(visitor, &file, trouble, form, key))
}

fn page<'a>(
    visitor: &'a Visitor,
    file: &IncidentFile,
    trouble: Option<String>,
    form: IncidentForm,
    key: String,
) -> IncidentPage<'a> {
    let frame = &visitor.frame;
    let (w, incident) = (frame.w, &file.incident);
    let report = file.report();
    let severity = Severity::from_name(&incident.severity);
    let state = IncidentState::from_name(&incident.state);
    let region = incident.region.as_deref().and_then(|code| UnitCode::new(code).ok());
    let title = categories(frame, &incident.categories);
    let claims = file.record.as_ref().map(|record| &record.claims);
    let photos = claims.map_or(&[][..], |claims| claims.body.photos());
    let next = state.map_or(&[][..], IncidentState::next);
    IncidentPage {
        frame,
        w,
        id: incident.record.into(),
        photos: pictures(frame, incident.record, w.attachments, entry_photos(photos), &file.whole),
        title,
        severity: severity.map_or(&*incident.severity, |known| w.severity(known)).to_owned(),
        tone: tone(severity),
        state: state.map_or(&*incident.state, |state| w.incident_state(state)).to_owned(),
        trouble,
        phase: frame.phase(&incident.phase),
        unit: incident.unit.clone(),
        region: region.map_or_else(String::new, |code| frame.unit(&code)),
        place_words: report.and_then(|report| report.place_words.clone()),
        occurred_at: incident.occurred_at.as_deref().map_or_else(|| "–".to_owned(), claimed),
        received_at: frame.moment(file.stored.received_at),
        by: match (&incident.person, &incident.org) {
            (Some(person), Some(org)) => format!("{person}, {org}"),
            _ => w.unknown_person.to_owned(),
        },
        position: file.stored.position,
        chain: claims.map(|claims| {
            let kid = file.stored.kid.get(..10).unwrap_or(&file.stored.kid);
            fill(w.review.chain_says, &[("seq", &claims.seq.to_string()), ("kid", kid)])
        }),
        has_receipt: file.receipt.is_some(),
        refers_to: report.and_then(|report| report.refers_to).map(Id::from),
        language: report.map_or("", |report| &report.language).to_owned(),
        words: report.map_or_else(|| "–".to_owned(), |report| report.words.clone()),
        assignee: incident.assignee.clone(),
        tags: file.tags.iter().map(|tag| TagLink::new("tag", tag)).collect(),
        group: incident.group.as_deref().map(|group| TagLink::new("group", group)),
        duplicate_of: incident.duplicate_of.map(Id::from),
        duplicates: file.duplicates.iter().copied().map(Id::from).collect(),
        beside: vec![
            Beside::new(frame, w.review.group_others, &file.group),
            Beside::new(frame, w.review.near, &file.near),
        ],
        history: history(frame, file),
        public: public_texts(file.public()),
        editions: file.editions.len(),
        next: next
            .iter()
            // With the id of the other one, below.
            .filter(|next| **next != IncidentState::Duplicate)
            .map(|state| NextState {
                value: state.name(),
                text: w.incident_state(*state),
                chosen: form.to == state.name(),
            })
            .collect(),
        may_review: frame.may(Permission::ReviewIncidents),
        may_publish: frame.may(Permission::PublishIncidents),
        is_duplicate: state == Some(IncidentState::Duplicate),
        may_be_duplicate: next.contains(&IncidentState::Duplicate)
            || state == Some(IncidentState::Duplicate),
        me: visitor.operator.name.clone(),
        version: incident.version,
        key,
        form,
    }
}
