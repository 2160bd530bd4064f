//! `/people`: accounts, what they may, and the changes that wait for a second admin.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Form, Path},
};
use askama::Template;
use serde::Deserialize;

use super::{
    answer,
    frame::Frame,
    visitor::Visitor,
    words::{PeopleWords, Words},
};
use crate::{
    access::{AccountState, Factor, Operator, Permission, Role, Scope},
    app::Headquarters,
    http::{HttpProblem, welcome_link},
    people::{NewRoles, PeopleError},
    store::{accounts::StoredAccount, role_changes::RoleChange},
};

#[derive(Template)]
#[template(path = "people/people.html")]
struct PeoplePage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    /// Whether whoever looks may change something now.
    may_change: bool,
    /// Whether it could after showing the second factor.
    must_step_up: bool,
    not_separated: bool,
    one_admin: bool,
    accounts: Vec<AccountRow>,
    changes: Vec<ChangeRow>,
    roles: Vec<RoleBox>,
    /// The link of an invitation, told once.
    link: Option<String>,
}

struct AccountRow {
    name: String,
    display: String,
    state: &'static str,
    /// What an admin can do with it now.
    steps: Vec<Step>,
    is_invited: bool,
    is_me: bool,
    /// Whether an admin may take its second factor off.
    may_reset: bool,
    roles: Vec<&'static str>,
    boxes: Vec<RoleBox>,
    org: String,
    region: String,
    sessions: usize,
}

struct Step {
    to: &'static str,
    text: &'static str,
}

struct RoleBox {
    code: &'static str,
    text: &'static str,
    held: bool,
}

struct ChangeRow {
    id: String,
    account: String,
    roles: Vec<&'static str>,
    org: Option<String>,
    region: Option<String>,
    by: String,
    at: String,
    /// Whether whoever looks may confirm it.
    may_confirm: bool,
}

/// `GET /people`.
pub(super) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&visitor, &headquarters, None).await
}

async fn page(
    visitor: &Visitor,
    headquarters: &Headquarters,
    link: Option<String>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, operator) = (&visitor.frame, &visitor.operator);
    let (people, now) = (&headquarters.people, (headquarters.clock)());
    let accounts = people.accounts(operator).await?;
    let mut sessions = BTreeMap::new();
    for account in &accounts {
        sessions.insert(account.name.clone(), people.sessions_of(&account.name, now).await?.len());
    }
    let active = |account: &&StoredAccount| account.state == AccountState::Active;
    let holders: Vec<&StoredAccount> = accounts.iter().filter(active).collect();
    let admins = holders.iter().filter(|one| one.roles.contains(&Role::Admin)).count();
    let has_all = |account: &&&StoredAccount| account.roles.len() == Role::ALL.len();
    let manages = operator.may(Permission::ManageAccounts);
    let rows = accounts.iter().map(|account| {
        row(frame, operator, account, sessions.get(&account.name).copied().unwrap_or_default())
    });
    let changes = people.role_changes(operator).await?;
    answer::html(&PeoplePage {
        frame,
        w: frame.w,
        p: frame.p(),
        may_change: manages && operator.factor == Factor::Fresh,
        must_step_up: manages && operator.factor != Factor::Fresh,
        not_separated: operator.scope.is_everything() && holders.iter().any(|one| has_all(&one)),
        one_admin: operator.scope.is_everything() && admins < 2,
        accounts: rows.collect(),
        changes: changes.into_iter().map(|change| change_row(frame, operator, change)).collect(),
        roles: boxes(frame.p(), &[]),
        link,
    })
}

fn row(frame: &Frame, operator: &Operator, account: &StoredAccount, sessions: usize) -> AccountRow {
    let p = frame.p();
    let moves = [
        (AccountState::Suspended, p.suspend),
        (AccountState::Active, p.resume),
        (AccountState::Removed, p.remove),
    ];
    let can = moves.into_iter().filter(|(to, _)| account.state.leads_to(*to));
    AccountRow {
        name: account.name.clone(),
        display: account.display.clone(),
        state: p.account_state(account.state),
        steps: can.map(|(to, text)| Step { to: to.name(), text }).collect(),
        is_invited: account.state == AccountState::Invited,
        is_me: account.name == operator.name,
        may_reset: account.state == AccountState::Active
            && account.password.is_some()
            && !account.roles.contains(&Role::Admin),
        roles: account.roles.iter().map(|role| p.role(*role)).collect(),
        boxes: boxes(p, &account.roles),
        org: account.scope.org.clone().unwrap_or_default(),
        region: account.scope.region.clone().unwrap_or_default(),
        sessions,
    }
}

