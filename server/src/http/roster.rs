//! The roster, checklists, turnout and the rehearsal.

use actix_web::web::{Data, Json, Path, Query};
use hattama_proto::{
    id::{OrgId, PersonId, UnitCode},
    problem::ProblemCode,
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    field::{FormMatrix, FormRow, ImportReport, NewPresence, Rehearsal, RosterView, Run, Turnout},
    roster::{Assignment, Presence, PresenceKind},
    store::forms::FormFilter,
    turnout::TurnoutView,
};

/// Query of `GET /v1/roster`.
#[derive(Deserialize)]
pub(super) struct RosterQuery {
    /// The moment, Unix milliseconds; now if missing.
    at: Option<i64>,
}

/// `GET /v1/roster`: who is expected at a moment, and how that stands.
pub(super) async fn show(
    operator: Operator,
    query: Query<RosterQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<RosterView>, HttpProblem> {
    let at = query.at.map_or_else(|| (headquarters.clock)(), UnixMillis);
    Ok(Json(headquarters.field.roster(at, &operator).await?))
}

/// Body of `POST /v1/roster/import`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportBody {
    org: OrgId,
    /// The table, CSV with a heading.
    table: String,
    /// Only look.
    #[serde(default)]
    dry_run: bool,
}

/// `POST /v1/roster/import`: plans what a table says. Nothing is planned as long as a line is wrong.
pub(super) async fn import(
    request: actix_web::HttpRequest,
    mut payload: actix_web::web::Payload,
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<ImportReport>, HttpProblem> {
    let max = 2 * crate::field::PLAN_BYTES_MAX;
    let body: ImportBody = super::body::json(&request, &mut payload, max).await?;
    let run = if body.dry_run { Run::Dry } else { Run::Real };
    let now = (headquarters.clock)();
    let report =
        headquarters.field.import_plan(&body.table, &body.org, run, &operator, now).await?;
    Ok(Json(report))
}

/// Body of `POST /v1/roster/{assignment}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeatBody {
    person: Option<PersonId>,
    /// False takes the seat back.
    #[serde(default = "yes")]
    stands: bool,
    /// The version that was changed.
    version: u64,
}

const fn yes() -> bool {
    true
}

/// `POST /v1/roster/{assignment}`: puts somebody into a seat, or takes it back.
pub(super) async fn change_seat(
    operator: Operator,
    assignment: Path<String>,
    body: Json<SeatBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Assignment>, HttpProblem> {
    let body = body.into_inner();
    let now = (headquarters.clock)();
    let changed = headquarters
        .field
        .change_seat(&assignment, body.person, body.stands, body.version, &operator, now)
        .await?;
    Ok(Json(changed))
}

/// How many seats were confirmed.
#[derive(Serialize)]
pub(super) struct Confirmed {
    confirmed: usize,
}

/// `POST /v1/roster/confirmation`: lets seats stand that were taken over from the round before.
pub(super) async fn confirm(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Confirmed>, HttpProblem> {
    let now = (headquarters.clock)();
    let confirmed = headquarters.field.confirm_carried(&operator, now).await?;
    Ok(Json(Confirmed { confirmed }))
}

/// Body of `POST /v1/presences`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PresenceBody {
    person: PersonId,
    unit: UnitCode,
    /// arrived, departed, `handed_over`.
    what: String,
    #[serde(default)]
    to_person: Option<PersonId>,
    /// When, Unix milliseconds; now if missing.
    #[serde(default)]
    at: Option<i64>,
}

/// `POST /v1/presences`: notes an arrival, a departure or a handover.
pub(super) async fn note_presence(
    operator: Operator,
    body: Json<PresenceBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Presence>, HttpProblem> {
    let (body, now) = (body.into_inner(), (headquarters.clock)());
    let what = PresenceKind::from_name(&body.what).ok_or_else(|| {
        HttpProblem::new(ProblemCode::Invalid, "what is arrived, departed or handed_over")
    })?;
    let told = NewPresence {
        person: body.person,
        unit: body.unit,
        what,
        to_person: body.to_person,
        at: body.at.map_or(now, UnixMillis),
    };
    Ok(Json(headquarters.field.note_presence(told, &operator, now).await?))
}

/// Query of `GET /v1/checklists` and of the matrix.
#[derive(Deserialize)]
pub(super) struct FormQuery {
    #[serde(default)]
    form: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    region: String,
    after: Option<u64>,
}

impl FormQuery {
    fn filter(&self) -> FormFilter {
        FormFilter {
            form: self.form.clone(),
            unit: self.unit.clone(),
            region: self.region.clone(),
            org: String::new(),
        }
    }
}

/// Forms of one page.
const PAGE: u32 = 100;

/// One page of filled forms.
#[derive(Serialize)]
pub(super) struct FormPage {
    forms: Vec<FormRow>,
    /// Pass as `after` for the next page; none when that was all.
    next: Option<u64>,
}

/// `GET /v1/checklists`: filled forms, in log order.
pub(super) async fn forms(
    operator: Operator,
    query: Query<FormQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<FormPage>, HttpProblem> {
    let forms = headquarters.field.forms(query.filter(), query.after, PAGE, &operator).await?;
    let more = u32::try_from(forms.len()) == Ok(PAGE);
    let next = forms.last().map(|form| form.position).filter(|_| more);
    Ok(Json(FormPage { forms, next }))
}

/// `GET /v1/checklists/matrix`: which unit has sent which form.
pub(super) async fn matrix(
    operator: Operator,
    query: Query<FormQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<FormMatrix>, HttpProblem> {
    Ok(Json(headquarters.field.form_matrix(query.filter(), &operator).await?))
}

/// `GET /v1/turnout`: turnout as observers counted it, by form and region.
pub(super) async fn turnout(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<Turnout>>, HttpProblem> {
    Ok(Json(headquarters.field.turnout(&operator).await?))
}

/// `GET /v1/turnout/{code}`: turnout over the day, of a unit by observer and of all below it as sums.
///
/// 404 for a unit that the register lacks or that the operator does not see.
pub(super) async fn turnout_of_unit(
    operator: Operator,
    unit: Path<UnitCode>,
    headquarters: Data<Headquarters>,
) -> Result<Json<TurnoutView>, HttpProblem> {
    {
        let book = headquarters.book.read();
        if book.pack.units.get(&unit).is_none() || !operator.scope.sees_unit(&book, &unit) {
            return Err(HttpProblem::new(ProblemCode::NotFound, "the register has no such unit"));
        }
    }
    Ok(Json(headquarters.turnout_within(&operator.scope, &unit).await?))
}

/// `GET /v1/rehearsal`: who has not proven the whole way yet.
pub(super) async fn rehearsal(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Rehearsal>, HttpProblem> {
    Ok(Json(headquarters.field.rehearsal(&operator).await?))
}
