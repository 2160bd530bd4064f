//! What is known of a person, and how it gets into the vault.

use hattama_proto::{
    id::{OrgId, PersonId},
    time::UnixMillis,
};
use serde::{Deserialize, Serialize};

use super::{
    OWN, Vault, VaultError, purpose,
    seal::{PublicKey, SecretKey},
};
use crate::store::{
    self, Batch, StoreError,
    vault::{Entry, StoredKey},
};

/// Longest field of a contact, in bytes: a name with titles, a note of a few lines.
const FIELD_BYTES_MAX: usize = 1024;

/// A person, in the clear. Exists in memory only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What a coordinator calls the person.
    pub label: String,
    /// Pseudonym under which the person signs incidents.
    pub reporter: PersonId,
    /// Telephone numbers and other ways to reach the person.
    #[serde(default)]
    pub reach: String,
    /// Whom to call when something happens to the person; whatever else matters.
    #[serde(default)]
    pub note: String,
}

impl Contact {
    /// Whether it can be kept.
    pub fn check(&self) -> Result<(), VaultError> {
        if self.label.trim().is_empty() {
            return Err(VaultError::Invalid(
                "give a name or a number to call the person by".into(),
            ));
        }
        if [&self.label, &self.reach, &self.note].iter().any(|text| text.len() > FIELD_BYTES_MAX) {
            return Err(VaultError::Invalid(format!(
                "a field of a contact has at most {FIELD_BYTES_MAX} bytes"
            )));
        }
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a contact is plain data")
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        serde_json::from_slice(bytes).map_err(VaultError::Unreadable)
    }
}

/// Where people of one organisation and region are sealed to.
#[derive(Clone, Debug)]
pub struct Sealing {
    org: OrgId,
    region: String,
    vault: PublicKey,
    for_region: PublicKey,
}

impl Sealing {
    /// A person's entry, sealed.
    pub fn entry(
        &self,
        person: &PersonId,
        contact: &Contact,
        version: u64,
    ) -> Result<Entry, VaultError> {
        let (purpose, content) = (purpose(person, &self.org), contact.to_bytes());
        Ok(Entry {
            person: person.clone(),
            org: self.org.clone(),
            region: self.region.clone(),
            for_vault: self.vault.seal(&purpose, &content)?,
            for_region: self.for_region.seal(&purpose, &content)?,
            version,
        })
    }
}

impl Vault {
    /// Where people of this organisation and region are sealed to; none while there is no vault. A
    /// region that has no key yet gets one, which only the vault can open.
    pub async fn sealing(
        &self,
        org: &OrgId,
        region: &str,
        now: UnixMillis,
    ) -> Result<Option<Sealing>, VaultError> {
        let Some(vault) = store::vault::key(&self.db, OWN, OWN).await? else { return Ok(None) };
        let vault = PublicKey::from_bytes(&vault.public_key)?;
        let (_, for_region) = self.region_key(&vault, org.as_str(), region, now).await?;
        Ok(Some(Sealing { org: org.clone(), region: region.to_owned(), vault, for_region }))
    }

    /// The key of a region; made if there is none, and then its secret half too.
    pub(super) async fn region_key(
        &self,
        vault: &PublicKey,
        org: &str,
        region: &str,
        now: UnixMillis,
    ) -> Result<(Option<SecretKey>, PublicKey), VaultError> {
        if let Some(key) = store::vault::key(&self.db, org, region).await? {
            return Ok((None, PublicKey::from_bytes(&key.public_key)?));
        }
        let secret = SecretKey::generate()?;
        let key = StoredKey {
            public_key: secret.public().as_bytes().to_vec(),
            for_vault: Some(vault.seal(&key_purpose(org, region), &secret.to_bytes())?),
        };
        match self.db.commit(store::vault::add_key(org, region, &key, now)).await {
            Ok(_) => {}
            // Somebody else made it in between: theirs stands.
            Err(StoreError::UniqueViolation { .. }) => {
                let theirs = store::vault::key(&self.db, org, region).await?;
                let theirs = theirs.ok_or(VaultError::Stale)?;
                return Ok((None, PublicKey::from_bytes(&theirs.public_key)?));
            }
            Err(error) => return Err(error.into()),
        }
        let public = secret.public();
        Ok((Some(secret), public))
    }

    /// How a new person is put in: sealed where there is a vault, in the clear where there is none.
    pub(crate) async fn put_in(
        &self,
        person: &PersonId,
        org: &OrgId,
        region: &str,
        contact: &Contact,
        now: UnixMillis,
    ) -> Result<Batch, VaultError> {
        contact.check()?;
        Ok(match self.sealing(org, region, now).await? {
            Some(sealing) => store::vault::add_entry(&sealing.entry(person, contact, 0)?, now),
            None => store::devices::enter_vault(person, &contact.reporter, &contact.label, org),
        })
    }
}

/// What the box with a region's secret key is authenticated for.
pub(super) fn key_purpose(org: &str, region: &str) -> String {
    format!("region {region} {org}")
}
