//! Accounts of others, as far as an admin sees them; the changes of roles that wait; the audit trail.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path, Query},
};
use hattama_proto::time::ClaimedTime;
use serde::{Deserialize, Serialize};

use super::{HttpProblem, auth::asked_at};
use crate::{
    access::{AccountState, Operator, Scope},
    app::Headquarters,
    people::{AccountDetail, AccountView, AuditPage, NewRoles, PeopleError, RoleChangeView},
    store::accounts::AuditFilter,
};

/// Events on one page if nothing is said, and the most that are.
const EVENTS: u32 = 100;
const EVENTS_MAX: u32 = 500;

/// `GET /v1/accounts`: every account that the caller sees.
pub(super) async fn list(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<AccountView>>, HttpProblem> {
    let all = headquarters.people.accounts(&operator).await?;
    Ok(Json(all.into_iter().map(AccountView::from).collect()))
}

async fn detail(
    operator: &Operator,
    name: &str,
    headquarters: &Headquarters,
) -> Result<Json<AccountDetail>, HttpProblem> {
    let people = &headquarters.people;
    let account = people.account_for(operator, name).await?;
    let (sessions, tokens) = people.access_of(operator, name, (headquarters.clock)()).await?;
    Ok(Json(AccountDetail::new(account, &sessions, &tokens)))
}

/// `GET /v1/accounts/{name}`: one account, with its sessions and tokens.
pub(super) async fn show(
    operator: Operator,
    name: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<AccountDetail>, HttpProblem> {
    detail(&operator, &name, &headquarters).await
}

/// Body of `POST /v1/accounts`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InviteBody {
    name: String,
    display: String,
    #[serde(default)]
    roles: Vec<String>,
    org: Option<String>,
    region: Option<String>,
}

/// An invitation, told once.
#[derive(Serialize)]
pub(super) struct Link {
    account: String,
    /// The address at which the invited person sets a password and one-time codes, once.
    link: String,
    /// The change that gives the roles, once another admin confirms it.
    role_change: Option<String>,
}

/// The link of an invitation, under the address that headquarters was asked under.
pub(crate) fn welcome_link(request: &HttpRequest, secret: &str) -> String {
    format!("{}/welcome?invitation={secret}", asked_at(request))
}

/// `POST /v1/accounts`: invites somebody. The roles wait for another admin.
pub(super) async fn invite(
    operator: Operator,
    request: HttpRequest,
    body: Json<InviteBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Link>, HttpProblem> {
    let InviteBody { name, display, roles, org, region } = body.into_inner();
    let wanted = wanted(&headquarters, &roles, Scope { org, region })?;
    let now = (headquarters.clock)();
    let invited = headquarters.people.invite(&operator, (&name, &display), wanted, now).await?;
    let link = welcome_link(&request, &invited.secret);
    Ok(Json(Link { account: name, link, role_change: Some(invited.change) }))
}

fn wanted(
    headquarters: &Headquarters,
    roles: &[String],
    scope: Scope,
) -> Result<NewRoles, PeopleError> {
    let roles = roles.iter().map(String::as_str);
    NewRoles::named(roles, scope, &headquarters.book.read().pack)
}

/// `POST /v1/accounts/{name}/invitation`: another link for somebody who has not used the first, which
/// no longer works.
pub(super) async fn invite_again(
    operator: Operator,
    request: HttpRequest,
    name: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Link>, HttpProblem> {
    let now = (headquarters.clock)();
    let secret = headquarters.people.invite_again(&operator, &name, now).await?;
    let link = welcome_link(&request, &secret);
    Ok(Json(Link { account: name.into_inner(), link, role_change: None }))
}

/// `POST /v1/accounts/{name}/invitation/end`: the link no longer works.
pub(super) async fn withdraw_invitation(
    operator: Operator,
    name: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<AccountDetail>, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.withdraw_invitation(&operator, &name, now).await?;
    detail(&operator, &name, &headquarters).await
}

/// Body of `POST /v1/accounts/{name}/state`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateBody {
    to: String,
}

/// `POST /v1/accounts/{name}/state`: suspends, lets in again, removes for good. Its sessions end.
pub(super) async fn set_state(
    operator: Operator,
    name: Path<String>,
    body: Json<StateBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<AccountDetail>, HttpProblem> {
    let state =
        AccountState::from_name(&body.to).ok_or(PeopleError::Refused("there is no such state"))?;
    headquarters.people.set_state(&operator, &name, state, (headquarters.clock)()).await?;
    detail(&operator, &name, &headquarters).await
}

/// Body of `POST /v1/accounts/{name}/sessions/end`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndBody {
    /// A session or a token, by its id; every session if missing.
    id: Option<String>,
}

/// `POST /v1/accounts/{name}/sessions/end`: ends one session or token, or every session.
pub(super) async fn end_access(
    operator: Operator,
    name: Path<String>,
    body: Json<EndBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<AccountDetail>, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.end_access(&operator, &name, body.id.as_deref(), now).await?;
    detail(&operator, &name, &headquarters).await
}

/// `POST /v1/accounts/{name}/factors/reset`: takes one-time codes, recovery codes and keys off.
pub(super) async fn reset_factors(
    operator: Operator,
    name: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<AccountDetail>, HttpProblem> {
    headquarters.people.reset_factors_of(&operator, &name, (headquarters.clock)()).await?;
    detail(&operator, &name, &headquarters).await
}

/// Body of `POST /v1/accounts/{name}/roles`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RolesBody {
    roles: Vec<String>,
    org: Option<String>,
    region: Option<String>,
}

/// A change of roles that was proposed.
#[derive(Serialize)]
pub(super) struct Proposed {
    role_change: String,
}

/// `POST /v1/accounts/{name}/roles`: proposes other roles and limits.
pub(super) async fn propose(
    operator: Operator,
    name: Path<String>,
    body: Json<RolesBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Proposed>, HttpProblem> {
    let RolesBody { roles, org, region } = body.into_inner();
    let wanted = wanted(&headquarters, &roles, Scope { org, region })?;
    let now = (headquarters.clock)();
    let role_change = headquarters.people.propose(&operator, &name, wanted, now).await?;
    Ok(Json(Proposed { role_change }))
}

async fn waiting(
    operator: &Operator,
    headquarters: &Headquarters,
) -> Result<Json<Vec<RoleChangeView>>, HttpProblem> {
    let open = headquarters.people.role_changes(operator).await?;
    Ok(Json(open.into_iter().map(RoleChangeView::from).collect()))
}

/// `GET /v1/role-changes`: those that wait for a second admin, the oldest first.
pub(super) async fn role_changes(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<RoleChangeView>>, HttpProblem> {
    waiting(&operator, &headquarters).await
}

/// `POST /v1/role-changes/{id}/confirmation`: confirms what another admin proposed about a third one.
pub(super) async fn confirm(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<RoleChangeView>>, HttpProblem> {
    headquarters.people.confirm(&operator, &id, (headquarters.clock)()).await?;
    waiting(&operator, &headquarters).await
}

/// `POST /v1/role-changes/{id}/withdrawal`: takes a proposal back.
pub(super) async fn withdraw(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<RoleChangeView>>, HttpProblem> {
    headquarters.people.withdraw(&operator, &id, (headquarters.clock)()).await?;
    waiting(&operator, &headquarters).await
}

/// Query of `GET /v1/audit`.
#[derive(Deserialize)]
pub(super) struct TrailQuery {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    since: Option<ClaimedTime>,
    until: Option<ClaimedTime>,
    before: Option<u32>,
    limit: Option<u32>,
}

/// `GET /v1/audit`: who did what to which id, the newest first.
pub(super) async fn trail(
    operator: Operator,
    query: Query<TrailQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<AuditPage>, HttpProblem> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let moment = |time: &Option<ClaimedTime>| time.as_ref().map(ClaimedTime::to_unix_millis);
    let filter = AuditFilter {
        actor: some(&query.actor),
        action: some(&query.action),
        since: moment(&query.since),
        until: moment(&query.until),
        before: query.before.map(u64::from),
    };
    let limit = query.limit.unwrap_or(EVENTS).clamp(1, EVENTS_MAX);
    let events = headquarters.people.trail(&operator, &filter, limit).await?;
    Ok(Json(AuditPage::new(events, limit)))
}
