//! Changes of an incident's review, carried out: the statement, the row, the words, the tags, the
//! search, the audit event and the key of the request in one transaction, or nothing.
//!
//! ```text
//! Asked ──requested before?──> the answer of then
//!   │ no
//!   └──> load ──> Ask::plan ──> sign ──> Sequencer::append_with(statement, rows)
//!                                              └ somebody was first: Stale
//! ```

use std::collections::BTreeMap;

use hattama_proto::{
    id::{RecordId, StatementId, WordsHash},
    jws::Envelope,
    pack::Pack,
    record::Incident,
    statement::{IncidentChange, IncidentReview},
    time::UnixMillis,
};

use super::{
    Ask, AskError, IncidentState, Present, Review, ReviewError,
    ask::{Other, Planned},
    found_by, tokens,
};
use crate::{
    access::Operator,
    log::{Item, Says, SequenceError},
    once::KEY_BYTES_MAX,
    random,
    store::{
        self, Db, StoreError,
        incidents::{NewChange, StoredIncident},
    },
};

/// How often a change is tried again when another writer took the number of its audit event.
const TRIES: u32 = 20;

/// Incidents that are filled in one transaction after an update of the program.
const FILL_PAGE: u32 = 500;

/// Who asks, about what, and under which conditions.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The incident.
    pub incident: RecordId,
    /// The account.
    pub by: &'a Operator,
    /// The version that was looked at; none: whichever it is.
    pub expected: Option<u64>,
    /// Under this key it is done once, however often it is asked for.
    pub key: Option<&'a str>,
}

/// What a change came to.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The incident as it stands.
    pub incident: StoredIncident,
    /// The version that this change led to; none where all of it was so before.
    pub version: Option<u64>,
}

impl Review {
    /// Changes an incident's review.
    ///
    /// # Errors
    /// [`ReviewError::NotFound`] also for an incident outside the scope of whoever asks;
    /// [`ReviewError::Stale`] where it is at another version than was looked at, or somebody was
    /// first; nothing was changed then.
    pub async fn change_incident(
        &self,
        asked: &Asked<'_>,
        ask: &Ask,
        now: UnixMillis,
    ) -> Result<Changed, ReviewError> {
        if asked.key.is_some_and(|key| key.is_empty() || key.len() > KEY_BYTES_MAX) {
            return Err(ReviewError::Invalid(format!(
                "an Idempotency-Key has 1 to {KEY_BYTES_MAX} bytes"
            )));
        }
        let fingerprint = fingerprint(asked, ask);
        let mut tries = 0;
        loop {
            if let Some(done) = self.done_before(asked, &fingerprint).await? {
                return Ok(done);
            }
            match self.try_change(asked, ask, &fingerprint, now).await {
                Err(ReviewError::Sequence(SequenceError::Store(error))) => match &*error {
                    StoreError::UniqueViolation { .. } if tries < TRIES => tries += 1,
                    // Of two with one key, the other one may have been first.
                    StoreError::Conflict { .. } | StoreError::UniqueViolation { .. } => {
                        let done = self.done_before(asked, &fingerprint).await?;
                        return done.ok_or(ReviewError::Stale);
                    }
                    _ => return Err(SequenceError::Store(error).into()),
                },
                Err(ReviewError::Stale) => {
                    let done = self.done_before(asked, &fingerprint).await?;
                    return done.ok_or(ReviewError::Stale);
                }
                done => return done,
            }
        }
    }

    /// The answer to a request that came before under the same key.
    async fn done_before(
        &self,
        asked: &Asked<'_>,
        fingerprint: &str,
    ) -> Result<Option<Changed>, ReviewError> {
        let Some(key) = asked.key else { return Ok(None) };
        let done = store::incidents::requested(&self.db, &asked.by.name, key).await?;
        let Some(done) = done else { return Ok(None) };
        if done.asked != fingerprint {
            return Err(ReviewError::KeyReused);
        }
        let incident = self.visible(&done.record, asked.by).await?;
        Ok(Some(Changed { incident, version: Some(done.version) }))
    }

    async fn visible(&self, id: &RecordId, by: &Operator) -> Result<StoredIncident, ReviewError> {
        let found = store::incidents::by_id(&self.db, id).await?;
        found
            .filter(|found| by.scope.sees(found.org.as_deref(), found.region.as_deref()))
            .ok_or(ReviewError::NotFound)
    }

