//! Entering headquarters and leaving it: by name and password with a second factor, or by a token.
//!
//! What a browser gets is a session in a cookie that no script and no other site can use. Passwords,
//! codes and tokens are never logged, never written into a page, and a token is out of the address bar
//! after one redirect.

use std::{collections::BTreeMap, net::IpAddr};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Form, Query},
};
use askama::Template;
use serde::Deserialize;

use super::{
    answer,
    frame::Frame,
    kept::Kept,
    language,
    passkey::{self, KeyAnswer, KeyAsked},
    visitor::Visitor,
    words::{PeopleWords, Words},
};
use crate::{
    access::Operator,
    app::Headquarters,
    http::{HttpProblem, cookie, foreign, is_from_here, is_secure, session_cookie},
    people::{Entered, NewSession, PeopleError, Proof, Whence},
};

/// Seconds for which a browser is known again as one that was in: half a year.
const DEVICE_S: u32 = 180 * 24 * 60 * 60;

/// Asks who it is.
#[derive(Template)]
#[template(path = "enter.html")]
pub(super) struct EnterPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    /// What was wrong with the last try.
    wrong: Option<&'static str>,
    /// The name that was typed.
    name: &'a str,
    /// Where to go afterwards.
    next: &'a str,
    /// What was typed while the session ended.
    hidden: Vec<(String, &'a str)>,
}

impl<'a> EnterPage<'a> {
    pub(super) fn new(frame: &'a Frame, wrong: Option<&'static str>, next: &'a str) -> Self {
        let (w, p, next) = (frame.w, frame.p(), local(next));
        Self { frame, w, p, wrong, name: "", next, hidden: Vec::new() }
    }

    /// Where somebody is not in, or not any more: leads back to the page, with what was typed on it.
    pub(super) fn again(frame: &'a Frame, here: &'a str, typed: &'a Kept, was_in: bool) -> Self {
        let p = frame.p();
        let wrong =
            if typed.is_nothing() { was_in.then_some(p.session_over) } else { Some(p.kept_enter) };
        Self::new(frame, wrong, here).keeping(typed)
    }

    fn keeping(self, typed: &'a Kept) -> Self {
        Self { hidden: typed.hidden(), ..self }
    }
}

/// Asks for the second factor: after the password, or again within a session.
#[derive(Template)]
#[template(path = "people/second.html")]
struct SecondPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    wrong: Option<&'static str>,
    /// Where the form goes.
    action: &'static str,
    /// What the password led to; none within a session.
    ticket: Option<&'a str>,
    /// Whether a token serves too.
    takes_token: bool,
    key: Option<KeyAsked>,
    next: &'a str,
    /// What was typed while the session ended.
    hidden: Vec<(String, &'a str)>,
}

/// Query of `GET /enter` and `GET /step-up`.
#[derive(Deserialize)]
pub(super) struct EnterQuery {
    token: Option<String>,
    #[serde(default)]
    next: String,
}

/// Body of `POST /enter`.
#[derive(Deserialize)]
pub(super) struct EnterForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
    /// What was typed while the session ended.
    #[serde(flatten)]
    more: BTreeMap<String, String>,
}

/// Body of `POST /enter/second` and `POST /step-up`.
#[derive(Deserialize)]
pub(super) struct SecondForm {
    #[serde(default)]
    ticket: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
    #[serde(flatten)]
    key: KeyAnswer,
    /// What was typed while the session ended.
    #[serde(flatten)]
    more: BTreeMap<String, String>,
}

/// `GET /enter?token=&next=`: asks for name and password. With a token enters at once, for the link
/// that `hattama init` and the demonstration print.
pub(super) async fn show(
    request: HttpRequest,
    query: Query<EnterQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    match &query.token {
        Some(token) => {
            by_token(&request, token, (&query.next, &Kept::default()), &headquarters).await
        }
        None => answer::html(&EnterPage::new(&Frame::of_stranger(&request), None, &query.next)),
    }
}

