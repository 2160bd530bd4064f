//! What every answer to a browser carries, and problems as pages.

use actix_web::{
    Error, HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use askama::Template;
use hattama_proto::problem::{Problem, ProblemCode};

use super::{
    enter::EnterPage,
    frame::Frame,
    kept::{self, Kept},
    language,
    language::Language,
    words::{PeopleWords, Words},
};
use crate::{
    app::Headquarters,
    http::{HttpProblem, cookie, session_cookie},
};

/// What a page may load: pictures, the style sheet and our own modules from here, nothing else and
/// nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'self'; \
     script-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers that an answer to a browser has by default.
const HARDENING: [(header::HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Other sites learn nothing; our own forms still say where they come from.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // What an operator saw stays on no disk.
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds the headers that every answer to a browser has.
pub(super) fn hardened(mut builder: HttpResponseBuilder) -> HttpResponseBuilder {
    for (name, value) in HARDENING {
        builder.insert_header((name, value));
    }
    builder
}

/// A page as an answer.
pub(super) fn html(page: &impl Template) -> Result<HttpResponse, HttpProblem> {
    html_with(StatusCode::OK, page)
}

fn html_with(status: StatusCode, page: &impl Template) -> Result<HttpResponse, HttpProblem> {
    let text = page.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        HttpProblem::new(ProblemCode::Internal, "headquarters failed inside")
    })?;
    Ok(hardened(HttpResponse::build(status)).content_type("text/html; charset=utf-8").body(text))
}

/// "Look there": the answer to a form.
pub(super) fn see_other(address: &str) -> HttpResponse {
    hardened(HttpResponse::SeeOther()).insert_header((header::LOCATION, address)).finish()
}

/// A problem, for a person.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    title: &'static str,
    detail: Option<String>,
    status: u16,
}

/// Leads to where the second factor is shown.
#[derive(Template)]
#[template(path = "people/step_up.html")]
struct StepUpPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PeopleWords,
    next: String,
    is_form: bool,
}

/// Around all pages: a problem becomes a page for a browser, with what was typed where nobody is in any
/// more, and a language that was asked for is remembered.
pub(super) async fn for_browsers(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = Language::asked(request.query_string());
    let typed = kept::form_of(&mut request).await.unwrap_or_default();
    let mut answer = next.call(request).await?.map_into_boxed_body();
    if is_problem(answer.headers()) && wants_page(answer.request().headers()) {
        let page = problem_page(&answer, &typed);
        answer = answer.into_response(page);
    }
    if let Some(language) = asked {
        let cookie = language::cookie(language.code());
        let cookie = HeaderValue::try_from(cookie).expect("it is plain ASCII");
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// A refusal from before the pages: one of them too where somebody looks at it.
pub(crate) fn for_whoever_looks(answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    if is_problem(answer.headers()) && wants_page(answer.request().headers()) {
        let page = problem_page(&answer, &Kept::default());
        return answer.into_response(page);
    }
    answer
}

fn is_problem(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    media_type == Some(Problem::MEDIA_TYPE.as_bytes())
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

/// Where to go on after entering again: what was asked for, or the page whose form was sent.
fn back(request: &HttpRequest, frame: &Frame) -> String {
    if request.method() == Method::GET {
        return frame.here();
    }
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let page = header(header::REFERER).and_then(|from| {
        let (host, path) = from.split_once("://")?.1.split_once('/')?;
        (header(header::HOST) == Some(host)).then(|| format!("/{path}"))
    });
    page.unwrap_or_else(|| "/".to_owned())
}

fn problem_page(answer: &ServiceResponse, typed: &Kept) -> HttpResponse {
    let request = answer.request();
    let frame = Frame::of_stranger(request);
    let (w, status) = (frame.w, answer.status());
    let problem = answer.response().error().and_then(|error| error.as_error::<HttpProblem>());
    let detail = problem.map(ToString::to_string);
    let steps_up = problem.is_some_and(|problem| problem.code() == ProblemCode::StepUpRequired);
    let wait_s = problem.and_then(HttpProblem::wait_s);
    // Where those begin who may not see the overview: an admin who only looks after accounts.
    let is_home = request.path() == "/" && request.method() == Method::GET;
    if is_home && problem.is_some_and(|problem| problem.code() == ProblemCode::Forbidden) {
        return see_other("/account");
    }
    let page = if status == StatusCode::UNAUTHORIZED {
        // Who was in and is no more wonders what became of the work.
        let headquarters: Option<&Data<Headquarters>> = request.app_data();
        let was_in =
            headquarters.is_some_and(|hq| cookie(request, session_cookie(&hq.config)).is_some());
        let next = if typed.is_nothing() { back(request, &frame) } else { typed.home() };
        html_with(status, &EnterPage::again(&frame, &next, typed, was_in))
    } else if steps_up {
        // What only shows something comes back to where it was asked for; of a form, what was typed
        // stays in the browser's page before this one.
        let next = if request.method() == Method::GET { frame.here() } else { "/".to_owned() };
        let is_form = request.method() != Method::GET;
        html_with(status, &StepUpPage { frame: &frame, w, p: frame.p(), next, is_form })
    } else {
        let title = match status.as_u16() {
            403 => w.problem_forbidden,
            404 => w.problem_not_found,
            409 | 412 => w.problem_conflict,
            429 => frame.p().problem_wait,
            400 | 413 | 422 => w.problem_invalid,
            _ => w.problem_internal,
        };
        let page = ProblemPage { frame: &frame, w, title, detail, status: status.as_u16() };
        html_with(status, &page)
    };
    let mut page = page.unwrap_or_else(|problem| problem.error_response());
    if let Some(seconds) = wait_s {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}
