//! Invitations: one person, one device, one use.

use std::sync::Arc;

use hattama_proto::{
    id::{OrgId, PersonId},
    invitation::{Invitation, SECRET_BYTES},
    kind::Role,
    statement::Mandate,
    time::UnixMillis,
};

use crate::{
    book::SharedBook,
    config::Config,
    random::{self, RandomError},
    store::{self, Batch, Db, StoreError, devices::NewInvitation},
};

/// Longest life of an invitation, in hours: one season.
const VALID_HOURS_MAX: u32 = 24 * 90;

/// Invites. Cheap to clone.
#[derive(Clone)]
pub struct Invitations {
    db: Db,
    book: SharedBook,
    config: Arc<Config>,
}

/// Who is invited.
#[derive(Clone, Debug)]
pub struct Guest {
    /// What the coordinator calls the person; stays in the identity vault.
    pub label: String,
    /// The organisation.
    pub org: OrgId,
    /// Where the person may observe.
    pub mandate: Mandate,
    /// How long the invitation can be used, in hours.
    pub valid_hours: u32,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The mandate names a unit that the register does not have.
    #[error("the register has no unit {0}; look it up with `hattama units`")]
    UnknownUnit(String),
    /// The time is out of bounds.
    #[error("an invitation is valid for 1 to {VALID_HOURS_MAX} hours")]
    Hours,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Invitations {
    /// Invites to the headquarters with this configuration.
    pub fn new(db: Db, book: SharedBook, config: Arc<Config>) -> Self {
        Self { db, book, config }
    }

    /// Invites one person. Headquarters keeps only hashes of what the invitation proves; the two
    /// pseudonyms meet in the identity vault and nowhere else.
    pub async fn invite(
        &self,
        guest: &Guest,
        actor: &str,
        now: UnixMillis,
    ) -> Result<(Invitation, PersonId), InviteError> {
        if !(1..=VALID_HOURS_MAX).contains(&guest.valid_hours) {
            return Err(InviteError::Hours);
        }
        if let Mandate::Units(units) = &guest.mandate {
            let book = self.book.read();
            if let Some(unknown) = units.iter().find(|unit| book.pack.units.get(unit).is_none()) {
                return Err(InviteError::UnknownUnit(unknown.to_string()));
            }
        }
        let expires_at = now.plus_ms(i64::from(guest.valid_hours) * 60 * 60 * 1000);
        let invitation = Invitation {
            hq: self.config.addresses.clone(),
            election: self.config.election.clone(),
            root: self.config.root_key.kid(),
            pin: self.config.tls_pin.clone(),
            secret: random::text::<SECRET_BYTES>()?,
            expires_at,
        };
        let person = pseudonym('p')?;
        // Incidents are sent under another pseudonym and from everywhere: a mandate of three
        // precincts would name the person again.
        let reporter = pseudonym('r')?;
        let half = |role, person, mandate| {
            store::devices::invite(&NewInvitation {
                secret_hash: invitation.proof(role).hash(),
                role,
                person,
                org: &guest.org,
                mandate,
                expires_at,
            })
        };
        let batch: Batch = half(Role::Results, &person, &guest.mandate)
            .and(half(Role::Incidents, &reporter, &Mandate::Everywhere))
            .and(store::devices::enter_vault(&person, &reporter, &guest.label, &guest.org));
        self.db.commit(batch).await?;
        crate::audit::note(&self.db, actor, "invite", person.as_str(), now).await?;
        Ok((invitation, person))
    }
}

/// A new pseudonym: a letter and 64 random bits in hex, short enough to be read out.
fn pseudonym(letter: char) -> Result<PersonId, RandomError> {
    let bytes = random::bytes::<8>()?;
    let text = format!("{letter}-{}", hattama_proto::id::to_hex(&bytes));
    Ok(PersonId::new(&text).expect("a letter, a dash and hex digits are a code"))
}
