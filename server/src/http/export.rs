//! Figures and the comparison as files. That somebody took them out is noted.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data, Query},
};
use futures_util::stream;
use hattama_proto::{id::ContestCode, statement::Level};
use serde::Deserialize;

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    export::{self, Flavour, NistReport, Whose},
};

/// Query of `GET /v1/export/comparison.csv`.
#[derive(Deserialize)]
pub(super) struct ComparisonQuery {
    contest: Option<ContestCode>,
    #[serde(default)]
    flavour: Flavour,
    #[serde(default)]
    bom: bool,
}

/// Whose figures are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Of {
    /// Ours.
    #[default]
    Ours,
    /// The commission's.
    Official,
}

/// Query of `GET /v1/export/figures.csv`.
#[derive(Deserialize)]
pub(super) struct FiguresQuery {
    #[serde(default)]
    of: Of,
    level: Option<Level>,
    #[serde(default)]
    flavour: Flavour,
    #[serde(default)]
    bom: bool,
}

/// Query of `GET /v1/export/nist.json`.
#[derive(Deserialize)]
pub(super) struct NistQuery {
    #[serde(default)]
    of: Of,
}

/// Notes who took what, and lets it go.
async fn hand_out(
    operator: &Operator,
    headquarters: &Headquarters,
    (what, media_type): (&str, &str),
    pieces: impl Iterator<Item = Bytes> + Send + 'static,
) -> Result<HttpResponse, HttpProblem> {
    let now = (headquarters.clock)();
    crate::audit::note(&headquarters.db, &operator.name, "export", what, now).await?;
    // An exercise says so in the name too: a file loses its page.
    let is_exercise = headquarters.book.read().pack.election.exercise.is_some();
    let mark = if is_exercise { "EXERCISE-" } else { "" };
    let pieces = pieces.map(Ok::<_, HttpProblem>);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{mark}{what}\""),
        ))
        .streaming(stream::iter(pieces)))
}

const CSV: &str = "text/csv; charset=utf-8; header=present";

/// `GET /v1/export/comparison.csv`: the comparison by unit and choice.
pub(super) async fn comparison(
    operator: Operator,
    query: Query<ComparisonQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let comparison = headquarters.comparison_within(&operator.scope).await?;
    let pack = Arc::clone(&headquarters.book.read().pack);
    let (only, flavour, bom) = (query.contest.as_ref(), query.flavour, query.bom);
    let pieces = export::comparison(comparison, pack, only, flavour, bom);
    hand_out(&operator, &headquarters, ("comparison.csv", CSV), pieces).await
}

/// `GET /v1/export/figures.csv`: our figures, or those that were published for one level, in the form in
/// which publications are imported.
pub(super) async fn figures(
    operator: Operator,
    query: Query<FiguresQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let pack = Arc::clone(&headquarters.book.read().pack);
    let (figures, what) = match query.of {
        Of::Ours => (headquarters.our_figures(&operator.scope).await?, "figures-ours.csv".into()),
        Of::Official => {
            let level = query.level.unwrap_or(Level::Precinct);
            let figures = headquarters.official_figures(&operator.scope, &[level]).await?;
            (figures, format!("figures-official-{}.csv", level.name()))
        }
    };
    let pieces = export::figures(figures, &pack, query.flavour, query.bom);
    hand_out(&operator, &headquarters, (&what, CSV), pieces).await
}

/// `GET /v1/export/nist.json`: figures as a NIST SP 1500-100 v2 election report.
pub(super) async fn nist(
    operator: Operator,
    query: Query<NistQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let pack = Arc::clone(&headquarters.book.read().pack);
    let (figures, whose, what) = match query.of {
        Of::Ours => {
            (headquarters.our_figures(&operator.scope).await?, Whose::Ours, "nist-ours.json")
        }
        Of::Official => {
            let figures = headquarters.official_figures(&operator.scope, &Level::ALL).await?;
            (figures, Whose::Official, "nist-official.json")
        }
    };
    let report = NistReport::new(pack, figures, whose, (headquarters.clock)());
    let pieces = export::nist(report);
    hand_out(&operator, &headquarters, (what, "application/json"), pieces).await
}
