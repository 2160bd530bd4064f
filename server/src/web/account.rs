//! `/account`: one's own password, second factors, sessions, tokens and language.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Form},
};
use askama::Template;
use serde::Deserialize;

use super::{
    answer,
    enter::add_cookie,
    frame::Frame,
    language::{self, Language},
    one_time::OneTime,
    passkey::{self, KeyAnswer, KeyAsked},
    visitor::Visitor,
    words::{PeopleWords, Words},
};
use crate::{
    access::Factor,
    app::Headquarters,
    http::HttpProblem,
    people::{OwnAccount, PeopleError, short_id, token_end},
};

#[derive(Template)]
#[template(path = "people/account.html")]
struct AccountPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    wrong: Option<&'static str>,
    own: &'a OwnAccount,
    roles: Vec<&'static str>,
    sees: Option<String>,
    missing: bool,
    /// Whether the second factor was just shown: then it can be changed.
    may_change: bool,
    totp: OneTime,
    key: KeyAsked,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    /// What is told once.
    told: Told,
}

/// What a page tells once, and never again.
#[derive(Default)]
pub(super) struct Told {
    token: Option<String>,
    recovery: Vec<String>,
}

struct SessionRow {
    id: String,
    began: String,
    seen: String,
    is_this: bool,
}

struct TokenRow {
    id: String,
    name: String,
    stepped_up: bool,
    made: String,
    until: Option<String>,
}

/// `GET /account`.
pub(super) async fn show(
    visitor: Visitor,
    request: HttpRequest,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&visitor, &request, &headquarters, None, Told::default()).await
}

async fn page(
    visitor: &Visitor,
    request: &HttpRequest,
    headquarters: &Headquarters,
    wrong: Option<&'static str>,
    told: Told,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, operator) = (&visitor.frame, &visitor.operator);
    let own = headquarters.people.own(operator, (headquarters.clock)()).await?;
    let keys: Vec<_> = own.passkeys.iter().map(|key| key.credential.clone()).collect();
    let secret = headquarters.people.offered_totp(&own.account);
    let sessions = own.sessions.iter().map(|session| SessionRow {
        id: short_id(&session.token_hash).to_owned(),
        began: frame.moment(session.created_at),
        seen: frame.moment(session.seen_at),
        is_this: session.token_hash == operator.token_hash,
    });
    let tokens = own.tokens.iter().map(|token| TokenRow {
        id: short_id(&token.token_hash).to_owned(),
        name: token.name.clone(),
        stepped_up: token.stepped_up,
        made: frame.moment(token.created_at),
        until: token.expires_at.map(|at| frame.moment(at)),
    });
    let limits = [&operator.scope.org, &operator.scope.region];
    let sees: Vec<&str> = limits.into_iter().flatten().map(String::as_str).collect();
    answer::html(&AccountPage {
        frame,
        w: frame.w,
        p: frame.p(),
        wrong,
        roles: own.account.roles.iter().map(|role| frame.p().role(*role)).collect(),
        sees: (!sees.is_empty()).then(|| sees.join(", ")),
        missing: operator.factor == Factor::Missing,
        may_change: operator.factor != Factor::Stale,
        totp: OneTime::new(&secret, &operator.name, frame.pack.election.id.as_str()),
        key: passkey::offer(request, headquarters, &operator.name, &keys)?,
        sessions: sessions.collect(),
        tokens: tokens.collect(),
        told,
        own: &own,
    })
}

/// Body of `POST /account/password`.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    present: String,
    new: String,
}

/// `POST /account/password`.
pub(super) async fn set_password(
    visitor: Visitor,
    request: HttpRequest,
    form: Form<PasswordForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    let people = &headquarters.people;
    let p = visitor.frame.p();
    let wrong = match people.change_password(&visitor.operator, &form.present, &form.new, now).await
    {
        Ok(()) => return Ok(answer::see_other("/account")),
        Err(PeopleError::Wrong) => p.password_wrong,
        Err(PeopleError::Weak) => p.password_weak,
        Err(error) => return Err(error.into()),
    };
    page(&visitor, &request, &headquarters, Some(wrong), Told::default()).await
}

