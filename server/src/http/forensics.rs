//! Indicators over a whole election, for analysts.

use actix_web::web::{Data, Json, Query};
use hattama_proto::{
    id::{ChoiceCode, ContestCode},
    problem::ProblemCode,
};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    forensics::window::Anomalous,
    indicators::{Asked, Control, Indicators, Source},
};

/// What every answer says with its figures.
const CAVEAT: &str = "Indicators for analysts, not for the public. An anomaly has innocent \
                      explanations and proves nothing by itself; read effects before probabilities.";

/// Query of `GET /v1/forensics`.
#[derive(Deserialize)]
pub(super) struct ForensicsQuery {
    contest: Option<ContestCode>,
    choice: Option<ChoiceCode>,
    #[serde(default)]
    source: Source,
    /// The honest turnout in whole per cent, as a person names it.
    mode: Option<usize>,
}

/// What the figures show, and what is to be kept in mind.
#[derive(Serialize)]
pub(super) struct ForensicsView {
    caveat: &'static str,
    #[serde(flatten)]
    indicators: Indicators,
    /// Votes above the window around `mode`; none without one.
    window: Option<Anomalous>,
    /// Precincts with a copy of ours against the others of their district.
    control: Option<Control>,
}

/// `GET /v1/forensics?contest=&choice=&source=&mode=`: indicators over all precincts. A `mode` is
/// written to the audit trail.
pub(super) async fn show(
    operator: Operator,
    query: Query<ForensicsQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<ForensicsView>, HttpProblem> {
    let ForensicsQuery { contest, choice, source, mode } = query.into_inner();
    if mode.is_some_and(|mode| mode > 100) {
        return Err(HttpProblem::new(
            ProblemCode::Invalid,
            "the mode is a turnout in whole per cent, 0 to 100",
        ));
    }
    let asked = Asked { contest, choice, source };
    let found = headquarters.indicators_within(&operator.scope, &asked).await?;
    let Some(indicators) = found else {
        return Err(HttpProblem::new(
            ProblemCode::NotFound,
            "the set-up has no such contest or choice, or nobody has a vote yet",
        ));
    };
    let window = match mode {
        Some(mode) => headquarters.window_named_by(&operator.name, &indicators, mode).await?,
        None => None,
    };
    let control = headquarters.control_within(&operator.scope, &indicators).await?;
    let indicators = Indicators::clone(&indicators);
    Ok(Json(ForensicsView { caveat: CAVEAT, indicators, window, control }))
}
