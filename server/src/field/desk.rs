//! By telephone: headquarters' desk writes down what an observer says, and signs that it was told so.
//!
//! The desk has a key per organisation and role, enrolled as a *desk* by a signed statement. What it
//! signs carries who told it, how and when, stands in a chain and in the log like any record, and
//! corroborates nobody. When the observer's own record of the same document comes, both stand side by
//! side in the unit's file.

mod table;

use std::sync::Arc;

use hattama_proto::{
    id::{Kid, OrgId, PersonId, RecordId},
    jws::sign,
    key::SigningKey,
    kind::{Kind, Role},
    record::{App, Body, Channel, Claims, EnrolmentRequest, OnBehalf, RequestClaims, sign_record},
    statement::{Enrolment, Mandate},
    time::{ClaimedTime, UnixMillis},
    wire::Verdict,
};
use tokio::sync::Mutex;

pub use self::table::Written;
use super::FieldError;
use crate::{
    access::Operator,
    book::SharedBook,
    ingest::{Push, PushError},
    keys::{self, KeyFileError},
    log::SequenceError,
    once::Once,
    random,
    review::Review,
    store::{self, Db, StoreError},
};

/// How often another process may be first at the next place of the chain before we give up. Each time
/// one of them has written something down.
const TRIES: u32 = 16;

/// What somebody said over the telephone.
#[derive(Clone, Debug)]
pub struct Telephoned {
    /// Who, by pseudonym: the one for protocols and forms, or for an incident the other one. Null only
    /// for an incident, and where a table does not say.
    pub person: Option<PersonId>,
    /// For which organisation, where nobody is named.
    pub org: Option<OrgId>,
    /// How.
    pub channel: Channel,
    /// When.
    pub told_at: ClaimedTime,
    /// What.
    pub body: Body,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The record.
    pub record: RecordId,
    /// Why it waits for a check, if it does.
    pub held: Option<String>,
}

/// The desk. Cheap to clone.
#[derive(Clone)]
pub struct TelephoneDesk {
    db: Db,
    book: SharedBook,
    push: Push,
    review: Review,
    keys: Arc<std::path::PathBuf>,
    /// One record at a time: each names the one before it.
    turn: Arc<Mutex<()>>,
    opened_at: UnixMillis,
}

impl TelephoneDesk {
    /// The desk of this headquarters; its seed is in the folder of keys, made when it is first used.
    pub fn new(
        db: Db,
        book: SharedBook,
        push: Push,
        review: Review,
        keys: std::path::PathBuf,
        opened_at: UnixMillis,
    ) -> Self {
        let (keys, turn) = (Arc::new(keys), Arc::default());
        Self { db, book, push, review, keys, turn, opened_at }
    }

