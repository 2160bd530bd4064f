//! Other programs are told what happens to incidents: one request per event, in the order of the
//! log, signed, again and again until it is taken.
//!
//! ```text
//! log index `told` ──> events ──> one POST ──2xx──> told + 1
//!                                    └ anything else: later, and later still; after days not any more
//! ```
//!
//! How far each has come is in the store, so a restart tells nothing twice that was taken, but for
//! the one whose answer was lost: it comes again under the same id. The form is that of Standard
//! Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`), which libraries of many
//! languages check.

mod retry;
mod send;
mod sign;

use std::{sync::Arc, time::Duration};

use hattama_proto::time::UnixMillis;
use tokio::{sync::Notify, task::JoinSet};

use self::{retry::Outcome, send::Line};
pub use self::{
    send::{AddressError, Reach},
    sign::{new_secret, signature},
};
use crate::{
    access::Scope,
    clock::Clock,
    incident_events::{IncidentEvent, events},
    log::LogView,
    random::{self, RandomError},
    store::{self, Db, StoreError, webhooks::Webhook},
};

/// How often is looked whether there is something to tell.
const PULSE: Duration = Duration::from_millis(500);

/// For how long one process has the telling of a receiver, in milliseconds: a turn takes a few seconds,
/// and the receiver of one that died waits no longer than this.
const TURN_MS: i64 = 60_000;

/// Events that are told to one receiver before the others have their turn.
const TURN_MAX: u32 = 50;

/// Entries of the log without an event for a receiver after which that is noted: reading them again
/// after a restart costs nothing, and a note costs a commit.
const SILENT_MAX: u64 = 512;

/// Most receivers: each may wait for its time-out.
const WEBHOOKS_MAX: usize = 32;

/// Sets up webhooks, and tells.
#[derive(Clone)]
pub struct Webhooks {
    db: Db,
    log: LogView,
    reach: Reach,
    clock: Clock,
}