/// Body of `POST /account/totp`.
#[derive(Deserialize)]
pub(super) struct CodeForm {
    code: String,
}

/// `POST /account/totp`.
pub(super) async fn set_totp(
    visitor: Visitor,
    request: HttpRequest,
    form: Form<CodeForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    match headquarters.people.confirm_totp(&visitor.operator, &form.code, now).await {
        Ok(()) => Ok(answer::see_other("/account")),
        Err(PeopleError::Wrong) => {
            let wrong = Some(visitor.frame.p().totp_wrong);
            page(&visitor, &request, &headquarters, wrong, Told::default()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/recovery-codes`: new codes, told once.
pub(super) async fn make_recovery(
    visitor: Visitor,
    request: HttpRequest,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    let recovery = headquarters.people.new_recovery_codes(&visitor.operator, now).await?;
    let told = Told { recovery, ..Told::default() };
    page(&visitor, &request, &headquarters, None, told).await
}

/// Body of `POST /account/passkeys`.
#[derive(Deserialize)]
pub(super) struct KeyForm {
    name: String,
    #[serde(flatten)]
    answer: KeyAnswer,
}

/// `POST /account/passkeys`.
pub(super) async fn add_passkey(
    visitor: Visitor,
    request: HttpRequest,
    form: Form<KeyForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    let added = match form.answer.registered(&request) {
        Some(registered) => {
            let people = &headquarters.people;
            people.add_passkey(&visitor.operator, &form.name, &registered, now).await
        }
        None => Err(PeopleError::Wrong),
    };
    match added {
        Ok(()) => Ok(answer::see_other("/account")),
        Err(PeopleError::Wrong) => {
            let wrong = Some(visitor.frame.p().key_failed);
            page(&visitor, &request, &headquarters, wrong, Told::default()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What is to be ended, by what names it.
#[derive(Deserialize)]
pub(super) struct IdForm {
    id: String,
}

/// `POST /account/passkeys/end`.
pub(super) async fn end_passkey(
    visitor: Visitor,
    form: Form<IdForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.end_passkey(&visitor.operator, &form.id, now).await?;
    Ok(answer::see_other("/account"))
}

/// `POST /account/sessions/end`.
pub(super) async fn end_session(
    visitor: Visitor,
    form: Form<IdForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.end_session(&visitor.operator, &form.id, now).await?;
    Ok(answer::see_other("/account"))
}

/// Body of `POST /account/tokens`.
#[derive(Deserialize)]
pub(super) struct TokenForm {
    name: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    stepped_up: Option<String>,
}

/// `POST /account/tokens`: a token, told once.
pub(super) async fn make_token(
    visitor: Visitor,
    request: HttpRequest,
    form: Form<TokenForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    // What is no number is as good as one out of bounds.
    let days = match form.days.trim() {
        "" => None,
        days => Some(days.parse().unwrap_or(0)),
    };
    let until = token_end(days, now)?;
    let token = (form.name.as_str(), form.stepped_up.is_some());
    let made = headquarters.people.new_token(&visitor.operator, token, until, now).await?;
    let told = Told { token: Some(made.token), ..Told::default() };
    page(&visitor, &request, &headquarters, None, told).await
}

/// `POST /account/tokens/end`.
pub(super) async fn end_token(
    visitor: Visitor,
    form: Form<IdForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    headquarters.people.end_token(&visitor.operator, &form.id, now).await?;
    Ok(answer::see_other("/account"))
}

/// Body of `POST /account/language`.
#[derive(Deserialize)]
pub(super) struct LanguageForm {
    language: String,
}

/// `POST /account/language`.
pub(super) async fn set_language(
    visitor: Visitor,
    form: Form<LanguageForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let code = Language::from_code(&form.language)
        .ok_or(PeopleError::Refused("choose one of the languages"))?
        .code();
    headquarters.people.set_language(&visitor.operator, code).await?;
    let mut answer = answer::see_other("/account");
    add_cookie(&mut answer, &language::cookie(code));
    Ok(answer)
}
