//! Registrations carried over to a second round, which is an election of its own.
//!
//! ```text
//! store of the round before, read only ──every statement checked again──> plan (pure)
//!                                                                           │
//!      keys that may vouch, their invitations, seats to be confirmed, contacts
//! ```
//!
//! What it promises (ADR 0018 says why):
//!
//! * What was revoked does not carry over; what is revoked there later ends here too when it is run
//!   again, as long as it was not used.
//! * Twice is as good as once.
//! * No record, no decision and no statement of the round before gets into this one's store.

mod contacts;
mod plan;

use hattama_proto::{
    id::ElectionId,
    jws::{Envelope, VerifyError},
    key::{PublicKey, SigningKey},
    kind::Kind,
    limits::CARRIED_MS,
    pack::PackManifest,
    statement::{Statement, StatementClaims, Succession, sign_statement},
    time::UnixMillis,
};

pub use self::plan::{Plan, plan};
use crate::{
    app::Headquarters,
    book::{self, Authority, Book, BookError},
    clock::HOUR_MS,
    config::Config,
    folder::DataFolder,
    ingest::own_statement,
    log::{Item, Says, SequenceError, StatementItem},
    random::{self, RandomError},
    roster::Assignment,
    store::{self, Batch, Db, StoreError, carried::CarriedKey, devices::NewInvitation},
};

/// Stands for organisation and region of the vault's own key.
const OWN: &str = "*";

/// Why nothing was carried over, or announced.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The round before has no set-up that its root signed.
    #[error("the headquarters of the round before has no election set-up that its root key signed")]
    NoSetUp,
    /// Both are one.
    #[error("both are headquarters of {0}; a second round is an election of its own")]
    SameElection(ElectionId),
    /// The day of the vote cannot be read.
    #[error("the day of the vote {0:?} is not written as 2005-12-04")]
    Day(String),
    /// The key is another one.
    #[error("this is not the root key of the round before; take its root.seed")]
    Root,
    /// What the round before says does not hold.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log did not take it.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The statement could not be signed.
    #[error(transparent)]
    Sign(#[from] hattama_proto::jws::SignError),
}

/// The round before, as far as it carries over.
pub struct Before {
    db: Db,
    book: Book,
    seats: Vec<Assignment>,
}

/// What was carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Carried {
    /// People with a key that stands.
    pub people: usize,
    /// Keys that may vouch and could not before.
    pub keys: usize,
    /// Seats that wait to be confirmed and did not before.
    pub seats: usize,
    /// Contacts that came along and were not here, sealed where they were sealed.
    pub contacts: usize,
    /// Keys that were revoked and stay behind.
    pub revoked: usize,
    /// Keys whose owners have no unit in this register.
    pub homeless: usize,
    /// Keys that could vouch until now and cannot any more.
    pub ended: usize,
    /// Keys that had vouched before they were revoked in the round before: look at them by hand.
    pub used: usize,
}

/// Carries over from the headquarters in one folder, which is only read, to that in another, which
/// nobody serves meanwhile.
pub async fn between(
    (from, before): (&DataFolder, &Config),
    (folder, config): (&DataFolder, &Config),
    now: UnixMillis,
) -> Result<Carried, CarryError> {
    let old = Db::open_reading(&before.database_url(from)?).await?.ok_or(CarryError::NoSetUp)?;
    let round = read(&old, before.root_key).await?;
    let db = Db::open(&config.database_url(folder)?, now).await?;
    let (book, _) = book_of(&db, config.root_key).await?;
    let carried = carry(&round, &db, &book, now).await;
    db.close().await;
    old.close().await;
    carried
}

/// Reads the round before. Every statement's signature is checked again.
pub async fn read(db: &Db, root: PublicKey) -> Result<Before, CarryError> {
    let (book, db) = book_of(db, root).await?;
    let seats = store::roster::assignments(&db, None, None).await?;
    Ok(Before { db, book, seats })
}

/// What the headquarters with this store and this root knows.
pub async fn book_of(db: &Db, root: PublicKey) -> Result<(Book, Db), CarryError> {
    let newest = store::statements::newest(db, Kind::Pack).await?.ok_or(CarryError::NoSetUp)?;
    let no_set_up = |_: VerifyError| CarryError::NoSetUp;
    let envelope = Envelope::parse(&newest.jws).map_err(no_set_up)?;
    let verified = envelope.verify(&root).map_err(no_set_up)?;
    let manifest = Statement::<PackManifest>::read(verified).map_err(BookError::from)?;
    let pack = book::load_pack(db, &manifest.claims.body).await?;
    let book = book::load(db, Authority { hq: pack.election.keys.hq, root }).await?;
    Ok((book, db.clone()))
}

