//! Random samples of precincts.

use actix_web::web::{Data, Json, Query};
use hattama_proto::pack::UnitRegister;
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    sample::{By, Checked, Draw, Frame, SampleView, Sizing, Wanted, sizing},
};

/// A draw in the list.
#[derive(Serialize)]
pub(super) struct ListedSample {
    #[serde(flatten)]
    sample: SampleView,
    /// What came of drawing again; none for an account that does not see the whole country.
    check: Option<Checked>,
}

/// `GET /v1/samples`: every draw in the order of the log, drawn again and compared; the first counts.
pub(super) async fn list(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<ListedSample>>, HttpProblem> {
    let mut listed = Vec::new();
    for sample in headquarters.samples.list(&operator.scope).await? {
        let check = if operator.scope.region.is_none() {
            Some(headquarters.samples.check(&sample).await?)
        } else {
            None
        };
        listed.push(ListedSample { sample, check });
    }
    Ok(Json(listed))
}

/// Body of `POST /v1/samples`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DrawBody {
    seed: String,
    size: usize,
    #[serde(default)]
    by: By,
    /// Show what would be drawn, and log nothing.
    #[serde(default)]
    dry_run: bool,
}

/// `POST /v1/samples`: draws from the register; signed and logged, unless it is a dry run.
pub(super) async fn draw(
    operator: Operator,
    body: Json<DrawBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<SampleView>, HttpProblem> {
    let DrawBody { seed, size, by, dry_run } = body.into_inner();
    let draw = Draw { seed, size, by };
    let who = (operator.name.as_str(), &operator.scope);
    if dry_run {
        return Ok(Json(headquarters.samples.try_out(&draw, who)?));
    }
    let now = (headquarters.clock)();
    Ok(Json(headquarters.samples.draw(&draw, who, now).await?))
}

/// Query of `GET /v1/samples/size`.
#[derive(Deserialize)]
pub(super) struct SizeQuery {
    error: f64,
    #[serde(default = "usual_confidence")]
    confidence: f64,
    voters: Option<u64>,
    #[serde(default = "usual_turnout")]
    turnout: f64,
}

const fn usual_confidence() -> f64 {
    0.95
}

const fn usual_turnout() -> f64 {
    0.7
}

/// `GET /v1/samples/size?error=&confidence=&voters=&turnout=`: how many precincts that takes.
pub(super) async fn size(
    _operator: Operator,
    query: Query<SizeQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Sizing>, HttpProblem> {
    let SizeQuery { error, confidence, voters, turnout } = query.into_inner();
    let pack = std::sync::Arc::clone(&headquarters.book.read().pack);
    let frame = frame_size(&pack.units);
    Ok(Json(sizing(frame, Wanted { error, confidence, voters, turnout })?))
}

/// Precincts that can be drawn.
fn frame_size(register: &UnitRegister) -> u64 {
    Frame::of(register, By::Country).size() as u64
}
