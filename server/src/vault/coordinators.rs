//! A coordinator reaches the contacts of the own region: by passphrase, for ten minutes, audited.

use hattama_proto::{
    id::{OrgId, PersonId},
    time::UnixMillis,
};
use serde::Serialize;

use super::{
    GrantAsked, Vault, VaultError, WAIT_MS,
    contact::Contact,
    custody::{grant_purpose, secret_from},
    purpose,
    seal::SecretKey,
};
use crate::{
    access::Operator,
    store::{
        self, StoreError,
        vault::{ClearIdentity, Entry},
    },
};

/// Regions that an account has open.
pub(super) struct OpenRegions {
    regions: Vec<(String, String, SecretKey)>,
    pub(super) until: UnixMillis,
}

/// A person with name, for the eyes of whoever may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenContact {
    /// Pseudonym for protocols and forms.
    pub person: PersonId,
    /// The organisation.
    pub org: OrgId,
    /// Whose coordinators look after the person.
    pub region: String,
    /// Counts the changes.
    pub version: u64,
    /// The contact.
    #[serde(flatten)]
    pub contact: Contact,
}

impl OpenContact {
    pub(super) fn of(entry: Entry, contact: Contact) -> Self {
        let Entry { person, org, region, version, .. } = entry;
        Self { person, org, region, version, contact }
    }
}

impl Vault {
    /// Opens the account's regions for ten minutes.
    pub async fn open_regions(
        &self,
        operator: &Operator,
        passphrase: String,
        now: UnixMillis,
    ) -> Result<(), VaultError> {
        let grants = store::vault::grants_of(&self.db, &operator.name).await?;
        if grants.is_empty() {
            return Err(VaultError::NoGrant);
        }
        let secret = self.unlock(&operator.name, passphrase, now).await?;
        let mut regions = Vec::with_capacity(grants.len());
        for grant in grants {
            if !operator.scope.sees(Some(&grant.org), Some(&grant.region)) {
                continue;
            }
            let asked = GrantAsked { account: grant.account, org: grant.org, region: grant.region };
            let key = secret_from(&secret.open(&grant_purpose(&asked), &grant.sealed)?)?;
            crate::audit::note(&self.db, &operator.name, "contacts-open", &asked.region, now)
                .await?;
            regions.push((asked.org, asked.region, key));
        }
        let open = OpenRegions { regions, until: now.plus_ms(WAIT_MS) };
        self.memory(now).regions.insert(operator.name.clone(), open);
        Ok(())
    }

    /// Closes them before the time is up.
    pub fn close_regions(&self, account: &str, now: UnixMillis) {
        self.memory(now).regions.remove(account);
    }

    /// Until when the account's regions are open; none if they are not.
    pub fn open_until(&self, account: &str, now: UnixMillis) -> Option<UnixMillis> {
        self.memory(now).regions.get(account).map(|open| open.until)
    }

    /// The contacts of the account's open regions. Each region that is looked at is an audit event.
    pub async fn contacts(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Vec<OpenContact>, VaultError> {
        let mut contacts = Vec::new();
        for (org, region, key) in self.regions_of(operator, now)? {
            crate::audit::note(&self.db, &operator.name, "contacts-read", &region, now).await?;
            for entry in store::vault::entries(&self.db, &org, &region).await? {
                contacts.push(opened(&key, entry)?);
            }
        }
        Ok(contacts)
    }

    /// One person, by the account's open regions; with the vault not made yet, from the clear.
    pub(crate) async fn contact(
        &self,
        person: &PersonId,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<OpenContact, VaultError> {
        let Some(entry) = store::vault::entry(&self.db, person.as_str()).await? else {
            let clear = store::vault::clear_identity(&self.db, person.as_str()).await?;
            let clear = clear.ok_or(VaultError::NotFound)?;
            return Ok(from_clear(clear));
        };
        let regions = self.regions_of(operator, now)?;
        let key = regions
            .into_iter()
            .find(|(org, region, _)| *org == entry.org.as_str() && *region == entry.region)
            .ok_or(VaultError::NotFound)?;
        crate::audit::note(&self.db, &operator.name, "contact-read", person.as_str(), now).await?;
        opened(&key.2, entry)
    }

    /// Changes what is known of a person of an open region. The other pseudonym stays.
    pub async fn change_contact(
        &self,
        person: &PersonId,
        changed: (String, String, String),
        version: u64,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<(), VaultError> {
        let known = self.contact(person, operator, now).await?;
        let (label, reach, note) = changed;
        let contact = Contact { label, reach, note, reporter: known.contact.reporter };
        contact.check()?;
        let sealing = self.sealing(&known.org, &known.region, now).await?;
        let entry = sealing.ok_or(VaultError::NotMade)?.entry(person, &contact, version)?;
        self.db.commit(store::vault::change_entry(&entry, now)).await.map_err(
            |error| match error {
                StoreError::Conflict { .. } => VaultError::Stale,
                error => error.into(),
            },
        )?;
        crate::audit::note(&self.db, &operator.name, "contact-change", person.as_str(), now)
            .await?;
        Ok(())
    }

    fn regions_of(
        &self,
        operator: &Operator,
        now: UnixMillis,
    ) -> Result<Vec<(String, String, SecretKey)>, VaultError> {
        let memory = self.memory(now);
        let open = memory.regions.get(&operator.name).ok_or(VaultError::Closed)?;
        let sees = |(org, region, _): &&(String, String, SecretKey)| {
            operator.scope.sees(Some(org), Some(region))
        };
        Ok(open.regions.iter().filter(sees).cloned().collect())
    }
}

fn opened(key: &SecretKey, entry: Entry) -> Result<OpenContact, VaultError> {
    let bytes = key.open(&purpose(&entry.person, &entry.org), &entry.for_region)?;
    let contact = Contact::from_bytes(&bytes)?;
    Ok(OpenContact::of(entry, contact))
}

fn from_clear(clear: ClearIdentity) -> OpenContact {
    OpenContact {
        person: clear.person,
        org: clear.org,
        region: String::new(),
        version: 0,
        contact: Contact {
            label: clear.label,
            reporter: clear.reporter,
            reach: String::new(),
            note: String::new(),
        },
    }
}
