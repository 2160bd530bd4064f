//! Webhooks: who is told, and how that goes.

use actix_web::web::{Data, Json, Path};
use hattama_proto::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::HttpProblem;
use crate::{
    access::Operator, app::Headquarters, store::webhooks::Webhook, webhooks::WebhookState,
};

/// A webhook without its secret.
#[derive(Serialize)]
pub(super) struct WebhookView {
    id: String,
    url: String,
    /// `active`, `failed` (given up after long failure) or `ended`.
    state: String,
    created_by: String,
    created_at: UnixMillis,
    /// Log index up to which it has been told.
    told: u64,
    /// Failures since the last success.
    failures: u64,
    failing_since: Option<UnixMillis>,
    next_try: Option<UnixMillis>,
    last_answer: Option<String>,
    last_try: Option<UnixMillis>,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        Self {
            next_try: (webhook.failures > 0).then_some(webhook.next_try),
            id: webhook.id,
            url: webhook.url,
            state: webhook.state,
            created_by: webhook.actor,
            created_at: webhook.created_at,
            told: webhook.told,
            failures: webhook.failures,
            failing_since: webhook.failing_since,
            last_answer: webhook.last_answer,
            last_try: webhook.last_try,
        }
    }
}

/// A webhook that was just set up.
#[derive(Serialize)]
pub(super) struct NewWebhookView {
    #[serde(flatten)]
    webhook: WebhookView,
    /// What its bodies are signed with. Told once.
    secret: String,
}

/// `GET /v1/webhooks`: all webhooks and how they go.
pub(super) async fn list(
    operator: Operator,
    headquarters: Data<Headquarters>,
) -> Result<Json<Vec<WebhookView>>, HttpProblem> {
    let all = headquarters.webhooks.all(&operator.scope).await?;
    Ok(Json(all.into_iter().map(WebhookView::from).collect()))
}

/// Body of `POST /v1/webhooks`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookBody {
    url: String,
}

/// `POST /v1/webhooks`: tells a receiver from now on.
pub(super) async fn add(
    operator: Operator,
    body: Json<WebhookBody>,
    headquarters: Data<Headquarters>,
) -> Result<Json<NewWebhookView>, HttpProblem> {
    let webhook = headquarters.webhooks.add(&body.url, &operator.scope, &operator.name).await?;
    let secret = webhook.secret.clone();
    Ok(Json(NewWebhookView { webhook: webhook.into(), secret }))
}

/// `POST /v1/webhooks/{id}/end`: tells it no more.
pub(super) async fn end(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<WebhookView>, HttpProblem> {
    let webhooks = &headquarters.webhooks;
    let ended = WebhookState::Ended;
    Ok(Json(webhooks.set_state(&id, ended, &operator.scope, &operator.name).await?.into()))
}

/// `POST /v1/webhooks/{id}/resume`: tells one again that was given up, from where it was.
pub(super) async fn resume(
    operator: Operator,
    id: Path<String>,
    headquarters: Data<Headquarters>,
) -> Result<Json<WebhookView>, HttpProblem> {
    let webhooks = &headquarters.webhooks;
    let active = WebhookState::Active;
    Ok(Json(webhooks.set_state(&id, active, &operator.scope, &operator.name).await?.into()))
}
