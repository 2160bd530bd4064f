//! Unit files: all that is known of a precinct or a higher commission.

use actix_web::web::{Data, Json, Path, Query};
use hattama_proto::{
    id::UnitCode,
    pack::{Names, UnitKind},
    problem::ProblemCode,
};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{access::Operator, app::Headquarters, merge::UnitFile};

/// Query of `GET /v1/units`.
#[derive(Deserialize)]
pub(super) struct UnitsQuery {
    /// The unit above; the country if missing.
    parent: Option<UnitCode>,
}

/// A unit of the register.
#[derive(Serialize)]
pub(super) struct UnitView {
    code: UnitCode,
    kind: UnitKind,
    names: Names,
}

/// `GET /v1/units?parent=`: the units directly below one.
pub(super) async fn list(
    _operator: Operator,
    query: Query<UnitsQuery>,
    headquarters: Data<Headquarters>,
) -> Json<Vec<UnitView>> {
    let book = headquarters.book.read();
    let units = &book.pack.units;
    let view = |unit: &hattama_proto::pack::Unit| UnitView {
        code: unit.code.clone(),
        kind: unit.kind,
        names: unit.names.clone(),
    };
    Json(match &query.parent {
        Some(parent) => units.children(parent).map(view).collect(),
        None => units.of_kind(UnitKind::Country).map(view).collect(),
    })
}

/// `GET /v1/units/{code}`: the unit file.
pub(super) async fn show(
    operator: Operator,
    code: Path<UnitCode>,
    headquarters: Data<Headquarters>,
) -> Result<Json<UnitFile>, HttpProblem> {
    let known = headquarters.book.read().pack.units.get(&code).is_some();
    let file = headquarters.unit_file_within(&operator.scope, &code).await?;
    let file = file
        .filter(|file| known || !file.is_empty())
        .ok_or_else(|| HttpProblem::new(ProblemCode::NotFound, "the register has no such unit"))?;
    Ok(Json(file))
}

/// A state root.
#[derive(Serialize)]
pub(super) struct StateRoot {
    state_root: String,
}

/// `GET /v1/state-root`: one hash over everything that counts; equal on every engine.
pub(super) async fn state_root(
    _operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<StateRoot>, HttpProblem> {
    Ok(Json(StateRoot { state_root: headquarters.state_root().await?.to_string() }))
}