fn boxes(p: &PeopleWords, held: &[Role]) -> Vec<RoleBox> {
    let one =
        |role: Role| RoleBox { code: role.name(), text: p.role(role), held: held.contains(&role) };
    Role::ALL.map(one).into()
}

fn change_row(frame: &Frame, operator: &Operator, change: RoleChange) -> ChangeRow {
    ChangeRow {
        roles: change.roles.iter().map(|role| frame.p().role(*role)).collect(),
        may_confirm: change.proposed_by != operator.name && change.account != operator.name,
        at: frame.moment(change.proposed_at),
        id: change.id,
        account: change.account,
        org: change.scope.org,
        region: change.scope.region,
        by: change.proposed_by,
    }
}

/// Body of `POST /people`: fields that stand several times are read by hand.
type Fields = Vec<(String, String)>;

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
}

fn wanted(fields: &Fields, headquarters: &Headquarters) -> Result<NewRoles, PeopleError> {
    let of = |name| Some(field(fields, name).to_owned()).filter(|text| !text.is_empty());
    let scope = Scope { org: of("org"), region: of("region") };
    let roles = fields.iter().filter(|(key, _)| key == "role").map(|(_, value)| value.as_str());
    NewRoles::named(roles, scope, &headquarters.book.read().pack)
}

/// `POST /people`: invites somebody; the link is told once.
pub(super) async fn invite(
    visitor: Visitor,
    request: HttpRequest,
    fields: Form<Fields>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let names = (field(&fields, "name"), field(&fields, "display"));
    let wanted = wanted(&fields, &headquarters)?;
    let now = (headquarters.clock)();
    let invited = headquarters.people.invite(&visitor.operator, names, wanted, now).await?;
    let link = welcome_link(&request, &invited.secret);
    page(&visitor, &headquarters, Some(link)).await
}

/// Body of `POST /people/{name}/link`.
#[derive(Deserialize)]
pub(super) struct LinkForm {
    /// `end` takes the link back; anything else makes another.
    #[serde(default, rename = "do")]
    what: String,
}

/// `POST /people/{name}/link`: another link for somebody who has not used the first, or none.
pub(super) async fn invite_again(
    visitor: Visitor,
    request: HttpRequest,
    name: Path<String>,
    form: Form<LinkForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    if form.what == "end" {
        headquarters.people.withdraw_invitation(&visitor.operator, &name, now).await?;
        return Ok(answer::see_other("/people"));
    }
    let secret = headquarters.people.invite_again(&visitor.operator, &name, now).await?;
    let link = welcome_link(&request, &secret);
    page(&visitor, &headquarters, Some(link)).await
}

/// Body of `POST /people/{name}/state`.
#[derive(Deserialize)]
pub(super) struct StateForm {
    to: String,
}

/// `POST /people/{name}/state`: suspends, lets in again, removes.
pub(super) async fn set_state(
    visitor: Visitor,
    name: Path<String>,
    form: Form<StateForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let state =
        AccountState::from_name(&form.to).ok_or(PeopleError::Refused("there is no such state"))?;
    let now = (headquarters.clock)();
    headquarters.people.set_state(&visitor.operator, &name, state, now).await?;
    Ok(answer::see_other("/people"))
}

/// `POST /people/{name}/sessions`: ends all sessions.
pub(super) async fn end_sessions(
    visitor: Visitor,
    name: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.end_access(&visitor.operator, &name, None, now).await?;
    Ok(answer::see_other("/people"))
}

/// `POST /people/{name}/factors`: takes a lost second factor off.
pub(super) async fn reset_factors(
    visitor: Visitor,
    name: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.reset_factors_of(&visitor.operator, &name, now).await?;
    Ok(answer::see_other("/people"))
}

/// `POST /people/{name}/roles`: proposes other roles.
pub(super) async fn propose(
    visitor: Visitor,
    name: Path<String>,
    fields: Form<Fields>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let wanted = wanted(&fields, &headquarters)?;
    let now = (headquarters.clock)();
    headquarters.people.propose(&visitor.operator, &name, wanted, now).await?;
    Ok(answer::see_other("/people"))
}

/// Body of `POST /role-changes/{id}`.
#[derive(Deserialize)]
pub(super) struct DecisionForm {
    decision: String,
}

/// `POST /role-changes/{id}`: confirms or withdraws.
pub(super) async fn decide(
    visitor: Visitor,
    id: Path<String>,
    form: Form<DecisionForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (people, now) = (&headquarters.people, (headquarters.clock)());
    match form.decision.as_str() {
        "confirm" => people.confirm(&visitor.operator, &id, now).await?,
        "withdraw" => people.withdraw(&visitor.operator, &id, now).await?,
        _ => return Err(PeopleError::Refused("confirm or withdraw").into()),
    }
    Ok(answer::see_other("/people"))
}
