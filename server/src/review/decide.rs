//! What people at headquarters decide: signed, logged, kept.

use std::sync::Arc;

use hattama_proto::{
    id::{Kid, UnitCode},
    jws::SignError,
    key::SigningKey,
    statement::{Decision, Enrolment, Revocation, StatementBody, StatementClaims, sign_statement},
    time::UnixMillis,
};

use super::TransitionError;
use crate::{
    book::SharedBook,
    ingest::own_statement,
    log::{Item, Says, SequenceError, Sequencer, StatementItem},
    merge::Entry,
    random::{self, RandomError},
    store::{
        self, Batch, Db, StoreError,
        unit_lines::{self, Kept, NewLine},
    },
};

/// Longest reason, in bytes: a page of text.
const REASON_BYTES_MAX: usize = 4096;

/// Decides. Cheap to clone.
#[derive(Clone)]
pub struct Review {
    pub(super) db: Db,
    book: SharedBook,
    pub(super) sequencer: Sequencer,
    key: Arc<SigningKey>,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such record, incident or key.
    #[error("headquarters has nothing with this id")]
    NotFound,
    /// Somebody decided first.
    #[error("somebody changed it first; load it again and decide again")]
    Stale,
    /// The key of the request came before with another one.
    #[error(
        "this Idempotency-Key came before with another request; take a new one for a new request"
    )]
    KeyReused,
    /// The step does not follow from the present state.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// Understood, and wrong.
    #[error("{0}")]
    Invalid(String),
    /// No account that may look after the incident.
    #[error(
        "an incident is looked after by an active account that reviews incidents and sees this \
         one; choose such an account"
    )]
    Assignee,
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The statement could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Review {
    /// Decides with this key, into this log.
    pub fn new(db: Db, book: SharedBook, sequencer: Sequencer, key: Arc<SigningKey>) -> Self {
        Self { db, book, sequencer, key }
    }

    /// Decides about a record. Returns the signed statement and its place in the log.
    pub async fn decide(
        &self,
        decision: Decision,
        now: UnixMillis,
    ) -> Result<(String, u64), ReviewError> {
        check_reason(&decision.reason)?;
        let stored = store::records::by_id(&self.db, &decision.record)
            .await?
            .ok_or(ReviewError::NotFound)?;
        self.check_targets(&decision)?;
        // A record that moves to another unit has to be found there: its line is added to that
        // unit. It stays in the first, where it is shown as moved.
        let mut with = Batch::new();
        if let Some(unit) = &decision.unit {
            let line = self.line_of(&stored).await?;
            let new = NewLine { unit, position: stored.position, line: &line };
            with = with.and(unit_lines::append(Kept::by(&self.db), [new]));
        }
        let subject = decision.record.to_hex();
        let says = Says::Decision(decision.clone());
        self.say(decision, subject, says, now, with).await
    }

    /// The line that a record has in its unit.
    async fn line_of(&self, stored: &store::records::StoredRecord) -> Result<String, ReviewError> {
        let nothing = || ReviewError::Invalid("this record names no unit and cannot move".into());
        let unit = stored.unit.as_deref().and_then(|unit| UnitCode::new(unit).ok());
        let lines = unit_lines::of(&self.db, &unit.ok_or_else(nothing)?).await?;
        let entries = Entry::read_lines(&lines.unwrap_or_default())
            .map_err(|error| ReviewError::Invalid(error.to_string()))?;
        entries
            .iter()
            .find(|entry| entry.id == stored.id)
            .map(|entry| entry.to_line())
            .ok_or_else(nothing)
    }

    fn check_targets(&self, decision: &Decision) -> Result<(), ReviewError> {
        let book = self.book.read();
        if let Some(unit) = &decision.unit
            && book.pack.units.get(unit).is_none()
        {
            return Err(ReviewError::Invalid(format!("the register has no unit {unit}")));
        }
        if let Some(copy) = &decision.copy
            && !book.pack.election.copy_types.iter().any(|known| known.code == *copy)
        {
            return Err(ReviewError::Invalid(format!("the set-up has no copy type {copy}")));
        }
        Ok(())
    }

    /// Revokes a key from a log index on; from the next one if none is given.
    pub async fn revoke(
        &self,
        kid: Kid,
        from_index: Option<u64>,
        reason: &str,
        actor: &str,
        now: UnixMillis,
    ) -> Result<(String, u64), ReviewError> {
        check_reason(reason)?;
        if self.book.read().statements.enrolment(&kid).is_none() {
            return Err(ReviewError::NotFound);
        }
        let from_index = from_index.unwrap_or_else(|| self.sequencer.size());
        let revocation = Revocation { kid, from_index, reason: reason.to_owned() };
        let says = Says::Revocation(revocation.clone());
        let said = self.say(revocation, kid.to_string(), says, now, Batch::new()).await?;
        crate::audit::note(&self.db, actor, "revoke", &kid.to_string(), now).await?;
        Ok(said)
    }

    /// Ends several keys from the log's next index on, in one transaction with `with`.
    pub(crate) async fn revoke_all(
        &self,
        kids: &[Kid],
        reason: &str,
        actor: &str,
        now: UnixMillis,
        with: Batch,
    ) -> Result<(), ReviewError> {
        check_reason(reason)?;
        let from_index = self.sequencer.size();
        let mut items = Vec::with_capacity(kids.len());
        for kid in kids {
            let revocation = Revocation { kid: *kid, from_index, reason: reason.to_owned() };
            let says = Says::Revocation(revocation.clone());
            items.push(self.sign(revocation, kid.to_string(), says, now)?.0);
        }
        self.sequencer.append_with(items, with).await?;
        for kid in kids {
            crate::audit::note(&self.db, actor, "revoke", &kid.to_string(), now).await?;
        }
        Ok(())
    }

    /// Says that a key is a desk of headquarters.
    pub(crate) async fn enrol_desk(
        &self,
        enrolment: Enrolment,
        now: UnixMillis,
    ) -> Result<(), ReviewError> {
        let (subject, says) = (enrolment.kid.to_string(), Says::Enrolment(enrolment.clone()));
        self.say(enrolment, subject, says, now, Batch::new()).await?;
        Ok(())
    }

    async fn say<B: StatementBody>(
        &self,
        body: B,
        subject: String,
        says: Says,
        now: UnixMillis,
        with: Batch,
    ) -> Result<(String, u64), ReviewError> {
        let (item, jws) = self.sign(body, subject, says, now)?;
        let mut appended = self.sequencer.append_with(vec![item], with).await?;
        let index = appended.outcomes.pop().map_or(0, |outcome| outcome.receipt.index);
        Ok((jws, index))
    }

    /// Signs what headquarters says, as an item for the log; the exact string beside it.
    pub(crate) fn sign<B: StatementBody>(
        &self,
        body: B,
        subject: String,
        says: Says,
        now: UnixMillis,
    ) -> Result<(Item, String), ReviewError> {
        let claims = StatementClaims {
            election: self.book.read().pack.election.id.clone(),
            issued_at: now,
            nonce: random::text::<16>()?,
            body,
        };
        let jws = sign_statement(&self.key, &claims)?;
        let statement = own_statement::<B>(&jws, &self.key);
        Ok((Item::Statement(Box::new(StatementItem::new(&statement, subject, says))), jws))
    }
}

pub(crate) fn check_reason(reason: &str) -> Result<(), ReviewError> {
    if reason.trim().is_empty() {
        return Err(ReviewError::Invalid("say why: a decision without a reason is none".into()));
    }
    if reason.len() > REASON_BYTES_MAX {
        return Err(ReviewError::Invalid(format!("a reason has at most {REASON_BYTES_MAX} bytes")));
    }
    Ok(())
}
