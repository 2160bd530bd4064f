//! `GET /drawings/...svg`: the drawings of the pages as files, to be put into a report.
//!
//! Whoever may see the page may have its drawing, within the same region, in the same language. A file
//! loses its page, so it says above itself what it shows, of which election and when it was made, and that
//! an exercise is one.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Query},
};
use hattama_proto::{
    id::{ChoiceCode, ContestCode},
    problem::ProblemCode,
};
use serde::Deserialize;

use super::{
    answer, compare_plots, forensics,
    frame::Frame,
    known::{SampledView, coverage},
    visitor::Visitor,
};
use crate::{
    app::Headquarters,
    http::HttpProblem,
    indicators::{Asked, Source},
    knowledge::ContestKnown,
    plot,
};

/// Which contest a drawing is of; the first where none is named.
#[derive(Deserialize)]
pub(super) struct OfContest {
    contest: Option<ContestCode>,
}

/// Query of `GET /drawings/fingerprint.svg`, as that of the page.
#[derive(Deserialize)]
pub(super) struct OfChoice {
    contest: Option<ContestCode>,
    choice: Option<ChoiceCode>,
    #[serde(default)]
    source: Source,
}

/// `GET /drawings/differences.svg?contest=`: what changed at each level.
pub(super) async fn differences(
    visitor: Visitor,
    query: Query<OfContest>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, scope) = (&visitor.frame, &visitor.operator.scope);
    let comparison = headquarters.comparison_within(scope).await?;
    let asked = query.contest.as_ref();
    let of = comparison.contests.iter().find(|of| asked.is_none_or(|code| of.contest == *code));
    let drawn = of.and_then(|of| compare_plots::cascade(frame, 0, of, &levels(frame)));
    let drawn = drawn.ok_or_else(nothing)?;
    let title = format!("{}: {}", frame.w.known.cascade_title, drawn.contest);
    Ok(file(frame, "differences", title, &drawn.drawing))
}

/// `GET /drawings/turnout.svg`: precincts by turnout.
pub(super) async fn turnout(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let (frame, scope) = (&visitor.frame, &visitor.operator.scope);
    let comparison = headquarters.comparison_within(scope).await?;
    let drawn = compare_plots::turnout(frame, &headquarters, scope, &comparison).await?;
    let drawn = drawn.ok_or_else(nothing)?;
    Ok(file(frame, "turnout", frame.w.known.turnout_title.to_owned(), &drawn.drawing))
}

/// `GET /drawings/coverage.svg?contest=`: how far our copies reach, region by region.
pub(super) async fn covered(
    visitor: Visitor,
    query: Query<OfContest>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let known = headquarters.knowledge_within(&visitor.operator.scope).await?;
    let of = chosen(&known.contests, query.contest.as_ref())?;
    let drawn = coverage::map(frame, &of.coverage).ok_or_else(nothing)?;
    let title = format!("{}: {}", frame.w.known.coverage_title, frame.contest(&of.contest));
    Ok(file(frame, "coverage", title, &drawn))
}

/// `GET /drawings/convergence.svg?contest=`: how the estimate from the sample moved; for analysts.
pub(super) async fn convergence(
    visitor: Visitor,
    query: Query<OfContest>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let known = headquarters.knowledge_within(&visitor.operator.scope).await?;
    let of = chosen(&known.contests, query.contest.as_ref())?;
    let drawn = SampledView::new(frame, 0, of, known.confidence).and_then(|view| view.course);
    let drawn = drawn.ok_or_else(nothing)?;
    let title = format!("{}: {}", frame.w.known.course_title, frame.contest(&of.contest));
    Ok(file(frame, "convergence", title, &drawn))
}

/// `GET /drawings/fingerprint.svg?contest=&choice=&source=`: turnout against share; for analysts, and
/// never in anything public.
pub(super) async fn fingerprint(
    visitor: Visitor,
    query: Query<OfChoice>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let OfChoice { contest, choice, source } = query.into_inner();
    let asked = Asked { contest, choice, source };
    let found = headquarters.indicators_within(&visitor.operator.scope, &asked).await?;
    let found = found.ok_or_else(nothing)?;
    let choice = frame.choice(&found.contest, &found.choice);
    let title = format!("{}: {choice}", frame.w.forensic.print_title);
    Ok(file(frame, "fingerprint", title, &forensics::print(frame, &found)))
}

/// Names of the levels, the lowest first.
fn levels(frame: &Frame) -> Vec<String> {
    let name = |level| frame.w.level(level).to_owned();
    hattama_proto::statement::Level::ALL.map(name).into()
}

fn chosen<'a>(
    contests: &'a [ContestKnown],
    asked: Option<&ContestCode>,
) -> Result<&'a ContestKnown, HttpProblem> {
    let found = contests.iter().find(|of| asked.is_none_or(|code| of.contest == *code));
    found.ok_or_else(nothing)
}

fn nothing() -> HttpProblem {
    let what =
        "there is nothing to draw yet; the page that shows this drawing says what is missing";
    HttpProblem::new(ProblemCode::NotFound, what)
}

fn file(frame: &Frame, name: &str, title: String, drawing: &str) -> HttpResponse {
    let mut lines = vec![title, format!("{} · {}", frame.election(), frame.made_at())];
    lines.extend(frame.exercise().map(str::to_owned));
    let mark = if frame.exercise().is_some() { "EXERCISE-" } else { "" };
    answer::hardened(HttpResponse::Ok())
        .content_type("image/svg+xml")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{mark}{name}.svg\""),
        ))
        .body(plot::as_file(drawing, &lines))
}
