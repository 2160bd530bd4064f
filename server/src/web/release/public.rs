//! What is released, for anybody: no account, no script, nothing that tells who looks.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Path},
};
use askama::Template;

use super::{Line, article::Article};
use crate::{
    app::Headquarters,
    http::HttpProblem,
    web::{
        answer,
        frame::{Frame, LanguageLink},
        words::Words,
    },
};

/// How long anybody may keep a page: a correction has to be seen the same minute. Which language a
/// page is in may depend on who asks.
const KEPT: [(header::HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "public, max-age=60"), (header::VARY, "Accept-Language, Cookie")];

#[derive(Template)]
#[template(path = "release/public.html")]
pub(super) struct PublicPage {
    pub(super) w: &'static Words,
    pub(super) lang: &'static str,
    pub(super) a: Article,
    pub(super) style: String,
    pub(super) icon: Option<String>,
    pub(super) home: String,
    pub(super) languages: Vec<LanguageLink>,
    /// What stands before and after the number in the address of another release; none where it is
    /// not beside this one.
    pub(super) release_before: Option<String>,
    pub(super) release_after: &'static str,
    /// Before the name of a file of the release.
    pub(super) files: String,
    /// Where the official figures by unit begin.
    pub(super) units: Option<String>,
    /// Where the drawings are, with their numbers.
    pub(super) drawings: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "release/public-list.html")]
struct ListPage<'a> {
    w: &'static Words,
    lang: &'static str,
    election: &'a str,
    exercise: Option<&'a str>,
    style: &'static str,
    icon: &'static str,
    languages: Vec<LanguageLink>,
    releases: Vec<Line>,
}

fn kept(mut page: HttpResponse) -> HttpResponse {
    for (name, value) in KEPT {
        page.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    page
}

/// `GET /public/releases`.
pub(in crate::web) async fn list(
    request: HttpRequest,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = Frame::of_stranger(&request);
    let all = headquarters.releases().await?;
    let page = answer::html(&ListPage {
        w: frame.w,
        lang: frame.lang(),
        election: frame.election(),
        exercise: frame.exercise(),
        style: frame.style(),
        icon: frame.icon(),
        languages: frame.languages(),
        releases: all.iter().map(|(number, of)| Line::new(&frame, *number, of, None)).collect(),
    })?;
    Ok(kept(page))
}

/// `GET /public/releases/{number}`.
pub(in crate::web) async fn show(
    request: HttpRequest,
    number: Path<u32>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = Frame::of_stranger(&request);
    let release = headquarters.release(*number).await?;
    let page = answer::html(&PublicPage {
        w: frame.w,
        lang: frame.lang(),
        a: Article::of_release(&release, frame.language()),
        style: frame.style().to_owned(),
        icon: Some(frame.icon().to_owned()),
        home: "/public/releases".to_owned(),
        languages: frame.languages(),
        release_before: Some("/public/releases/".to_owned()),
        release_after: "",
        files: format!("/public/releases/{number}/"),
        units: None,
        drawings: None,
    })?;
    Ok(kept(page))
}
