//! Receivers of events, and how far each has been told.

use hattama_proto::time::UnixMillis;

use super::{
    Batch, Db, Row, StoreError, Value,
    log::{integer, unsigned},
};
use crate::access::Scope;

/// A receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Where it is told.
    pub url: String,
    /// What bodies are signed with.
    pub secret: String,
    /// What it is told of.
    pub scope: Scope,
    /// Who set it up.
    pub actor: String,
    /// When.
    pub created_at: UnixMillis,
    /// `active`, `failed` or `ended`.
    pub state: String,
    /// Log index that it is told next.
    pub told: u64,
    /// Failures since the last success.
    pub failures: u64,
    /// When the first of these was.
    pub failing_since: Option<UnixMillis>,
    /// Not before then.
    pub next_try: UnixMillis,
    /// What the last try came to.
    pub last_answer: Option<String>,
    /// When that was.
    pub last_try: Option<UnixMillis>,
}

impl Webhook {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
        Ok(Self {
            id: row.text(0)?.to_owned(),
            url: row.text(1)?.to_owned(),
            secret: row.text(2)?.to_owned(),
            scope: Scope { org: text(3)?, region: text(4)? },
            actor: row.text(5)?.to_owned(),
            created_at: UnixMillis(row.int(6)?),
            state: row.text(7)?.to_owned(),
            told: unsigned(row.int(8)?),
            failures: unsigned(row.int(9)?),
            failing_since: row.opt_int(10)?.map(UnixMillis),
            next_try: UnixMillis(row.int(11)?),
            last_answer: text(12)?,
            last_try: row.opt_int(13)?.map(UnixMillis),
        })
    }
}

/// Adds one.
pub fn add(webhook: &Webhook) -> Batch {
    Batch::new().step(
        "insert into webhook
         (webhook_id, url, secret, org, region, actor, created_at_ms, state, told, failures,
          next_try_ms)
         values ($1, $2, $3, $4, $5, $6, $7, 'active', $8, 0, 0)",
        [
            webhook.id.as_str().into(),
            webhook.url.as_str().into(),
            webhook.secret.as_str().into(),
            webhook.scope.org.clone().into(),
            webhook.scope.region.clone().into(),
            webhook.actor.as_str().into(),
            webhook.created_at.0.into(),
            integer(webhook.told),
        ],
    )
}

/// All of them, oldest first.
pub async fn all(db: &Db) -> Result<Vec<Webhook>, StoreError> {
    let rows = db
        .query(
            "select webhook_id, url, secret, org, region, actor, created_at_ms, state, told,
                    failures, failing_since_ms, next_try_ms, last_answer, last_try_ms
               from webhook order by created_at_ms, webhook_id",
            &[],
        )
        .await?;
    rows.iter().map(Webhook::read).collect()
}

/// Those that may be told now and have not been told everything up to `size`.
pub async fn due(db: &Db, now: UnixMillis, size: u64) -> Result<Vec<Webhook>, StoreError> {
    let rows = db
        .query(
            "select webhook_id, url, secret, org, region, actor, created_at_ms, state, told,
                    failures, failing_since_ms, next_try_ms, last_answer, last_try_ms
               from webhook
              where state = 'active' and next_try_ms <= $1 and told < $2 order by webhook_id",
            &[now.0.into(), integer(size)],
        )
        .await?;
    rows.iter().map(Webhook::read).collect()
}

/// Takes the telling of one for this process, until then; conflicts if another process has taken it.
pub fn take_turn(webhook: &Webhook, until: UnixMillis) -> Batch {
    Batch::new()
        .step(
            "update webhook set next_try_ms = $1
              where webhook_id = $2 and state = 'active' and next_try_ms = $3 and told = $4",
            [
                until.0.into(),
                webhook.id.as_str().into(),
                webhook.next_try.0.into(),
                integer(webhook.told),
            ],
        )
        .expect_rows(1)
}

/// Gives the telling back, if it is still this process's.
pub fn end_turn(webhook: &Webhook, until: UnixMillis, now: UnixMillis) -> Batch {
    Batch::new().step(
        "update webhook set next_try_ms = $1 where webhook_id = $2 and next_try_ms = $3",
        [now.0.into(), webhook.id.as_str().into(), until.0.into()],
    )
}

/// Notes that everything before `next` was told, and by which answer.
pub fn told(webhook: &Webhook, next: u64, said: Option<&(UnixMillis, String)>) -> Batch {
    let at = said.map(|(at, _)| at.0);
    let answer = said.map(|(_, answer)| answer.as_str());
    Batch::new().step(
        "update webhook
            set told = $1, failures = 0, failing_since_ms = null,
                last_answer = coalesce($2, last_answer), last_try_ms = coalesce($3, last_try_ms)
          where webhook_id = $4 and told < $1",
        [integer(next), Value::from(answer), Value::from(at), webhook.id.as_str().into()],
    )
}

/// Notes that it was not told.
pub fn failed(
    webhook: &Webhook,
    now: UnixMillis,
    next_try: UnixMillis,
    given_up: bool,
    said: &str,
) -> Batch {
    Batch::new().step(
        "update webhook
            set failures = failures + 1, failing_since_ms = coalesce(failing_since_ms, $1),
                last_try_ms = $1, next_try_ms = $2, last_answer = $3, state = $4
          where webhook_id = $5 and state = 'active'",
        [
            now.0.into(),
            next_try.0.into(),
            said.into(),
            if given_up { "failed" } else { "active" }.into(),
            webhook.id.as_str().into(),
        ],
    )
}

/// Ends one for good.
pub fn end(id: &str) -> Batch {
    Batch::new().step("update webhook set state = 'ended' where webhook_id = $1", [id.into()])
}

/// Takes one up again that was given up, from where it was.
pub fn resume(id: &str) -> Batch {
    Batch::new().step(
        "update webhook
            set state = 'active', failures = 0, failing_since_ms = null, next_try_ms = 0
          where webhook_id = $1 and state = 'failed'",
        [id.into()],
    )
}
