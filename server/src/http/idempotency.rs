//! `Idempotency-Key`: under one key a request is carried out once.

use actix_web::HttpRequest;
use hattama_proto::problem::ProblemCode;
use serde::Serialize;

use super::HttpProblem;
use crate::once::Once;

/// Name of the header under whose value a request is carried out once.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The key that came with a request, if one did.
pub(super) fn key(request: &HttpRequest) -> Result<Option<&str>, HttpProblem> {
    let Some(key) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    key.to_str().map(Some).map_err(|_| {
        HttpProblem::new(ProblemCode::MalformedRequest, "an Idempotency-Key is plain ASCII")
    })
}

/// The key and what is asked for under it: the address and the body.
pub(super) fn once(
    request: &HttpRequest,
    body: &impl Serialize,
) -> Result<Option<Once>, HttpProblem> {
    let Some(key) = key(request)? else { return Ok(None) };
    let once = Once::new(key, &(request.path(), body));
    once.map(Some).map_err(|error| HttpProblem::new(ProblemCode::Invalid, error.to_string()))
}
