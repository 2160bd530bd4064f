//! Cosignatures by file: what a stick takes to a witness, and what it brings back.

use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{access::Operator, app::Headquarters};

/// Query of `GET /v1/cosignatures/request`.
#[derive(Deserialize)]
pub(super) struct RequestQuery {
    witness: String,
}

/// Answer of `GET /v1/cosignatures/request`.
#[derive(Serialize)]
pub(super) struct RequestView {
    size: u64,
    request: String,
}

/// `GET /v1/cosignatures/request?witness=NAME`: the `add-checkpoint` text for this witness.
pub(super) async fn request(
    _operator: Operator,
    query: Query<RequestQuery>,
    headquarters: Data<Headquarters>,
) -> Result<Json<RequestView>, HttpProblem> {
    let (size, request) = headquarters.cosigning.request_for(&query.witness).await?;
    Ok(Json(RequestView { size, request: request.to_text() }))
}

/// Body of `POST /v1/cosignatures`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Brought {
    /// The cosigned checkpoint, as the witness wrote it.
    note: String,
}

/// Answer of `POST /v1/cosignatures`.
#[derive(Serialize)]
pub(super) struct Taken {
    size: u64,
    cosignatures: usize,
}

/// `POST /v1/cosignatures`: takes a checkpoint of this log with witnesses' lines. Safe to repeat.
pub(super) async fn take(
    _operator: Operator,
    brought: Json<Brought>,
    headquarters: Data<Headquarters>,
) -> Result<Json<Taken>, HttpProblem> {
    let (size, cosignatures) = headquarters.cosigning.receive(&brought.note).await?;
    Ok(Json(Taken { size, cosignatures }))
}
