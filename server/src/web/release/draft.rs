//! `GET /release-drafts/{draft}`: what would become public, and the buttons of the second publisher;
//! `GET /releases/{number}`: what is.

use actix_web::{
    HttpResponse,
    web::{Data, Form, Path},
};
use askama::Template;
use hattama_proto::problem::ProblemCode;
use serde::Deserialize;

use super::article::Article;
use crate::{
    access::Permission,
    app::Headquarters,
    http::HttpProblem,
    release::ReleaseError,
    web::{answer, frame::Frame, visitor::Visitor, words::Words},
};

#[derive(Template)]
#[template(path = "release/draft.html")]
struct DraftPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    a: Article,
    draft: Option<DraftView>,
    trouble: Option<String>,
    /// What stands before and after the number in the address of another release.
    release_before: Option<&'static str>,
    release_after: &'static str,
    /// Before the name of a file of the release.
    files: String,
}

struct DraftView {
    id: String,
    by: String,
    at: String,
    sha256: String,
    own: bool,
    may_decide: bool,
}

/// What the buttons send.
#[derive(Deserialize)]
pub(in crate::web) struct DecisionForm {
    what: String,
}

/// `GET /release-drafts/{draft}`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    draft: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    shown(&visitor, &headquarters, &draft, None).await
}

async fn shown(
    visitor: &Visitor,
    headquarters: &Headquarters,
    draft: &str,
    trouble: Option<String>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, by) = (&visitor.frame, &visitor.operator);
    let (draft, _, content) = headquarters.release_draft(by, draft).await?;
    answer::html(&DraftPage {
        frame,
        w: frame.w,
        a: Article::of_draft(&content, frame.language()),
        draft: Some(DraftView {
            own: draft.proposed_by == by.name,
            may_decide: frame.may(Permission::Release),
            at: frame.moment(draft.proposed_at),
            sha256: draft.content.to_hex(),
            by: draft.proposed_by,
            id: draft.id,
        }),
        trouble,
        release_before: Some("/releases/"),
        release_after: "",
        files: String::new(),
    })
}

/// `POST /release-drafts/{draft}`: confirms it or takes it back.
pub(in crate::web) async fn decide(
    visitor: Visitor,
    draft: Path<String>,
    form: Form<DecisionForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (by, now) = (&visitor.operator, (headquarters.clock)());
    let done = match form.what.as_str() {
        "confirm" => {
            let number = headquarters.confirm_release(by, &draft, now).await;
            number.map(|number| format!("/releases/{number}"))
        }
        "withdraw" => {
            let done = headquarters.withdraw_release(by, &draft, now).await;
            done.map(|()| "/releases".to_owned())
        }
        _ => return Err(HttpProblem::new(ProblemCode::Invalid, "there is no such form")),
    };
    match done {
        Ok(address) => Ok(answer::see_other(&address)),
        Err(error @ (ReleaseError::Unmet(_) | ReleaseError::Changed(_))) => {
            shown(&visitor, &headquarters, &draft, Some(error.to_string())).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /releases/{number}`: one release, inside headquarters.
pub(in crate::web) async fn show_release(
    visitor: Visitor,
    number: Path<u32>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let release = headquarters.release(*number).await?;
    answer::html(&DraftPage {
        frame,
        w: frame.w,
        a: Article::of_release(&release, frame.language()),
        draft: None,
        trouble: None,
        release_before: Some("/releases/"),
        release_after: "",
        files: format!("/public/releases/{number}/"),
    })
}