/// `POST /enter`: name and password, or a token.
pub(super) async fn submit(
    request: HttpRequest,
    form: Form<EnterForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    if !is_from_here(&request) {
        return Err(foreign());
    }
    let typed = Kept::read(&form.more);
    if !form.token.trim().is_empty() {
        return by_token(&request, &form.token, (&form.next, &typed), &headquarters).await;
    }
    let now = (headquarters.clock)();
    let from = from(&request, &headquarters);
    let entered = headquarters.people.enter(&form.name, &form.password, from, now).await;
    let frame = Frame::of_stranger(&request);
    match entered {
        // Without a second factor nothing opens but one's own account.
        Ok(Entered::In(session)) => Ok(let_in(&headquarters, &session, "/account")),
        Ok(Entered::Ticket(ticket)) => {
            let asks = Asks { ticket: Some(&ticket), next: &form.next, wrong: None, typed: &typed };
            ask(&request, &frame, &headquarters, asks).await
        }
        Err(PeopleError::Wrong) => {
            let wrong = Some(frame.p().enter_wrong);
            let page = EnterPage::new(&frame, wrong, &form.next).keeping(&typed);
            answer::html(&EnterPage { name: &form.name, ..page })
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /enter/second`: the second factor.
pub(super) async fn second(
    request: HttpRequest,
    form: Form<SecondForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    if !is_from_here(&request) {
        return Err(foreign());
    }
    let (now, from) = ((headquarters.clock)(), from(&request, &headquarters));
    let asserted = form.key.asserted(&request);
    let proof = match &asserted {
        Some(asserted) => Proof::Passkey(asserted),
        None => Proof::Code(&form.code),
    };
    let typed = Kept::read(&form.more);
    match headquarters.people.second(&form.ticket, proof, from, now).await {
        Ok(session) => go_on(&request, &headquarters, &session, (&form.next, &typed)).await,
        Err(PeopleError::Wrong) => {
            let frame = Frame::of_stranger(&request);
            let wrong = Some(frame.p().second_wrong);
            let asks = Asks { ticket: Some(&form.ticket), next: &form.next, wrong, typed: &typed };
            ask(&request, &frame, &headquarters, asks).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /step-up?next=`: asks for the second factor within a session.
pub(super) async fn ask_again(
    visitor: Visitor,
    request: HttpRequest,
    query: Query<EnterQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let asks = Asks { ticket: None, next: &query.next, wrong: None, typed: &Kept::default() };
    ask(&request, &visitor.frame, &headquarters, asks).await
}

/// `POST /step-up`: the second factor within a session; leads back.
pub(super) async fn step_up(
    visitor: Visitor,
    request: HttpRequest,
    form: Form<SecondForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    let asserted = form.key.asserted(&request);
    let proof = match (&asserted, form.token.trim()) {
        (Some(asserted), _) => Proof::Passkey(asserted),
        (None, "") => Proof::Code(&form.code),
        (None, token) => Proof::Token(token),
    };
    match headquarters.people.step_up(&visitor.operator, proof, now).await {
        Ok(()) => Ok(answer::see_other(local(&form.next))),
        Err(PeopleError::Wrong) => {
            let wrong = Some(visitor.frame.p().second_wrong);
            let asks = Asks { ticket: None, next: &form.next, wrong, typed: &Kept::default() };
            ask(&request, &visitor.frame, &headquarters, asks).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /leave`: ends the session.
pub(super) async fn leave(
    request: HttpRequest,
    operator: Result<Operator, HttpProblem>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    if !is_from_here(&request) {
        return Err(foreign());
    }
    if let Ok(operator) = operator {
        headquarters.people.leave(&operator, (headquarters.clock)()).await?;
    }
    let mut answer = answer::see_other("/enter");
    let name = session_cookie(&headquarters.config);
    add_cookie(&mut answer, &cookie_text(&headquarters, name, "", "; Max-Age=0"));
    Ok(answer)
}

struct Asks<'a> {
    ticket: Option<&'a str>,
    next: &'a str,
    wrong: Option<&'static str>,
    typed: &'a Kept,
}

async fn ask(
    request: &HttpRequest,
    frame: &Frame,
    headquarters: &Headquarters,
    asks: Asks<'_>,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    let account = match (asks.ticket, &frame.operator) {
        (Some(ticket), _) => match headquarters.people.ticket(ticket, now).await {
            Ok(name) => name,
            // The password was too long ago.
            Err(PeopleError::Wrong) => {
                let wrong = Some(frame.p().ticket_over);
                let page = EnterPage::new(frame, wrong, asks.next).keeping(asks.typed);
                return answer::html(&page);
            }
            Err(error) => return Err(error.into()),
        },
        (None, Some(operator)) => operator.name.clone(),
        (None, None) => String::new(),
    };
    answer::html(&SecondPage {
        frame,
        w: frame.w,
        p: frame.p(),
        wrong: asks.wrong,
        action: if asks.ticket.is_some() { "/enter/second" } else { "/step-up" },
        ticket: asks.ticket,
        takes_token: asks.ticket.is_none(),
        key: passkey::ask(request, headquarters, &account).await?,
        next: local(asks.next),
        hidden: asks.typed.hidden(),
    })
}

async fn by_token(
    request: &HttpRequest,
    token: &str,
    (next, typed): (&str, &Kept),
    headquarters: &Headquarters,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    match headquarters.people.enter_by_token(token.trim(), now).await {
        Ok(session) => go_on(request, headquarters, &session, (next, typed)).await,
        Err(PeopleError::Wrong) => {
            let frame = Frame::of_stranger(request);
            let page = EnterPage::new(&frame, Some(frame.w.enter_wrong), next).keeping(typed);
            answer::html(&page)
        }
        Err(error) => Err(error.into()),
    }
}

/// In, and on to where it was asked for; with what the same account typed when its session ended,
/// for it to be sent.
async fn go_on(
    request: &HttpRequest,
    headquarters: &Headquarters,
    session: &NewSession,
    (next, typed): (&str, &Kept),
) -> Result<HttpResponse, HttpProblem> {
    let before = cookie(request, session_cookie(&headquarters.config));
    if let Some(before) = before.filter(|_| !typed.is_nothing())
        && headquarters.people.was_in(before, &session.account).await?
    {
        let mut page = typed.page(request)?;
        set_cookies(headquarters, &mut page, session);
        return Ok(page);
    }
    Ok(let_in(headquarters, session, local(next)))
}

/// Where a try comes from. Behind a proxy the address is the one that the proxy saw.
fn from<'a>(request: &'a HttpRequest, headquarters: &Headquarters) -> Whence<'a> {
    let address = if headquarters.config.behind_proxy.is_some() {
        let header = request.headers().get("x-forwarded-for").and_then(|it| it.to_str().ok());
        header.and_then(|hops| hops.rsplit(',').next()?.trim().parse().ok())
    } else {
        request.peer_addr().map(|address| address.ip())
    };
    Whence { device: cookie(request, device_cookie(headquarters)), address: address.map(network) }
}

/// An address as it is counted: of IPv6 the network, because one customer has all of it.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            [a, b, c, d, 0, 0, 0, 0].into()
        }
    }
}

fn device_cookie(headquarters: &Headquarters) -> &'static str {
    if is_secure(&headquarters.config) { "__Host-hattama-device" } else { "hattama-device" }
}

/// A session's cookies, and the way on.
pub(super) fn let_in(
    headquarters: &Headquarters,
    session: &NewSession,
    next: &str,
) -> HttpResponse {
    let mut answer = answer::see_other(next);
    set_cookies(headquarters, &mut answer, session);
    answer
}

/// Sets the cookies of a session that begins.
pub(super) fn set_cookies(
    headquarters: &Headquarters,
    answer: &mut HttpResponse,
    session: &NewSession,
) {
    let name = session_cookie(&headquarters.config);
    add_cookie(answer, &cookie_text(headquarters, name, &session.token, ""));
    let (device, age) = (device_cookie(headquarters), format!("; Max-Age={DEVICE_S}"));
    add_cookie(answer, &cookie_text(headquarters, device, &session.device, &age));
    if let Some(language) = &session.language {
        add_cookie(answer, &language::cookie(language));
    }
}

fn cookie_text(headquarters: &Headquarters, name: &str, value: &str, more: &str) -> String {
    let secure = if is_secure(&headquarters.config) { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
}

pub(super) fn add_cookie(answer: &mut HttpResponse, cookie: &str) {
    let cookie = header::HeaderValue::try_from(cookie).expect("a cookie of plain ASCII");
    answer.headers_mut().append(header::SET_COOKIE, cookie);
}

/// The address, if it is one of this very site, so that a prepared link leads nowhere else.
pub(super) fn local(address: &str) -> &str {
    if is_local(address) { address } else { "/" }
}

/// Browsers take `//` and `/\` for the start of a host.
fn is_local(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && !address.starts_with("/\\")
        && address.bytes().all(|byte| byte.is_ascii_graphic())
        && !["/enter", "/step-up", "/welcome"].iter().any(|page| address.starts_with(page))
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn entering_leads_to_pages_of_this_site_only() {
        assert!(is_local("/units/11-900001?lang=kk"));
        for elsewhere in [
            "",
            "https://else.example",
            "//else.example",
            "/\\else.example",
            "/a\nb",
            "/enter?token=x",
        ] {
            assert!(!is_local(elsewhere), "{elsewhere:?}");
        }
    }
}
