//! Messages to observers: written once in some of the languages, signed, logged, and given to the
//! devices they are for and to no other.
//!
//! ```text
//! Audience ──people with a living key that the account sees──> one statement per hundred of them
//!                                                                     │ log, message_to
//! GET /v1/feed ──person of the key that asks, if it is not revoked────┘
//! ```
//!
//! They go to keys for protocols alone: the other key of a person must share nothing with it, also
//! not what it is told.

mod audience;

use std::collections::{BTreeMap, HashMap};

use hattama_proto::{
    id::{Kid, OrgId, PersonId},
    kind::Role,
    limits::MESSAGE_TO_MAX,
    pack::Names,
    statement::{Addressee, Message, MessageError},
    time::UnixMillis,
};
use serde::Serialize;

pub use self::audience::Audience;
use crate::{
    access::Operator,
    book::{Book, SharedBook},
    field::{Field, FieldError},
    heard::HeardDevices,
    log::{Item, Says, SequenceError, Sequencer},
    once::Once,
    random,
    review::{LANGUAGES, Review},
    store::{self, Db, StoreError, messages::StoredMessage},
};

/// Messages of one list.
const LIST_MAX: u32 = 100;

/// Sends messages. Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    db: Db,
    book: SharedBook,
    sequencer: Sequencer,
    field: Field,
    review: Review,
    heard: HeardDevices,
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// To whom.
    pub to: Audience,
    /// Only to people of this organisation.
    pub org: Option<OrgId>,
    /// The texts by language.
    pub texts: BTreeMap<String, String>,
}

/// A message that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct MessageView {
    /// Its name.
    pub message: String,
    /// The account that wrote it.
    pub account: String,
    /// To whom, as it was asked for.
    pub to: Audience,
    /// The organisation that it was limited to.
    pub org: Option<String>,
    /// The region that it was limited to.
    pub region: Option<String>,
    /// The texts by language.
    pub texts: BTreeMap<String, String>,
    /// When.
    pub sent_at: UnixMillis,
    /// How many people it is for.
    pub people: u64,
    /// How many of them have a phone that has read its feed beyond it.
    pub received: u64,
}

impl Messages {
    /// Messages of this headquarters.
    pub fn new(
        db: Db,
        book: SharedBook,
        sequencer: Sequencer,
        (field, review): (Field, Review),
        heard: HeardDevices,
    ) -> Self {
        Self { db, book, sequencer, field, review, heard }
    }

