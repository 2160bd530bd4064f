//! Entering headquarters with a token, and leaving it.
//!
//! The token goes into a cookie that no script and no other site can use. It is never logged, never
//! written into a page, and out of the address bar after one redirect.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Form, Query},
};
use askama::Template;
use serde::Deserialize;

use super::{answer, frame::Frame, visitor, words::Words};
use crate::{
    app::Headquarters,
    http::{COOKIE, HttpProblem},
    ingest::token_hash,
    store,
};

/// Asks for the token.
#[derive(Template)]
#[template(path = "enter.html")]
pub(super) struct EnterPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    /// What was wrong with the last try.
    wrong: Option<&'static str>,
    /// Where to go afterwards.
    next: &'a str,
}

impl<'a> EnterPage<'a> {
    pub(super) fn new(frame: &'a Frame, wrong: Option<&'static str>, next: &'a str) -> Self {
        Self { frame, w: frame.w, wrong, next: if is_local(next) { next } else { "/" } }
    }
}

/// Query of `GET /enter`.
#[derive(Deserialize)]
pub(super) struct EnterQuery {
    token: Option<String>,
    #[serde(default)]
    next: String,
}

/// Body of `POST /enter`.
#[derive(Deserialize)]
pub(super) struct EnterForm {
    token: String,
    #[serde(default)]
    next: String,
}

/// `GET /enter?token=&next=`: enters with the link that `hattama init` and the demonstration print;
/// asks for the token without one.
pub(super) async fn show(
    request: HttpRequest,
    query: Query<EnterQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    match &query.token {
        Some(token) => enter(&request, token, &query.next, &headquarters).await,
        None => answer::html(&EnterPage::new(&Frame::of_stranger(&request), None, "/")),
    }
}

/// `POST /enter`: enters with the token of the form.
pub(super) async fn submit(
    request: HttpRequest,
    form: Form<EnterForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    if !visitor::is_from_here(&request) {
        return Err(visitor::foreign());
    }
    enter(&request, &form.token, &form.next, &headquarters).await
}

/// `POST /leave`: forgets the token.
pub(super) async fn leave(request: HttpRequest) -> Result<HttpResponse, HttpProblem> {
    if !visitor::is_from_here(&request) {
        return Err(visitor::foreign());
    }
    let mut answer = answer::see_other("/enter");
    set_cookie(&mut answer, &format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
    Ok(answer)
}

async fn enter(
    request: &HttpRequest,
    token: &str,
    next: &str,
    headquarters: &Headquarters,
) -> Result<HttpResponse, HttpProblem> {
    let token = token.trim();
    // Tokens are base64url; anything else cannot be one and would not fit a cookie.
    let plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let known =
        plain && store::accounts::token_name(&headquarters.db, &token_hash(token)).await?.is_some();
    if !known {
        let frame = Frame::of_stranger(request);
        let page = EnterPage::new(&frame, Some(frame.w.enter_wrong), next);
        return answer::html(&page);
    }
    let mut answer = answer::see_other(if is_local(next) { next } else { "/" });
    let config = &headquarters.config;
    let secure =
        if config.tls_cert.is_some() || config.behind_proxy.is_some() { "; Secure" } else { "" };
    set_cookie(
        &mut answer,
        &format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"),
    );
    Ok(answer)
}

fn set_cookie(answer: &mut HttpResponse, cookie: &str) {
    let cookie = header::HeaderValue::try_from(cookie).expect("a cookie of plain ASCII");
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
}

/// Whether it is an address on this very site, so that a prepared link leads nowhere else. Browsers
/// take `//` and `/\` for the start of a host.
fn is_local(address: &str) -> bool {
    address.starts_with('/')
        && !address.starts_with("//")
        && !address.starts_with("/\\")
        && address.bytes().all(|byte| byte.is_ascii_graphic())
        && !address.starts_with("/enter")
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn entering_leads_to_pages_of_this_site_only() {
        assert!(is_local("/units/11-900001?lang=kk"));
        for elsewhere in ["", "https://else.example", "//else.example", "/\\else.example", "/a\nb"]
        {
            assert!(!is_local(elsewhere), "{elsewhere:?}");
        }
    }
}
