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
    clock::HOUR_MS,
    config::Config,
    random::{self, RandomError},
    store::{self, Batch, Db, StoreError, devices::NewInvitation},
    vault::{Contact, Vault, VaultError, region_of},
};

/// Longest life of an invitation, in hours: one season.
const VALID_HOURS_MAX: u32 = 24 * 90;

/// Invites. Cheap to clone.
#[derive(Clone)]
pub struct Invitations {
    db: Db,
    book: SharedBook,
    vault: Vault,
    config: Arc<Config>,
}

/// Who is invited.
#[derive(Clone, Debug)]
pub struct Guest {
    /// What the coordinator calls the person; stays in the identity vault.
    pub label: String,
    /// How to reach the person; stays in the identity vault, and is kept only where there is one.
    pub reach: String,
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
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Invitations {
    /// Invites to the headquarters with this configuration.
    pub fn new(db: Db, book: SharedBook, vault: Vault, config: Arc<Config>) -> Self {
        Self { db, book, vault, config }
    }

    /// Invites one person. Headquarters keeps only hashes of what the invitation proves; the two
    /// pseudonyms meet in the identity vault and nowhere else.
    pub async fn invite(
        &self,
        guest: &Guest,
        actor: &str,
        now: UnixMillis,
    ) -> Result<(Invitation, PersonId), InviteError> {
        let people = Pseudonyms { person: pseudonym('p')?, reporter: pseudonym('r')? };
        let prepared = self.prepare(guest, &people, now)?;
        let contact = Contact {
            label: guest.label.clone(),
            reporter: people.reporter.clone(),
            reach: guest.reach.clone(),
            note: String::new(),
        };
        let region = region_of(&guest.mandate, &self.book.read().pack).to_string();
        let into_vault =
            self.vault.put_in(&people.person, &guest.org, &region, &contact, now).await?;
        self.db.commit(prepared.batch.and(into_vault)).await?;
        crate::audit::note(&self.db, actor, "invite", people.person.as_str(), now).await?;
        Ok((prepared.invitation, people.person))
    }

    /// An invitation for pseudonyms that exist or are about to, to be stored in the caller's own
    /// transaction.
    pub(crate) fn prepare(
        &self,
        guest: &Guest,
        people: &Pseudonyms,
        now: UnixMillis,
    ) -> Result<Prepared, InviteError> {
        if !(1..=VALID_HOURS_MAX).contains(&guest.valid_hours) {
            return Err(InviteError::Hours);
        }
        if let Mandate::Units(units) = &guest.mandate {
            let book = self.book.read();
            if let Some(unknown) = units.iter().find(|unit| book.pack.units.get(unit).is_none()) {
                return Err(InviteError::UnknownUnit(unknown.to_string()));
            }
        }
        let expires_at = now.plus_ms(i64::from(guest.valid_hours) * HOUR_MS);
        let invitation = Invitation {
            hq: self.config.addresses.clone(),
            election: self.config.election.clone(),
            root: self.config.root_key.kid(),
            pin: self.config.tls_pin.clone(),
            secret: random::text::<SECRET_BYTES>()?,
            expires_at,
        };
        // Both halves are kept until the next full hour: to the millisecond, the time would say which
        // two belong to one person.
        let expires_at = UnixMillis((expires_at.0 + HOUR_MS - 1) / HOUR_MS * HOUR_MS);
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
        // Incidents are sent under another pseudonym and from everywhere: a mandate of three
        // precincts would name the person again.
        let batch = half(Role::Results, &people.person, &guest.mandate).and(half(
            Role::Incidents,
            &people.reporter,
            &Mandate::Everywhere,
        ));
        Ok(Prepared { invitation, batch })
    }
}

/// The two names of one person.
#[derive(Clone, Debug)]
pub(crate) struct Pseudonyms {
    /// Signs protocols and forms.
    pub(crate) person: PersonId,
    /// Signs incidents.
    pub(crate) reporter: PersonId,
}

/// An invitation that is not stored yet.
pub(crate) struct Prepared {
    /// What is handed over.
    pub(crate) invitation: Invitation,
    /// Its two halves.
    pub(crate) batch: Batch,
}

/// A new pseudonym: a letter and 64 random bits in hex, short enough to be read out.
fn pseudonym(letter: char) -> Result<PersonId, RandomError> {
    let bytes = random::bytes::<8>()?;
    let text = format!("{letter}-{}", hattama_proto::id::to_hex(&bytes));
    Ok(PersonId::new(&text).expect("a letter, a dash and hex digits are a code"))
}