    /// Sends a message to whoever of its audience the operator sees. Under a key it is sent once.
    ///
    /// # Errors
    /// [`FieldError::Invalid`] without a text, with one that is too long, or where it would be for
    /// nobody; nothing was sent then.
    pub async fn send(
        &self,
        new: &NewMessage,
        once: Option<&Once>,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<MessageView, FieldError> {
        if let Some(sent) = self.sent_before(once, operator).await? {
            return Ok(sent);
        }
        let org = self.limit(new.org.as_ref(), operator)?;
        let people = self.people(&new.to, org.as_deref(), operator, now).await?;
        if people.is_empty() {
            return Err(FieldError::Invalid(
                "nobody with an enrolled phone is among them; nothing was sent".to_owned(),
            ));
        }
        let texts =
            Names(new.texts.iter().filter(|(_, text)| !text.trim().is_empty()).map(own).collect());
        if let Some(other) = texts.0.keys().find(|one| !LANGUAGES.contains(&one.as_str())) {
            return Err(FieldError::Invalid(format!(
                "a message is written in kk, ru or en, not in {other}"
            )));
        }
        let stored = StoredMessage {
            message: random::text::<12>()?,
            account: operator.name.clone(),
            audience: serde_json::to_string(&new.to).expect("an audience is plain data"),
            texts: serde_json::to_string(&texts).expect("texts are plain data"),
            org,
            region: operator.scope.region.clone(),
            sent_at: now,
        };
        let mut items = Vec::new();
        let mut to = Vec::new();
        for some in people.chunks(MESSAGE_TO_MAX) {
            let salt = random::text::<16>()?;
            let body = Message {
                message: stored.message.clone(),
                account: operator.name.clone(),
                texts: texts.clone(),
                to: some.iter().map(|person| Addressee::of(&salt, person)).collect(),
                salt,
            };
            body.check().map_err(|error: MessageError| FieldError::Invalid(error.to_string()))?;
            let subject = format!("message:{}", stored.message);
            let (item, _) = self.review.sign(body, subject, Says::Other, now)?;
            let Item::Statement(statement) = &item else { unreachable!("a statement was signed") };
            to.extend(some.iter().map(|person| (statement.id, person)));
            items.push(item);
        }
        let mut with = store::messages::add(&stored, to);
        if let Some(once) = once {
            let (asked, answer) = (once.asked().to_owned(), stored.message.clone());
            let done = store::once::Done { asked, answer };
            with = with.and(store::once::add(&operator.name, once.key(), &done, now));
        }
        match self.sequencer.append_with(items, with).await {
            Ok(_) => {}
            // Of two with one key, the other one was first.
            Err(SequenceError::Store(error))
                if matches!(*error, StoreError::UniqueViolation { .. }) =>
            {
                let sent = self.sent_before(once, operator).await?;
                return sent.ok_or(SequenceError::Store(error).into());
            }
            Err(error) => return Err(error.into()),
        }
        crate::audit::note(&self.db, &operator.name, "message", &stored.message, now).await?;
        self.view(stored, &self.read_until()).await
    }

    /// Messages that the operator's scope holds, newest first.
    pub async fn list(&self, operator: &Operator) -> Result<Vec<MessageView>, FieldError> {
        let (org, region) = (operator.scope.org.as_deref(), operator.scope.region.as_deref());
        let mut views = Vec::new();
        let read = self.read_until();
        for stored in store::messages::list(&self.db, org, region, LIST_MAX).await? {
            views.push(self.view(stored, &read).await?);
        }
        Ok(views)
    }

    /// Whose messages a device is given: its person's, while its key for protocols stands.
    pub fn reader(book: &Book, kid: &Kid) -> Option<PersonId> {
        let known = book.statements.enrolment(kid)?;
        let reads = known.role == Role::Results
            && !known.desk
            && book.statements.revoked_from(kid).is_none();
        reads.then(|| known.person.clone())
    }

    async fn sent_before(
        &self,
        once: Option<&Once>,
        operator: &Operator,
    ) -> Result<Option<MessageView>, FieldError> {
        let Some(once) = once else { return Ok(None) };
        let done = store::once::done(&self.db, &operator.name, once.key()).await?;
        let Some(done) = done else { return Ok(None) };
        if done.asked != once.asked() {
            return Err(FieldError::KeyReused);
        }
        let stored = store::messages::by_name(&self.db, &done.answer).await?;
        let stored = stored.ok_or(FieldError::KeyReused)?;
        self.view(stored, &self.read_until()).await.map(Some)
    }

    /// The organisation that a message is limited to: the account's, or the one asked for.
    fn limit(
        &self,
        org: Option<&OrgId>,
        operator: &Operator,
    ) -> Result<Option<String>, FieldError> {
        let mine = operator.scope.org.clone();
        match (mine, org) {
            (Some(mine), Some(asked)) if mine != asked.as_str() => Err(FieldError::NotFound),
            (Some(mine), _) => Ok(Some(mine)),
            (None, asked) => Ok(asked.map(ToString::to_string)),
        }
    }

    /// How far each person's phones have read their feeds: those that messages are given to.
    fn read_until(&self) -> HashMap<PersonId, u64> {
        let book = self.book.read();
        let mut read: HashMap<PersonId, u64> = HashMap::new();
        for known in book.statements.enrolments() {
            let after = self.heard.of(&known.kid).and_then(|heard| heard.feed_after);
            let (Some(after), Some(person)) = (after, Self::reader(&book, &known.kid)) else {
                continue;
            };
            let furthest = read.entry(person).or_default();
            *furthest = after.max(*furthest);
        }
        read
    }

    async fn view(
        &self,
        stored: StoredMessage,
        read: &HashMap<PersonId, u64>,
    ) -> Result<MessageView, FieldError> {
        let to = store::messages::addressed(&self.db, &stored.message).await?;
        let received = to
            .iter()
            .filter(|(person, position)| read.get(person).is_some_and(|after| after >= position));
        let unreadable =
            |_| FieldError::Invalid("a stored message cannot be read by this version".to_owned());
        Ok(MessageView {
            received: received.count() as u64,
            people: to.len() as u64,
            to: serde_json::from_str(&stored.audience).map_err(unreadable)?,
            texts: serde_json::from_str(&stored.texts).map_err(unreadable)?,
            message: stored.message,
            account: stored.account,
            org: stored.org,
            region: stored.region,
            sent_at: stored.sent_at,
        })
    }
}

fn own((language, text): (&String, &String)) -> (String, String) {
    (language.clone(), text.trim().to_owned())
}