    async fn try_change(
        &self,
        asked: &Asked<'_>,
        ask: &Ask,
        fingerprint: &str,
        now: UnixMillis,
    ) -> Result<Changed, ReviewError> {
        let incident = self.visible(&asked.incident, asked.by).await?;
        if asked.expected.is_some_and(|version| version != incident.version) {
            return Err(ReviewError::Stale);
        }
        let present = self.present(&incident).await?;
        let other = match ask {
            Ask::Duplicate { of, .. } => self.other(&incident, of, asked.by).await?,
            _ => None,
        };
        let salt = random::text::<16>()?;
        let Some(planned) = ask.plan(&present, other, &salt)? else {
            return Ok(Changed { incident, version: None });
        };
        let given = match (ask, &planned.after.assignee) {
            (Ask::Assign { .. }, Some(to)) => self.given_to(to, &incident).await?,
            _ => store::Batch::new(),
        };
        let version = incident.version + 1;
        let after = StoredIncident {
            version,
            state: planned.after.state.name().to_owned(),
            assignee: planned.after.assignee.clone(),
            group: planned.after.group.clone(),
            duplicate_of: planned.after.duplicate_of,
            edition: planned.after.edition,
            ..incident.clone()
        };
        let said = IncidentReview {
            incident: incident.record,
            version,
            account: asked.by.name.clone(),
            change: planned.change.clone(),
        };
        let subject = subject(&incident.record);
        let (item, _) = self.sign(said, subject, Says::Other, now)?;
        let Item::Statement(statement) = &item else { unreachable!("a statement was signed") };
        let draft = Draft {
            before: &incident,
            after: &after,
            planned: &planned,
            statement: statement.id,
            salt: &salt,
            asked,
            fingerprint,
            now,
        };
        let batch = given.and(draft.batch());
        self.sequencer.append_with(vec![item], batch).await?;
        let incident = self.visible(&asked.incident, asked.by).await?;
        Ok(Changed { incident, version: Some(version) })
    }

    async fn present(&self, incident: &StoredIncident) -> Result<Present, ReviewError> {
        let state = IncidentState::from_name(&incident.state)
            .ok_or_else(|| ReviewError::Invalid(format!("unknown state {}", incident.state)))?;
        let edition = store::incidents::edition(&self.db, &incident.record).await?;
        Ok(Present {
            record: incident.record,
            state,
            assignee: incident.assignee.clone(),
            group: incident.group.clone(),
            duplicate_of: incident.duplicate_of,
            tags: store::incidents::tags(&self.db, &incident.record).await?,
            edition: incident.edition,
            public: edition.is_some_and(|edition| edition.texts.is_some()),
        })
    }

    async fn other(
        &self,
        incident: &StoredIncident,
        of: &RecordId,
        by: &Operator,
    ) -> Result<Option<Other>, ReviewError> {
        let other = match self.visible(of, by).await {
            Err(ReviewError::NotFound) => return Ok(None),
            other => other?,
        };
        let duplicates_here = store::incidents::duplicates(&self.db, &incident.record).await?.len();
        Ok(Some(Other { duplicate_of: other.duplicate_of, duplicates_here }))
    }
}

/// A change that was signed and is not made yet.
struct Draft<'a> {
    before: &'a StoredIncident,
    after: &'a StoredIncident,
    planned: &'a Planned,
    statement: StatementId,
    salt: &'a str,
    asked: &'a Asked<'a>,
    fingerprint: &'a str,
    now: UnixMillis,
}

impl Draft<'_> {
    /// Everything that it changes, for the transaction that logs the statement.
    fn batch(&self) -> store::Batch {
        let planned = self.planned;
        let json =
            |texts: &BTreeMap<String, String>| serde_json::to_string(texts).expect("plain data");
        let new = NewChange {
            after: self.after,
            before: &self.before.state,
            statement: self.statement,
            kind: planned.change.name(),
            change: serde_json::to_string(&planned.change).expect("plain data"),
            words: planned.words.as_deref().map(|words| (words, self.salt)),
            actor: &self.asked.by.name,
            at: self.now,
            tags: planned.tags.iter().map(|(tag, given)| (tag.as_str(), *given)).collect(),
            texts: planned.texts.as_ref().map(|texts| texts.as_ref().map(json)),
            request: self.asked.key.map(|key| (key, self.fingerprint)),
        };
        let said = planned.words.as_deref().into_iter();
        let tags = planned.tags.iter().filter(|(_, given)| *given).map(|(tag, _)| tag.as_str());
        let texts = planned.texts.iter().flatten().flat_map(BTreeMap::values);
        let by = tokens(said.chain(tags).chain(texts.map(String::as_str)));
        store::incidents::commit_change(&new)
            .and(store::incidents::index(self.before.position, by))
            .and(store::accounts::audit_next(
                self.now,
                &self.asked.by.name,
                audit_action(&planned.change),
                &self.before.record.to_hex(),
            ))
    }
}