/// Carries over into the store `db` of the round with this book, which nobody serves meanwhile.
pub async fn carry(
    before: &Before,
    db: &Db,
    book: &Book,
    now: UnixMillis,
) -> Result<Carried, CarryError> {
    let from = before.book.pack.election.id.clone();
    if from == book.pack.election.id {
        return Err(CarryError::SameElection(from));
    }
    let days = day(&book.pack.election.date)? - day(&before.book.pack.election.date)?;
    let plan = plan(&before.book.statements, &before.seats, &from, &book.pack, days);
    let known = store::carried::all(db).await?;
    let expires_at = UnixMillis((now.0 + CARRIED_MS) / HOUR_MS * HOUR_MS);
    let mut batch = Batch::new();
    let mut carried = Carried {
        people: plan.people.len(),
        revoked: plan.revoked.len(),
        homeless: plan.homeless,
        ..Carried::default()
    };
    let mut keys = Vec::new();
    for key in plan.keys.iter().filter(|key| !known.iter().any(|(kid, ..)| *kid == key.kid)) {
        // Hash of nothing: no word that anybody could say leads to this invitation.
        let secret_hash = hattama_proto::id::to_hex(&random::bytes::<32>()?);
        batch = batch.and(store::devices::invite(&NewInvitation {
            secret_hash: secret_hash.clone(),
            role: key.role,
            person: &key.person,
            org: &key.org,
            mandate: &key.mandate,
            expires_at,
        }));
        let from_election = from.clone();
        keys.push(CarriedKey { public_key: key.public_key, from_election, secret_hash });
    }
    carried.keys = keys.len();
    batch = batch.and(store::carried::add(&keys));
    for (kid, secret_hash, used) in &known {
        if !plan.revoked.contains(kid) {
            continue;
        }
        if *used {
            carried.used += 1;
        } else if store::devices::is_open(db, secret_hash, now).await? {
            carried.ended += 1;
            batch = batch.and(store::devices::end_unused(secret_hash, now));
        }
    }
    let planned = store::roster::assignments(db, None, None).await?;
    let fresh: Vec<Assignment> = plan
        .seats
        .into_iter()
        .filter(|seat| {
            !planned.iter().any(|known| {
                known.id == seat.id
                    || (&known.org, &known.unit, &known.seat, known.from)
                        == (&seat.org, &seat.unit, &seat.seat, seat.from)
            })
        })
        .collect();
    carried.seats = fresh.len();
    batch = batch.and(store::roster::plan(&fresh));
    let (contacts, count) = contacts::of(before, &plan.people, db).await?;
    carried.contacts = count;
    batch = batch.and(contacts);
    if carried.keys + carried.ended + carried.seats + carried.contacts > 0 {
        db.commit(batch).await?;
        crate::audit::note(db, "machine", "carry-over", from.as_str(), now).await?;
    }
    Ok(carried)
}

/// Says in the log of the round before which election follows, signed by its root; its phones read it
/// in their feeds. Said before, it is not said again. Whether it was said now.
pub async fn announce(
    before: &Headquarters,
    next: &Config,
    root: &SigningKey,
    now: UnixMillis,
) -> Result<bool, CarryError> {
    let (election, authority) = {
        let book = before.book.read();
        (book.pack.election.id.clone(), book.authority)
    };
    if root.public() != authority.root {
        return Err(CarryError::Root);
    }
    if election == next.election {
        return Err(CarryError::SameElection(election));
    }
    let body = Succession {
        next: next.election.clone(),
        root: next.root_key.kid(),
        hq: next.addresses.clone(),
        pin: next.tls_pin.clone(),
    };
    if let Some(said) = store::statements::newest(&before.db, Kind::Succession).await? {
        let verified =
            Envelope::parse(&said.jws).and_then(|envelope| envelope.verify(&root.public()));
        let said = verified.ok().and_then(|verified| Statement::<Succession>::read(verified).ok());
        if said.is_some_and(|said| said.claims.body == body) {
            return Ok(false);
        }
    }
    let subject = next.election.to_string();
    let claims = StatementClaims { election, issued_at: now, nonce: random::text::<16>()?, body };
    let jws = sign_statement(root, &claims)?;
    let statement = own_statement::<Succession>(&jws, root);
    let item = StatementItem::new(&statement, subject, Says::Other);
    before.sequencer.append(vec![Item::Statement(Box::new(item))]).await?;
    Ok(true)
}

/// Days since the beginning of time as calendars count it.
fn day(text: &str) -> Result<i64, CarryError> {
    let date: jiff::civil::Date = text.parse().map_err(|_| CarryError::Day(text.to_owned()))?;
    let first = jiff::civil::date(1970, 1, 1);
    let span = date.since(first).map_err(|_| CarryError::Day(text.to_owned()))?;
    Ok(i64::from(span.get_days()))
}
