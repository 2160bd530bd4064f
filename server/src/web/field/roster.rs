//! `/roster`: who is expected now, and how that stands. `/roster/import`: a plan from a table.

use actix_web::{
    HttpResponse,
    web::{Data, Form, Query},
};
use askama::Template;
use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    problem::ProblemCode,
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::{
    app::Headquarters,
    field::{ImportReport, NewPresence, Run, moment},
    http::HttpProblem,
    roster::{PresenceKind, SeatState},
    web::{
        answer,
        frame::{Frame, UnitLink},
        visitor::Visitor,
        words::{FieldWords, Words},
    },
};

/// Most seats on one page: what stays under its size. The interface for programs has all.
const SEATS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "roster.html")]
struct RosterPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    f: &'static FieldWords,
    trouble: Option<String>,
    at: String,
    counts: Vec<(&'static str, usize)>,
    seats: Vec<Seat>,
    is_cut: bool,
    /// Seats of the round before that wait to be confirmed.
    to_confirm: usize,
    kinds: Vec<(&'static str, &'static str)>,
    typed: PresenceForm,
}

struct Seat {
    unit: UnitLink,
    seat: String,
    person: String,
    shift: String,
    tone: &'static str,
    state: &'static str,
    heard_at: String,
}

/// Query of `GET /roster`.
#[derive(Deserialize)]
pub(in crate::web) struct RosterQuery {
    /// A moment of the election's zone; now if empty.
    #[serde(default)]
    at: String,
}

/// Body of `POST /roster`.
#[derive(Clone, Default, Deserialize)]
pub(in crate::web) struct PresenceForm {
    person: String,
    unit: String,
    what: String,
    #[serde(default)]
    to_person: String,
    #[serde(default)]
    at: String,
}

fn zone(frame: &Frame) -> TimeZone {
    TimeZone::get(&frame.pack.election.time_zone).unwrap_or(TimeZone::UTC)
}

async fn page(
    visitor: &Visitor,
    headquarters: &Headquarters,
    at: &str,
    trouble: Option<String>,
    typed: PresenceForm,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, now) = (&visitor.frame, (headquarters.clock)());
    let f = super::words(frame);
    let when = moment(at, &zone(frame)).unwrap_or(now);
    let mut view = headquarters.field.roster(when, &visitor.operator).await?;
    let place = |state: SeatState| SeatState::ALL.iter().position(|known| *known == state);
    view.expected.sort_by_key(|one| place(one.state));
    let counts = SeatState::ALL
        .into_iter()
        .zip(f.seats)
        .map(|(state, text)| (text, view.expected.iter().filter(|one| one.state == state).count()))
        .collect();
    let seats = view.expected.iter().take(SEATS_MAX).map(|one| Seat {
        unit: UnitLink::new(frame, &one.assignment.unit),
        seat: one.assignment.seat.clone(),
        person: one.sits.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string),
        shift: format!(
            "{} – {}",
            frame.moment(one.assignment.from),
            frame.moment(one.assignment.until)
        ),
        tone: match one.state {
            SeatState::Silent | SeatState::Left => "alert",
            SeatState::Empty | SeatState::Elsewhere => "warn",
            SeatState::Heard => "",
            SeatState::Present => "good",
        },
        state: place(one.state).map_or("", |at| f.seats[at]),
        heard_at: one.heard_at.map_or_else(|| "–".to_owned(), |at| frame.moment(at)),
    });
    answer::html(&RosterPage {
        frame,
        w: frame.w,
        f,
        trouble,
        at: frame.moment(when),
        counts,
        seats: seats.collect(),
        is_cut: view.expected.len() > SEATS_MAX,
        to_confirm: view.to_confirm.len(),
        kinds: PresenceKind::ALL.iter().map(|kind| kind.name()).zip(f.presences).collect(),
        typed,
    })
}

/// `GET /roster`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    query: Query<RosterQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&visitor, &headquarters, &query.at, None, PresenceForm::default()).await
}

/// `POST /roster`: notes an arrival, a departure or a handover.
pub(in crate::web) async fn submit(
    visitor: Visitor,
    form: Form<PresenceForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let form = form.into_inner();
    let now = (headquarters.clock)();
    let read = || -> Result<NewPresence, String> {
        let to = form.to_person.trim();
        let to = (!to.is_empty()).then(|| PersonId::new(to)).transpose();
        let at = form.at.trim();
        Ok(NewPresence {
            person: PersonId::new(form.person.trim()).map_err(|error| error.to_string())?,
            unit: UnitCode::new(form.unit.trim()).map_err(|error| error.to_string())?,
            what: PresenceKind::from_name(&form.what).ok_or("?")?,
            to_person: to.map_err(|error| error.to_string())?,
            at: match at {
                "" => now,
                at => moment(at, &zone(&visitor.frame)).ok_or("2005-12-04 06:30")?,
            },
        })
    };
    let told = match read() {
        Ok(told) => told,
        Err(what) => return page(&visitor, &headquarters, "", Some(what), form).await,
    };
    match headquarters.field.note_presence(told, &visitor.operator, now).await {
        Ok(_) => Ok(answer::see_other("/roster")),
        Err(error) => page(&visitor, &headquarters, "", Some(error.to_string()), form).await,
    }
}

/// `POST /roster/confirmation`: lets seats of the round before stand.
pub(in crate::web) async fn confirm(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.field.confirm_carried(&visitor.operator, now).await?;
    Ok(answer::see_other("/roster"))
}

#[derive(Template)]
#[template(path = "roster-import.html")]
struct ImportPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    f: &'static FieldWords,
    trouble: Option<String>,
    report: Option<ImportReport>,
    org: String,
    table: String,
}

impl<'a> ImportPage<'a> {
    fn new(frame: &'a Frame, form: &ImportForm) -> Self {
        let (org, table) = (form.org.clone(), form.table.clone());
        Self { frame, w: frame.w, f: super::words(frame), trouble: None, report: None, org, table }
    }
}

/// Body of `POST /roster/import`.
#[derive(Default, Deserialize)]
pub(in crate::web) struct ImportForm {
    org: String,
    table: String,
    /// `check` or `plan`.
    run: String,
}

/// `GET /roster/import`.
pub(in crate::web) async fn show_import(visitor: Visitor) -> Result<HttpResponse, HttpProblem> {
    answer::html(&ImportPage::new(&visitor.frame, &ImportForm::default()))
}

/// `POST /roster/import`: checks a table, or plans it. What was typed stays in the form.
pub(in crate::web) async fn import(
    visitor: Visitor,
    form: Form<ImportForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let mut page = ImportPage::new(&visitor.frame, &form);
    let Ok(org) = OrgId::new(form.org.trim()) else {
        page.trouble = Some(page.f.organisation.to_owned());
        return answer::html(&page);
    };
    let run = match form.run.as_str() {
        "check" => Run::Dry,
        "plan" => Run::Real,
        _ => return Err(HttpProblem::new(ProblemCode::Invalid, "check it or plan it")),
    };
    let now = (headquarters.clock)();
    match headquarters.field.import_plan(&form.table, &org, run, &visitor.operator, now).await {
        Ok(report) if run == Run::Real && report.errors.is_empty() => {
            return Ok(answer::see_other("/roster"));
        }
        Ok(report) => page.report = Some(report),
        Err(error) => page.trouble = Some(error.to_string()),
    }
    answer::html(&page)
}
