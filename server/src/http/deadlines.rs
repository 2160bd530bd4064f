//! What the law sets a time for.

use actix_web::web::{Data, Json};
use hattama_proto::{
    id::DeadlineCode,
    pack::Names,
    time::{ClaimedTime, UnixMillis},
};
use serde::Serialize;

use super::HttpProblem;
use crate::{access::Operator, app::Headquarters};

/// All deadlines, and the clock that they are counted by.
#[derive(Serialize)]
pub(super) struct DeadlinesView {
    now: UnixMillis,
    polls_close_at: Option<ClaimedTime>,
    deadlines: Vec<DeadlineView>,
}

#[derive(Serialize)]
struct DeadlineView {
    code: DeadlineCode,
    names: Names,
    /// None where it is counted from a moment that the set-up does not name.
    due_at: Option<UnixMillis>,
    /// Milliseconds that are left; negative when it has passed.
    left_ms: Option<i64>,
    law: Option<String>,
}

/// `GET /v1/deadlines`: legal deadlines of the set-up, the earliest first.
pub(super) async fn list(
    _operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<DeadlinesView>, HttpProblem> {
    let pack = std::sync::Arc::clone(&headquarters.book.read().pack);
    let now = (headquarters.clock)();
    let deadlines = pack.election.deadlines_in_order().into_iter().map(|(due, of)| DeadlineView {
        code: of.code.clone(),
        names: of.names.clone(),
        due_at: due,
        left_ms: due.map(|due| due.0.saturating_sub(now.0)),
        law: of.law.clone(),
    });
    let deadlines = deadlines.collect();
    let polls_close_at = pack.election.polls_close_at.clone();
    Ok(Json(DeadlinesView { now, polls_close_at, deadlines }))
}
