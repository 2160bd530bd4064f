//! Where the numbers changed.

use std::{collections::HashSet, sync::Arc};

use actix_web::web::{Data, Json, Query};
use hattama_proto::{
    id::{ContestCode, PublicationId, UnitCode},
    problem::ProblemCode,
};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator,
    app::Headquarters,
    compare::{Answer, Node},
};

/// Query of `GET /v1/compare`.
#[derive(Deserialize)]
pub(super) struct CompareQuery {
    /// One contest only.
    contest: Option<ContestCode>,
    /// Also this unit's figures, and those of the units directly below it.
    unit: Option<UnitCode>,
}

/// What was compared.
#[derive(Serialize)]
pub(super) struct CompareView {
    /// Leaves of the log that it speaks of.
    log_size: u64,
    /// The newest publication of each level, from the lowest.
    publications: [Option<PublicationId>; 4],
    contests: Vec<ContestView>,
}

#[derive(Serialize)]
struct ContestView {
    contest: ContestCode,
    #[serde(flatten)]
    answer: Arc<Answer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<Arc<Node>>,
}

/// `GET /v1/compare?contest=&unit=`: at which level the numbers changed, at which units and by how
/// much; internal, and to be checked.
pub(super) async fn show(
    operator: Operator,
    query: Query<CompareQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<CompareView>, HttpProblem> {
    let comparison = headquarters.comparison_within(&operator.scope).await?;
    let pack = Arc::clone(&headquarters.book.read().pack);
    let near: HashSet<&UnitCode> = query.unit.as_ref().map_or_else(HashSet::new, |unit| {
        let below = pack.units.children(unit).map(|child| &child.code);
        std::iter::once(unit).chain(below).collect()
    });
    let is_hidden = |unit: &UnitCode| {
        pack.units.get(unit).is_none() || !operator.scope.sees_unit(&headquarters.book.read(), unit)
    };
    if query.unit.as_ref().is_some_and(is_hidden) {
        return Err(HttpProblem::new(ProblemCode::NotFound, "the register has no such unit"));
    }
    let wanted = |contest: &ContestCode| query.contest.as_ref().is_none_or(|of| of == contest);
    let contests: Vec<ContestView> = comparison
        .contests
        .iter()
        .filter(|of| wanted(&of.contest))
        .map(|of| ContestView {
            contest: of.contest.clone(),
            answer: Arc::clone(&of.answer),
            nodes: of.nodes().iter().filter(|node| near.contains(&node.unit)).cloned().collect(),
        })
        .collect();
    if contests.is_empty() {
        return Err(HttpProblem::new(ProblemCode::NotFound, "the set-up has no such contest"));
    }
    let publications = comparison.publications();
    Ok(Json(CompareView { log_size: comparison.log_size, publications, contests }))
}