    /// Writes down what was said. Figures are never checked against one another: what was said is
    /// written as it was said.
    ///
    /// Under a key it is written once: the same request again is answered with the record that it
    /// made, whatever became of the first answer.
    pub async fn write_down(
        &self,
        told: Telephoned,
        once: Option<&Once>,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Heard, FieldError> {
        let _turn = self.turn.lock().await;
        if let Some(heard) = self.written_before(once, operator).await? {
            return Ok(heard);
        }
        let invalid = |error: String| FieldError::Invalid(error);
        self.check(&told.body)?;
        let role = match &told.body {
            Body::Incident(_) => Role::Incidents,
            Body::Protocol(_) | Body::NotObtained(_) | Body::Form(_) => Role::Results,
            Body::Correction(_) => {
                return Err(invalid("a correction is written down as a new entry".to_owned()));
            }
        };
        let org = self.org_of(&told, role, operator).await?;
        let key = self.key(&org, role)?;
        self.enrol(&key, &org, role, operator, now).await?;
        let mut tries = 0;
        let verdict = loop {
            tries += 1;
            let end = store::records::chain_end(&self.db, &key.kid()).await?;
            let claims = self.claims(told.clone(), end, now)?;
            let jws = sign_record(&key, &claims)?;
            let record = RecordId::of(jws.as_bytes());
            let mut with = store::once::next_of_desk(&key.kid(), claims.seq, &record, now);
            if let Some(once) = once {
                let answer = record.to_hex();
                let done = store::once::Done { asked: once.asked().to_owned(), answer };
                with = with.and(store::once::add(&operator.name, once.key(), &done, now));
            }
            match self.push.push_with(&jws, with, now).await {
                // Another process of this headquarters may have carried it out, or has written down
                // something else at this place of the chain.
                Err(PushError::Sequence(SequenceError::Store(error)))
                    if matches!(*error, StoreError::UniqueViolation { .. }) =>
                {
                    if let Some(heard) = self.written_before(once, operator).await? {
                        return Ok(heard);
                    }
                    if tries == TRIES {
                        return Err(SequenceError::Store(error).into());
                    }
                }
                verdict => break verdict?,
            }
        };
        let held = match verdict.verdict {
            Verdict::Stored | Verdict::Duplicate => None,
            Verdict::Held => verdict.reason,
            Verdict::Deferred | Verdict::Rejected | Verdict::Unknown => {
                let why = verdict.reason.unwrap_or_default();
                return Err(invalid(format!("it could not be written down now ({why})")));
            }
        };
        let subject = verdict.id.to_hex();
        crate::audit::note(&self.db, &operator.name, "telephone", &subject, now).await?;
        Ok(Heard { record: verdict.id, held })
    }

    /// That the set-up knows what a body is about.
    fn check(&self, body: &Body) -> Result<(), FieldError> {
        body.check().map_err(|error| FieldError::Invalid(error.to_string()))?;
        match body.unit() {
            Some(unit) if self.book.read().pack.units.get(unit).is_none() => {
                Err(FieldError::Invalid(format!("the register has no unit {unit}")))
            }
            _ => Ok(()),
        }
    }

    /// What the desk signs, behind `end` of its chain.
    fn claims(
        &self,
        told: Telephoned,
        end: Option<(u64, RecordId)>,
        now: UnixMillis,
    ) -> Result<Claims<Body>, FieldError> {
        Ok(Claims {
            uid: uuid::Uuid::now_v7(),
            election: self.book.read().pack.election.id.clone(),
            seq: end.map_or(0, |(seq, _)| seq + 1),
            prev: end.map(|(_, record)| record),
            nonce: random::text::<16>()?,
            claimed_at: ClaimedTime::from_unix_millis(now),
            boot: format!("desk-{}", self.opened_at.0),
            mono_ms: u64::try_from(now.0 - self.opened_at.0).unwrap_or(0),
            seen: None,
            place: None,
            on_behalf: Some(OnBehalf {
                person: told.person,
                channel: told.channel,
                told_at: told.told_at,
            }),
            body: told.body,
        })
    }

    /// What the same request came to before; none if it is new.
    async fn written_before(
        &self,
        once: Option<&Once>,
        operator: &Operator,
    ) -> Result<Option<Heard>, FieldError> {
        let Some(once) = once else { return Ok(None) };
        let done = store::once::done(&self.db, &operator.name, once.key()).await?;
        let Some(done) = done else { return Ok(None) };
        if done.asked != once.asked() {
            return Err(FieldError::KeyReused);
        }
        let record = done.answer.parse().map_err(|_| FieldError::KeyReused)?;
        let stored = store::records::by_id(&self.db, &record).await?.ok_or(FieldError::NotFound)?;
        Ok(Some(Heard { record, held: stored.held }))
    }

    /// For whom the observer observes; not found where the operator may not see that.
    async fn org_of(
        &self,
        told: &Telephoned,
        role: Role,
        operator: &Operator,
    ) -> Result<OrgId, FieldError> {
        let Some(person) = &told.person else {
            // A table of earlier figures often does not say who observed.
            if role == Role::Results && told.channel != Channel::Spreadsheet {
                return Err(FieldError::Invalid("say who told it, by pseudonym".to_owned()));
            }
            let mine = operator.scope.org.as_deref().and_then(|org| OrgId::new(org).ok());
            return mine.or_else(|| told.org.clone()).ok_or_else(|| {
                FieldError::Invalid("say for which organisation it was observed".to_owned())
            });
        };
        let invited = store::devices::invited_as(&self.db, person).await?;
        let (known, org, mandate) = invited.ok_or(FieldError::NotFound)?;
        let region = crate::vault::region_of(&mandate, &self.book.read().pack);
        let sees = match role {
            Role::Results => operator.scope.sees(Some(org.as_str()), Some(region.as_str())),
            // The pseudonym for incidents belongs to no region: it must not tell where somebody is.
            Role::Incidents => {
                operator.scope.org.as_deref().is_none_or(|mine| org.as_str() == mine)
            }
        };
        if !sees {
            return Err(FieldError::NotFound);
        }
        if known != role {
            return Err(FieldError::Invalid(
                "figures and checklists are told by the pseudonym for protocols, incidents by the \
                 other one or by none: the two must not meet"
                    .to_owned(),
            ));
        }
        Ok(org)
    }

    /// The desk's key for an organisation and role: derived, so that one file holds them all.
    fn key(&self, org: &OrgId, role: Role) -> Result<SigningKey, FieldError> {
        let seed = keys::desk_seed(&self.keys)?;
        let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &seed);
        let word = format!("hattama-desk/v1 {} {org}", role.name());
        let derived = ring::hmac::sign(&hmac, word.as_bytes());
        SigningKey::from_seed(derived.as_ref())
            .map_err(|_| KeyFileError::Damaged((*self.keys).clone()).into())
    }

    /// Says, once, that this key is a desk and no observer's device.
    async fn enrol(
        &self,
        key: &SigningKey,
        org: &OrgId,
        role: Role,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<(), FieldError> {
        if self.book.read().statements.enrolment(&key.kid()).is_some() {
            return Ok(());
        }
        let request = RequestClaims {
            uid: uuid::Uuid::now_v7(),
            election: self.book.read().pack.election.id.clone(),
            nonce: random::text::<16>()?,
            claimed_at: ClaimedTime::from_unix_millis(now),
            body: EnrolmentRequest {
                public_key: key.public(),
                role,
                proof: hattama_proto::invitation::Proof::derive(&random::text::<16>()?, role),
                app: App { name: "desk".to_owned(), version: "1".to_owned() },
                vouch: None,
                hardware: None,
            },
        };
        let request = sign(key, Kind::EnrolmentRequest, &request)?;
        let enrolment = Enrolment {
            kid: key.kid(),
            public_key: key.public(),
            role,
            person: pseudonym(&key.kid()),
            org: org.clone(),
            mandate: Mandate::Everywhere,
            request: RecordId::of(request.as_bytes()),
            desk: true,
            hardware: None,
        };
        self.review.enrol_desk(enrolment, now).await?;
        let kid = key.kid().to_string();
        crate::audit::note(&self.db, &operator.name, "enrol-desk", &kid, now).await?;
        Ok(())
    }
}

/// What a desk is called where a person would be.
fn pseudonym(kid: &Kid) -> PersonId {
    let digits = hattama_proto::id::to_hex(&kid.as_bytes()[..8]);
    PersonId::new(&format!("desk-{digits}")).expect("a word, a dash and hex digits are a code")
}