/// What statements about an incident's review are found by. Not the id alone: they are no part of
/// the evidence about the record.
fn subject(record: &RecordId) -> String {
    format!("incident:{record}")
}

fn audit_action(change: &IncidentChange) -> &'static str {
    match change {
        IncidentChange::Step { to, .. } => match IncidentState::from_name(to) {
            Some(IncidentState::Escalated) => "incident-escalated",
            Some(IncidentState::Confirmed) => "incident-confirmed",
            Some(IncidentState::Rejected) => "incident-rejected",
            Some(IncidentState::Resolved) => "incident-resolved",
            Some(IncidentState::Triaged) => "incident-triaged",
            Some(IncidentState::Verifying) => "incident-verifying",
            Some(IncidentState::Insufficient) => "incident-insufficient",
            Some(IncidentState::Duplicate) => "incident-duplicate",
            Some(IncidentState::Received) | None => "incident-step",
        },
        IncidentChange::Assign { .. } => "incident-assign",
        IncidentChange::Comment { .. } => "incident-comment",
        IncidentChange::Tag { .. } => "incident-tag",
        IncidentChange::Group { .. } => "incident-group",
        IncidentChange::Duplicate { .. } => "incident-duplicate",
        IncidentChange::Publish { .. } => "incident-publish",
        IncidentChange::Withdraw { .. } => "incident-withdraw",
    }
}

/// Hash of all that was asked for, conditions too: the same key goes with the same request.
fn fingerprint(asked: &Asked<'_>, ask: &Ask) -> String {
    let said = format!("{}\n{:?}\n{ask:?}", asked.incident, asked.expected);
    WordsHash::of(said.as_bytes()).to_hex()
}

/// Fills what an older release left out of its incidents: order, area, and what the search finds
/// them by. In pages; what was filled stays filled when it is interrupted. Returns how many.
pub async fn fill_incidents(db: &Db, pack: &Pack) -> Result<u64, StoreError> {
    let (mut filled, mut after) = (0, String::new());
    loop {
        let rows = store::incidents::unfilled(db, &after, FILL_PAGE).await?;
        let Some(last) = rows.last() else { return Ok(filled) };
        after = last.0.to_hex();
        let mut batch = store::Batch::new();
        for (record, position, jws, received_at) in &rows {
            let incident = reported(jws);
            let area = incident.as_ref().and_then(|incident| {
                let upwards = pack.units.upwards(incident.unit.as_ref()?);
                store::incidents::area(upwards.map(|unit| unit.code.as_str()))
            });
            let occurred = incident.as_ref().and_then(|incident| incident.occurred_at.as_ref());
            let occurred = occurred.map(|time| time.to_unix_millis());
            let by = incident.as_ref().map(found_by).unwrap_or_default();
            batch = batch
                .and(store::incidents::fill(record, *position, *received_at, occurred, area))
                .and(store::incidents::index(*position, by));
        }
        db.commit(batch).await?;
        filled += rows.len() as u64;
    }
}

/// The incident that a stored string reports, for lists and indices. Its signature was checked when it came; what is read
/// here is an index of it, not evidence.
pub fn reported(jws: &str) -> Option<Incident> {
    #[derive(serde::Deserialize)]
    struct Claims {
        body: serde_json::Value,
    }
    let envelope = Envelope::parse(jws).ok()?;
    let claims: Claims = serde_json::from_slice(envelope.unverified_payload()).ok()?;
    let direct = serde_json::from_value(claims.body.clone()).ok();
    direct.or_else(|| {
        let becomes = claims.body.get("becomes")?;
        serde_json::from_value(becomes.get("body").unwrap_or(becomes).clone()).ok()
    })
}

impl From<AskError> for ReviewError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Transition(error) => error.into(),
            AskError::Invalid(why) => Self::Invalid(why),
        }
    }
}
