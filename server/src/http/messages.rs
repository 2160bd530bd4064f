//! Messages to observers.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use hattama_proto::id::OrgId;
use serde::{Deserialize, Serialize};

use super::{HttpProblem, idempotency};
use crate::{
    access::Operator,
    app::Headquarters,
    messages::{Audience, MessageView, NewMessage},
};

/// Body of `POST /v1/messages`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageBody {
    to: Audience,
    /// Only to people of this organisation.
    #[serde(default)]
    org: Option<OrgId>,
    /// By language: kk, ru, en; at least one.
    texts: BTreeMap<String, String>,
}

/// `POST /v1/messages`: signs and logs a message, which phones it is for read from their feeds.
pub(super) async fn send(
    operator: Operator,
    request: HttpRequest,
    body: Json<MessageBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<MessageView>, HttpProblem> {
    let once = idempotency::once(&request, &*body)?;
    let MessageBody { to, org, texts } = body.into_inner();
    let new = NewMessage { to, org, texts };
    let now = (headquarters.clock)();
    Ok(Json(headquarters.messages.send(&new, once.as_ref(), &operator, now).await?))
}

/// `GET /v1/messages`: what was sent, newest first, and how many phones have it.
pub(super) async fn list(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<MessageView>>, HttpProblem> {
    Ok(Json(headquarters.messages.list(&operator).await?))
}
