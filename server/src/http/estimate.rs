//! What is known of the election, and what is not.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Json, Query},
};
use hattama_proto::{id::ContestCode, problem::ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    knowledge::{ContestKnown, Knowledge, RegisterKnown},
    known::{Coverage, features},
};

/// Query of these addresses.
#[derive(Deserialize)]
pub(super) struct ContestQuery {
    /// One contest only.
    contest: Option<ContestCode>,
}

/// Coverage alone: what everybody may see who reads records.
#[derive(Serialize)]
pub(super) struct CoverageView {
    log_size: u64,
    register: RegisterKnown,
    contests: Vec<ContestCoverage>,
}

#[derive(Serialize)]
struct ContestCoverage {
    contest: ContestCode,
    coverage: Coverage,
}

/// `GET /v1/coverage?contest=`: how far our copies reach, region by region, and why not further.
pub(super) async fn coverage(
    operator: Operator,
    query: Query<ContestQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<CoverageView>, HttpProblem> {
    let known = headquarters.knowledge_within(&operator.scope).await?;
    let contests = wanted(&known, query.contest.as_ref())?
        .map(|of| ContestCoverage { contest: of.contest.clone(), coverage: of.coverage.clone() })
        .collect();
    let (log_size, register) = (known.log_size, known.register.clone());
    Ok(Json(CoverageView { log_size, register, contests }))
}

/// `GET /v1/coverage.geojson?contest=`: the same by region, with the set-up's outlines (RFC 7946).
pub(super) async fn geojson(
    operator: Operator,
    query: Query<ContestQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let known = headquarters.knowledge_within(&operator.scope).await?;
    let of = wanted(&known, query.contest.as_ref())?.next().ok_or_else(no_contest)?;
    let pack = std::sync::Arc::clone(&headquarters.book.read().pack);
    let about = json!({
        "election": pack.election.id,
        "contest": of.contest,
        "log_size": known.log_size,
        "register": known.register,
        "all": of.coverage.all,
        "special": of.coverage.special,
        "says": "Internal. Differences are to be checked; what was not observed is not known.",
    });
    let features = features(&of.coverage, of.contest.as_str(), &pack, &about);
    let now = (headquarters.clock)();
    crate::audit::note(&headquarters.db, &operator.name, "export", "coverage", now).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/geo+json"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"coverage.geojson\""))
        .body(features.to_string()))
}

/// `GET /v1/estimate?contest=`: what the random sample says of the precincts that nobody saw.
pub(super) async fn show(
    operator: Operator,
    query: Query<ContestQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Knowledge>, HttpProblem> {
    let known = headquarters.knowledge_within(&operator.scope).await?;
    let contests = wanted(&known, query.contest.as_ref())?.cloned().collect();
    Ok(Json(Knowledge { contests, ..Knowledge::clone(&known) }))
}

/// The contests that are asked for; a refusal where there are none.
fn wanted<'a>(
    known: &'a Knowledge,
    contest: Option<&ContestCode>,
) -> Result<impl Iterator<Item = &'a ContestKnown>, HttpProblem> {
    let wanted: Vec<&ContestKnown> = known
        .contests
        .iter()
        .filter(|of| contest.is_none_or(|contest| of.contest == *contest))
        .collect();
    if wanted.is_empty() {
        return Err(no_contest());
    }
    Ok(wanted.into_iter())
}

fn no_contest() -> HttpProblem {
    HttpProblem::new(ProblemCode::NotFound, "the set-up has no such contest")
}