/// Why a webhook was not set up.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The address is not one that is told.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// There are enough.
    #[error("there are {WEBHOOKS_MAX} webhooks already; end one first")]
    TooMany,
    /// There is no such webhook.
    #[error("there is no webhook with this id")]
    NotFound,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Webhooks {
    /// Tells what this log and store hold.
    pub fn new(db: Db, log: LogView, reach: Reach, clock: Clock) -> Self {
        Self { db, log, reach, clock }
    }

    /// Sets one up, for what this scope sees, from the next event on. Its secret is in what comes
    /// back and is shown this once.
    pub async fn add(
        &self,
        url: &str,
        scope: &Scope,
        actor: &str,
    ) -> Result<Webhook, WebhookError> {
        self.reach.check(url)?;
        let all = store::webhooks::all(&self.db).await?;
        if all.iter().filter(|webhook| webhook.state != "ended").count() >= WEBHOOKS_MAX {
            return Err(WebhookError::TooMany);
        }
        let now = (self.clock)();
        let webhook = Webhook {
            id: random::text::<16>()?,
            url: url.to_owned(),
            secret: new_secret()?,
            scope: scope.clone(),
            actor: actor.to_owned(),
            created_at: now,
            state: "active".to_owned(),
            told: self.log.newest().map_or(0, |(size, _)| size),
            failures: 0,
            failing_since: None,
            next_try: UnixMillis(0),
            last_answer: None,
            last_try: None,
        };
        self.db.commit(store::webhooks::add(&webhook)).await?;
        crate::audit::note(&self.db, actor, "webhook-add", &webhook.id, now).await?;
        Ok(webhook)
    }

    /// Ends one for good, or takes one up again that was given up.
    pub async fn set_state(
        &self,
        id: &str,
        state: WebhookState,
        scope: &Scope,
        actor: &str,
    ) -> Result<Webhook, WebhookError> {
        let visible = |all: Vec<Webhook>| {
            all.into_iter()
                .find(|webhook| {
                    webhook.id == id && (scope.is_everything() || webhook.scope == *scope)
                })
                .ok_or(WebhookError::NotFound)
        };
        visible(store::webhooks::all(&self.db).await?)?;
        let now = (self.clock)();
        let (batch, action) = match state {
            WebhookState::Ended => (store::webhooks::end(id), "webhook-end"),
            WebhookState::Active => (store::webhooks::resume(id), "webhook-resume"),
        };
        self.db.commit(batch).await?;
        crate::audit::note(&self.db, actor, action, id, now).await?;
        visible(store::webhooks::all(&self.db).await?)
    }

    /// Those that somebody with this scope may see.
    pub async fn all(&self, scope: &Scope) -> Result<Vec<Webhook>, StoreError> {
        let mut all = store::webhooks::all(&self.db).await?;
        all.retain(|webhook| scope.is_everything() || webhook.scope == *scope);
        Ok(all)
    }

    /// Tells until it is stopped.
    pub fn start(&self) -> Telling {
        let stop = Arc::new(Notify::new());
        let (webhooks, stopped) = (self.clone(), Arc::clone(&stop));
        let task = tokio::spawn(async move {
            tokio::select! {
                () = stopped.notified() => {}
                () = webhooks.run() => {}
            }
        });
        Telling { stop, task }
    }

    async fn run(&self) {
        let mut pulse = tokio::time::interval(PULSE);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            pulse.tick().await;
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "webhooks wait for the store");
            }
        }
    }

    /// Gives everybody who is due a turn, at once.
    async fn round(&self) -> Result<(), StoreError> {
        let Some((size, _)) = self.log.newest() else { return Ok(()) };
        let now = (self.clock)();
        let mut turns = JoinSet::new();
        for webhook in store::webhooks::due(&self.db, now, size).await? {
            let this = self.clone();
            turns.spawn(async move { this.turn(webhook, size).await });
        }
        while let Some(turn) = turns.join_next().await {
            if let Ok(Err(error)) = turn {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn turn(&self, mut webhook: Webhook, size: u64) -> Result<(), StoreError> {
        let found = events(&self.db, webhook.told, size, TURN_MAX).await?;
        let seen = |event: &&IncidentEvent| {
            webhook.scope.sees(event.org.as_deref(), event.region.as_deref())
        };
        let to_tell: Vec<IncidentEvent> = found.events.iter().filter(seen).cloned().collect();
        if to_tell.is_empty() {
            if found.next - webhook.told >= SILENT_MAX {
                let batch = store::webhooks::told(&webhook, found.next, None);
                self.db.commit(batch).await?;
            }
            return Ok(());
        }
        let turn = match self.take_turn(&webhook).await? {
            Turn::Ours(until) => until,
            Turn::Theirs => return Ok(()),
        };
        for event in to_tell {
            let answer = self.tell(&webhook, &event).await;
            let now = (self.clock)();
            match retry::outcome(&webhook, answer.as_ref().copied().ok(), now) {
                Outcome::Told => {
                    let said = (now, answer.map_or_else(|why| why, |status| status.to_string()));
                    let batch = store::webhooks::told(&webhook, event.index + 1, Some(&said));
                    self.db.commit(batch).await?;
                    webhook.told = event.index + 1;
                    webhook.failures = 0;
                    webhook.failing_since = None;
                }
                Outcome::Later { next_try, given_up } => {
                    let said = answer.map_or_else(|why| why, |status| format!("status {status}"));
                    if given_up {
                        tracing::warn!(webhook = %webhook.id, "a webhook was given up");
                    }
                    let batch = store::webhooks::failed(&webhook, now, next_try, given_up, &said);
                    self.db.commit(batch).await?;
                    return Ok(());
                }
            }
        }
        if let Some(until) = turn {
            let now = (self.clock)();
            self.db.commit(store::webhooks::end_turn(&webhook, until, now)).await?;
        }
        Ok(())
    }

    /// Of several processes one tells; where there is only one, it is always its turn.
    async fn take_turn(&self, webhook: &Webhook) -> Result<Turn, StoreError> {
        if !self.db.is_shared() {
            return Ok(Turn::Ours(None));
        }
        let until = (self.clock)().plus_ms(TURN_MS);
        match self.db.commit(store::webhooks::take_turn(webhook, until)).await {
            Ok(_) => Ok(Turn::Ours(Some(until))),
            Err(StoreError::Conflict { .. }) => Ok(Turn::Theirs),
            Err(error) => Err(error),
        }
    }

    async fn tell(&self, webhook: &Webhook, event: &IncidentEvent) -> Result<u16, String> {
        let body = serde_json::to_string(event).expect("plain data");
        let id = format!("{}-{}", webhook.id, event.index);
        let seconds = (self.clock)().0.div_euclid(1000);
        let signature = signature(&webhook.secret, &id, seconds, &body)
            .ok_or_else(|| "the secret in the store cannot be read".to_owned())?;
        let line = Line::new(&self.reach);
        let url = webhook.url.clone();
        let sent =
            tokio::task::spawn_blocking(move || line.post(&url, &id, seconds, &signature, &body));
        sent.await.map_err(|_| "the request was dropped".to_owned())?
    }
}

/// Who tells a receiver now.
enum Turn {
    /// This process, and until when, where there are others.
    Ours(Option<UnixMillis>),
    /// Another process.
    Theirs,
}

/// What somebody may make of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// Told again, from where it was.
    Active,
    /// Told no more.
    Ended,
}

/// The telling, until it is stopped.
pub struct Telling {
    stop: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Telling {
    /// Stops before the next request; what was told and not noted comes again after a start.
    pub async fn stop(self) {
        self.stop.notify_one();
        // It ends by itself, or has ended by a panic that was heard already.
        let _ended = self.task.await;
    }
}
