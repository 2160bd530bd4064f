//! `/welcome`: an invited person sets a password and a second factor.
//!
//! Whoever has the link is the invited
//! person until it was used: once, within three days. The page is not kept by the browser and tells no
//! other site where it was.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Form, Query},
};
use askama::Template;
use serde::Deserialize;

use super::{
    answer,
    enter::{EnterPage, set_cookies},
    frame::Frame,
    one_time::OneTime,
    words::{PeopleWords, Words},
};
use crate::{
    app::Headquarters,
    http::{HttpProblem, foreign, is_from_here},
    people::PeopleError,
};

#[derive(Template)]
#[template(path = "people/welcome.html")]
struct WelcomePage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    wrong: Option<&'static str>,
    invitation: &'a str,
    name: &'a str,
    totp: OneTime,
}

/// Recovery codes, told once.
#[derive(Template)]
#[template(path = "people/recovery.html")]
struct RecoveryPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    recovery: &'a [String],
}

/// Query of `GET /welcome`.
#[derive(Deserialize)]
pub(super) struct WelcomeQuery {
    #[serde(default)]
    invitation: String,
}

/// Body of `POST /welcome`.
#[derive(Deserialize)]
pub(super) struct WelcomeForm {
    invitation: String,
    password: String,
    code: String,
}

/// `GET /welcome?invitation=`.
pub(super) async fn show(
    request: HttpRequest,
    query: Query<WelcomeQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&request, &headquarters, &query.invitation, None).await
}

async fn page(
    request: &HttpRequest,
    headquarters: &Headquarters,
    invitation: &str,
    wrong: Option<&'static str>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = Frame::of_stranger(request);
    let (account, secret) =
        match headquarters.people.invited(invitation, (headquarters.clock)()).await {
            Ok(found) => found,
            Err(PeopleError::NotFound) => {
                let wrong = Some(frame.p().welcome_over);
                return answer::html(&EnterPage::new(&frame, wrong, "/"));
            }
            Err(error) => return Err(error.into()),
        };
    answer::html(&WelcomePage {
        frame: &frame,
        w: frame.w,
        p: frame.p(),
        wrong,
        invitation,
        name: &account.name,
        totp: OneTime::new(&secret, &account.name, frame.pack.election.id.as_str()),
    })
}

/// `POST /welcome`: in, once; shows the recovery codes.
pub(super) async fn accept(
    request: HttpRequest,
    form: Form<WelcomeForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    if !is_from_here(&request) {
        return Err(foreign());
    }
    let now = (headquarters.clock)();
    let people = &headquarters.people;
    let frame = Frame::of_stranger(&request);
    let wrong = match people.accept(&form.invitation, &form.password, &form.code, now).await {
        Ok((session, recovery)) => {
            let (w, p) = (frame.w, frame.p());
            let page = RecoveryPage { frame: &frame, w, p, recovery: &recovery };
            let mut answer = answer::html(&page)?;
            set_cookies(&headquarters, &mut answer, &session);
            return Ok(answer);
        }
        Err(PeopleError::Weak) => frame.p().password_weak,
        Err(PeopleError::Wrong) => frame.p().totp_wrong,
        Err(PeopleError::NotFound | PeopleError::Stale) => frame.p().welcome_over,
        Err(error) => return Err(error.into()),
    };
    page(&request, &headquarters, &form.invitation, Some(wrong)).await
}
